//! The facts of an invitation, as the invitee's pages show them.

use crate::console::catalogue_text;
use crate::console::components::MarkedText;
use crate::console::context::PageContext;
use crate::console::dates::SOON;
use convoke_core::clock::Timestamp;
use convoke_core::email_address::to_readable;
use convoke_domain::invitations::{Invitation, mask_email};
use convoke_i18n::{date_time, day_and_time};

/// The viewer's time zone, else the inviter's.
fn zone<'a>(context: &'a PageContext, invitation: &'a Invitation) -> &'a str {
    if context.caller.is_some() {
        context.time_zone()
    } else {
        &invitation.inviter_time_zone
    }
}

/// A time in the viewer's time zone, else in the inviter's.
pub(super) fn moment(context: &PageContext, invitation: &Invitation, at: Timestamp) -> String {
    date_time(at, context.locale, zone(context, invitation))
}

/// How many roles the first paragraph names.
const MAX_NAMED_ROLES: usize = 3;

/// Who invites to what, and until when, in one paragraph.
pub(super) fn lead(context: &PageContext, invitation: &Invitation) -> MarkedText {
    let by = inviter(context, invitation);
    let catalogue = &context.app.ctx.catalogue;
    let product = catalogue_text::product_name(catalogue, context.locale, &invitation.product);
    let roles = invitation.roles.iter();
    let roles: Vec<String> = roles
        .map(|key| catalogue_text::role_within(catalogue, context.locale, &invitation.product, key))
        .collect();
    // Many would push the button off the screen; the facts below list them all.
    let (key, roles) = if roles.len() > MAX_NAMED_ROLES {
        ("invitation-lead-many", roles.len().to_string())
    } else {
        ("invitation-lead", roles.join(", "))
    };
    let until = day_and_time(
        invitation.expires_at,
        context.locale,
        zone(context, invitation),
    );
    let others = [("inviter", by.into()), ("until", until.into())];
    let strong = [("product", product.as_str()), ("roles", roles.as_str())];
    MarkedText::with_values(context.locale, key, &strong, &others)
}

/// A role with its description.
pub(super) struct RoleDescription {
    pub name: String,
    pub meaning: String,
}

/// The facts of an invitation.
pub(super) struct InvitationFacts {
    pub product: String,
    pub about: String,
    pub roles: Vec<RoleDescription>,
    pub sent_to: String,
    pub expires_at: String,
    pub expires_in: String,
    pub soon: bool,
}

impl InvitationFacts {
    pub(super) fn new(context: &PageContext, invitation: &Invitation, mine: bool) -> Self {
        let catalogue = &context.app.ctx.catalogue;
        let locale = context.locale;
        let meaning = |key: &str| {
            let role = catalogue.role(key);
            role.map_or_else(String::new, |role| {
                role.description.get(locale.as_str()).to_owned()
            })
        };
        let product = catalogue.product(&invitation.product);
        Self {
            product: catalogue_text::product_name(catalogue, locale, &invitation.product),
            about: product.map_or_else(String::new, |product| {
                product.description.get(locale.as_str()).to_owned()
            }),
            roles: invitation
                .roles
                .iter()
                .map(|key| RoleDescription {
                    name: catalogue_text::role_name(catalogue, locale, key),
                    meaning: meaning(key),
                })
                .collect(),
            sent_to: if mine {
                invitation.readable_email()
            } else {
                to_readable(&mask_email(&invitation.email)).into_owned()
            },
            expires_at: moment(context, invitation, invitation.expires_at),
            expires_in: context.format_relative(invitation.expires_at),
            soon: is_soon(context, invitation),
        }
    }
}

/// Whether an invitation expires within two days.
pub(in crate::console) fn is_soon(context: &PageContext, invitation: &Invitation) -> bool {
    invitation.expires_at <= context.app.ctx.clock.now().plus(SOON)
}

/// The inviter with their address, where they have one.
pub(in crate::console) fn inviter(context: &PageContext, invitation: &Invitation) -> String {
    context.name_with_email(
        &invitation.inviter_name,
        invitation.inviter_email.as_deref(),
    )
}
