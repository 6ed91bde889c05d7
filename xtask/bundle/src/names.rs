//! Every file gets a name by its content, and the files that speak of it say that name. What a browser has under such a
//! name never changes, so it may keep it for ever; three files have names that others know by heart, and those it asks for.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::Failure;

/// A file under the name that people gave it, `/` between folders.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// A file as it is served.
#[derive(Debug)]
pub(crate) struct Named {
    /// Where it is on the disk, below the folder of the bundle.
    pub(crate) file: String,
    /// Where it is on the server.
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    /// Whether its name says its content.
    pub(crate) is_immutable: bool,
    /// Whether the app needs it to start without signal.
    pub(crate) is_kept: bool,
    pub(crate) bytes: Vec<u8>,
}

/// The font of letters that most names do not have: fetched and kept with the first name that has one.
const RARE_LETTERS: &str = "fonts/atkinson-latin-ext.woff2";
const PAGE: &str = "index.html";
const SERVICE_WORKER: &str = "sw.js";
/// Named in the page, in a browser's memory and in people's bookmarks.
const KNOWN_BY_HEART: [&str; 3] = [PAGE, SERVICE_WORKER, "manifest.webmanifest"];
/// Where the service worker says which paths it keeps, and of which build it is.
const ASSETS: &str = "/*ASSETS*/[]";
const BUILD: &str = "/*BUILD*/\"\"";

