//! A page that asks before something is done; with script it is shown in a dialog.

use askama::Template;
use axum::response::Response;

use super::form::{ErrorSummaryItem, Field, FormErrors, with_retry_after};
use super::page::{Page, render};

/// A choice of one among several.
pub(super) struct RadioGroup {
    pub name: &'static str,
    pub legend: String,
    pub options: Vec<RadioOption>,
}

/// One of several answers.
pub(super) struct RadioOption {
    pub value: &'static str,
    pub label: String,
    pub meaning: Option<String>,
    pub chosen: bool,
}

/// A page that asks before something is done: names the consequence, and offers the safe way first.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct Confirm<'a> {
    pub page: Page<'a>,
    /// What is asked; the page's first heading.
    pub title: String,
    pub paragraphs: Vec<String>,
    /// What is lost, point by point, below the first paragraph.
    pub bullets: Vec<String>,
    pub action: String,
    pub hidden: Vec<(&'static str, String)>,
    pub choices: Option<RadioGroup>,
    pub fields: Vec<Field>,
    pub errors: Vec<ErrorSummaryItem>,
    /// The words of the safe way, and where it leads.
    pub cancel: (String, String),
    pub button: String,
    /// Whether something is lost.
    pub danger: bool,
}

impl Confirm<'_> {
    /// The page, with errors at their fields and in the summary.
    pub fn show(mut self, refused: FormErrors) -> Response {
        self.page.failed = !refused.items.is_empty();
        refused.attach_to_fields(&mut self.fields);
        self.errors = refused.items;
        with_retry_after(render(refused.status, &self), refused.retry_after)
    }
}
