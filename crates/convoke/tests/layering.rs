//! Rules that Cargo does not check: dependencies between crates, and names that only one folder may use.
//!
//! Within a crate the compiler keeps privacy; between crates it follows the manifests, which these tests compare with
//! ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each crate with the crates of the workspace that it may depend on.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("core", &[]),
    ("store", &["core"]),
    ("domain", &["core", "store"]),
    ("i18n", &["core"]),
    ("infra", &["core", "i18n"]),
    ("app", &["core", "store", "domain", "i18n", "infra"]),
    ("api", &["core", "domain", "i18n", "infra", "app"]),
    ("web", &["core", "domain", "i18n", "infra", "app", "api"]),
    (
        "convoke",
        &["core", "domain", "i18n", "infra", "app", "api", "web"],
    ),
];

/// Each library that only these crates may depend on.
const LIBRARIES: [(&str, &[&str]); 12] = [
    ("argon2", &["infra"]),
    ("askama", &["infra", "web"]),
    ("axum", &["api", "web"]),
    ("clap", &["convoke"]),
    ("fluent-bundle", &["i18n"]),
    ("image", &["infra"]),
    ("lettre", &["infra"]),
    ("oauth2", &["infra"]),
    ("postgres", &["store"]),
    ("rusqlite", &["store"]),
    ("tokio", &["store", "infra", "app", "web", "convoke"]),
    ("utoipa", &["api"]),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The dependencies of a crate, without those of its tests.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    dependencies.keys().cloned().collect()
}

#[test]
fn crates_depend_in_one_direction() {
    let folders = std::fs::read_dir(crates()).unwrap();
    let folders: BTreeSet<String> = folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        folders,
        ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect()
    );
    for (name, allowed) in ALLOWED {
        for dependency in dependencies(name) {
            if let Some(other) = dependency.strip_prefix("convoke-") {
                assert!(allowed.contains(&other), "{name} depends on {other}");
            }
        }
    }
}

#[test]
fn libraries_stay_in_their_layer() {
    for (library, allowed) in LIBRARIES {
        for (name, _) in ALLOWED {
            let depends = dependencies(name).contains(library);
            assert!(
                !depends || allowed.contains(&name),
                "{name} depends on {library}"
            );
        }
    }
}

/// Every source file below a folder, with its code: comments left out.
fn sources(root: &Path) -> Vec<(PathBuf, String)> {
    let mut folders = vec![root.to_owned()];
    let mut sources = Vec::new();
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
            sources.push((place, code.join("\n")));
        }
    }
    assert!(!sources.is_empty(), "{} has no sources", root.display());
    sources
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

#[test]
fn only_the_engine_folder_names_a_database_driver() {
    let mut inside = 0;
    for (file, code) in sources(&crates().join("store/src")) {
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
fn the_core_does_no_io() {
    for (file, code) in sources(&crates().join("core/src")) {
        for path in [
            "std::fs",
            "std::net::TcpStream",
            "std::net::UdpSocket",
            "std::process::Command",
            "std::env",
            "std::thread",
            "println!",
            "eprintln!",
        ] {
            assert!(!names(&code, path), "{} names {path}", file.display());
        }
    }
}

/// What ends access of a user, and the files of the domain that end the grants which depend on it.
const ENDS_ACCESS: [(&str, &[&str]); 5] = [
    ("sessions::delete", &[]),
    ("convoke_store::sessions as", &["sessions/end.rs"]),
    ("update_roles(", &["members/add.rs", "members/edit.rs"]),
    ("update_owner(", &["ownership.rs"]),
    ("convoke_store::grant_ends", &["oauth2/grant_ends.rs"]),
];

#[test]
fn what_ends_access_is_called_only_where_grants_end_too() {
    let sources = sources(&crates().join("domain/src"));
    for (call, allowed) in ENDS_ACCESS {
        let callers = sources.iter().filter(|(_, code)| code.contains(call));
        let callers: Vec<&PathBuf> = callers.map(|(file, _)| file).collect();
        for file in &callers {
            let is_allowed = allowed.iter().any(|end| file.ends_with(end));
            assert!(is_allowed, "{} calls {call}", file.display());
        }
        assert_eq!(callers.len(), allowed.len(), "{call}");
    }
}

#[test]
fn only_whole_names_are_matched() {
    assert!(names("use std::fs::File;", "std::fs"));
    assert!(!names("use std::fs_of_mine;", "std::fs"));
    assert!(!names("my_std::fs", "std::fs"));
}
