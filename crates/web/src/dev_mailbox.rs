//! Pages of the in-memory mailbox, for trials on one machine without a mail server.

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
fn id(message: &StoredMessage) -> &str {
    let inner = message.message_id.trim_start_matches('<');
    inner.split('@').next().unwrap_or_default()
}

fn messages(context: &PageContext) -> Vec<StoredMessage> {
    let mailbox = context.app.transport.mailbox();
    mailbox.map(Mailbox::list).unwrap_or_default()
}

fn find(context: &PageContext, wanted: &str) -> Result<StoredMessage, Problem> {
    let message = messages(context)
        .into_iter()
        .find(|message| id(message) == wanted);
    message.ok_or_else(Problem::not_found)
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
        .map(|message| Row {
            id: id(&message).to_owned(),
            at: context.format_date_time(message.at),
            ago: context.format_relative(message.at),
            to: message.to,
            subject: message.subject,
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

/// Splits a text into URLs and the text between them.
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
    let message = find(&context, &wanted)?;
    let page = context.page(message.subject.clone());
    let page = page.crumb(context.t("mailbox-title"), Some("/dev/mailbox"));
    let view = Show {
        page: page.crumb(message.subject.clone(), None),
        id: wanted,
        at: context.format_date_time(message.at),
        pieces: linkify(&message.text),
        to: message.to,
    };
    Ok(render(StatusCode::OK, &view))
}

/// The HTML part as it is sent; its styles are inline.
async fn show_html(context: PageContext, PathIds((wanted,)): PathIds<(String,)>) -> PageResult {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
                          frame-ancestors 'none'; base-uri 'none'";
    let message = find(&context, &wanted)?;
    let mut response = Response::new(message.html.into());
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
    fn links_http_urls_and_keeps_the_whole_text() {
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
