//! Lists of addresses as people type and paste them: lists with or without names, tables, mail and chat.
//!
//! Addresses are found, and names beside them. Words without an @ sign are left out and are no error. In a table, cells
//! whose words are known roles belong to the address of their row.
//!
//! `tests/vectors/email_list.json` has examples of each kind. The tests here read them, and the browser tests of the page
//! that invites paste and type them.

mod header;
mod suggestion;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{HashMap, HashSet};

use super::email_address::{EmailAddress, EmailError};
use header::Header;
use words::{
    address, bracket_name, fold, has_letter, is_address, is_candidate, is_name, name_in_cells,
    normalize, split, trim_punctuation, unlabelled,
};

/// A longer text is no address, in octets.
const MAX_ADDRESS_LENGTH: usize = 1024;

/// One address of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address, or the whole word with an @ sign that is none.
    pub text: String,
    /// The name that stood beside it.
    pub name: Option<String>,
    /// The words for roles in its row of a table.
    pub roles: Vec<String>,
    /// The address as it was understood.
    pub email: Result<EmailAddress, EmailError>,
}

impl Entry {
    /// The address that was probably meant, where that is another one.
    #[must_use]
    pub fn suggestion(&self) -> Option<String> {
        suggestion::suggest(&self.text)
    }

    /// The entry as a line that is read back as the same.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = match &self.name {
            Some(name) => format!("\"{name}\" <{}>", self.text),
            None => self.text.clone(),
        };
        if !self.roles.is_empty() {
            line.push('\t');
            line.push_str(&self.roles.join(", "));
        }
        line
    }
}

/// A list of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailList {
    /// Once each, in the order given.
    pub entries: Vec<Entry>,
    /// How many were left out because they had come before.
    pub merged: usize,
    /// Words without an @ sign that are neither a name nor a role, once each.
    pub left_out: Vec<String>,
}

impl EmailList {
    /// The entries as lines that are read back as the same.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let lines: Vec<String> = self.entries.iter().map(Entry::to_line).collect();
        lines.join("\n")
    }
}

/// Reads a list in which no word is a role.
#[must_use]
pub fn parse(text: &str) -> EmailList {
    parse_with_roles(text, &|_| false)
}

/// Reads a list; `is_role` tells whether a cell of a table, or one of several words in it, is a role.
#[must_use]
pub fn parse_with_roles(text: &str, is_role: &dyn Fn(&str) -> bool) -> EmailList {
    let mut reader = Reader {
        is_role,
        header: None,
        indices: HashMap::new(),
        words: HashSet::new(),
        done: EmailList::default(),
    };
    for line in normalize(text).split('\n') {
        reader.read_line(line);
    }
    reader.done
}

/// What is known of an address from the row it stands in.
#[derive(Clone, Default)]
struct RowFacts {
    name: Option<String>,
    roles: Vec<String>,
}

struct Reader<'a> {
    is_role: &'a dyn Fn(&str) -> bool,
    /// The header of the table that is being read.
    header: Option<Header>,
    /// Positions of entries by canonical address.
    indices: HashMap<String, usize>,
    words: HashSet<String>,
    done: EmailList,
}

