//! A page that says what is the case and what to do next.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::page::{Page, render};
use super::visit::Visit;

/// A page that says what is the case and what to do next.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice<'a> {
    pub page: Page<'a>,
    pub paragraphs: Vec<String>,
    pub ways: Vec<Way>,
    /// Where "sign in as someone else" leads after the sign-out.
    pub other_sign_in: Option<String>,
    /// A form with only a button.
    pub button: Option<Button>,
    /// What they typed, to be copied.
    pub kept: Option<String>,
}

/// A form with only a button.
#[derive(Clone, Debug)]
pub(super) struct Button {
    pub action: String,
    pub label: String,
    pub hidden: Option<(&'static str, &'static str)>,
}

/// A link that looks like a button.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub label: String,
    pub href: String,
}

impl<'a> Notice<'a> {
    /// The notice of `key`: its title and its text.
    pub fn new(visit: &'a Visit, key: &str) -> Self {
        Self::titled(
            visit,
            visit.t(&format!("{key}-title")),
            visit.t(&format!("{key}-text")),
        )
    }

    /// A notice with these words.
    pub fn titled(visit: &'a Visit, title: String, text: String) -> Self {
        Self {
            page: visit.page(title),
            paragraphs: vec![text],
            ways: Vec::new(),
            other_sign_in: None,
            button: None,
            kept: None,
        }
    }

    /// The same with one more paragraph.
    pub fn say(mut self, text: String) -> Self {
        self.paragraphs.push(text);
        self
    }

    /// The same with one more link.
    pub fn way(mut self, label: String, href: impl Into<String>) -> Self {
        let href = href.into();
        self.ways.push(Way { label, href });
        self
    }

    /// The page as an answer.
    pub fn show(&self, status: StatusCode) -> Response {
        render(status, self)
    }
}
