//! The mail program's "unsubscribe": stops invitations to an address (RFC 8058).

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::context::{PageContext, PageResult};
use super::invitation;
use super::notice::{Button, Notice};
use crate::console::urls;
use crate::extract::{PathIds, list_header};
use crate::json::collect;
use crate::problem::{self, Problem};
use convoke_app::App;
use convoke_domain::{Error, invitations as operations};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/invitations/{token}/unsubscribe", get(show).post(stop))
}

async fn show(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let Some(found) = invitation::load_preview(&context, &token).await? else {
        return Ok(invitation::unknown_page(&context));
    };
    // A copied link verifies no mailbox, so it stops nothing.
    if !found.proves_mailbox {
        return Ok(invitation::unknown_page(&context));
    }
    let mut notice = Notice::new(&context, "unsubscribe");
    notice.button = Some(Button {
        action: urls::unsubscribe(&token),
        label: context.t("unsubscribe-button"),
        hidden: Some(("List-Unsubscribe", "One-Click")),
    });
    Ok(notice.show(StatusCode::OK))
}

async fn stop(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    request: Request,
) -> PageResult {
    let for_people = wants_page(request.headers());
    let body = collect(request).await?;
    if !says_one_click(&body) {
        return Err(Problem::new(
            problem::VALIDATION_FAILED,
            "The body must be List-Unsubscribe=One-Click (RFC 8058). Use the button of the page instead.",
        )
        .into());
    }
    let origin = context.origin.clone();
    let done = context
        .app
        .write(move |tx| operations::unsubscribe(tx, &origin, &token))
        .await;
    match done {
        Ok(()) if for_people => Ok(Notice::new(&context, "unsubscribed").show(StatusCode::OK)),
        Ok(()) => Ok(plain(&context.t("unsubscribed-text"))),
        Err(Error::NotFound) => Ok(invitation::unknown_page(&context)),
        Err(other) => Err(context.error_page(other)),
    }
}

fn plain(text: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (kind, format!("{text}\n")).into_response()
}

fn wants_page(headers: &HeaderMap) -> bool {
    list_header(headers, &header::ACCEPT).contains("text/html")
}

/// Mail programs may send the pair as a form of either kind.
fn says_one_click(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let mut fields = form_urlencoded::parse(body);
    fields.any(|(name, value)| name == "List-Unsubscribe" && value == "One-Click")
        || (text.contains("name=\"List-Unsubscribe\"") && text.contains("\r\n\r\nOne-Click\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_click_is_read_from_both_kinds_of_forms() {
        assert!(says_one_click(b"List-Unsubscribe=One-Click"));
        let parts = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        assert!(says_one_click(parts.as_bytes()));
        assert!(!says_one_click(b""));
        assert!(!says_one_click(b"List-Unsubscribe=Two-Clicks"));
    }
}
