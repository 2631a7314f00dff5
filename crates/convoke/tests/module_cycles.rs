//! The files of a crate do not depend on each other in a cycle.
//!
//! A file depends on another file of its crate when it imports an item of it with `use`, or names one by a path in its code.
//! A path that leads to an import in another file, such as a `pub use`, is followed to the file that defines the item. A
//! `pub use` alone is no dependency. A module file does not depend on the files below it, which it declares, re-exports and
//! routes to; they may depend on it. Files of tests and items with `#[cfg(test)]` are left out.
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
    /// Paths by the name that they bring into scope.
    imports: BTreeMap<String, String>,
    /// The code without comments and tests, with the paths of private imports in place of the imports.
    code: String,
}

fn join(start: &str, end: &str) -> String {
    let is_joined = !start.is_empty() && !end.is_empty();
    [start, if is_joined { "::" } else { "" }, end].concat()
}

fn split_first(path: &str) -> (&str, &str) {
    path.split_once("::").unwrap_or((path, ""))
}

/// Whether the other module is this one or below it.
fn contains(module: &str, other: &str) -> bool {
    module.is_empty() || format!("{other}::").starts_with(&format!("{module}::"))
}

/// The lines without comments and without items that are compiled for tests only.
fn code_lines(source: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    source.lines().filter(move |line| {
        is_test |= *line == "#[cfg(test)]";
        let is_code = !is_test && !line.trim_start().starts_with("//");
        // An item at the top level ends with an unindented line.
        is_test &= *line != "}" && (line.starts_with(' ') || !line.ends_with(';'));
        is_code
    })
}

/// Adds the paths of a use tree, each with the name that it brings into scope.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<(String, String)>) {
    if let Some((head, group)) = tree.split_once('{') {
        let mut depth = 0;
        let subtrees = group.trim_end_matches('}').split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        for subtree in subtrees.map(str::trim) {
            expand(&[prefix, head].concat(), subtree, paths);
        }
    } else if !tree.is_empty() {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = [prefix, path].concat();
        let path = path.trim_end_matches("::self");
        let last = path.rsplit("::").next().unwrap_or_default();
        let name = if alias.is_empty() { last } else { alias };
        paths.push((path.to_owned(), name.to_owned()));
    }
}

fn parse_file(name: &str, source: &str) -> File {
    let (mut imports, mut code) = (BTreeMap::new(), String::new());
    let mut lines = code_lines(source);
    while let Some(line) = lines.next() {
        let (visibility, start) = line.trim().split_once("use ").unwrap_or((line, ""));
        let is_public =
            visibility == "pub " || visibility.starts_with("pub(") && visibility.ends_with(") ");
        if start.is_empty() || !(is_public || visibility.is_empty()) {
            code += &[line, "\n"].concat();
            continue;
        }
        let mut tree = start.to_owned();
        while !tree.ends_with(';') {
            tree += lines.next().unwrap_or(";").trim();
        }
        let mut paths = Vec::new();
        expand("", tree.trim_end_matches(';'), &mut paths);
        for (path, name) in paths {
            if !is_public {
                code += &[&path, "\n"].concat();
            }
            imports.insert(name, path);
        }
    }
    File {
        name: name.to_owned(),
        imports,
        code,
    }
}

/// Parses files, given by path below `src` and text.
fn parse<'s>(sources: impl IntoIterator<Item = (&'s str, &'s str)>) -> Files {
    let files = sources.into_iter().map(|(name, source)| {
        let module = name.trim_end_matches(".rs").replace('/', "::");
        let module = module.trim_end_matches("::mod");
        let module = if module == "lib" { "" } else { module };
        (module.to_owned(), parse_file(name, source))
    });
    files.collect()
}

