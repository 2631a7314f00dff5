//! Headers of pasted tables: which column has the address, and which the name.

use super::words::fold;

/// A text of as many words is no title of a column.
const MAX_TITLE_WORDS: usize = 6;

/// The columns of a table by its header.
#[derive(Debug)]
pub(super) struct Header {
    /// What divides its cells.
    pub separator: char,
    /// The number of its cells.
    pub length: usize,
    /// The columns with addresses, the one to use first.
    emails: Vec<usize>,
    first_name: Option<usize>,
    last_name: Option<usize>,
    full_name: Option<usize>,
    /// The columns with passwords, which are not shown.
    passwords: Vec<usize>,
}

/// Parts of titles of columns that have passwords, without spaces and marks: they are never shown.
const SECRET_TITLES: [&str; 9] = [
    "pass",
    "pwd",
    "secret",
    "парол",
    "kennwort",
    "motdepasse",
    "contrase",
    "senha",
    "токен",
];

impl Header {
    /// Reads the cells of a line without an @ sign; none when no column is said to have addresses.
    pub(super) fn read(separator: char, cells: &[&str]) -> Option<Self> {
        let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
        let find = |is_it: fn(&str) -> bool| folded.iter().position(|cell| is_it(cell));
        let is_short = |index: usize| {
            let cell = cells.get(index);
            cell.is_some_and(|cell| cell.split_whitespace().count() < MAX_TITLE_WORDS)
        };
        let emails: Vec<usize> = (0..folded.len())
            .filter(|&at| folded.get(at).is_some_and(|cell| is_email(cell)) && is_short(at))
            .collect();
        // A user principal name may be an address, and is used where there is no other.
        let (principals, mut emails): (Vec<usize>, Vec<usize>) =
            emails.into_iter().partition(|&at| {
                folded
                    .get(at)
                    .is_some_and(|cell| cell.contains("principal"))
            });
        emails.extend(principals);
        let is_password = |title: &str| SECRET_TITLES.iter().any(|part| title.contains(part));
        let passwords = folded
            .iter()
            .enumerate()
            .filter(|(_, title)| is_password(title));
        (!emails.is_empty()).then(|| Self {
            passwords: passwords.map(|(at, _)| at).collect(),
            separator,
            length: cells.len(),
            emails,
            first_name: find(|cell| {
                cell.starts_with("firstname") || cell.starts_with("givenname") || cell == "имя"
            }),
            last_name: find(|cell| {
                ["lastname", "familyname", "surname", "фамил"]
                    .iter()
                    .any(|start| cell.starts_with(start))
            }),
            full_name: find(|cell| {
                ["name", "fullname", "displayname", "фио"]
                    .iter()
                    .any(|start| cell.starts_with(start))
                    || (cell.starts_with("имя") && cell != "имя")
            }),
        })
    }

    /// The column whose cell has the address of this row; none when none of them has one.
    pub(super) fn email(&self, cells: &[&str]) -> Option<usize> {
        let has_at = |at: &usize| cells.get(*at).is_some_and(|cell| cell.contains('@'));
        self.emails.iter().copied().find(has_at)
    }

    /// Whether the cells of a column are neither used nor shown, or used for what every row has.
    pub(super) fn has_use(&self, column: usize) -> bool {
        [self.first_name, self.last_name, self.full_name].contains(&Some(column))
            || self.passwords.contains(&column)
    }

    /// The columns with the name of this row.
    pub(super) fn name(&self, cells: &[&str]) -> Vec<usize> {
        let is_filled = |at: &usize| cells.get(*at).is_some_and(|cell| !cell.trim().is_empty());
        let filled = |columns: &[Option<usize>]| -> Vec<usize> {
            columns
                .iter()
                .flatten()
                .copied()
                .filter(is_filled)
                .collect()
        };
        let parts = filled(&[self.first_name, self.last_name]);
        if parts.is_empty() {
            filled(&[self.full_name])
        } else {
            parts
        }
    }
}

/// Whether the folded title of a column says that it has addresses.
pub(super) fn is_email(title: &str) -> bool {
    title.contains("email")
        || title.starts_with("mail")
        || title.contains("почт")
        || title.contains("principal")
        || title == "адрес"
}
