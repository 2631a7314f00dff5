//! Validation of sign-ups (rules U3, U7).

use crate::submitted_forms::FormKey;
use crate::validation::{
    email_error, locale_error, time_zone_error, validate_names, weak_password,
};
use crate::{Context, FieldError};
use convoke_core::email_address::EmailAddress;
use convoke_core::language::{self, Locale};

/// A sign-up request, not validated.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// The address, which becomes the login.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// Interface language.
    pub locale: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// The token of the invitation's link, if any.
    pub invitation_token: Option<String>,
    /// Whether to accept the invitation with the sign-up.
    pub accept_invitation: bool,
    /// The key of the form, where it comes from a page.
    pub form_key: Option<FormKey>,
}

/// A sign-up without errors of its own.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub(super) email: EmailAddress,
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
    pub(super) locale: Locale,
    pub(super) time_zone: String,
    pub(super) invitation_token: Option<String>,
    pub(super) accept_invitation: bool,
    pub(super) form_key: Option<FormKey>,
}

impl NewUser {
    /// The key of the form, where it comes from a page.
    #[must_use]
    pub const fn form_key(&self) -> Option<&FormKey> {
        self.form_key.as_ref()
    }

    /// The email address.
    #[must_use]
    pub const fn email(&self) -> &EmailAddress {
        &self.email
    }
}

/// Finds every error of a sign-up; `browser_locale` and UTC are the defaults.
///
/// # Errors
/// All errors at once.
pub fn validate(
    ctx: &Context,
    request: &Registration,
    password: &str,
    browser_locale: Locale,
) -> Result<NewUser, Vec<FieldError>> {
    let mut errors = Vec::new();
    let (first_name, last_name) = validate_names(
        &request.first_name,
        request.last_name.as_deref(),
        &mut errors,
    );
    let email = EmailAddress::parse(&request.email)
        .map_err(|why| errors.push(email_error("/email", &request.email, why)))
        .ok();
    let own_words = [
        request.first_name.as_str(),
        request.last_name.as_deref().unwrap_or_default(),
        request.email.as_str(),
    ];
    errors.extend(weak_password(ctx, "/password", password, &own_words));
    let locale = match request.locale.as_deref() {
        None => browser_locale,
        Some(text) => text.parse().unwrap_or_else(|_| {
            errors.push(locale_error(text));
            browser_locale
        }),
    };
    let time_zone = match request.time_zone.as_deref() {
        None => "UTC".to_owned(),
        Some(text) => language::time_zone(text).unwrap_or_else(|| {
            errors.push(time_zone_error(text));
            String::new()
        }),
    };
    match email {
        Some(email) if errors.is_empty() => Ok(NewUser {
            email,
            first_name,
            last_name,
            locale,
            time_zone,
            invitation_token: request.invitation_token.clone(),
            accept_invitation: request.accept_invitation,
            form_key: request.form_key,
        }),
        _ => Err(errors),
    }
}