impl Reader<'_> {
    fn read_line(&mut self, line: &str) {
        for separator in ['\t', ';', ',', '|'] {
            let cells = split(line, separator);
            if cells.len() > 1 && self.is_row(separator, &cells) {
                return self.read_row(separator, &cells);
            }
        }
        if !line.trim().is_empty() {
            self.header = None;
            self.read_list(line, &RowFacts::default());
        }
    }

    /// Whether cells are a row of a table: tabs always divide one; other separators where a header says so, or where
    /// one cell is an address and the others have no @ sign.
    fn is_row(&self, separator: char, cells: &[&str]) -> bool {
        let continues = self
            .header
            .as_ref()
            .is_some_and(|header| header.separator == separator && header.length == cells.len());
        let mut with_at = cells.iter().filter(|cell| cell.contains('@'));
        let is_single = match (with_at.next(), with_at.next()) {
            (Some(cell), None) => !cell.trim().contains(char::is_whitespace) && is_address(cell),
            (None, _) => Header::read(separator, cells).is_some(),
            _ => false,
        };
        separator == '\t' || continues || is_single
    }

    fn read_row(&mut self, separator: char, cells: &[&str]) {
        if !cells.iter().any(|cell| cell.contains('@')) {
            self.header = Header::read(separator, cells).or(self.header.take());
            for cell in cells {
                if !header::is_email(&fold(cell)) {
                    self.leave_out(cell);
                }
            }
            return;
        }
        let mut roles: Vec<String> = cells.iter().flat_map(|cell| self.roles(cell)).collect();
        let mut known = HashSet::new();
        roles.retain(|role| known.insert(role.to_lowercase()));
        let header = self
            .header
            .as_ref()
            .filter(|header| header.separator == separator);
        let Some((header, email)) = header.and_then(|header| Some((header, header.email(cells)?)))
        else {
            return self.read_cells(cells, &roles);
        };
        let names = header.name(cells);
        let parts: Vec<&str> = names
            .iter()
            .filter_map(|at| cells.get(*at))
            .map(|cell| trim_punctuation(cell))
            .collect();
        let name = Some(parts.join(" ")).filter(|name| has_letter(name));
        let is_left = |at: usize| at != email && !header.has_use(at);
        let left: Vec<&str> = cells
            .iter()
            .enumerate()
            .filter_map(|(at, cell)| is_left(at).then_some(*cell))
            .collect();
        for cell in left {
            if self.roles(cell).is_empty() {
                self.leave_out(cell);
            }
        }
        let cell = cells.get(email).copied().unwrap_or_default();
        self.read_list(cell, &RowFacts { name, roles });
    }

    /// Reads a row without a header: names stand before their address, or after the only one.
    fn read_cells(&mut self, cells: &[&str], roles: &[String]) {
        let count = self.done.entries.len();
        let mut waiting: Vec<&str> = Vec::new();
        for cell in cells {
            if cell.contains('@') {
                let name = name_in_cells(&waiting, true);
                self.leave_out_except(&waiting, name.as_deref());
                waiting.clear();
                let roles = roles.to_vec();
                self.read_list(cell, &RowFacts { name, roles });
            } else if self.roles(cell).is_empty() {
                waiting.push(trim_punctuation(cell));
            }
        }
        let mut name = None;
        if let Some([only]) = self.done.entries.get_mut(count..)
            && only.name.is_none()
        {
            name = name_in_cells(&waiting, false);
            only.name.clone_from(&name);
        }
        self.leave_out_except(&waiting, name.as_deref());
    }

    /// The roles in a cell that has no other words.
    fn roles(&self, cell: &str) -> Vec<String> {
        let between_commas = cell
            .split([',', ';', '/', '|'])
            .map(trim_punctuation)
            .collect();
        let between_spaces = cell.split_whitespace().collect();
        let mut ways = [between_commas, between_spaces].into_iter();
        let is_role = |word: &&str| word.is_empty() || (self.is_role)(word);
        let words: Vec<&str> = ways
            .find(|words: &Vec<&str>| words.iter().all(is_role))
            .unwrap_or_default();
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    }

    /// Reads addresses between semicolons, commas and spaces, in angle brackets or not, after a name or not.
    fn read_list(&mut self, text: &str, facts: &RowFacts) {
        for mut piece in split(text, ';') {
            while let Some((before, rest)) = piece.split_once('<')
                && let Some((inside, after)) = rest.split_once('>')
            {
                self.read_bracket(before, inside, facts);
                piece = after;
            }
            let rest = self.read_words(piece, facts);
            self.leave_out(&rest);
        }
    }

    fn read_bracket(&mut self, before: &str, inside: &str, facts: &RowFacts) {
        // Mail programs repeat an address as a link: `ana@x.io<mailto:ana@x.io>`.
        let is_link = before
            .split_whitespace()
            .next_back()
            .is_some_and(is_candidate);
        let words = self.read_words(before, facts);
        if is_link && inside.trim_start().starts_with("mailto:") {
            return;
        }
        if !is_candidate(inside) {
            return self.leave_out(&format!("{words} <{inside}>"));
        }
        let (rest, name) = bracket_name(&words);
        self.leave_out_list(rest);
        let name = if has_letter(name) { name } else { "" };
        self.add(&address(inside), name, facts);
    }

    /// Adds the addresses of a text without brackets and returns the words after the last one.
    fn read_words(&mut self, text: &str, facts: &RowFacts) -> String {
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if !is_candidate(word) {
                words.push(word.to_owned());
                continue;
            }
            for part in parts(word) {
                if is_candidate(&part) {
                    let name = self.name_before(&words);
                    words.clear();
                    self.add(&address(&part), &name, facts);
                } else if !part.is_empty() {
                    words.push(format!("{part},"));
                }
            }
        }
        words.join(" ")
    }

    /// The name that an address without brackets has before it; other words are left out.
    fn name_before(&mut self, words: &[String]) -> String {
        // Words that end with a comma are no name of what follows.
        let comma = words.iter().rposition(|word| word.ends_with(','));
        let (rest, last) = words.split_at(comma.map_or(0, |at| at + 1));
        self.leave_out_list(&rest.join(" "));
        let last = last.join(" ");
        let name = unlabelled(&last);
        if is_name(name) {
            return name.to_owned();
        }
        self.leave_out(name);
        String::new()
    }

    fn leave_out_except(&mut self, cells: &[&str], name: Option<&str>) {
        let name = name.unwrap_or_default();
        for cell in cells {
            if *cell != name && !name.split(' ').any(|word| word == *cell) {
                self.leave_out(cell);
            }
        }
    }

    fn leave_out_list(&mut self, text: &str) {
        for part in text.split(',') {
            self.leave_out(part);
        }
    }

    fn leave_out(&mut self, text: &str) {
        let text = trim_punctuation(text);
        if has_letter(text) && self.words.insert(text.to_owned()) {
            self.done.left_out.push(text.to_owned());
        }
    }

    fn add(&mut self, text: &str, name: &str, facts: &RowFacts) {
        if text.is_empty() {
            return;
        }
        let name = Some(name).filter(|name| !name.is_empty());
        let name = name.map(str::to_owned).or_else(|| facts.name.clone());
        let email = EmailAddress::parse(text);
        let key = match &email {
            Ok(email) => email.canonical().to_owned(),
            Err(_) => text.to_owned(),
        };
        let index = self.indices.get(&key);
        if let Some(known) = index.and_then(|at| self.done.entries.get_mut(*at)) {
            self.done.merged += 1;
            known.name = known.name.take().or(name);
            for role in &facts.roles {
                if !known.roles.contains(role) {
                    known.roles.push(role.clone());
                }
            }
            return;
        }
        self.indices.insert(key, self.done.entries.len());
        self.done.entries.push(Entry {
            text: text.to_owned(),
            name,
            roles: facts.roles.clone(),
            email,
        });
    }
}

/// The parts of a word between commas; what follows a part that is no address yet belongs to it.
fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_open = false;
    for part in word.split(',') {
        match parts.last_mut() {
            Some(last) if is_open && !part.is_empty() && !part.contains('@') => {
                last.push(',');
                last.push_str(part);
                // Looking at a part that grows again and again would take quadratic time.
                is_open = last.len() > MAX_ADDRESS_LENGTH || !is_address(last);
            }
            _ => {
                is_open = is_candidate(part) && !is_address(part);
                parts.push(part.to_owned());
            }
        }
    }
    parts
}
