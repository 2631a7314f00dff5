//! The layers of the code base: `http` asks `domain`, `domain` asks `store`, and nobody asks back.

use std::path::{Path, PathBuf};

/// Every source file below a folder or file of `src`, with its code: comments left out.
fn sources(part: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(part);
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(place) = folders.pop() {
        if place.is_dir() {
            let entries = std::fs::read_dir(&place).unwrap();
            folders.extend(entries.map(|entry| entry.unwrap().path()));
        } else if place.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&place).unwrap();
            let code: Vec<&str> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            found.push((place, code.join("\n")));
        }
    }
    assert!(!found.is_empty(), "{} has no sources", root.display());
    found
}

/// Whether code has this path: not as a part of a longer name.
fn names(code: &str, path: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}

/// Asserts that no file of a part names any of these.
#[track_caller]
fn never(part: &str, forbidden: &[&str]) {
    for (file, code) in sources(part) {
        for path in forbidden {
            assert!(!names(&code, path), "{} names {path}", file.display());
        }
        // `use crate::{store, …}` would hide a layer from the search above.
        assert!(
            !code.contains("use crate::{"),
            "{} groups its layers in one use",
            file.display()
        );
    }
}

#[test]
fn http_never_names_the_store() {
    never(
        "http",
        &["crate::store", "super::store", "rusqlite", "postgres"],
    );
}

#[test]
fn the_store_never_names_domain_or_http() {
    never(
        "store",
        &[
            "crate::domain",
            "crate::http",
            "crate::app",
            "crate::config",
            "axum",
        ],
    );
}

#[test]
fn the_domain_never_names_frameworks_or_databases() {
    never(
        "domain",
        &[
            "axum",
            "tower",
            "tower_http",
            "hyper",
            "utoipa",
            "rusqlite",
            "postgres",
            "crate::http",
            "lettre",
        ],
    );
}

#[test]
fn the_core_names_nobody_and_does_no_io() {
    for layer in [
        "app", "cli", "config", "domain", "hashing", "http", "jobs", "mail", "store", "texts",
    ] {
        never("core", &[&format!("crate::{layer}")]);
    }
    never(
        "core",
        &[
            "std::fs",
            "std::net::TcpStream",
            "std::net::UdpSocket",
            "std::process::Command",
            "std::env",
            "tokio",
            "axum",
            "rusqlite",
            "postgres",
            "std::thread",
            "println!",
            "eprintln!",
        ],
    );
}

#[test]
fn one_folder_alone_knows_sqlite_from_postgresql() {
    let mut inside = 0;
    for (file, code) in sources("") {
        let engine = file.components().any(|part| part.as_os_str() == "engine");
        for name in ["rusqlite", "postgres", "tokio_postgres_rustls"] {
            // `postgres://` is the scheme of a setting, not the crate.
            let named = names(&code.replace("postgres://", ""), name);
            inside += usize::from(engine && named);
            assert!(engine || !named, "{} names {name}", file.display());
        }
    }
    assert!(inside > 3, "{inside}");
}

#[test]
fn mail_and_jobs_never_name_http() {
    never("mail", &["crate::http", "axum", "rusqlite", "postgres"]);
    never(
        "jobs",
        &[
            "crate::http",
            "axum",
            "rusqlite",
            "postgres",
            "crate::store",
        ],
    );
}

#[test]
fn the_search_finds_names_and_not_parts_of_names() {
    assert!(names("use crate::store::users;", "crate::store"));
    assert!(!names("use crate::storekeeper;", "crate::store"));
    assert!(!names("my_crate::store", "crate::store"));
}
