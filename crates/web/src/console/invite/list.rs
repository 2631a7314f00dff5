//! The typed list: its addresses with the roles that rows of a table name, and the groups in which it is sent.

use std::collections::HashSet;

use convoke_core::email_list::{self, EmailList, Entry};

use crate::console::catalogue_text;
use crate::console::context::PageContext;

/// What divides the keys of a set of roles in a field.
pub(super) const DIVIDER: &str = " ";

/// Reads a list; the roles of `product` are meant before others of the same name. `left_out` has words that were left
/// out of it before, one a line: they are never read as addresses.
pub(super) fn parse(context: &PageContext, product: &str, text: &str, left_out: &str) -> EmailList {
    let catalogue = &context.app.ctx.catalogue;
    let is_role = |word: &str| catalogue.role_by_word(product, word).is_some();
    let mut list = email_list::parse_with_roles(text, &is_role);
    let earlier = words(left_out).map(str::to_owned);
    list.left_out = earlier.chain(list.left_out).collect();
    let mut known = HashSet::new();
    list.left_out.retain(|word| known.insert(word.clone()));
    list
}

/// The words of the field for words that were left out.
pub(super) fn words(left_out: &str) -> impl Iterator<Item = &str> {
    let lines = left_out.lines().map(str::trim);
    lines.filter(|word| !word.is_empty())
}

/// The roles that the list names for an address, in the catalogue's order; none where the row names none.
pub(super) fn listed_roles(context: &PageContext, product: &str, entry: &Entry) -> Vec<String> {
    let catalogue = &context.app.ctx.catalogue;
    let words = entry.roles.iter();
    let roles = words.filter_map(|word| catalogue.role_by_word(product, word));
    let mut keys: Vec<String> = roles.map(|role| role.key.clone()).collect();
    catalogue.sort_roles(&mut keys);
    keys.dedup();
    keys
}

/// Which roles those of the list are replaced by: the fields `from` and `to` of a form, in pairs. An empty value stands
/// for the roles that the form chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replacements<'a> {
    pub from: &'a [String],
    pub to: &'a [String],
}

impl Replacements<'_> {
    pub(super) fn apply(&self, roles: &str) -> String {
        let mut pairs = self.from.iter().zip(self.to);
        let pair = pairs.find(|(from, _)| *from == roles);
        pair.map_or_else(|| roles.to_owned(), |(_, to)| to.clone())
    }
}

/// Addresses for which the list names the same roles.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListedGroup {
    /// The keys of the named roles, as the value of a field.
    pub from: String,
    /// The keys that they are replaced by.
    pub to: String,
    pub count: usize,
}

/// The groups of a list by the roles that it names, in its order.
pub(super) fn listed_groups(
    context: &PageContext,
    product: &str,
    list: &EmailList,
    replacements: Replacements<'_>,
) -> Vec<ListedGroup> {
    let mut groups: Vec<ListedGroup> = Vec::new();
    for entry in &list.entries {
        let from = listed_roles(context, product, entry).join(DIVIDER);
        match groups.iter_mut().find(|group| group.from == from) {
            Some(group) => group.count += 1,
            None => groups.push(ListedGroup {
                to: replacements.apply(&from),
                from,
                count: 1,
            }),
        }
    }
    if groups.iter().all(|group| group.from.is_empty()) {
        groups.clear();
    }
    groups
}

/// The names of a set of roles in a field, such as "Developer + Operator".
pub(super) fn role_names(context: &PageContext, keys: &str) -> String {
    if keys.is_empty() {
        return context.t("invite-group-chosen");
    }
    let catalogue = &context.app.ctx.catalogue;
    let names = keys.split(DIVIDER);
    let names: Vec<String> = names
        .map(|key| catalogue_text::role_name(catalogue, context.locale, key))
        .collect();
    names.join(" + ")
}

/// How many get which roles, such as "9 Developer, 6 Operator".
pub(super) fn summary(context: &PageContext, groups: &[ListedGroup]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for group in groups {
        match counts.iter_mut().find(|(roles, _)| *roles == group.to) {
            Some((_, count)) => *count += group.count,
            None => counts.push((&group.to, group.count)),
        }
    }
    let text = |(roles, count): (&str, usize)| group_text(context, roles, count);
    let texts: Vec<String> = counts.into_iter().map(text).collect();
    texts.join(", ")
}

/// How many get these roles.
pub(super) fn group_text(context: &PageContext, roles: &str, count: usize) -> String {
    let args = [
        ("count", count.into()),
        ("roles", role_names(context, roles).into()),
    ];
    context.t_args("invite-group", &args)
}

/// Whether two texts have the same words: browsers change line breaks on the way.
pub(super) fn is_same_text(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}
