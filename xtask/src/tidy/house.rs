//! What the checks look at: our sources, manifests, pages and the dependencies we ship with.

use std::fs;
use std::path::{Path, PathBuf};

use super::mask::{mask, test_modules, without_tests};
use crate::process::{Failure, capture, cargo};

/// The whole tree, read once.
#[derive(Default)]
pub(super) struct House {
    pub(super) sources: Vec<Source>,
    pub(super) manifests: Vec<Manifest>,
    pub(super) pages: Vec<Page>,
    /// Every clippy.toml.
    pub(super) clippy: Vec<Page>,
    /// Every file and folder of ours, for links.
    pub(super) paths: Vec<String>,
    pub(super) deny: String,
    pub(super) lock: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// A Rust source file.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) lines: usize,
    pub(super) code: String,
    pub(super) comments: String,
    /// The code that is not there for tests alone.
    pub(super) live: String,
    pub(super) is_test: bool,
}

/// A Cargo.toml.
pub(super) struct Manifest {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) table: toml::Table,
}

/// A Markdown page, or another text that is read as it is.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) text: String,
}

/// A package from a registry, in the version we lock.
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: Option<String>,
}

/// Folders that hold nothing of ours.
const NOT_OURS: &[&str] = &[".git", ".work", "node_modules", "target"];

impl House {
    pub(super) fn read(root: &Path) -> Result<House, Failure> {
        let mut house = House {
            deny: read(&root.join("deny.toml"))?,
            lock: read(&root.join("Cargo.lock"))?,
            dependencies: dependencies()?,
            ..House::default()
        };
        walk(root, root, &mut house.paths)?;
        for path in &house.paths {
            let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
            let text = || read(&root.join(path));
            match (name, name.rsplit('.').next()) {
                ("Cargo.toml", _) => house.manifests.push(Manifest::new(path, &text()?)?),
                ("clippy.toml", _) => house.clippy.push(Page {
                    path: path.clone(),
                    text: text()?,
                }),
                (_, Some("rs")) => house.sources.push(Source::new(path, &text()?)),
                (_, Some("md")) => house.pages.push(Page {
                    path: path.clone(),
                    text: text()?,
                }),
                _ => {}
            }
        }
        mark_test_modules(&mut house.sources);
        Ok(house)
    }
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Source {
        let views = mask(text);
        let live = without_tests(&views.code);
        let is_test = path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "benches"));
        let lines = text.lines().count();
        Source {
            path: path.into(),
            lines,
            code: views.code,
            comments: views.comments,
            live,
            is_test,
        }
    }

    /// Whether the file is compiled from `room`'s src folder.
    pub(super) fn is_in(&self, room: &str) -> bool {
        self.path
            .strip_prefix(room)
            .is_some_and(|rest| rest.starts_with("/src/"))
    }
}

impl Manifest {
    pub(super) fn new(path: &str, text: &str) -> Result<Manifest, Failure> {
        let table = text.parse().map_err(|source| Failure::Toml {
            path: path.into(),
            source,
        })?;
        Ok(Manifest {
            path: path.into(),
            text: text.into(),
            table,
        })
    }

    /// The line that starts with `key`, or the first.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let starts = |line: &str| {
            let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_'))
        };
        1 + self.text.lines().position(starts).unwrap_or(0)
    }
}

/// A module declared for tests alone makes tests of the files that hold it.
fn mark_test_modules(sources: &mut [Source]) {
    let mut homes = Vec::new();
    for source in sources.iter() {
        let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
        let home = match file {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            _ => source.path.trim_end_matches(".rs").to_owned(),
        };
        homes.extend(
            test_modules(&source.code)
                .iter()
                .map(|name| format!("{home}/{name}")),
        );
    }
    for source in sources {
        source.is_test |= homes.iter().any(|home| {
            source
                .path
                .strip_prefix(home.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::Read {
        path: path.into(),
        source,
    })
}

fn walk(root: &Path, folder: &Path, paths: &mut Vec<String>) -> Result<(), Failure> {
    let failed = |source| Failure::Read {
        path: folder.into(),
        source,
    };
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    for path in entries {
        if path
            .file_name()
            .is_some_and(|name| NOT_OURS.iter().any(|other| name == *other))
        {
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path);
        paths.push(relative.to_string_lossy().replace('\\', "/"));
        if path.is_dir() {
            walk(root, &path, paths)?;
        }
    }
    Ok(())
}

fn dependencies() -> Result<Vec<Dependency>, Failure> {
    let text = capture(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let text_of = |package: &serde_json::Value, key: &str| package[key].as_str().map(str::to_owned);
    let packages = metadata["packages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .map(|package| Dependency {
            name: text_of(package, "name").unwrap_or_default(),
            version: text_of(package, "version").unwrap_or_default(),
            licence: text_of(package, "license"),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declared_for_tests_makes_tests_of_its_files() {
        let mut sources = [
            Source::new("core/src/fold.rs", "#[cfg(test)]\nmod laws;"),
            Source::new("core/src/fold/laws.rs", ""),
            Source::new("core/src/fold/laws/order.rs", ""),
            Source::new("core/src/laws.rs", ""),
        ];
        mark_test_modules(&mut sources);
        assert_eq!(sources.map(|source| source.is_test), [false, true, true, false]);
    }

    #[test]
    fn integration_tests_are_tests() {
        assert!(Source::new("core/tests/laws.rs", "").is_test);
        assert!(Source::new("tests/src/lib.rs", "").is_test);
        assert!(!Source::new("core/src/attests.rs", "").is_test);
    }

    #[test]
    fn a_source_belongs_to_one_room() {
        assert!(Source::new("core/src/a/b.rs", "").is_in("core"));
        assert!(!Source::new("core/tests/b.rs", "").is_in("core"));
    }
}
