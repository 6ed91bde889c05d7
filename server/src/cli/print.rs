//! Plain tables for a terminal.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::Failure;

/// Prints a line. A reader that has seen enough, such as `head`, closes the pipe; that ends the command and is no
/// fault.
pub(crate) fn line(text: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_fmt(text).and_then(|()| out.write_all(b"\n")) {
        let reader_left = error.kind() == std::io::ErrorKind::BrokenPipe;
        std::process::exit(i32::from(!reader_left));
    }
}

/// `println!`, for a command whose reader may leave.
macro_rules! say {
    () => { $crate::cli::print::line(format_args!("")) };
    ($($words:tt)*) => { $crate::cli::print::line(format_args!($($words)*)) };
}
pub(crate) use say;

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Writes what was fetched into a file and says so, with a hint behind; to standard output where no file is named.
pub(crate) fn write_out(file: Option<&Path>, bytes: &[u8], hint: &str) -> Result<(), Failure> {
    let Some(path) = file else {
        return Ok(std::io::stdout().write_all(bytes)?);
    };
    std::fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    say!("Wrote {}.{hint}", path.display());
    Ok(())
}

/// Prints rows under their headings, each column as wide as its widest cell.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        say!("{}", padded.join("  ").trim_end());
    };
    line(&mut headings.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
}

/// `1 pupil`, `2 pupils`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
