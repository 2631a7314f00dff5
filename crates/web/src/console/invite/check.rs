//! How a list stands while it is typed: asked by the page's script, answered in words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{hints, path};
use crate::console::context::{PageContext, PageError};
use crate::console::{error_text, urls};
use crate::console::form::Form;
use crate::extract::PathIds;
use convoke_core::email_list::{self, EmailList, Entry};
use convoke_core::ids::AccountId;
use convoke_domain::FieldError;
use convoke_domain::invitations::{self, RecipientCheck, RecipientStatus};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Typed {
    emails: String,
    /// How many duplicates the page has left out itself.
    merged: String,
}

/// How one address stands.
#[derive(Serialize)]
struct RecipientState {
    /// `fine`, `known` (needs no invitation) or `fault`.
    state: &'static str,
    text: String,
    /// Where something can be done about it.
    links: Vec<(String, String)>,
    /// The words of a button, and the invitation that it sends again.
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

/// How the whole list stands.
#[derive(Serialize)]
struct CheckResponse {
    entries: Vec<RecipientState>,
    counter: String,
    button: String,
    /// Seats that this takes, and all that are taken then.
    added: i64,
    total: i64,
    of: String,
    /// What stands in the way of the whole.
    note: String,
    /// Where that can be fixed.
    ways: Vec<(String, String)>,
    /// How many of them fit can be kept, in the words of the button.
    keep: String,
}

/// Says how each address of a list stands; changes nothing.
pub(super) async fn state(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let caller = context.require_user_or_redirect(&path(account))?;
    let mut list = email_list::parse(&typed.emails);
    list.merged += typed.merged.parse::<u16>().map_or(0, usize::from);
    let asked = list.clone();
    let found = context
        .app
        .read(move |tx| invitations::check_recipients(tx, &caller, account, &asked))
        .await
        .map_err(|error| context.error_page(error))?;
    let told = list.entries.iter().zip(&found.statuses);
    let mut entries: Vec<RecipientState> = told
        .map(|(entry, membership)| recipient_state(&context, account, entry, membership))
        .collect();
    let unknown = |recipient_status: &RecipientStatus| {
        matches!(recipient_status, RecipientStatus::NotRegistered)
    };
    let final_one = found.statuses.iter().rposition(unknown);
    let who = hints::who_allows(&context, found.by_installation);
    if let (Some(told), Some(who)) = (final_one.and_then(|at| entries.get_mut(at)), who) {
        told.text = format!("{} {who}", told.text);
    }
    Ok(Json(build_response(&context, account, &list, &found, entries)).into_response())
}

fn build_response(
    context: &PageContext,
    account: AccountId,
    list: &EmailList,
    found: &RecipientCheck,
    entries: Vec<RecipientState>,
) -> CheckResponse {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let most = i64::from(context.app.ctx.policy.invitations_per_request);
    let all = number(entries.len());
    let errors = number(
        entries
            .iter()
            .filter(|entry| entry.state == "error")
            .count(),
    );
    let free = found.required_seats();
    let usage = found.usage;
    let args = [("count", all.into()), ("most", most.into())];
    let mut counter = vec![context.t_args("counter-addresses", &args)];
    if list.merged > 0 {
        let args = [("count", number(list.merged).into())];
        counter.push(context.t_args("counter-merged", &args));
    }
    if errors > 0 {
        counter.push(context.t_args("counter-errors", &[("count", errors.into())]));
    }
    let total = usage.members + usage.pending + free;
    let mut ways = Vec::new();
    let (note, keep) = if all > most {
        let args = [
            ("count", all.into()),
            ("most", most.into()),
            ("rest", (all - most).into()),
        ];
        (
            context.t_args("error-too-many", &args),
            context.t_args("invite-keep-first", &args),
        )
    } else if free > usage.available() {
        ways = hints::free_seats_links(context, account);
        let text = hints::over_limit(context, usage.available(), free);
        (text, String::new())
    } else {
        (String::new(), String::new())
    };
    CheckResponse {
        entries,
        counter: counter.join(" · "),
        button: match free {
            0 => context.t("invite-button"),
            _ => context.t_args("invite-button-count", &[("count", free.into())]),
        },
        added: free,
        total,
        of: context.t_args(
            "seats-of",
            &[("members", total.into()), ("limit", usage.limit.into())],
        ),
        note,
        ways,
        keep,
    }
}

fn recipient_state(
    context: &PageContext,
    account: AccountId,
    entry: &Entry,
    membership: &RecipientStatus,
) -> RecipientState {
    let base = urls::account(account);
    match membership {
        RecipientStatus::Invitable => RecipientState::new("fine", String::new()),
        RecipientStatus::Invalid => {
            let error = FieldError::new("/emails", "invalid-email", "").with_value(&entry.text);
            RecipientState::new(
                "error",
                error_text::field_error_text(context.locale, &error, "", 0),
            )
        }
        RecipientStatus::NotRegistered => {
            let args = [("email", (&entry.text).into())];
            RecipientState::new("error", context.t_args("error-not-registered", &args))
        }
        RecipientStatus::Member(it) => {
            let edit = format!("{base}/users/{}/edit", it.user);
            let text = context.t_args("result-member", &[("name", (&it.name).into())]);
            RecipientState {
                links: vec![(context.t("users-edit"), edit)],
                ..RecipientState::new("known", text)
            }
        }
        RecipientStatus::Invited(it) => {
            let day = context.format_day(it.created_at);
            let args = [("date", day.into()), ("inviter", (&it.inviter_name).into())];
            let edit = format!("{base}/invitations/{}/edit", it.id);
            RecipientState {
                links: vec![(context.t("users-edit"), edit)],
                resend: Some((context.t("invitations-resend"), it.id.to_string())),
                ..RecipientState::new("known", context.t_args("result-had", &args))
            }
        }
    }
}
