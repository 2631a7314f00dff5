//! The command line.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Takes a tenth of a request's instructions less than that of the C library.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    convoke::cli::run()
}
