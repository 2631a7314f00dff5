//! What a list was understood as: the notes below it and the groups above it, on the page and in what its script loads.

use askama::Template;
use askama::filters::HtmlSafe;
use convoke_core::email_list::{EmailList, Entry};
use convoke_core::ids::InvitationId;

use super::list::{self, ListedGroup, Replacements};
use crate::console::catalogue_text;
use crate::console::components::Icon;
use crate::console::context::PageContext;

/// How many words that were left out are named at once.
const MAX_NAMED: usize = 3;

/// A note on one address, or on the whole list.
#[derive(Default)]
pub(super) struct Note {
    pub red: bool,
    /// The address, where the text does not name it.
    pub email: Option<String>,
    pub text: String,
    /// The label of a button, and the invitation that it resends.
    pub resend: Option<(String, InvitationId)>,
    /// The label of a button, and the entry in whose place it puts what was probably meant.
    pub suggestion: Option<(String, String)>,
    /// Labels and targets of links that resolve it.
    pub links: Vec<(String, String)>,
}

/// The notes below a list.
#[derive(Template)]
#[template(path = "invite/notes.html")]
pub(super) struct Notes {
    pub items: Vec<Note>,
    /// The label of the button that removes what is no address.
    remove: Option<String>,
    /// The label of the button that keeps as many addresses as fit.
    pub keep: Option<String>,
    left_out: Option<LeftOut>,
}

impl HtmlSafe for Notes {}

/// Words that were left out of a list.
struct LeftOut {
    /// Names the first ones.
    text: String,
    /// The label of what shows the others.
    show: String,
    /// The others; empty when all are named.
    others: String,
}

impl Notes {
    /// The notes that need nothing but the list.
    pub(super) fn new(context: &PageContext, list: &EmailList) -> Self {
        let invalid = list.entries.iter().filter(|entry| entry.email.is_err());
        let count = invalid.count();
        let args = [("count", count.into())];
        Self {
            items: Vec::new(),
            remove: (count > 0).then(|| context.t_args("invite-remove-invalid", &args)),
            keep: None,
            left_out: left_out(context, &list.left_out),
        }
    }
}

fn left_out(context: &PageContext, words: &[String]) -> Option<LeftOut> {
    let (first, others) = words.split_at(MAX_NAMED.min(words.len()));
    let mut named = first.join(", ");
    if !others.is_empty() {
        named = format!("{named} +{}", others.len());
    }
    (!named.is_empty()).then(|| LeftOut {
        text: context.t_args("invite-left-out", &[("words", named.into())]),
        show: context.t("invite-left-out-show"),
        others: others.join(", "),
    })
}

/// Asks whether an address that looks misspelt is meant; none where it does not.
pub(super) fn suggestion_note(context: &PageContext, entry: &Entry) -> Option<Note> {
    let suggestion = suggestion(context, entry)?;
    let args = [("email", (&entry.text).into())];
    Some(Note {
        text: context.t_args("invite-suggestion", &args),
        suggestion: Some(suggestion),
        ..Note::default()
    })
}

/// The label of a button, and the entry in whose place it puts what was probably meant.
pub(super) fn suggestion(context: &PageContext, entry: &Entry) -> Option<(String, String)> {
    let email = entry.suggestion()?;
    let label = context.t_args("invite-suggestion-use", &[("email", email.into())]);
    Some((label, entry.text.clone()))
}

/// The groups of a list by the roles that it names, and what they are replaced by.
#[derive(Template)]
#[template(path = "invite/groups.html")]
pub(super) struct Groups {
    /// How many get which roles, such as "9 Developer, 6 Operator".
    summary: String,
    edit: String,
    hint: String,
    is_open: bool,
    rows: Vec<GroupRow>,
    /// The roles that each group can get, with the value that stands for them.
    options: Vec<(String, String)>,
}

impl HtmlSafe for Groups {}

struct GroupRow {
    from: String,
    to: String,
    label: String,
    /// The names of its roles, where they are none of the options.
    names: Option<String>,
}

impl Groups {
    pub(super) fn new(
        context: &PageContext,
        product: &str,
        list: &EmailList,
        replacements: Replacements<'_>,
    ) -> Self {
        let groups = list::listed_groups(context, product, list, replacements);
        let catalogue = &context.app.ctx.catalogue;
        let mut options = vec![(String::new(), context.t("invite-group-below"))];
        options.extend(catalogue.roles().map(|role| {
            let name = catalogue_text::role_of_product(catalogue, context.locale, &role.key);
            (role.key.clone(), name)
        }));
        let row = |group: &ListedGroup| {
            let is_option = options.iter().any(|(value, _)| *value == group.from);
            GroupRow {
                from: group.from.clone(),
                to: group.to.clone(),
                label: list::group_text(context, &group.from, group.count),
                names: (!is_option).then(|| list::role_names(context, &group.from)),
            }
        };
        Self {
            summary: list::summary(context, &groups),
            edit: context.t("invite-groups-edit"),
            hint: context.t("invite-groups-hint"),
            is_open: false,
            rows: groups.iter().map(row).collect(),
            options,
        }
    }

    /// The same with the rows in view.
    pub(super) fn open(self) -> Self {
        Self {
            is_open: true,
            ..self
        }
    }
}
