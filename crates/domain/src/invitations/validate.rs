//! Errors of a request to invite, all at once (rules I2 and I3).

use crate::FieldErrorKind;
use crate::roles::unknown_role;
use std::collections::HashSet;

use crate::validation::{email_error, locale_error};
use crate::{Context, FieldError};
use convoke_core::email_address::EmailAddress;
use convoke_core::language::Locale;

/// A request to invite, not validated.
#[derive(Clone, Debug, Default)]
pub struct CreateRequest {
    /// Product key.
    pub product: String,
    /// Role keys.
    pub roles: Vec<String>,
    /// Addresses.
    pub emails: Vec<String>,
    /// The language of the mail to those whose own is unknown.
    pub locale: Option<String>,
}

/// A request to invite without errors of its own.
#[derive(Clone, Debug)]
pub struct NewInvitations {
    pub(super) product: String,
    pub(super) roles: Vec<String>,
    /// Once each, in the order given.
    pub(super) emails: Vec<EmailAddress>,
    pub(super) locale: Option<Locale>,
}

/// Finds every error of a request that needs no database (rules I2 and I3).
///
/// # Errors
/// All errors at once.
pub fn validate(ctx: &Context, request: &CreateRequest) -> Result<NewInvitations, Vec<FieldError>> {
    let mut errors = Vec::new();
    validate_product(ctx, &request.product, &mut errors);
    validate_roles(ctx, &request.roles, &mut errors);
    let emails = validate_emails(ctx, &request.emails, &mut errors);
    let locale = match request.locale.as_deref().map(str::parse::<Locale>) {
        Some(Err(_)) => {
            errors.push(locale_error(request.locale.as_deref().unwrap_or_default()));
            None
        }
        Some(Ok(locale)) => Some(locale),
        None => None,
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut roles: Vec<String> = Vec::new();
    for role in &request.roles {
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    ctx.catalogue.sort_roles(&mut roles);
    Ok(NewInvitations {
        product: request.product.clone(),
        roles,
        emails,
        locale,
    })
}

pub(super) fn validate_product(ctx: &Context, key: &str, errors: &mut Vec<FieldError>) {
    match ctx.catalogue.product(key) {
        Some(product) if product.multi_user => {}
        Some(product) => {
            let name = product.name.get("en").to_owned();
            let kind = FieldErrorKind::ProductNotMultiUser(name);
            errors.push(FieldError::new("/product", kind).with_value(key));
        }
        None => {
            errors
                .push(FieldError::new("/product", FieldErrorKind::UnknownProduct).with_value(key));
        }
    }
}

pub(super) fn validate_roles(ctx: &Context, roles: &[String], errors: &mut Vec<FieldError>) {
    if roles.is_empty() {
        errors.push(FieldError::new("/roles", FieldErrorKind::NoRoles));
    }
    for (index, key) in roles.iter().enumerate() {
        if ctx.catalogue.role(key).is_none() {
            errors.push(unknown_role(index, key));
        }
    }
}

fn validate_emails(
    ctx: &Context,
    emails: &[String],
    errors: &mut Vec<FieldError>,
) -> Vec<EmailAddress> {
    if emails.is_empty() {
        errors.push(FieldError::new("/emails", FieldErrorKind::NoEmails));
    }
    let limit = ctx.policy.invitations_per_request;
    let mut seen = HashSet::new();
    let mut parsed = Vec::new();
    let mut malformed = Vec::new();
    for (index, text) in emails.iter().enumerate() {
        match EmailAddress::parse(text) {
            Ok(email) => {
                if seen.insert(email.canonical().to_owned()) {
                    parsed.push(email);
                }
            }
            Err(error) => {
                malformed.push(email_error(format!("/emails/{index}"), text, error));
            }
        }
    }
    let count = parsed.len() + malformed.len();
    if count > usize::try_from(limit).unwrap_or(usize::MAX) {
        let kind = FieldErrorKind::TooManyEmails { count, limit };
        errors.push(FieldError::new("/emails", kind));
    }
    errors.append(&mut malformed);
    parsed
}
