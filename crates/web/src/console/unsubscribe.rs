//! One-click unsubscribe (RFC 8058): stops invitations to an address.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::context::{PageContext, PageResult, see_other};
use super::flash::FlashMessage;
use super::form::{EmptyForm, Form};
use super::invitation;
use super::notice::{Button, Notice};
use crate::console::urls;
use convoke_api::extract::{PathIds, list_header};
use convoke_api::json::collect;
use convoke_api::problem::{self, Problem};
use convoke_app::App;
use convoke_domain::invitations as operations;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/invitations/{token}/unsubscribe", get(show).post(stop))
        .route("/invitations/{token}/resubscribe", post(allow))
}

async fn show(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let presented_token = token.clone();
    let is_stopped = context
        .app
        .read(move |tx| operations::is_unsubscribed_by_link(tx, &presented_token))
        .await
        .map_err(|error| invitation::link_error(&context, error))?;
    if is_stopped {
        return Ok(stopped_page(&context, &token));
    }
    let mut notice = Notice::new(&context, "unsubscribe");
    notice.button = Some(Button {
        action: urls::unsubscribe(&token),
        label: context.t("unsubscribe-button"),
        hidden: Some(("List-Unsubscribe", "One-Click".to_owned())),
    });
    Ok(notice.show(StatusCode::OK))
}

/// The page after stopping, with a button that undoes it.
fn stopped_page(context: &PageContext, token: &str) -> Response {
    let mut notice = Notice::new(context, "unsubscribed");
    notice.button = Some(Button {
        action: urls::resubscribe(token),
        label: context.t("resubscribe-button"),
        hidden: None,
    });
    notice.show(StatusCode::OK)
}

/// Allows invitations again.
async fn allow(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let (client, presented_token) = (context.client.clone(), token.clone());
    let result = context
        .app
        .write(move |tx| operations::resubscribe(tx, &client, &presented_token))
        .await;
    match result {
        Ok(()) => Ok(context.flash(
            &urls::unsubscribe(&token),
            &FlashMessage::InvitationMailAllowed,
        )),
        Err(error) => Err(invitation::link_error(&context, error)),
    }
}

async fn stop(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    request: Request,
) -> PageResult {
    let is_browser = wants_page(request.headers());
    let body = collect(request).await?;
    if !is_one_click(&body) {
        return Err(Problem::new(
            problem::VALIDATION_FAILED,
            "The body must be List-Unsubscribe=One-Click (RFC 8058). Use the button of the page instead.",
        )
        .into());
    }
    let (client, presented_token) = (context.client.clone(), token.clone());
    let result = context
        .app
        .write(move |tx| operations::unsubscribe(tx, &client, &presented_token))
        .await;
    match result {
        Ok(()) if is_browser => Ok(see_other(&urls::unsubscribe(&token))),
        Ok(()) => Ok(plain_text(&context.t("unsubscribed-text"))),
        Err(error) => Err(invitation::link_error(&context, error)),
    }
}

fn plain_text(text: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (kind, format!("{text}\n")).into_response()
}

fn wants_page(headers: &HeaderMap) -> bool {
    list_header(headers, &header::ACCEPT).contains("text/html")
}

/// Whether a body has the pair of RFC 8058, which email clients send URL-encoded or as multipart.
fn is_one_click(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let mut fields = form_urlencoded::parse(body);
    fields.any(|(name, value)| name == "List-Unsubscribe" && value == "One-Click")
        || (text.contains("name=\"List-Unsubscribe\"") && text.contains("\r\n\r\nOne-Click\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_one_click_in_both_form_encodings() {
        assert!(is_one_click(b"List-Unsubscribe=One-Click"));
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        assert!(is_one_click(multipart.as_bytes()));
        assert!(!is_one_click(b""));
        assert!(!is_one_click(b"List-Unsubscribe=Two-Clicks"));
    }
}
