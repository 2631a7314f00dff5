//! The files of a crate do not depend on each other in a cycle.
//!
//! A file depends on another file of its crate when it imports an item of it with `use`, or names one by a path in its code.
//! A path that leads to a `pub use` is followed to the file that defines the item; a `pub use` alone is no dependency. A
//! module file does not depend on the files below it, which it declares, re-exports and routes to; they may depend on it.
//! Files of tests and items with `#[cfg(test)]` are left out.
//!
//! The source is scanned as text, as rustfmt formats it. Not recognised: glob re-exports (the dependency is on the file that
//! re-exports), macros used without a path or an import, methods of a type that the file does not name, `super` in an inline
//! module (read as if outside of it), block comments, and `main.rs`. An import in a function is read as one of its file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// The files of a crate by module path, such as `console::form`. The path of the crate root is empty.
type Files = BTreeMap<String, File>;

/// The modules that each module depends on, with the first path that names an item there, as written.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

struct File {
    /// The path below `src`.
    name: String,
    imports: Vec<Import>,
    /// The code without imports, comments and tests.
    body: String,
}

struct Import {
    /// As written, without groups.
    path: String,
    /// What it brings into scope.
    name: String,
    is_public: bool,
}

fn join(start: &str, end: &str) -> String {
    let separator = if start.is_empty() || end.is_empty() {
        ""
    } else {
        "::"
    };
    [start, separator, end].concat()
}

fn split_first(path: &str) -> (&str, &str) {
    path.split_once("::").unwrap_or((path, ""))
}

/// Whether the other module is this one or below it.
fn contains(module: &str, other: &str) -> bool {
    let rest = other.strip_prefix(module);
    module.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The code without comments and without items that are compiled for tests only.
fn without_tests(source: &str) -> Vec<&str> {
    let mut is_test = false;
    let is_code = |line: &&str| {
        is_test |= *line == "#[cfg(test)]";
        let is_code = !is_test && !line.trim_start().starts_with("//");
        // An item at the top level ends with an unindented line.
        is_test &= *line != "}" && (line.starts_with(' ') || !line.ends_with(';'));
        is_code
    };
    source.lines().filter(is_code).collect()
}

/// Adds the imports of a use tree.
fn expand(prefix: &str, tree: &str, is_public: bool, imports: &mut Vec<Import>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let mut depth = 0;
        let subtrees = group.trim_end_matches('}').split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        for subtree in subtrees.filter(|subtree| !subtree.trim().is_empty()) {
            expand(&[prefix, head].concat(), subtree, is_public, imports);
        }
    } else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = [prefix, path].concat();
        let path = path.trim_end_matches("::self").to_owned();
        let last = path.rsplit("::").next().unwrap_or_default();
        let name = if alias.is_empty() { last } else { alias }.to_owned();
        imports.push(Import {
            path,
            name,
            is_public,
        });
    }
}

fn parse(name: &str, source: &str) -> File {
    let (mut imports, mut body) = (Vec::new(), String::new());
    let mut lines = without_tests(source).into_iter();
    while let Some(line) = lines.next() {
        let (visibility, start) = line.trim().split_once("use ").unwrap_or(("-", ""));
        let is_public =
            visibility == "pub " || visibility.starts_with("pub(") && visibility.ends_with(") ");
        if is_public || visibility.is_empty() {
            let mut tree = start.to_owned();
            while !tree.ends_with(';') {
                tree += lines.next().unwrap_or(";").trim();
            }
            expand("", tree.trim_end_matches(';'), is_public, &mut imports);
        } else {
            body = body + line + "\n";
        }
    }
    File {
        name: name.to_owned(),
        imports,
        body,
    }
}

/// Parses files, given by path below `src` and text.
fn parse_all<'s>(sources: impl IntoIterator<Item = (&'s str, &'s str)>) -> Files {
    let files = sources.into_iter().map(|(name, source)| {
        let module = name.trim_end_matches(".rs").replace('/', "::");
        let module = module.trim_end_matches("::mod");
        let module = if module == "lib" { "" } else { module };
        (module.to_owned(), parse(name, source))
    });
    files.collect()
}

/// The path from the crate root of a path in a module, unless that leads out of the crate.
fn absolute(files: &Files, module: &str, path: &str) -> Option<String> {
    let (first, _) = split_first(path);
    let is_relative = files.contains_key(&join(module, first));
    if !is_relative && !["crate", "self", "super"].contains(&first) {
        return None;
    }
    let mut names: Vec<&str> = module.split_terminator("::").collect();
    for name in path.split("::") {
        match name {
            "crate" => names.clear(),
            "self" => (),
            "super" => drop(names.pop()),
            _ => names.push(name),
        }
    }
    Some(names.join("::"))
}

/// The module that defines the item at a path from the crate root, unless it is the path of a module.
fn defining_module(files: &Files, path: &str) -> Option<String> {
    let (mut module, mut rest) = (String::new(), path);
    while !rest.is_empty() {
        let (name, after) = split_first(rest);
        let child = join(&module, name);
        let is_module = files.contains_key(&child);
        // An item may have the name of a module: a path that goes on leads into the module.
        if !is_module || after.is_empty() {
            let mut imports = files
                .get(&module)
                .into_iter()
                .flat_map(|file| &file.imports);
            let re_export = imports.find(|import| import.is_public && import.name == name);
            if let Some(path) = re_export.and_then(|import| absolute(files, &module, &import.path))
            {
                return defining_module(files, &join(&path, after));
            }
        }
        if !is_module {
            return Some(module);
        }
        (module, rest) = (child, after);
    }
    None
}

