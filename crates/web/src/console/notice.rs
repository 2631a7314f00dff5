//! Pages with a message and links.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::context::PageContext;
use super::form_key;
use super::page::{Page, render_page};

/// A page with a message and links.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice<'a> {
    pub page: Page<'a>,
    pub paragraphs: Vec<String>,
    pub links: Vec<LinkButton>,
    /// Where "sign in as someone else" redirects after the sign-out.
    pub other_sign_in: Option<String>,
    /// A form with only a button.
    pub button: Option<Button>,
    /// Unsaved input, to be copied.
    pub unsaved_input: Option<String>,
}

/// A form with only a button.
#[derive(Clone, Debug)]
pub(super) struct Button {
    pub action: String,
    pub label: String,
    pub hidden: Option<(&'static str, String)>,
}

impl Button {
    /// A form that counts once however often it is sent.
    pub(super) fn once(context: &PageContext, action: String, label: String) -> Self {
        Self {
            action,
            label,
            hidden: Some((form_key::FIELD, context.form_key())),
        }
    }
}

/// A link that looks like a button.
#[derive(Clone, Debug)]
pub(super) struct LinkButton {
    pub label: String,
    pub href: String,
}

impl<'a> Notice<'a> {
    /// The notice of `key`: its title and its text.
    pub(super) fn new(context: &'a PageContext, key: &str) -> Self {
        Self::titled(
            context,
            context.t(&format!("{key}-title")),
            context.t(&format!("{key}-text")),
        )
    }

    /// A notice with this text.
    pub(super) fn titled(context: &'a PageContext, title: String, text: String) -> Self {
        Self {
            page: context.page(title),
            paragraphs: vec![text],
            links: Vec::new(),
            other_sign_in: None,
            button: None,
            unsaved_input: None,
        }
    }

    /// The same as the page that an accepted form led to.
    pub(super) fn done(mut self) -> Self {
        self.page.done = true;
        self
    }

    /// The same with one more paragraph.
    pub(super) fn paragraph(mut self, text: String) -> Self {
        self.paragraphs.push(text);
        self
    }

    /// The same with one more link.
    pub(super) fn link(mut self, label: String, href: impl Into<String>) -> Self {
        let href = href.into();
        self.links.push(LinkButton { label, href });
        self
    }

    /// The page as a response.
    pub(super) fn show(&self, status: StatusCode) -> Response {
        render_page(status, &self.page, self)
    }
}
