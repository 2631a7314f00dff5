//! The in-memory mailbox as pages, for trials on one machine: there is no mail server, and nobody else can look.

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use super::console::{Page, PageContext, PageResult, render};
use super::extract::PathIds;
use super::problem::Problem;
use convoke_app::App;
use convoke_infra::mail::{Mailbox, StoredMessage};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/dev/mailbox", get(list))
        .route("/dev/mailbox/{id}", get(show))
        .route("/dev/mailbox/{id}/html", get(show_html))
}

/// The unique part of a Message-ID of this installation.
fn id(mail: &StoredMessage) -> &str {
    let inner = mail.message_id.trim_start_matches('<');
    inner.split('@').next().unwrap_or_default()
}

fn messages(context: &PageContext) -> Vec<StoredMessage> {
    let mailbox = context.app.transport.mailbox();
    mailbox.map(Mailbox::list).unwrap_or_default()
}

fn find(context: &PageContext, wanted: &str) -> Result<StoredMessage, Problem> {
    let found = messages(context)
        .into_iter()
        .find(|mail| id(mail) == wanted);
    found.ok_or_else(Problem::not_found)
}

struct Row {
    id: String,
    to: String,
    subject: String,
    at: String,
    ago: String,
}

#[derive(Template)]
#[template(path = "mailbox/list.html")]
struct List<'a> {
    page: Page<'a>,
    rows: Vec<Row>,
}

async fn list(context: PageContext) -> Response {
    let rows = messages(&context)
        .into_iter()
        .map(|mail| Row {
            id: id(&mail).to_owned(),
            at: context.format_date_time(mail.at),
            ago: context.format_relative(mail.at),
            to: mail.to,
            subject: mail.subject,
        })
        .collect();
    let title = context.t("mailbox-title");
    let view = List {
        page: context.page(title.clone()).crumb(title, None),
        rows,
    };
    render(StatusCode::OK, &view)
}

/// A part of a line: text, or a link.
struct Piece {
    text: String,
    is_link: bool,
}

/// Cuts a text where addresses begin and end.
fn linkify(text: &str) -> Vec<Piece> {
    text.split_inclusive(char::is_whitespace)
        .flat_map(|word| {
            let address = word.trim_end();
            let space = word.get(address.len()..).unwrap_or_default();
            let is_link = address.starts_with("http://") || address.starts_with("https://");
            let piece = |text: &str, is_link| Piece {
                text: text.to_owned(),
                is_link,
            };
            [piece(address, is_link), piece(space, false)]
        })
        .filter(|piece| !piece.text.is_empty())
        .collect()
}

#[derive(Template)]
#[template(path = "mailbox/show.html")]
struct Show<'a> {
    page: Page<'a>,
    id: String,
    to: String,
    at: String,
    pieces: Vec<Piece>,
}

async fn show(context: PageContext, PathIds((wanted,)): PathIds<(String,)>) -> PageResult {
    let mail = find(&context, &wanted)?;
    let page = context.page(mail.subject.clone());
    let page = page.crumb(context.t("mailbox-title"), Some("/dev/mailbox"));
    let view = Show {
        page: page.crumb(mail.subject.clone(), None),
        id: wanted,
        at: context.format_date_time(mail.at),
        pieces: linkify(&mail.text),
        to: mail.to,
    };
    Ok(render(StatusCode::OK, &view))
}

/// The HTML part as its reader's mail program gets it; its styles stand in the letter itself.
async fn show_html(context: PageContext, PathIds((wanted,)): PathIds<(String,)>) -> PageResult {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
                          frame-ancestors 'none'; base-uri 'none'";
    let mail = find(&context, &wanted)?;
    let mut response = Response::new(mail.html.into());
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_become_links_and_nothing_is_lost() {
        let text = "Open it:\n\nhttp://localhost:8080/confirm/cvc_x\njavascript:alert(1) bye";
        let pieces = linkify(text);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, text);
        let links: Vec<&str> = pieces
            .iter()
            .filter(|piece| piece.is_link)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(links, ["http://localhost:8080/confirm/cvc_x"]);
    }
}
