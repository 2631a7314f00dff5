//! An option of a choice.

/// One of the values of a field.
pub(super) struct SelectOption {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}
