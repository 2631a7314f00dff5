//! What every page that creates a user has in common.

use axum::response::Response;

use super::context::{PageContext, see_other};
use super::flash::FlashMessage;
use super::form::{Field, PasswordStrength};
use super::urls;
use convoke_core::secret::Secret;
use convoke_domain::Error;
use convoke_domain::submitted_forms::FormResult;
use convoke_domain::users::SignedUp;

/// The field for a new password.
pub(super) fn new_password(context: &PageContext) -> Field {
    let policy = &context.app.ctx.policy;
    let min = i64::try_from(policy.password_min_length).unwrap_or(i64::MAX);
    let args = [("min", min.into())];
    Field {
        name: "password",
        label: context.t("field-password"),
        kind: "password",
        autocomplete: "new-password",
        hint: Some(context.t_args("field-new-password-hint", &args)),
        strength: Some(PasswordStrength {
            min: policy.password_min_length,
            words: policy.brand.clone(),
            short: context.t_args("strength-short", &args),
            common: context.t("strength-common"),
            own: context.t("strength-own-words"),
            good: context.t("strength-good"),
        }),
        ..Field::default()
    }
}

/// Signs a new user in and redirects.
pub(super) fn signed_up(context: &PageContext, registered: &SignedUp) -> Response {
    let response = redirect(context, registered.form_result());
    context.with_session(response, &registered.signed_in)
}

/// The page that a sign-up leads to.
fn redirect(context: &PageContext, result: FormResult) -> Response {
    match result {
        FormResult::Requested => see_other(urls::SIGN_UP_CHECK_MAIL),
        FormResult::SignedUp(_) => context.flash(urls::ACCOUNTS, &FlashMessage::SignedUp),
        FormResult::Joined(_, account) => {
            context.flash(&urls::account(account), &FlashMessage::Joined)
        }
        FormResult::NotJoined(_) => context.flash(urls::ACCOUNTS, &FlashMessage::NotJoined),
    }
}

/// The response to a form that was sent before: leads to the same page, and signs in whom the form has created. The browser may
/// have given up the first response, and its cookie with it, when the form was sent a second time.
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
