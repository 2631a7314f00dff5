//! Checks a list of addresses while it is entered; called by the page's script.

use askama::Template;
use axum::Json;
use axum::response::{IntoResponse, Response};
use convoke_api::field_error_text::email_error_text;
use convoke_core::text::truncate;
use serde::{Deserialize, Serialize};

use super::hints;
use super::list::{self, Replacements};
use super::notes::{Groups, Note, Notes, suggestion, suggestion_note};
use crate::console::context::{PageContext, PageError};
use crate::console::form::Form;
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::email_address::to_readable;
use convoke_core::email_list::{EmailList, Entry};
use convoke_core::ids::AccountId;
use convoke_domain::invitations::{self, RecipientCheck, RecipientStatus};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CheckForm {
    emails: String,
    /// Words that the page has left out, one a line.
    left_out: String,
    /// The number of duplicates that the page has left out.
    merged: String,
    product: String,
    /// Roles that the list names, and for each what replaces them.
    from: Vec<String>,
    to: Vec<String>,
}

/// One address of the list with its status.
#[derive(Serialize)]
struct CheckedEntry {
    /// The entry as a line of the list.
    line: String,
    /// The address, or what was entered in its place.
    text: String,
    name: Option<String>,
    /// The words for roles in its row.
    roles: Vec<String>,
    /// `fine`, `known` (needs no invitation) or `error`.
    state: &'static str,
    /// The status as text for assistive technology; none for an address that is invited.
    label: Option<String>,
}

/// The status of the whole list.
#[derive(Serialize)]
struct CheckResponse {
    entries: Vec<CheckedEntry>,
    /// Words that are left out.
    left_out: Vec<String>,
    /// The number of duplicates that were left out.
    merged: usize,
    counter: String,
    button: String,
    /// Seats that the list takes, and all seats in use then.
    added: i64,
    total: i64,
    of: String,
    /// Markup of the notes below the list.
    notes: String,
    /// Markup of the groups above the list.
    groups: String,
}

/// Checks each address of a list.
pub(super) async fn check(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(form): Form<CheckForm>,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect(&urls::invite(account))?;
    let mut list = list::parse(&context, &form.product, &form.emails, &form.left_out);
    list.merged += form.merged.parse::<u16>().map_or(0, usize::from);
    let requested = list.clone();
    let check = context
        .app
        .read(move |tx| invitations::check_recipients(tx, &caller, account, &requested))
        .await
        .map_err(|error| context.error_page(error))?;
    let replacements = Replacements {
        from: &form.from,
        to: &form.to,
    };
    let groups = Groups::new(&context, &form.product, &list, replacements);
    let notes = notes(&context, account, &list, &check);
    let response = CheckResponse {
        // Templates write into a String, which never fails.
        notes: notes.render().unwrap_or_default(),
        groups: groups.render().unwrap_or_default(),
        ..response(&context, &list, &check)
    };
    Ok(Json(response).into_response())
}

/// The response without its markup.
fn response(context: &PageContext, list: &EmailList, check: &RecipientCheck) -> CheckResponse {
    let checked = list.entries.iter().zip(&check.statuses);
    let entries: Vec<CheckedEntry> = checked
        .map(|(entry, status)| checked_entry(context, entry, status))
        .collect();
    let errors = entries.iter().filter(|entry| entry.state == "error");
    let errors = errors.count();
    let max = i64::from(context.app.ctx.policy.invitations_per_request);
    let args = [("count", entries.len().into()), ("most", max.into())];
    let mut counter = vec![context.t_args("counter-addresses", &args)];
    if list.merged > 0 {
        let args = [("count", list.merged.into())];
        counter.push(context.t_args("counter-merged", &args));
    }
    if errors > 0 {
        counter.push(context.t_args("counter-errors", &[("count", errors.into())]));
    }
    let (usage, required) = (check.usage, check.required_seats());
    let total = usage.members + usage.pending + required;
    CheckResponse {
        entries,
        left_out: list.left_out.clone(),
        merged: list.merged,
        counter: counter.join(" · "),
        button: match required {
            0 => context.t("invite-button"),
            _ => context.t_args("invite-button-count", &[("count", required.into())]),
        },
        added: required,
        total,
        of: context.t_args(
            "seats-of",
            &[("members", total.into()), ("limit", usage.limit.into())],
        ),
        notes: String::new(),
        groups: String::new(),
    }
}

