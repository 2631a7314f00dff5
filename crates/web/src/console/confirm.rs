//! Confirmation pages; with script they are shown in a dialog.

use askama::Template;
use axum::response::Response;

use super::form::{ErrorSummaryItem, Field, FormErrors, with_retry_after};
use super::page::{Page, render_page};

/// A choice of one among several.
pub(super) struct RadioGroup {
    pub name: &'static str,
    pub legend: String,
    pub options: Vec<RadioOption>,
}

/// An option of a [`RadioGroup`].
pub(super) struct RadioOption {
    pub value: &'static str,
    pub label: String,
    pub meaning: Option<String>,
    pub chosen: bool,
}

/// A confirmation page: names the consequences, and offers to cancel first.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct Confirm<'a> {
    pub page: Page<'a>,
    /// The question; the page's first heading.
    pub title: String,
    pub paragraphs: Vec<String>,
    /// What is lost, below the first paragraph.
    pub bullets: Vec<String>,
    pub action: String,
    pub hidden: Vec<(&'static str, String)>,
    pub choices: Option<RadioGroup>,
    pub fields: Vec<Field>,
    pub errors: Vec<ErrorSummaryItem>,
    /// The label and the target of the link that cancels.
    pub cancel: (String, String),
    pub button: String,
    /// Whether something is lost.
    pub danger: bool,
}

impl Confirm<'_> {
    /// The page, with errors at their fields and in the summary.
    pub(super) fn show(mut self, errors: FormErrors) -> Response {
        self.page.failed = !errors.items.is_empty();
        errors.attach_to_fields(&mut self.fields);
        self.errors = errors.items;
        with_retry_after(
            render_page(errors.status, &self.page, &self),
            errors.retry_after,
        )
    }
}
