//! The `daymark` command.
fn main() {}