/// The names and paths in code.
fn paths_in(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
        .map(|path| path.trim_end_matches(':'))
        .filter(|path| !path.is_empty() && !path.starts_with(':'))
}

fn dependencies(files: &Files) -> Graph {
    let mut graph = Graph::new();
    for (module, file) in files {
        let private = file.imports.iter().filter(|import| !import.is_public);
        let imported = private.map(|import| (import.path.as_str(), import.path.clone()));
        let named = paths_in(&file.body).map(|path| {
            let (first, rest) = split_first(path);
            let import = file.imports.iter().find(|import| import.name == first);
            (
                path,
                import.map_or_else(|| path.to_owned(), |import| join(&import.path, rest)),
            )
        });
        for (written, path) in imported.chain(named) {
            let target =
                absolute(files, module, &path).and_then(|path| defining_module(files, &path));
            if let Some(target) = target.filter(|target| !contains(module, target)) {
                let targets = graph.entry(module.clone()).or_default();
                targets.entry(target).or_insert_with(|| written.to_owned());
            }
        }
    }
    graph
}

/// The modules of a shortest cycle, in order, if there is a cycle.
fn shortest_cycle(graph: &Graph) -> Option<Vec<&String>> {
    let cycle_from = |start| {
        let mut visited = BTreeSet::new();
        let mut queue = VecDeque::from([vec![start]]);
        while let Some(path) = queue.pop_front() {
            for target in graph
                .get(*path.last()?)
                .into_iter()
                .flat_map(BTreeMap::keys)
            {
                if target == start {
                    return Some(path);
                }
                if visited.insert(target) {
                    queue.push_back([path.as_slice(), &[target]].concat());
                }
            }
        }
        None
    };
    graph.keys().filter_map(cycle_from).min_by_key(Vec::len)
}

/// A line for each file of a shortest cycle: the file, the next file, and a path that names an item there.
fn describe_cycle(files: &Files, graph: &Graph) -> Option<String> {
    let cycle = shortest_cycle(graph)?;
    let next = cycle.iter().cycle().skip(1);
    let lines = cycle.iter().zip(next).map(|(from, to)| {
        let path = &graph[*from][*to];
        format!("{} -> {}: {path}", files[*from].name, files[*to].name)
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Adds the sources below a folder, without files of tests and `main.rs`, by path below `src`.
fn read_sources(src: &Path, folder: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(src).unwrap().to_str().unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if stem == "tests" || stem.ends_with("_tests") || name == "main.rs" {
            continue;
        }
        if path.is_dir() {
            read_sources(src, &path, sources);
        } else if name.ends_with(".rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            sources.insert(name.to_owned(), source);
        }
    }
}

#[test]
fn files_of_a_crate_do_not_depend_on_each_other_in_a_cycle() {
    let mut dependency_count = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap() {
        let crate_folder = entry.unwrap().path();
        let (src, mut sources) = (crate_folder.join("src"), BTreeMap::new());
        read_sources(&src, &src, &mut sources);
        let files = parse_all(
            sources
                .iter()
                .map(|(name, source)| (name.as_str(), source.as_str())),
        );
        let graph = dependencies(&files);
        dependency_count += graph.values().map(BTreeMap::len).sum::<usize>();
        if let Some(cycle) = describe_cycle(&files, &graph) {
            panic!(
                "files in {} depend on each other in a cycle:\n{cycle}",
                src.display()
            );
        }
    }
    assert!(
        dependency_count > 300,
        "{dependency_count} dependencies recognised"
    );
}

#[test]
fn reports_a_cycle_through_a_re_export() {
    let files = parse_all([
        ("lib.rs", "pub mod account;\npub mod session;\n"),
        (
            "account/mod.rs",
            "mod owner;\npub use owner::Owner;\nfn f() { owner::g() }\n",
        ),
        (
            "account/owner.rs",
            "pub struct Owner(crate::session::Session);\n",
        ),
        (
            "session.rs",
            "use crate::{\n    account::{self as a, Owner},\n};\npub struct Session;\n",
        ),
    ]);
    let cycle = describe_cycle(&files, &dependencies(&files)).unwrap();
    assert_eq!(
        cycle,
        "account/owner.rs -> session.rs: crate::session::Session\n\
         session.rs -> account/owner.rs: crate::account::Owner"
    );
}

#[test]
fn accepts_children_that_use_their_parent_and_uses_in_tests() {
    let files = parse_all([
        ("lib.rs", "mod account;\nmod session;\npub struct Id;\n"),
        (
            "account/mod.rs",
            "mod owner;\nuse owner::Owner;\npub struct Account(Owner);\n",
        ),
        (
            "account/owner.rs",
            "use super::Account;\nuse crate::{Id, session};\nfn f() { session::g() }\n",
        ),
        (
            "session.rs",
            "// crate::account::Account\n#[cfg(test)]\nmod tests {\n    use crate::account::Account;\n}\n",
        ),
    ]);
    assert_eq!(describe_cycle(&files, &dependencies(&files)), None);
    assert_eq!(dependencies(&files)["account::owner"].len(), 3);
}
