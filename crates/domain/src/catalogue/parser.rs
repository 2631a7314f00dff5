//! Keeps the errors that are found in a catalogue file, each with its line.

use std::collections::HashMap;

use toml::de::Error as SyntaxError;

use super::CatalogueError;

/// How the TOML library names a key that stands twice in one table.
const DUPLICATE_KEY: &str = "duplicate key";

/// An error as it is found, not yet bound to a file.
struct UnboundError {
    line: usize,
    message: String,
    /// Something is not there, which proves nothing once the text has a slip of syntax.
    is_missing: bool,
}

/// A catalogue text under examination, with what was found in it so far.
pub(super) struct CatalogueParser<'t> {
    text: &'t str,
    errors: Vec<UnboundError>,
    /// The line of each product key.
    pub(super) product_lines: HashMap<String, usize>,
    /// The line of each role key, General ones too.
    pub(super) role_lines: HashMap<String, usize>,
}

impl<'t> CatalogueParser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            errors: Vec::new(),
            product_lines: HashMap::new(),
            role_lines: HashMap::new(),
        }
    }

    /// All errors in the order of lines, those of syntax included.
    pub(super) fn finish(mut self, file: &str, errors: &[SyntaxError]) -> Vec<CatalogueError> {
        self.add_syntax_errors(errors);
        self.errors.sort_by_key(|error| error.line);
        let bound = self.errors.into_iter().map(|error| CatalogueError {
            file: file.to_owned(),
            line: error.line,
            message: error.message,
        });
        bound.collect()
    }

    /// The line of a byte offset, counted from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        // What is missed at the end of the text belongs to its last line.
        line.min(self.text.lines().count().max(1))
    }

    /// Notes an error at a byte offset.
    pub(super) fn error(&mut self, at: usize, message: String) {
        let line = self.line(at);
        self.errors.push(UnboundError {
            line,
            message,
            is_missing: false,
        });
    }

    /// Notes that something is not there, at the byte offset of what it should be in.
    pub(super) fn missing(&mut self, at: usize, message: String) {
        let line = self.line(at);
        self.errors.push(UnboundError {
            line,
            message,
            is_missing: true,
        });
    }

    /// Adds what the TOML library found, and drops what its guesses behind a slip of syntax brought about.
    fn add_syntax_errors(&mut self, errors: &[SyntaxError]) {
        let at = |error: &SyntaxError| error.span().unwrap_or_default();
        // A key given twice leaves the structure clear; anything else does not.
        let is_slip = |error: &&SyntaxError| !error.message().starts_with(DUPLICATE_KEY);
        let slips = errors.iter().filter(is_slip);
        if let Some(first) = slips.map(|error| self.line(at(error).start)).min() {
            self.errors
                .retain(|error| !error.is_missing && error.line < first);
        }
        let mut last_line = 0;
        let mut in_order: Vec<_> = errors.iter().collect();
        in_order.sort_by_key(|error| at(error).start);
        for error in in_order {
            let span = at(error);
            // Several in one line have one cause.
            let line = self.line(span.start);
            if line == last_line {
                continue;
            }
            last_line = line;
            let message = if is_slip(&error) {
                let detail = error.message().replace("invalid", "unreadable");
                format!("This is not TOML: {detail}. Correct this line, or the one before it.")
            } else {
                let key = self.text.get(span.clone()).unwrap_or_default();
                format!("`{key}` is given twice in one section. Remove one of the two.")
            };
            self.error(span.start, message);
        }
    }
}
