//! Pages of the in-memory mailbox, for trials on one machine without a mail server.

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use super::console::{Page, PageContext, PageResult, path_with_query, render, render_page};
use super::middleware::CONTENT_SECURITY_POLICY;
use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
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
    /// The mail to the same address.
    filter: String,
    subject: String,
    at: String,
    ago: String,
}

/// The mail to addresses that contain this text.
fn filter(to: &str) -> String {
    path_with_query("/dev/mailbox", &[("q", to)])
}

#[derive(Template)]
#[template(path = "mailbox/list.html")]
struct List<'a> {
    page: Page<'a>,
    /// The addresses that are shown contain this.
    to: String,
    no_match: String,
    count: String,
    rows: Vec<Row>,
}

impl List<'_> {
    /// What changes with the newest email, and with how many there are.
    fn state(&self) -> String {
        let newest = self.rows.first().map_or("", |row| row.id.as_str());
        format!("{} {newest}", self.rows.len())
    }
}

async fn list(context: PageContext) -> Response {
    let to = context.query.text("q").trim().to_owned();
    let wanted = to.to_lowercase();
    let rows: Vec<Row> = messages(&context)
        .into_iter()
        .filter(|message| message.to.to_lowercase().contains(&wanted))
        .map(|message| Row {
            id: id(&message).to_owned(),
            at: context.format_date_time(message.at),
            ago: context.format_relative(message.at),
            filter: filter(&message.to),
            to: message.to,
            subject: message.subject,
        })
        .collect();
    let title = context.t("mailbox-title");
    let view = List {
        page: context.page(title.clone()).crumb(title, None),
        no_match: context.t_args("mailbox-no-match", &[("text", (&to).into())]),
        count: context.t_args("mailbox-count", &[("count", rows.len().into())]),
        to,
        rows,
    };
    render_page(StatusCode::OK, &view.page, &view)
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
    filter: String,
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
        filter: filter(&message.to),
        to: message.to,
    };
    let mut response = render_page(StatusCode::OK, &view.page, &view);
    let policy = format!("{CONTENT_SECURITY_POLICY}; frame-src 'self'");
    if let Ok(policy) = HeaderValue::try_from(policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The HTML part as it is sent, but for its links, which open in a new tab.
#[derive(Template)]
#[template(path = "mailbox/html.html")]
struct HtmlPart<'a> {
    start: &'a str,
    rest: &'a str,
}

/// The HTML part, for a sandboxed frame; its styles are inline.
async fn show_html(context: PageContext, PathIds((wanted,)): PathIds<(String,)>) -> PageResult {
    const POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                          style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; base-uri 'none'";
    let message = find(&context, &wanted)?;
    let head = message
        .html
        .find("<head>")
        .map_or(0, |at| at + "<head>".len());
    let (start, rest) = message.html.split_at(head);
    let mut response = render(StatusCode::OK, &HtmlPart { start, rest });
    response.headers_mut().insert(
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
