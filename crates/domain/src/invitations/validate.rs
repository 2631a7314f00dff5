//! Errors of a request to invite, all at once (rules I2, I3 and I18).

use crate::FieldErrorKind;
use crate::roles::{normalize_roles, unknown_role};
use std::collections::HashMap;

use crate::validation::{email_error, locale_error, name_error};
use crate::{Context, FieldError};
use convoke_core::email_address::EmailAddress;
use convoke_core::language::Locale;
use convoke_core::names;

/// A request to invite, not validated.
#[derive(Clone, Debug, Default)]
pub struct CreateRequest {
    /// Product key.
    pub product: String,
    /// Addresses with their roles.
    pub groups: Vec<RecipientGroup>,
    /// Whether `groups` is a list in the request; if not, errors name the fields of the request itself, whatever its group.
    pub is_grouped: bool,
    /// The language of the mail to those whose own is unknown.
    pub locale: Option<String>,
}

/// Addresses that get the same roles.
#[derive(Clone, Debug, Default)]
pub struct RecipientGroup {
    /// Role keys.
    pub roles: Vec<String>,
    /// Who is invited.
    pub recipients: Vec<Recipient>,
}

/// Whom to invite, as sent.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// An address alone.
    Email(String),
    /// An object of an address and a name.
    Named {
        /// The address.
        email: String,
        /// The name beside it (rule I17).
        name: Option<String>,
    },
}

/// A request to invite without errors of its own.
#[derive(Clone, Debug)]
pub struct NewInvitations {
    pub(super) product: String,
    /// Once each, in the order given.
    pub(super) recipients: Vec<NewRecipient>,
    /// The roles of each group.
    pub(super) groups: Vec<Vec<String>>,
    pub(super) locale: Option<Locale>,
}

/// Whom to invite.
#[derive(Clone, Debug)]
pub(super) struct NewRecipient {
    pub email: EmailAddress,
    pub name: Option<String>,
    /// Their group in [`NewInvitations::groups`].
    pub group: usize,
}

impl NewInvitations {
    /// The roles of a recipient.
    pub(super) fn roles(&self, recipient: &NewRecipient) -> &[String] {
        self.groups.get(recipient.group).map_or(&[], Vec::as_slice)
    }
}

/// Finds every error of a request that needs no database (rules I2, I3 and I18).
///
/// # Errors
/// All errors at once.
pub fn validate(ctx: &Context, request: &CreateRequest) -> Result<NewInvitations, Vec<FieldError>> {
    let mut errors = Vec::new();
    validate_product(ctx, &request.product, &mut errors);
    if request.groups.is_empty() {
        errors.push(FieldError::new("/groups", FieldErrorKind::NoEmails));
    }
    let mut recipients = Recipients::default();
    for (index, group) in request.groups.iter().enumerate() {
        let at = if request.is_grouped {
            format!("/groups/{index}")
        } else {
            String::new()
        };
        validate_roles(ctx, &at, &group.roles, &mut errors);
        recipients.read(index, &at, &group.recipients);
    }
    let at = if request.is_grouped {
        "/groups"
    } else {
        "/emails"
    };
    let recipients = recipients.finish(ctx, at, &mut errors);
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
    let groups = request.groups.iter();
    let groups = groups.map(|group| normalize_roles(&ctx.catalogue, &group.roles));
    Ok(NewInvitations {
        product: request.product.clone(),
        groups: groups.collect(),
        recipients,
        locale,
    })
}

pub(super) fn validate_product(ctx: &Context, key: &str, errors: &mut Vec<FieldError>) {
    match ctx.catalogue.product(key) {
        Some(product) if product.is_multi_user() => {}
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

fn validate_roles(ctx: &Context, at: &str, roles: &[String], errors: &mut Vec<FieldError>) {
    if roles.is_empty() {
        let pointer = format!("{at}/roles");
        errors.push(FieldError::new(pointer, FieldErrorKind::NoRoles));
    }
    for (index, key) in roles.iter().enumerate() {
        if ctx.catalogue.role(key).is_none() {
            errors.push(unknown_role(at, index, key));
        }
    }
}

/// Reads the recipients of all groups.
#[derive(Default)]
struct Recipients {
    /// Positions by canonical address.
    indices: HashMap<String, usize>,
    parsed: Vec<NewRecipient>,
    malformed: usize,
    errors: Vec<FieldError>,
}

impl Recipients {
    /// Reads a group whose fields are at the pointer `at`.
    fn read(&mut self, group: usize, at: &str, recipients: &[Recipient]) {
        if recipients.is_empty() {
            let pointer = format!("{at}/emails");
            self.errors
                .push(FieldError::new(pointer, FieldErrorKind::NoEmails));
        }
        for (index, recipient) in recipients.iter().enumerate() {
            let at = format!("{at}/emails/{index}");
            let (pointer, email, name) = match recipient {
                Recipient::Email(email) => (at, email, None),
                Recipient::Named { email, name } => {
                    let name = name.as_deref().and_then(|name| self.read_name(&at, name));
                    (format!("{at}/email"), email, name)
                }
            };
            match EmailAddress::parse(email) {
                Ok(email) => self.add(group, pointer, NewRecipient { email, name, group }),
                Err(error) => {
                    self.malformed += 1;
                    self.errors.push(email_error(pointer, email, error));
                }
            }
        }
    }

    fn read_name(&mut self, at: &str, name: &str) -> Option<String> {
        names::parse_name(name)
            .map_err(|error| {
                self.errors
                    .push(name_error(&format!("{at}/name"), name, error));
            })
            .ok()
    }

    /// Adds a recipient; one that is repeated in its group counts once (rule I4).
    fn add(&mut self, group: usize, pointer: String, new: NewRecipient) {
        let canonical = new.email.canonical().to_owned();
        let index = self.indices.get(&canonical);
        match index.and_then(|index| self.parsed.get_mut(*index)) {
            Some(known) if known.group == group => known.name = known.name.take().or(new.name),
            Some(_) => {
                let error = FieldError::new(pointer, FieldErrorKind::EmailInTwoGroups);
                self.errors.push(error.with_value(new.email.as_str()));
            }
            None => {
                self.indices.insert(canonical, self.parsed.len());
                self.parsed.push(new);
            }
        }
    }

    /// All recipients; adds the errors of the request, first the one of their number at the pointer `at`.
    fn finish(
        mut self,
        ctx: &Context,
        at: &str,
        errors: &mut Vec<FieldError>,
    ) -> Vec<NewRecipient> {
        let limit = ctx.policy.invitations_per_request;
        let count = self.parsed.len() + self.malformed;
        if count > usize::try_from(limit).unwrap_or(usize::MAX) {
            let kind = FieldErrorKind::TooManyEmails { count, limit };
            errors.push(FieldError::new(at, kind));
        }
        errors.append(&mut self.errors);
        self.parsed
    }
}
