//! What somebody typed where it cannot be saved: shown to be copied, so that it is not lost.

use axum::http::StatusCode;

use super::context::{PageContext, PageError};
use super::notice::Notice;
use super::return_to::sign_in_path;
use convoke_domain::Caller;

/// The signed-in caller of a form; a user who was signed out meanwhile gets back what they typed.
///
/// # Errors
/// The page with what was typed; without any, the way to the sign-in page.
pub(super) fn require_user_keeping_input(
    context: &PageContext,
    back: &str,
    typed: &str,
) -> Result<Caller, PageError> {
    if context.caller.is_some() || typed.trim().is_empty() {
        return context.require_user_or_redirect(back);
    }
    let title = context.t("signed-out-title");
    let mut notice = Notice::titled(context, title, context.t("signed-out-not-saved"))
        .link(context.t("sign-in-button"), sign_in_path(back));
    notice.unsaved_input = Some(typed.to_owned());
    Err(PageError::page(notice.show(StatusCode::UNAUTHORIZED)))
}
