//! Unsaved input of a form whose session has ended: shown to be copied.

use axum::http::StatusCode;

use super::context::{PageContext, PageError};
use super::notice::Notice;
use super::return_to::sign_in_path;
use convoke_domain::Caller;

/// The signed-in caller of a form.
///
/// # Errors
/// Without a session: a page with the input, or without input a redirect to the sign-in page.
pub(super) fn require_user_keeping_input(
    context: &PageContext,
    back: &str,
    input: &str,
) -> Result<Caller, PageError> {
    if context.caller.is_some() || input.trim().is_empty() {
        return context.require_user_or_redirect(back);
    }
    let title = context.t("signed-out-title");
    let mut notice = Notice::titled(context, title, context.t("signed-out-not-saved"))
        .link(context.t("sign-in-button"), sign_in_path(back));
    notice.unsaved_input = Some(input.to_owned());
    Err(PageError::page(notice.show(StatusCode::UNAUTHORIZED)))
}
