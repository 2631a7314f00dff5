//! What somebody typed where it cannot be saved: shown to be copied, so that it is not lost.

use axum::http::StatusCode;

use super::notice::Notice;
use super::return_to::sign_in_and_back;
use super::visit::{Failure, Visit};
use crate::domain::Caller;

/// The signed-in caller of a form; whoever was signed out while they filled it in gets back what they typed.
///
/// # Errors
/// The page with what was typed; without any, the way to the sign-in page.
pub(super) fn caller(visit: &Visit, back: &str, typed: &str) -> Result<Caller, Failure> {
    if visit.caller.is_some() || typed.trim().is_empty() {
        return visit.signed_in(back);
    }
    let title = visit.t("signed-out-title");
    let mut notice = Notice::titled(visit, title, visit.t("signed-out-not-saved"))
        .way(visit.t("sign-in-button"), sign_in_and_back(back));
    notice.kept = Some(typed.to_owned());
    Err(Failure::page(notice.show(StatusCode::UNAUTHORIZED)))
}