/// Whether nothing but the name is known by those who ask: a licence, say.
fn is_only_there(name: &str) -> bool {
    extension(name) == "txt" || name == RARE_LETTERS
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The content type, and whether it is a text that may name other files.
fn kind(name: &str) -> Result<(&'static str, bool), Failure> {
    Ok(match extension(name) {
        "html" => ("text/html; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", false),
        "png" => ("image/png", false),
        "txt" => ("text/plain; charset=utf-8", false),
        "wasm" => ("application/wasm", false),
        "woff2" => ("font/woff2", false),
        _ => return Err(Failure::UnknownKind(name.to_owned())),
    })
}

/// A file whose name changes is asked for by those that know the new one, and by nobody else.
fn check_named(assets: &[Asset]) -> Result<(), Failure> {
    for asset in assets {
        kind(&asset.name)?;
        let name = &asset.name;
        let is_named = assets.iter().any(|other| {
            other.name != *name && !places(&String::from_utf8_lossy(&other.bytes), name).is_empty()
        });
        if has_hash(name) && !is_named {
            return Err(Failure::Unnamed(name.clone()));
        }
    }
    Ok(())
}

/// Names all files, each after those that it names, and tells the service worker which there are.
pub(crate) fn settle(mut waiting: Vec<Asset>) -> Result<Vec<Named>, Failure> {
    check_named(&waiting)?;
    let worker = waiting.iter().position(|asset| asset.name == SERVICE_WORKER);
    let worker = worker.map(|at| waiting.remove(at));
    let mut settled = Vec::new();
    let mut renamed: Vec<(String, String)> = Vec::new();
    while !waiting.is_empty() {
        let names: Vec<String> = waiting
            .iter()
            .map(|asset| asset.name.clone())
            .filter(|name| has_hash(name))
            .collect();
        let (free, bound): (Vec<Asset>, Vec<Asset>) = waiting.into_iter().partition(|asset| {
            let others = names.iter().filter(|name| **name != asset.name);
            let text = String::from_utf8_lossy(&asset.bytes);
            !kind(&asset.name).is_ok_and(|(_, is_text)| is_text)
                || others.clone().all(|name| places(&text, name).is_empty())
        });
        if free.is_empty() {
            return Err(Failure::Circle(
                bound.into_iter().map(|asset| asset.name).collect(),
            ));
        }
        for asset in free {
            let plain = asset.name.clone();
            let named = name(asset, &renamed)?;
            if named.file != plain {
                renamed.push((plain, named.file.clone()));
            }
            settled.push(named);
        }
        waiting = bound;
    }
    settled.sort_by(|one, other| one.path.cmp(&other.path));
    if let Some(worker) = worker {
        let worker = told(worker, &settled)?;
        settled.push(name(worker, &renamed)?);
    }
    Ok(settled)
}

fn has_hash(name: &str) -> bool {
    !KNOWN_BY_HEART.contains(&name) && !is_only_there(name)
}

/// The file with the names that others have got by now, under its own.
fn name(asset: Asset, renamed: &[(String, String)]) -> Result<Named, Failure> {
    let Asset { name, mut bytes } = asset;
    let (content_type, is_text) = kind(&name)?;
    if is_text {
        let mut text = String::from_utf8(bytes).map_err(|_| Failure::NotText(name.clone()))?;
        for (plain, wanted) in renamed {
            for at in places(&text, plain).into_iter().rev() {
                text.replace_range(at..at + plain.len(), wanted);
            }
        }
        bytes = text.into_bytes();
    }
    let is_immutable = has_hash(&name);
    let file = match name.rsplit_once('.') {
        Some((stem, extension)) if is_immutable => {
            format!("{stem}.{}.{extension}", &hash([bytes.as_slice()])[..8])
        }
        _ => name.clone(),
    };
    Ok(Named {
        path: if name == PAGE {
            "/".to_owned()
        } else {
            format!("/{file}")
        },
        file,
        content_type,
        is_immutable,
        is_kept: name != SERVICE_WORKER && !is_only_there(&name),
        bytes,
    })
}

/// The service worker, told what it keeps. Its build changes with every file and with itself.
fn told(worker: Asset, settled: &[Named]) -> Result<Asset, Failure> {
    let text = String::from_utf8(worker.bytes).map_err(|_| Failure::NotText(worker.name.clone()))?;
    let kept = || settled.iter().filter(|named| named.is_kept);
    let paths: Vec<&str> = kept().map(|named| named.path.as_str()).collect();
    let parts = kept().flat_map(|named| [named.path.as_bytes(), named.bytes.as_slice()]);
    let build = hash(parts.chain([text.as_bytes()]));
    for placeholder in [ASSETS, BUILD] {
        if !text.contains(placeholder) {
            return Err(Failure::NoPlaceholder(placeholder));
        }
    }
    let text = text
        .replace(ASSETS, &serde_json::to_string(&paths)?)
        .replace(BUILD, &serde_json::to_string(&build[..16])?);
    Ok(Asset {
        name: worker.name,
        bytes: text.into_bytes(),
    })
}

/// Where a text names a file: the whole name between quotes or parentheses, with `/` or `./` before it or without.
fn places(text: &str, name: &str) -> Vec<usize> {
    let is_named = |at: usize| {
        let before = &text[..at];
        let before = before
            .strip_suffix("./")
            .or_else(|| before.strip_suffix('/'))
            .unwrap_or(before);
        before.ends_with(['"', '\'', '`', '(']) && text[at + name.len()..].starts_with(['"', '\'', '`', ')'])
    };
    text.match_indices(name)
        .map(|(at, _)| at)
        .filter(|at| is_named(*at))
        .collect()
}

/// SHA-256 of parts, each with its length before it, in hexadecimal.
pub(crate) fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        // Writing into memory fails for nothing.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(name: &str, text: &str) -> Asset {
        Asset {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    fn text_of<'a>(settled: &'a [Named], path: &str) -> &'a str {
        let named = settled.iter().find(|named| named.path == path).expect("the file");
        std::str::from_utf8(&named.bytes).expect("text")
    }

    /// Where the file is that was called so before it was named after its content.
    fn path_of<'a>(settled: &'a [Named], plain: &str) -> &'a str {
        let (stem, extension) = plain.rsplit_once('.').expect("an extension");
        let is_it = |named: &&Named| {
            named.file.starts_with(&format!("{stem}.")) && named.file.ends_with(&format!(".{extension}"))
        };
        &settled.iter().find(is_it).expect("the file").path
    }

    fn site(font: &str) -> Vec<Named> {
        let worker = "const A = /*ASSETS*/[];\nconst B = /*BUILD*/\"\";";
        settle(vec![
            asset("index.html", "<link href=\"app.css\"><script src=\"./page.js\">"),
            asset("page.js", "new Worker('./worker.js'); register(\"/sw.js\")"),
            asset("worker.js", "import \"./app.js\"; // app.js does it"),
            asset("app.js", "1"),
            asset("app.css", "@font-face{src:url(fonts/f.woff2)}"),
            asset("fonts/f.woff2", font),
            asset("fonts/LICENCE.txt", "Free"),
            asset("sw.js", worker),
        ])
        .expect("no circle")
    }

    #[test]
    fn a_name_says_its_content_and_others_say_the_name() {
        let site = site("font");
        let css = path_of(&site, "app.css");
        let font = path_of(&site, "fonts/f.woff2");
        assert_eq!(font.len(), "/fonts/f.12345678.woff2".len());
        assert!(text_of(&site, css).contains(&format!("url({})", &font[1..])));
        assert!(text_of(&site, "/").contains(&format!("href=\"{}\"", &css[1..])));
        let page = text_of(&site, path_of(&site, "page.js"));
        assert!(page.contains(&format!("'.{}'", path_of(&site, "worker.js"))));
        assert!(page.contains("register(\"/sw.js\")"), "known by heart");
        let worker = text_of(&site, path_of(&site, "worker.js"));
        assert!(worker.ends_with("// app.js does it"), "not between quotes");
    }

    #[test]
    fn a_change_at_the_bottom_changes_every_name_above_it() {
        let (one, other) = (site("font"), site("another font"));
        for changed in ["fonts/f.woff2", "app.css"] {
            assert_ne!(path_of(&one, changed), path_of(&other, changed));
        }
        assert_eq!(path_of(&one, "page.js"), path_of(&other, "page.js"));
        assert_ne!(text_of(&one, "/"), text_of(&other, "/"));
        assert_ne!(
            text_of(&one, "/sw.js"),
            text_of(&other, "/sw.js"),
            "another build"
        );
    }

    #[test]
    fn the_service_worker_keeps_what_the_app_needs_and_neither_itself_nor_licences() {
        let site = site("font");
        let worker = text_of(&site, "/sw.js");
        let list = worker
            .strip_prefix("const A = ")
            .and_then(|rest| rest.split(';').next());
        let list: Vec<String> = serde_json::from_str(list.expect("a list")).expect("JSON");
        assert_eq!(list.len(), 6);
        assert!(list.contains(&"/".to_owned()) && list.iter().all(|path| extension(path) != "txt"));
        assert!(!worker.contains("/*BUILD*/"));
    }

    #[test]
    fn files_that_name_each_other_are_refused() {
        let circle = settle(vec![asset("a.js", "\"b.js\""), asset("b.js", "\"a.js\"")]);
        assert!(matches!(circle, Err(Failure::Circle(names)) if names.len() == 2));
    }

    #[test]
    fn a_file_that_nobody_names_is_refused() {
        let alone = settle(vec![asset("index.html", "// app.js"), asset("app.js", "1")]);
        assert!(matches!(alone, Err(Failure::Unnamed(name)) if name == "app.js"));
    }

    #[test]
    fn a_service_worker_without_a_place_for_its_list_is_refused() {
        let settled = settle(vec![asset("sw.js", "const A = [];")]);
        assert!(matches!(settled, Err(Failure::NoPlaceholder(ASSETS))));
    }

    #[test]
    fn a_file_of_no_known_kind_is_refused() {
        assert!(matches!(
            settle(vec![asset("a.exe", "")]),
            Err(Failure::UnknownKind(_))
        ));
    }
}
