//! `daymark-bundle WASM WWW DIST`: what a browser loads, made out of the compiled app and its static files.
//!
//! It is a program of its own so that `xtask` stays light: nobody who runs a test waits for a compiler of wasm.
//!
//! 1. [`bindings`] adds the JavaScript that the module is called through.
//! 2. [`plain`] takes comments and indentation out of scripts.
//! 3. [`names`] names every file after its content, in each other's texts too, so that a browser may keep it for ever.
//! 4. [`dist`] compresses, writes what has changed, and says how much a tablet downloads.
#![forbid(unsafe_code)]

mod bindings;
mod dist;
mod names;
mod plain;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use names::Asset;

/// The most that a tablet downloads before the app works without signal: fonts, module and all, compressed. It comes over
/// a school's Wi-Fi for thirty tablets at once, and over a coach's for one.
const DOWNLOAD_BYTES_MAX: usize = 900_000;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("say where things are: daymark-bundle WASM WWW DIST")]
    Usage,
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the module's bindings: {0}")]
    Bindings(String),
    #[error("{0} is not text in UTF-8")]
    NotText(String),
    #[error("{0}: what kind of file is that? Say so in `kind` in xtask/bundle/src/names.rs")]
    UnknownKind(String),
    #[error("these name each other, so none can be named after its content first: {}", .0.join(", "))]
    Circle(Vec<String>),
    #[error("no other file names {0}, so no browser would ever ask for it")]
    Unnamed(String),
    #[error("sw.js does not hold {0}, in whose place its list goes")]
    NoPlaceholder(&'static str),
    #[error("the list of files: {0}")]
    List(#[from] serde_json::Error),
    #[error(
        "the download is {bytes} bytes, and {DOWNLOAD_BYTES_MAX} are allowed: make the app smaller, or change DOWNLOAD_BYTES_MAX for a reason"
    )]
    TooLarge { bytes: usize },
}

impl Failure {
    /// What a step with a file makes of its error.
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [wasm, www, folder] = arguments.as_slice() else {
        return Err(Failure::Usage);
    };
    let module = fs::read(wasm).map_err(Failure::file(wasm))?;
    let mut files = Vec::new();
    read(www, "", &mut files)?;
    let source = dist::source(&module, &files)?;
    let made = if let Some(kept) = dist::kept(folder, &source) {
        kept
    } else {
        files.extend(bindings::make(module)?);
        let assets = names::settle(files.into_iter().map(plain::made_plain).collect())?;
        dist::write(folder, &source, &assets)?
    };
    dist::report(&made)
}

/// Reads all files of a folder, sorted, each named by its path in it.
fn read(folder: &Path, above: &str, files: &mut Vec<Asset>) -> Result<(), Failure> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        entries.push(entry.map_err(Failure::file(folder))?);
    }
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            read(&path, &format!("{name}/"), files)?;
        } else {
            let bytes = fs::read(&path).map_err(Failure::file(&path))?;
            files.push(Asset { name, bytes });
        }
    }
    Ok(())
}
