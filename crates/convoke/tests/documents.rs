//! Paths that documents name exist.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Markdown file of the repository that describes the present.
fn documents() -> Vec<PathBuf> {
    let mut folders = vec![root().join("docs")];
    let mut documents: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
        .iter()
        .map(|name| root().join(name))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    documents
}

/// The quoted paths that start with a folder of the repository.
fn paths_in(text: &str) -> Vec<&str> {
    const FOLDERS: [&str; 8] = [
        "benches/",
        "catalogue/",
        "crates/",
        "docs/",
        "fuzz/",
        "migrations/",
        "packaging/",
        "scripts/",
    ];
    let is_path =
        |text: &&str| FOLDERS.iter().any(|folder| text.starts_with(folder)) && !text.contains(' ');
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .map(|quoted| quoted.split("::").next().unwrap_or_default())
        .filter(is_path)
        .collect()
}

/// Targets of links to files, without their fragments.
fn links_in(text: &str) -> Vec<&str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let targets = targets.map(|target| target.split('#').next().unwrap_or_default());
    targets
        .filter(|target| !target.is_empty() && !target.contains(':') && !target.starts_with('/'))
        .collect()
}

/// Whether there is such a path; a part in angle brackets, an asterisk or one of `{a,b}` stands for any name.
fn exists(from: &Path, path: &str) -> bool {
    let mut places = vec![from.to_owned()];
    for part in path.trim_end_matches('/').split('/') {
        let is_pattern = part.contains(['<', '*', '{']);
        let mut next = Vec::new();
        for place in places {
            if !is_pattern {
                let place = place.join(part);
                next.extend(place.exists().then_some(place));
                continue;
            }
            let end = part.rsplit(['>', '*', '}']).next().unwrap_or_default();
            let entries = std::fs::read_dir(&place).into_iter().flatten();
            let entries = entries.map(|entry| entry.unwrap().path());
            next.extend(entries.filter(|entry| entry.to_string_lossy().ends_with(end)));
        }
        places = next;
    }
    !places.is_empty()
}

#[test]
fn paths_in_documents_exist() {
    let mut count = 0;
    let mut missing = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let paths = paths_in(&text).into_iter().map(|path| (root(), path));
        let links = links_in(&text)
            .into_iter()
            .map(|link| (folder.to_owned(), link));
        for (from, path) in paths.chain(links) {
            count += 1;
            if !exists(&from, path) {
                missing.push(format!("{}: {path}", document.display()));
            }
        }
    }
    assert!(count > 150, "{count}");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Paths of source files with the names that a text mentions in parentheses after them: `path` (`name`, `name`).
fn names_in(text: &str) -> Vec<(&str, &str)> {
    let mut names = Vec::new();
    for (index, _) in text.match_indices("` (`") {
        let path = text[..index].rsplit('`').next().unwrap_or_default();
        let list = text[index + 3..].split(')').next().unwrap_or_default();
        if path.starts_with("crates/") && path.contains(".rs") && !path.contains('<') {
            let quoted = list.split('`').skip(1).step_by(2);
            names.extend(quoted.map(|name| (path, name)));
        }
    }
    names
}

#[test]
fn names_in_documents_are_in_their_files() {
    let mut count = 0;
    let mut missing = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for (path, name) in names_in(&text) {
            count += 1;
            let source = std::fs::read_to_string(root().join(path)).unwrap_or_default();
            if !source.contains(name) {
                missing.push(format!("{}: {path} ({name})", document.display()));
            }
        }
    }
    assert!(count > 50, "{count}");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn tests_of_rules_exist() {
    let text = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let mut count = 0;
    for (path, test) in quoted.filter_map(|quoted| quoted.split_once("::")) {
        if !path.starts_with("crates/") {
            continue;
        }
        count += 1;
        let source = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "{path}::{test}");
    }
    assert!(count > 200, "{count}");
}

/// Text of every source file below a folder.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(&path).unwrap();
        }
    }
    text
}

#[test]
fn tests_of_the_security_document_exist() {
    let code = sources(&root().join("crates"));
    let text = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let is_test = |name: &&str| {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        name.matches('_').count() > 3 && name.chars().all(is_name)
    };
    let names: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(code.contains(&format!("fn {name}(")), "{name}");
    }
}

#[test]
fn every_rule_is_listed() {
    let text = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    for (prefix, count) in [
        ("U", 9),
        ("A", 5),
        ("P", 5),
        ("I", 18),
        ("V", 15),
        ("S", 20),
    ] {
        for number in 1..=count {
            let row = format!("\n| {prefix}{number} |");
            assert!(text.contains(&row), "{prefix}{number}");
        }
    }
}

#[test]
fn missing_paths_are_detected() {
    assert_eq!(paths_in("see `crates/core/` and `other`"), ["crates/core/"]);
    assert_eq!(links_in("a [b](c.md#d) [e](https://x.example)"), ["c.md"]);
    assert!(exists(&root(), "crates/<name>/src/lib.rs"));
    assert!(exists(&root(), "crates/{core,store}/src/*.rs"));
    assert!(!exists(&root(), "crates/core/src/nothing.rs"));
    assert!(!exists(&root(), "crates/<name>/src/nothing.rs"));
}