/// The path from the crate root of a path in a module, unless that leads out of the crate.
fn absolute(files: &Files, module: &str, path: &str) -> Option<String> {
    let (first, _) = split_first(path);
    let is_child = files.contains_key(&join(module, first));
    if !is_child && !["crate", "self", "super"].contains(&first) {
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

/// The module that defines the item at a path from the crate root. Nothing for a module, and for an item of another crate.
fn defining_module(files: &Files, path: &str) -> Option<String> {
    let (mut module, mut rest) = (String::new(), path);
    while !rest.is_empty() {
        let (name, after) = split_first(rest);
        let child = join(&module, name);
        let is_module = files.contains_key(&child);
        let import = files.get(&module).and_then(|file| file.imports.get(name));
        // An item may have the name of a module: a path that goes on leads into the module.
        let is_import = after.is_empty() || !is_module;
        // `pub use name` exports a macro of the same file.
        if let Some(path) = import.filter(|path| is_import && *path != name) {
            let path = absolute(files, &module, path)?;
            return defining_module(files, &join(&path, after));
        }
        if !is_module {
            return Some(module);
        }
        (module, rest) = (child, after);
    }
    None
}

fn dependencies(files: &Files) -> Graph {
    let mut graph = Graph::new();
    for (module, file) in files {
        let is_outside_path = |c: char| !c.is_alphanumeric() && c != '_' && c != ':';
        let paths = file.code.split(is_outside_path);
        for written in paths.map(|path| path.trim_end_matches(':')) {
            let (first, rest) = split_first(written);
            let import = file.imports.get(first);
            let path = import.map_or_else(|| written.to_owned(), |import| join(import, rest));
            let path = absolute(files, module, &path);
            let target = path.and_then(|path| defining_module(files, &path));
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
            let targets = graph.get(*path.last()?).into_iter().flatten();
            for (target, _) in targets {
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

/// Adds the sources below a folder by path below `src`, without files of tests and `main.rs`.
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
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            sources.insert(name.to_owned(), source);
        }
    }
}

#[test]
fn files_do_not_depend_on_each_other_in_a_cycle() {
    let mut dependency_count = 0;
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for entry in std::fs::read_dir(crates).unwrap() {
        let entry = entry.unwrap();
        let crate_name = entry.file_name().into_string().unwrap();
        let (src, mut sources) = (entry.path().join("src"), BTreeMap::new());
        read_sources(&src, &src, &mut sources);
        let files = parse(sources.iter().map(|(name, source)| (&**name, &**source)));
        let graph = dependencies(&files);
        dependency_count += graph.values().map(BTreeMap::len).sum::<usize>();
        let cycle = describe_cycle(&files, &graph).unwrap_or_default();
        assert!(
            cycle.is_empty(),
            "cycle in crates/{crate_name}/src:\n{cycle}"
        );
    }
    assert!(dependency_count > 300, "{dependency_count}");
}

#[test]
fn reports_a_cycle_through_a_re_export() {
    let files = parse([
        (
            "account/mod.rs",
            "pub use owner::Owner;\nfn f() { owner::g() }",
        ),
        ("account/owner.rs", "struct Owner(crate::session::Session);"),
        (
            "session.rs",
            "use crate::{\n    account::{self as a, Owner},\n};",
        ),
    ]);
    assert_eq!(
        describe_cycle(&files, &dependencies(&files)).unwrap(),
        "account/owner.rs -> session.rs: crate::session::Session\n\
         session.rs -> account/owner.rs: crate::account::Owner"
    );
}

#[test]
fn accepts_uses_of_the_parent_and_uses_in_tests() {
    let files = parse([
        ("lib.rs", "pub struct Id;"),
        (
            "account/mod.rs",
            "use owner::Owner;\nstruct Account(Owner);",
        ),
        (
            "account/owner.rs",
            "use super::Account;\nuse crate::{Id, session};\nfn f() { session::g() }",
        ),
        (
            "session.rs",
            "// crate::account::A\n#[cfg(test)]\nmod tests {\n    use crate::account::A;\n}",
        ),
    ]);
    let graph = dependencies(&files);
    assert_eq!(describe_cycle(&files, &graph), None);
    assert_eq!(graph["account::owner"].len(), 3);
}
