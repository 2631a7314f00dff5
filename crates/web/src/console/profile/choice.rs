//! One of the values that a field can have.

/// A value to choose, and its label.
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}
