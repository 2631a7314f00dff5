//! How a list stands while it is typed: asked by the page's script, answered in words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{path, remedy};
use crate::core::email_list::{self, EmailList, Entry};
use crate::core::ids::AccountId;
use crate::domain::FieldError;
use crate::domain::invitations::{self, RecipientCheck, RecipientStatus};
use crate::http::console::form::Form;
use crate::http::console::visit::{Failure, Visit};
use crate::http::console::words;
use crate::http::extract::PathIds;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Typed {
    emails: String,
    /// How many duplicates the page has left out itself.
    merged: String,
}

/// How one address stands.
#[derive(Serialize)]
struct Told {
    /// `fine`, `known` (needs no invitation) or `fault`.
    state: &'static str,
    text: String,
    /// Where something can be done about it.
    links: Vec<(String, String)>,
    /// The words of a button, and the invitation that it sends again.
    resend: Option<(String, String)>,
}

impl Told {
    fn of(state: &'static str, text: String) -> Self {
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
struct State {
    entries: Vec<Told>,
    counter: String,
    button: String,
    /// Seats that this takes, and all that are taken then.
    added: i64,
    total: i64,
    of: String,
    /// What stands in the way of the whole.
    note: String,
    /// Where that can be mended.
    ways: Vec<(String, String)>,
    /// How many of them fit can be kept, in the words of the button.
    keep: String,
}

/// Says how each address of a list stands; changes nothing.
pub(super) async fn state(
    visit: Visit,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let caller = visit.signed_in(&path(account))?;
    let mut list = email_list::parse(&typed.emails);
    list.merged += typed.merged.parse::<u16>().map_or(0, usize::from);
    let asked = list.clone();
    let found = visit
        .app
        .read(move |tx| invitations::check_recipients(tx, &caller, account, &asked))
        .await
        .map_err(|refusal| visit.fail(refusal))?;
    let told = list.entries.iter().zip(&found.statuses);
    let mut entries: Vec<Told> = told
        .map(|(entry, standing)| tell(&visit, account, entry, standing))
        .collect();
    let unknown = |it: &RecipientStatus| matches!(it, RecipientStatus::NotRegistered);
    let final_one = found.statuses.iter().rposition(unknown);
    let who = remedy::who_allows(&visit, found.by_installation);
    if let (Some(told), Some(who)) = (final_one.and_then(|at| entries.get_mut(at)), who) {
        told.text = format!("{} {who}", told.text);
    }
    Ok(Json(whole(&visit, account, &list, &found, entries)).into_response())
}

fn whole(
    visit: &Visit,
    account: AccountId,
    list: &EmailList,
    found: &RecipientCheck,
    entries: Vec<Told>,
) -> State {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let most = i64::from(visit.app.policy.invitations_per_request);
    let all = number(entries.len());
    let faults = number(entries.iter().filter(|it| it.state == "fault").count());
    let free = found.required_seats();
    let usage = found.usage;
    let args = [("count", all.into()), ("most", most.into())];
    let mut counter = vec![visit.say("counter-addresses", &args)];
    if list.merged > 0 {
        let args = [("count", number(list.merged).into())];
        counter.push(visit.say("counter-merged", &args));
    }
    if faults > 0 {
        counter.push(visit.say("counter-faults", &[("count", faults.into())]));
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
            visit.say("fault-too-many", &args),
            visit.say("invite-keep-first", &args),
        )
    } else if free > usage.available() {
        ways = remedy::frees(visit, account);
        let text = remedy::over_limit(visit, usage.available(), free);
        (text, String::new())
    } else {
        (String::new(), String::new())
    };
    State {
        entries,
        counter: counter.join(" · "),
        button: match free {
            0 => visit.t("invite-button"),
            _ => visit.say("invite-button-count", &[("count", free.into())]),
        },
        added: free,
        total,
        of: visit.say(
            "seats-of",
            &[("members", total.into()), ("limit", usage.limit.into())],
        ),
        note,
        ways,
        keep,
    }
}

fn tell(visit: &Visit, account: AccountId, entry: &Entry, standing: &RecipientStatus) -> Told {
    let base = format!("/accounts/{account}");
    match standing {
        RecipientStatus::Invitable => Told::of("fine", String::new()),
        RecipientStatus::Invalid => {
            let fault = FieldError::new("/emails", "invalid-email", "").with_value(&entry.text);
            Told::of("fault", words::fault(visit.locale, &fault, "", 0))
        }
        RecipientStatus::NotRegistered => {
            let args = [("email", (&entry.text).into())];
            Told::of("fault", visit.say("fault-not-registered", &args))
        }
        RecipientStatus::Member(it) => {
            let edit = format!("{base}/users/{}/edit", it.user);
            let text = visit.say("result-member", &[("name", (&it.name).into())]);
            Told {
                links: vec![(visit.t("users-edit"), edit)],
                ..Told::of("known", text)
            }
        }
        RecipientStatus::Invited(it) => {
            let day = visit.day(it.created_at);
            let args = [("date", day.into()), ("inviter", (&it.inviter_name).into())];
            let edit = format!("{base}/invitations/{}/edit", it.id);
            Told {
                links: vec![(visit.t("users-edit"), edit)],
                resend: Some((visit.t("manage-resend"), it.id.to_string())),
                ..Told::of("known", visit.say("result-had", &args))
            }
        }
    }
}
