//! The folder that the server takes the app from: each file, its compressed twin, and the list of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use brotli::enc::BrotliEncoderParams;
use serde::{Deserialize, Serialize};

use crate::names::{Asset, Named, hash};
use crate::{DOWNLOAD_BYTES_MAX, Failure};

/// The list. The server's build reads it.
const LIST: &str = "dist.json";
/// Keeps the folder in place and its content out of git.
const IGNORE: &str = ".gitignore";

/// One file of the list.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    path: String,
    file: String,
    content_type: String,
    /// Whether the name says the content, so that a browser may keep it for ever.
    immutable: bool,
    /// Whether the service worker keeps it.
    kept: bool,
    bytes: usize,
    /// The size of `FILE.br`, which is there where it is the smaller one.
    brotli: Option<usize>,
}

impl Listed {
    fn travels(&self) -> usize {
        self.brotli.unwrap_or(self.bytes)
    }
}

/// What is in the folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct List {
    /// A hash of all that it was made from.
    source: String,
    files: Vec<Listed>,
}

/// A hash of all that a bundle is made from: the module, the files, and this very program.
pub(crate) fn source(module: &[u8], files: &[Asset]) -> Result<String, Failure> {
    let path = std::env::current_exe().map_err(Failure::file(Path::new("this program")))?;
    let program = fs::read(&path).map_err(Failure::file(&path))?;
    let parts = files
        .iter()
        .flat_map(|asset| [asset.name.as_bytes(), asset.bytes.as_slice()]);
    Ok(hash([program.as_slice(), module].into_iter().chain(parts)))
}

/// What the folder holds, if it was made from the same and is whole.
pub(crate) fn kept(folder: &Path, source: &str) -> Option<List> {
    let list: List = serde_json::from_slice(&fs::read(folder.join(LIST)).ok()?).ok()?;
    let has = |file: &str, bytes: usize| {
        fs::metadata(folder.join(file)).is_ok_and(|found| found.len() == bytes as u64)
    };
    let is_whole = list.files.iter().all(|listed| {
        has(&listed.file, listed.bytes) && listed.brotli.is_none_or(|bytes| has(&twin(&listed.file), bytes))
    });
    (is_whole && list.source == source).then_some(list)
}

fn twin(file: &str) -> String {
    format!("{file}.br")
}

/// Fills the folder. A file that is there already as it should be is not touched, so that whoever watches it is not woken.
pub(crate) fn write(folder: &Path, source: &str, assets: &[Named]) -> Result<List, Failure> {
    let mut expected = BTreeSet::from([LIST.to_owned(), IGNORE.to_owned()]);
    let mut put = |file: &str, bytes: &[u8]| {
        expected.insert(file.to_owned());
        let path = folder.join(file);
        if fs::read(&path).is_ok_and(|found| found == bytes) {
            return Ok(());
        }
        let above = path.parent().unwrap_or(folder);
        fs::create_dir_all(above).map_err(Failure::file(above))?;
        fs::write(&path, bytes).map_err(Failure::file(&path))
    };
    let mut files = Vec::new();
    for named in assets {
        put(&named.file, &named.bytes)?;
        let small = compressed(&named.bytes);
        let is_smaller = small.len() < named.bytes.len();
        if is_smaller {
            put(&twin(&named.file), &small)?;
        }
        files.push(Listed {
            path: named.path.clone(),
            file: named.file.clone(),
            content_type: named.content_type.to_owned(),
            immutable: named.is_immutable,
            kept: named.is_kept,
            bytes: named.bytes.len(),
            brotli: is_smaller.then_some(small.len()),
        });
    }
    let list = List {
        source: source.to_owned(),
        files,
    };
    put(LIST, &serde_json::to_vec_pretty(&list)?)?;
    sweep(folder, "", &expected)?;
    Ok(list)
}

/// Removes what an earlier bundle left.
fn sweep(folder: &Path, above: &str, expected: &BTreeSet<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
        let entry = entry.map_err(Failure::file(folder))?;
        let path = entry.path();
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            sweep(&path, &format!("{name}/"), expected)?;
        } else if !expected.contains(&name) {
            fs::remove_file(&path).map_err(Failure::file(&path))?;
        }
    }
    Ok(())
}

/// As small as Brotli makes it within the window that every browser takes.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut small = Vec::new();
    match brotli::BrotliCompress(&mut &*bytes, &mut small, &params) {
        Ok(_) => small,
        // It reads from memory and writes to memory; whatever happened, the plain file is as good.
        Err(_) => bytes.to_vec(),
    }
}

/// Says what travels to a tablet, and refuses what is too much.
pub(crate) fn report(list: &List) -> Result<(), Failure> {
    println!("{:>9} {:>9}  path", "bytes", "brotli");
    for listed in &list.files {
        println!("{:>9} {:>9}  {}", listed.bytes, listed.travels(), listed.path);
    }
    let fetched = list
        .files
        .iter()
        .filter(|listed| listed.kept || listed.path == "/sw.js");
    let bytes: usize = fetched.map(Listed::travels).sum();
    println!("a tablet downloads {bytes} bytes, of {DOWNLOAD_BYTES_MAX} allowed");
    if bytes > DOWNLOAD_BYTES_MAX {
        return Err(Failure::TooLarge { bytes });
    }
    Ok(())
}
