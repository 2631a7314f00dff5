//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    convoke::cli::run()
}
