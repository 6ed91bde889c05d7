//! The `daymark` command.

fn main() -> std::process::ExitCode {
    daymark_server::cli::run()
}
