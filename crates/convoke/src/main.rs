//! The command line.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Requests take 8 to 14 % fewer instructions than with the allocator of the C library.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    convoke::cli::run()
}
