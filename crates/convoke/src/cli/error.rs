//! Why a command failed.

use std::fmt;

use super::print_error;
use convoke_api::problem::Problem;
use convoke_domain::{DatabaseError, Error};

/// Why a command failed: lines for standard error. The exit code is [`super::FAILED`].
#[derive(Debug)]
pub(crate) struct CommandError(Vec<String>);

/// The result of a command.
pub(crate) type CommandResult = Result<(), CommandError>;

impl CommandError {
    /// The error of an operation; `not_done` says what was not done because of it.
    pub(crate) fn from_operation(not_done: &str, error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            other => format!("{not_done}: {}", Problem::from(other).detail).into(),
        }
    }

    /// Prints its lines on standard error.
    pub(crate) fn print(&self) {
        for line in &self.0 {
            print_error(line);
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for CommandError {}

impl From<String> for CommandError {
    fn from(line: String) -> Self {
        Self(vec![line])
    }
}

impl From<&str> for CommandError {
    fn from(line: &str) -> Self {
        line.to_owned().into()
    }
}

impl From<Vec<String>> for CommandError {
    fn from(lines: Vec<String>) -> Self {
        Self(lines)
    }
}

/// Why the database did not carry out a command.
impl From<DatabaseError> for CommandError {
    fn from(error: DatabaseError) -> Self {
        format!("database.url: {error}. Is the database there, and convoke migrate done?").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_not_done_and_why_in_words() {
        let error =
            CommandError::from_operation("the user was not changed", Error::VersionConflict);
        let text = error.to_string();
        assert!(text.starts_with("the user was not changed: "), "{text}");
        assert!(!text.contains("VersionConflict"), "{text}");
    }
}
