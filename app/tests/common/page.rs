//! Reads the HTML that the app draws: no more of HTML than that.

/// An element, or a text (whose name is empty).
#[derive(Debug, Clone, Default)]
pub struct Node {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

/// A page, read.
#[derive(Debug, Clone)]
pub struct Page {
    pub root: Node,
}

/// Something that a finger can press, with what it lies in.
#[derive(Debug, Clone)]
pub struct Pressable {
    pub name: String,
    pub node: Node,
    /// The form around it.
    pub form: Option<Node>,
    /// The explanations around it that must be open: the names of their summaries.
    pub within: Vec<String>,
}

const VOID: [&str; 6] = ["input", "br", "meta", "link", "img", "hr"];

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn until(&mut self, end: &str) -> String {
        let at = self.rest.find(end).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(at);
        self.rest = rest.strip_prefix(end).unwrap_or(rest);
        taken.to_owned()
    }

    fn children(&mut self, of: &str) -> Vec<Node> {
        let mut children = Vec::new();
        loop {
            if self.rest.is_empty() {
                assert!(of.is_empty(), "<{of}> is not closed");
                return children;
            }
            if let Some(rest) = self.rest.strip_prefix("</") {
                self.rest = rest;
                let closed = self.until(">");
                assert_eq!(closed, of, "the elements are not nested");
                return children;
            }
            if let Some(rest) = self.rest.strip_prefix('<') {
                self.rest = rest;
                children.push(self.element());
                continue;
            }
            let at = self.rest.find('<').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(at);
            self.rest = rest;
            children.push(Node {
                text: unescape(text),
                ..Node::default()
            });
        }
    }

    fn element(&mut self) -> Node {
        let at = self.rest.find([' ', '>']).expect("an element ends");
        let (name, rest) = self.rest.split_at(at);
        self.rest = rest;
        let mut node = Node {
            name: name.to_owned(),
            ..Node::default()
        };
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break;
            }
            let at = self.rest.find(['=', ' ', '>']).expect("an attribute ends");
            let (attribute, rest) = self.rest.split_at(at);
            self.rest = rest;
            let value = match self.rest.strip_prefix("=\"") {
                Some(rest) => {
                    self.rest = rest;
                    unescape(&self.until("\""))
                }
                None => String::new(),
            };
            node.attributes.push((attribute.to_owned(), value));
        }
        if !VOID.contains(&name) {
            node.children = self.children(name);
        }
        node
    }
}

fn join(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Node {
    pub fn get(&self, attribute: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name == attribute);
        found.map(|(_, value)| value.as_str())
    }

    fn gather(&self, into: &mut String) {
        if self.get("aria-hidden") == Some("true") {
            return;
        }
        into.push_str(&self.text);
        if self.name == "br" {
            into.push(' ');
        }
        let is_block = !matches!(self.name.as_str(), "" | "b" | "span" | "i");
        if is_block {
            into.push(' ');
        }
        if self.name == "span" && self.get("role") == Some("img") {
            into.push_str(self.get("aria-label").unwrap_or_default());
            return;
        }
        for child in &self.children {
            child.gather(into);
        }
        if is_block {
            into.push(' ');
        }
    }

    /// Its words, as they are read.
    pub fn words(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        join(&text)
    }

    /// What a screen reader calls it.
    pub fn accessible_name(&self) -> String {
        self.get("aria-label").map_or_else(|| self.words(), str::to_owned)
    }

    /// What the fields of a form say as they are drawn.
    pub fn fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        self.gather_fields(&mut fields);
        fields
    }

    fn gather_fields(&self, fields: &mut Vec<(String, String)>) {
        let name = self.get("name").unwrap_or_default().to_owned();
        match self.name.as_str() {
            "input" if matches!(self.get("type"), Some("checkbox" | "radio")) => {
                if self.get("checked").is_some() {
                    fields.push((name, self.get("value").unwrap_or("on").to_owned()));
                }
            }
            "input" if self.get("type") != Some("file") => {
                fields.push((name, self.get("value").unwrap_or_default().to_owned()));
            }
            "textarea" => {
                let texts = self.children.iter().map(|child| child.text.as_str());
                fields.push((name, texts.collect()));
            }
            "select" => {
                let options: Vec<&Node> = self.children.iter().filter(|one| one.name == "option").collect();
                let chosen = options.iter().find(|one| one.get("selected").is_some());
                if let Some(option) = chosen.or(options.first()) {
                    fields.push((name, option.get("value").unwrap_or_default().to_owned()));
                }
            }
            _ => {
                for child in &self.children {
                    child.gather_fields(fields);
                }
            }
        }
    }

    fn press_into(&self, form: Option<&Node>, within: &[String], found: &mut Vec<Pressable>) {
        if self.name == "button" || self.name == "summary" {
            found.push(Pressable {
                name: self.accessible_name(),
                node: self.clone(),
                form: form.cloned(),
                within: within.to_vec(),
            });
            return;
        }
        let form = if self.name == "form" { Some(self) } else { form };
        let mut inner = within.to_vec();
        if self.name == "details" && self.get("open").is_none() {
            let summary = self.children.iter().find(|child| child.name == "summary");
            if let Some(summary) = summary {
                summary.press_into(form, within, found);
                inner.push(summary.accessible_name());
            }
        }
        for child in &self.children {
            let is_own_summary = self.name == "details" && child.name == "summary";
            if !is_own_summary {
                child.press_into(form, &inner, found);
            }
        }
    }
}

impl Page {
    /// Reads a page; fails where its elements are not nested.
    pub fn read(html: &str) -> Self {
        let mut reader = Reader { rest: html };
        Self {
            root: Node {
                name: "body".into(),
                children: reader.children(""),
                ..Node::default()
            },
        }
    }

    pub fn text(&self) -> String {
        self.root.words()
    }

    /// Everything that can be pressed.
    pub fn pressable(&self) -> Vec<Pressable> {
        let mut found = Vec::new();
        self.root.press_into(None, &[], &mut found);
        found
    }
}
