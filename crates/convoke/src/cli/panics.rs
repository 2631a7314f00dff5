//! Reports of panics without paths of the machine that built the program.

use std::panic::{self, PanicHookInfo};

use super::print_error;

/// The folder of the crates that cargo downloads, below the home of the user who builds.
const REGISTRY: &str = "/registry/src/";

/// The folder of the standard library's sources.
const STANDARD_LIBRARY: &str = "/library/";

/// Reports panics in the log, or on standard error while there is none.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or_default();
    let location = info.location().map_or_else(String::new, |location| {
        format!("{}:{}", shorten(location.file()), location.line())
    });
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or_default();
    if tracing::dispatcher::has_been_set() {
        tracing::error!(message, location, thread, "panicked");
    } else {
        print_error(&format!(
            "thread {thread} panicked at {location}: {message}"
        ));
    }
}

/// The path of a source file from its crate on: that of a dependency begins with its name and version.
fn shorten(path: &str) -> &str {
    if let Some((_, below)) = path.split_once(REGISTRY) {
        // Behind the name of the registry.
        return below.split_once('/').map_or(below, |(_, file)| file);
    }
    if !path.starts_with('/') {
        // Cargo compiles the crates of the workspace with paths from its root.
        return path;
    }
    match path.split_once(STANDARD_LIBRARY) {
        Some((_, file)) => file,
        None => path.rsplit('/').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_build_machine_are_left_out() {
        for (path, shown) in [
            ("crates/web/src/lib.rs", "crates/web/src/lib.rs"),
            (
                "/home/ana/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/tokio-1.48.0/src/lib.rs",
                "tokio-1.48.0/src/lib.rs",
            ),
            (
                "/rustc/ded5c06cf21d2b93bffd5d884aa6e96934ee4234/library/core/src/option.rs",
                "core/src/option.rs",
            ),
            ("/home/ana/vendor/thing/src/lib.rs", "lib.rs"),
        ] {
            assert_eq!(shorten(path), shown);
        }
    }
}
