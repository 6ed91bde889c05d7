//! Reading a page as a person's tools do: buttons by their accessible names. It reads what the app writes, which is well
//! formed, and not any HTML.

use daymark_app::Action;

/// A button or a field.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// `button`, `input` or `select`.
    pub tag: String,
    /// Its accessible name.
    pub name: String,
    /// What it does: its own act, or its form's.
    pub action: Option<Action>,
    /// The field that it sets.
    pub field: Option<String>,
    /// To what.
    pub value: String,
    /// What its form says beside: fields with a value, such as hidden ones.
    pub hidden: Vec<(String, String)>,
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let end = tag[at..].find('"')?;
    Some(plain(&tag[at..at + end]))
}

/// The tags of a page, each with its name, its text and where it begins.
fn tags(html: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<') {
        let start = at + start;
        let end = start + html[start..].find('>').expect("a tag ends");
        found.push((start, &html[start..=end]));
        at = end + 1;
    }
    found
}

/// Its words, as they are read: without what is hidden from readers.
pub fn text(html: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    for (start, tag) in tags(html) {
        text.push_str(&html[at..start]);
        at = start + tag.len();
        let is_block = [
            "<p", "<li", "<div", "<td", "<th", "<h", "<br", "<dd", "<dt", "<tr", "<section", "<button",
            "<span",
        ]
        .iter()
        .any(|name| tag.starts_with(name));
        if is_block {
            text.push(' ');
        }
    }
    text.push_str(&html[at..]);
    plain(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The buttons and fields of a page, in order.
pub fn elements(html: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut form: Option<String> = None;
    let mut first_of_form = 0;
    for (start, tag) in tags(html) {
        let name = tag[1..].split([' ', '>', '/']).next().unwrap_or_default();
        match name {
            "form" => {
                form = attribute(tag, "data-do");
                first_of_form = found.len();
            }
            "button" => {
                let close = html[start..].find("</button>").expect("a button ends") + start;
                let inner = text(&html[start + tag.len()..close]);
                let own = attribute(tag, "data-do");
                let is_submit = attribute(tag, "type").as_deref() == Some("submit");
                let does = own.or_else(|| form.clone().filter(|_| is_submit));
                found.push(Element {
                    tag: "button".into(),
                    name: attribute(tag, "aria-label").unwrap_or(inner),
                    action: does.and_then(|text| Action::decode(&text)),
                    field: attribute(tag, "name"),
                    value: attribute(tag, "value").unwrap_or_default(),
                    hidden: Vec::new(),
                });
            }
            "input" => found.push(Element {
                tag: "input".into(),
                name: attribute(tag, "type").unwrap_or_default(),
                action: None,
                field: attribute(tag, "name"),
                value: attribute(tag, "value").unwrap_or_default(),
                hidden: Vec::new(),
            }),
            _ if tag == "</form>" => {
                form = None;
                let hidden: Vec<(String, String)> = found[first_of_form..]
                    .iter()
                    .filter(|element| {
                        element.tag == "input" && !["radio", "checkbox"].contains(&element.name.as_str())
                    })
                    .filter(|element| !element.value.is_empty())
                    .filter_map(|element| Some((element.field.clone()?, element.value.clone())))
                    .collect();
                for element in &mut found[first_of_form..] {
                    element.hidden.clone_from(&hidden);
                }
            }
            _ => {}
        }
    }
    found
}
