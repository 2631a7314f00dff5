//! What every page that creates a user has in common.

use axum::response::Response;

use super::context::PageContext;
use super::form::{Field, PasswordStrength};
use super::submitted_form;
use convoke_domain::users::SignedUp;

/// The field for a new password.
pub(super) fn new_password(context: &PageContext) -> Field {
    let policy = &context.app.ctx.policy;
    let args = [("min", policy.password_min_length.into())];
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
    let response = submitted_form::redirect(context, registered.form_result());
    context.with_session(response, &registered.signed_in)
}
