//! Checks a list of addresses while it is entered; called by the page's script.

use crate::field_error_text::email_error_text;
use axum::Json;
use axum::response::{IntoResponse, Response};
use convoke_core::text::truncate;
use serde::{Deserialize, Serialize};

use super::hints;
use crate::console::context::{PageContext, PageError};
use crate::console::form::Form;
use crate::console::urls;
use crate::extract::PathIds;
use convoke_core::email_list::{self, EmailList, Entry};
use convoke_core::ids::AccountId;
use convoke_domain::invitations::{self, RecipientCheck, RecipientStatus};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CheckForm {
    emails: String,
    /// The number of duplicates that the page has left out.
    merged: String,
}

/// The status of one address.
#[derive(Serialize)]
struct RecipientState {
    /// `fine`, `known` (needs no invitation) or `error`.
    state: &'static str,
    text: String,
    /// Labels and targets of links that resolve it.
    links: Vec<(String, String)>,
    /// The label of a button, and the invitation that it resends.
    resend: Option<(String, String)>,
}

impl RecipientState {
    fn new(state: &'static str, text: String) -> Self {
        Self {
            state,
            text,
            links: Vec::new(),
            resend: None,
        }
    }
}

/// The status of the whole list.
#[derive(Serialize)]
struct CheckResponse {
    entries: Vec<RecipientState>,
    counter: String,
    button: String,
    /// Seats that the list takes, and all seats in use then.
    added: i64,
    total: i64,
    of: String,
    /// The error of the whole list.
    note: String,
    /// Labels and targets of links that resolve it.
    links: Vec<(String, String)>,
    /// The label of the button that keeps as many addresses as fit.
    keep: String,
}

/// Checks each address of a list.
pub(super) async fn check(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(form): Form<CheckForm>,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect(&urls::invite(account))?;
    let mut list = email_list::parse(&form.emails);
    list.merged += form.merged.parse::<u16>().map_or(0, usize::from);
    let requested = list.clone();
    let check = context
        .app
        .read(move |tx| invitations::check_recipients(tx, &caller, account, &requested))
        .await
        .map_err(|error| context.error_page(error))?;
    let checked = list.entries.iter().zip(&check.statuses);
    let mut entries: Vec<RecipientState> = checked
        .map(|(entry, status)| recipient_state(&context, account, entry, status))
        .collect();
    let is_unregistered =
        |status: &RecipientStatus| matches!(status, RecipientStatus::NotRegistered);
    let last_unregistered = check.statuses.iter().rposition(is_unregistered);
    let allowed_by = hints::who_allows(&context, check.by_installation);
    if let (Some(entry), Some(allowed_by)) = (
        last_unregistered.and_then(|at| entries.get_mut(at)),
        allowed_by,
    ) {
        entry.text = format!("{} {allowed_by}", entry.text);
    }
    Ok(Json(build_response(&context, account, &list, &check, entries)).into_response())
}

fn build_response(
    context: &PageContext,
    account: AccountId,
    list: &EmailList,
    check: &RecipientCheck,
    entries: Vec<RecipientState>,
) -> CheckResponse {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let max = i64::from(context.app.ctx.policy.invitations_per_request);
    let count = number(entries.len());
    let errors = number(
        entries
            .iter()
            .filter(|entry| entry.state == "error")
            .count(),
    );
    let required = check.required_seats();
    let usage = check.usage;
    let args = [("count", count.into()), ("most", max.into())];
    let mut counter = vec![context.t_args("counter-addresses", &args)];
    if list.merged > 0 {
        let args = [("count", number(list.merged).into())];
        counter.push(context.t_args("counter-merged", &args));
    }
    if errors > 0 {
        counter.push(context.t_args("counter-errors", &[("count", errors.into())]));
    }
    let total = usage.members + usage.pending + required;
    let mut links = Vec::new();
    let (note, keep) = if count > max {
        let args = [
            ("count", count.into()),
            ("most", max.into()),
            ("rest", (count - max).into()),
        ];
        (
            context.t_args("error-too-many", &args),
            context.t_args("invite-keep-first", &args),
        )
    } else if required > usage.available() {
        links = hints::free_seats_links(context, account);
        let text = hints::over_limit(context, usage.available(), required);
        (text, String::new())
    } else {
        (String::new(), String::new())
    };
    CheckResponse {
        entries,
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
        note,
        links,
        keep,
    }
}

fn recipient_state(
    context: &PageContext,
    account: AccountId,
    entry: &Entry,
    status: &RecipientStatus,
) -> RecipientState {
    match status {
        RecipientStatus::Invitable => RecipientState::new("fine", String::new()),
        RecipientStatus::Invalid(error) => {
            let input = truncate(&entry.text, 256);
            RecipientState::new("error", email_error_text(context.locale, &input, *error))
        }
        RecipientStatus::NotRegistered => {
            let args = [("email", (&entry.text).into())];
            RecipientState::new("error", context.t_args("error-not-registered", &args))
        }
        RecipientStatus::Member(member) => {
            let edit = urls::edit_member(account, member.user);
            let text = context.t_args("result-member", &[("name", (&member.name).into())]);
            RecipientState {
                links: vec![(context.t("users-edit"), edit)],
                ..RecipientState::new("known", text)
            }
        }
        RecipientStatus::Invited(invitation) => {
            let day = context.format_day(invitation.created_at);
            let args = [
                ("date", day.into()),
                ("inviter", (&invitation.inviter_name).into()),
            ];
            let edit = urls::edit_invitation(account, invitation.id);
            RecipientState {
                links: vec![(context.t("users-edit"), edit)],
                resend: Some((context.t("invitations-resend"), invitation.id.to_string())),
                ..RecipientState::new("known", context.t_args("result-had", &args))
            }
        }
    }
}
