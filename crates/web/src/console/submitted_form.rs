//! Where forms lead that were sent before without a session, or that have ended the session they were sent with (see
//! [`convoke_domain::submitted_forms`]).

use axum::response::Response;

use super::context::{PageContext, see_other};
use super::flash::FlashMessage;
use super::urls;
use convoke_core::secret::Secret;
use convoke_domain::Error;
use convoke_domain::submitted_forms::{self, FormKey, FormResult};

/// The result of an earlier submission of a form.
///
/// # Errors
/// When the database is unavailable.
pub(super) async fn find(
    context: &PageContext,
    key: Option<FormKey>,
) -> Result<Option<FormResult>, Error> {
    if key.is_none() {
        return Ok(None);
    }
    let find = context
        .app
        .read(move |tx| submitted_forms::find(tx, key.as_ref()));
    find.await
}

/// The page that a form leads to.
pub(super) fn redirect(context: &PageContext, result: FormResult) -> Response {
    match result {
        FormResult::Requested => see_other(urls::SIGN_UP_CHECK_MAIL),
        FormResult::SignedUp(_) => context.flash(urls::ACCOUNTS, &FlashMessage::SignedUp),
        FormResult::Joined(_, account) => {
            context.flash(&urls::account(account), &FlashMessage::Joined)
        }
        FormResult::NotJoined(_) => context.flash(urls::ACCOUNTS, &FlashMessage::NotJoined),
        FormResult::PasswordChanged(_) => {
            context.flash(urls::PROFILE_PASSWORD, &FlashMessage::PasswordChanged)
        }
        FormResult::EmailChanged(_) => context.flash(urls::ACCOUNTS, &FlashMessage::EmailChanged),
    }
}

/// The response to a form that was sent before: leads to the same page, and signs in the user whom the form has created or changed.
/// The browser may have given up the first response, and its cookie with it, when the form was sent a second time.
///
/// # Errors
/// As [`convoke_app::App::sign_in_again`].
pub(super) async fn repeated(
    context: &PageContext,
    result: FormResult,
    password: Secret,
) -> Result<Response, Error> {
    let response = redirect(context, result);
    let Some(user) = result.user() else {
        return Ok(response);
    };
    let client = context.client.clone();
    let signed_in = context.app.sign_in_again(client, user, password).await?;
    Ok(context.with_session(response, &signed_in))
}
