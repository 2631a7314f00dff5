//! Roles: as chips in lists, and as choices in forms.

use super::catalogue_text;
use super::components::{Chip, RoleChips};
use super::context::PageContext;
use convoke_domain::catalogue::{Product, Role};
use convoke_domain::permissions::{Membership, can_grant};

/// The maximum number of chips; further roles are counted, such as "+2".
const MAX_CHIPS: usize = 3;

/// A member's roles as chips, General ones first; further ones are counted, with their names in a title.
pub(super) fn chips(context: &PageContext, keys: &[String], owner: bool) -> RoleChips {
    let mut parts = Vec::new();
    if owner {
        parts.push(Chip {
            kind: "",
            label: context.t("account-owner"),
        });
    }
    role_chips(context, keys, "", parts)
}

/// The same next to the name of a product, which is not repeated for its own roles.
pub(super) fn chips_within(context: &PageContext, keys: &[String], product: &str) -> RoleChips {
    role_chips(context, keys, product, Vec::new())
}

fn role_chips(
    context: &PageContext,
    keys: &[String],
    product: &str,
    mut parts: Vec<Chip>,
) -> RoleChips {
    let catalogue = &context.app.ctx.catalogue;
    let own = catalogue.product(product);
    let is_own =
        |key: &str| own.is_some_and(|product| product.roles.iter().any(|role| role.key == key));
    let label = |key: &str| {
        if is_own(key) {
            catalogue_text::role_name(catalogue, context.locale, key)
        } else {
            catalogue_text::role_of_product(catalogue, context.locale, key)
        }
    };
    let general = |key: &&String| catalogue.general.iter().any(|role| role.key == **key);
    let (first, rest): (Vec<&String>, Vec<&String>) = keys.iter().partition(general);
    let ordered: Vec<&String> = first.into_iter().chain(rest).collect();
    for key in ordered.iter().take(MAX_CHIPS) {
        let kind = if general(key) { "plain" } else { "line" };
        parts.push(Chip {
            kind,
            label: label(key),
        });
    }
    let more: Vec<String> = ordered
        .iter()
        .skip(MAX_CHIPS)
        .map(|key| label(key))
        .collect();
    RoleChips {
        chips: parts,
        more_count: more.len(),
        more: more.join(", "),
        empty: context.t("account-no-roles"),
    }
}

/// "Owner" and the names of a member's roles.
pub(super) fn describe_membership(context: &PageContext, owner: bool, roles: &[String]) -> String {
    let roles = catalogue_text::role_names(&context.app.ctx.catalogue, context.locale, roles);
    match (owner, roles.is_empty()) {
        (true, true) => context.t("account-owner"),
        (true, false) => format!("{}, {roles}", context.t("account-owner")),
        (false, true) => context.t("account-no-roles"),
        (false, false) => roles,
    }
}

/// A group of roles to choose from.
pub(super) struct RoleGroup {
    pub title: String,
    /// Whether it is collapsible.
    pub folds: bool,
    /// How many of its roles are chosen.
    pub chosen: usize,
    pub roles: Vec<RoleChoice>,
}

/// A role to choose.
pub(super) struct RoleChoice {
    pub key: String,
    pub name: String,
    pub meaning: String,
    pub chosen: bool,
    /// Why it cannot be chosen.
    pub reason: Option<String>,
}

/// All roles to choose from: those of `product` first, then General, then other products collapsed. Roles in `held` stay
/// selectable without the permission to grant them.
pub(super) fn choices(
    context: &PageContext,
    membership: &Membership,
    product: Option<&str>,
    chosen: &[String],
    held: &[String],
) -> Vec<RoleGroup> {
    let catalogue = &context.app.ctx.catalogue;
    let locale = context.locale.as_str();
    let choice = |role: &Role| RoleChoice {
        key: role.key.clone(),
        name: role.name.get(locale).to_owned(),
        meaning: role.description.get(locale).to_owned(),
        chosen: chosen.contains(&role.key),
        reason: (!can_grant(membership, role) && !held.contains(&role.key))
            .then(|| context.t("roles-owner-only")),
    };
    let group = |title: String, folds: bool, roles: &[Role]| {
        let roles: Vec<RoleChoice> = roles.iter().map(choice).collect();
        RoleGroup {
            title,
            folds,
            chosen: roles.iter().filter(|role| role.chosen).count(),
            roles,
        }
    };
    let general = group(context.t("roles-general"), false, &catalogue.general);
    let (first, others): (Vec<_>, Vec<_>) = catalogue
        .products
        .iter()
        .filter(|other| other.is_multi_user())
        .partition(|other| Some(other.key.as_str()) == product);
    let product_group = |product: &Product, folds| {
        group(product.name.get(locale).to_owned(), folds, &product.roles)
    };
    let first = first
        .into_iter()
        .map(|product| product_group(product, false));
    let others = others
        .into_iter()
        .map(|product| product_group(product, true));
    first.chain([general]).chain(others).collect()
}

/// A role or product that a list can be filtered by.
pub(super) struct SelectOption {
    pub key: String,
    pub label: String,
    pub chosen: bool,
}

/// All roles to filter a list by.
pub(super) fn options(context: &PageContext, chosen: &str) -> Vec<SelectOption> {
    let catalogue = &context.app.ctx.catalogue;
    let option = |role: &Role| SelectOption {
        key: role.key.clone(),
        label: catalogue_text::role_of_product(catalogue, context.locale, &role.key),
        chosen: role.key == chosen,
    };
    catalogue.roles().map(option).collect()
}

/// Products with invitations, to filter a list by or to choose.
pub(super) fn product_options(context: &PageContext, chosen: &str) -> Vec<SelectOption> {
    let products = context.app.ctx.catalogue.products.iter();
    let products = products.filter(|product| product.is_multi_user());
    let option = |product: &Product| SelectOption {
        key: product.key.clone(),
        label: product.name.get(context.locale.as_str()).to_owned(),
        chosen: product.key == chosen,
    };
    products.map(option).collect()
}

/// A member's roles with their descriptions.
pub(super) fn describe_roles(context: &PageContext, keys: &[String]) -> Vec<RoleChoice> {
    let (catalogue, locale) = (&context.app.ctx.catalogue, context.locale);
    let choice = |role: &Role| RoleChoice {
        key: role.key.clone(),
        name: catalogue_text::role_of_product(catalogue, locale, &role.key),
        meaning: role.description.get(locale.as_str()).to_owned(),
        chosen: true,
        reason: None,
    };
    let roles = keys.iter().filter_map(|key| catalogue.role(key));
    roles.map(choice).collect()
}