fn checked_entry(context: &PageContext, entry: &Entry, status: &RecipientStatus) -> CheckedEntry {
    let (state, label) = match status {
        RecipientStatus::Invitable | RecipientStatus::NotChecked => ("fine", None),
        RecipientStatus::Invalid(_) | RecipientStatus::NotRegistered => {
            ("error", Some("field-error"))
        }
        RecipientStatus::Member(_) => ("known", Some("chip-member")),
        RecipientStatus::Invited(_) => ("known", Some("chip-invited")),
    };
    CheckedEntry {
        line: entry.to_line(),
        text: entry.text.clone(),
        name: entry.name.clone(),
        roles: entry.roles.clone(),
        state,
        label: label.map(|key| context.t(key)),
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The notes on each address and on the whole list.
fn notes(
    context: &PageContext,
    account: AccountId,
    list: &EmailList,
    check: &RecipientCheck,
) -> Notes {
    let mut notes = Notes::new(context, list);
    let is_unregistered =
        |status: &RecipientStatus| matches!(status, RecipientStatus::NotRegistered);
    let last_unregistered = check.statuses.iter().rposition(is_unregistered);
    let (by_installation, is_owner) = (check.by_installation, check.is_owner);
    let allowed_by = hints::who_allows(context, by_installation, is_owner);
    let settings = hints::settings_link(context, account, by_installation, is_owner);
    let checked = list.entries.iter().zip(&check.statuses).enumerate();
    for (index, (entry, status)) in checked {
        let Some(mut note) = note(context, account, entry, status) else {
            continue;
        };
        if let (true, Some(allowed_by)) = (last_unregistered == Some(index), &allowed_by) {
            note.text = format!("{} {allowed_by}", note.text);
            note.links.extend(settings.clone());
        }
        notes.items.push(note);
    }
    let max = i64::from(context.app.ctx.policy.invitations_per_request);
    let count = number(list.entries.len());
    let (available, required) = (check.usage.available(), check.required_seats());
    if count > max {
        let args = [
            ("count", count.into()),
            ("most", max.into()),
            ("rest", (count - max).into()),
        ];
        notes.keep = Some(context.t_args("invite-keep-first", &args));
        notes.items.push(Note {
            red: true,
            text: context.t_args("error-too-many", &args),
            ..Note::default()
        });
    } else if required > available {
        notes.items.push(Note {
            red: true,
            text: hints::over_limit(context, available, required),
            links: hints::free_seats_links(context, account),
            ..Note::default()
        });
    }
    notes
}

/// The note on one address; none where nothing is to be said.
fn note(
    context: &PageContext,
    account: AccountId,
    entry: &Entry,
    status: &RecipientStatus,
) -> Option<Note> {
    let email = to_readable(&entry.text).into_owned();
    match status {
        RecipientStatus::Invitable | RecipientStatus::NotChecked => suggestion_note(context, entry),
        RecipientStatus::Invalid(error) => {
            let input = truncate(&entry.text, 256);
            Some(Note {
                red: true,
                text: email_error_text(context.locale, &input, *error),
                suggestion: suggestion(context, entry),
                ..Note::default()
            })
        }
        RecipientStatus::NotRegistered => Some(Note {
            red: true,
            text: context.t_args("error-not-registered", &[("email", email.into())]),
            ..Note::default()
        }),
        RecipientStatus::Member(member) => {
            let edit = urls::edit_member(account, member.user);
            Some(Note {
                email: Some(email),
                text: context.t_args("result-member", &[("name", (&member.name).into())]),
                links: vec![(context.t("users-edit"), edit)],
                ..Note::default()
            })
        }
        RecipientStatus::Invited(invitation) => {
            let day = context.format_day(invitation.created_at);
            let args = [
                ("date", day.into()),
                ("inviter", (&invitation.inviter_name).into()),
            ];
            let edit = urls::edit_invitation(account, invitation.id);
            Some(Note {
                email: Some(email),
                text: context.t_args("result-had", &args),
                links: vec![(context.t("users-edit"), edit)],
                resend: Some((context.t("invitations-resend"), invitation.id)),
                ..Note::default()
            })
        }
    }
}
