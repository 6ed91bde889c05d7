//! Takes the app into the server: a table of the files that `cargo xtask app` has put into `app/dist`, for `http::app`.
//! Without them the table is empty, and the server has everything but the app.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../app/dist");
    // The folder itself is always there; of a file that is not there cargo thinks that it has just changed.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    let table = match fs::read(dist.join("dist.json")) {
        Ok(list) => table(&fs::canonicalize(dist)?, &serde_json::from_slice(&list)?)?,
        Err(_) => "&[]".to_owned(),
    };
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("app.rs"), table)?;
    Ok(())
}

/// The table in Rust.
fn table(dist: &Path, list: &Value) -> Result<String, Box<dyn Error>> {
    let mut table = "&[\n".to_owned();
    for file in list["files"]
        .as_array()
        .ok_or("dist.json holds no list of files")?
    {
        let text = |key: &str| file[key].as_str().ok_or_else(|| format!("dist.json: no {key}"));
        let on_disk = dist.join(text("file")?);
        let on_disk = on_disk.to_str().ok_or("the path of app/dist is not UTF-8")?;
        let brotli = if file["brotli"].is_null() {
            "None".to_owned()
        } else {
            format!("Some(include_bytes!({:?}))", format!("{on_disk}.br"))
        };
        writeln!(
            table,
            "File {{ path: {:?}, content_type: {:?}, is_immutable: {}, plain: include_bytes!({on_disk:?}), brotli: {brotli} }},",
            text("path")?,
            text("content_type")?,
            file["immutable"].as_bool().unwrap_or_default(),
        )?;
    }
    table.push(']');
    Ok(table)
}
