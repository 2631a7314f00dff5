//! How a list stands while it is typed: asked by the page's script, answered in words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::path;
use crate::core::email_list::{self, EmailList, Entry};
use crate::core::ids::AccountId;
use crate::domain::Fault;
use crate::domain::invitations::{self, LookedOver, Standing};
use crate::http::console::form::Form;
use crate::http::console::visit::{Failure, Visit, query_of};
use crate::http::console::words;
use crate::http::extract::Ids;
use crate::texts::date;

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
    /// What can be done about it.
    links: Vec<(String, String)>,
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
    /// How many of them fit can be kept, in the words of the button.
    keep: String,
}

/// Says how each address of a list stands; changes nothing.
pub(super) async fn state(
    visit: Visit,
    Ids((account,)): Ids<(AccountId,)>,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let caller = visit.signed_in(&path(account))?;
    let mut list = email_list::parse(&typed.emails);
    list.merged += typed.merged.parse::<u16>().map_or(0, usize::from);
    let asked = list.clone();
    let found = visit
        .app
        .read(move |tx| invitations::look_over(tx, &caller, account, &asked))
        .await
        .map_err(|refusal| visit.fail(refusal))?;
    let told = list.entries.iter().zip(&found.standings);
    let entries: Vec<Told> = told
        .map(|(entry, standing)| tell(&visit, account, entry, standing))
        .collect();
    Ok(Json(whole(&visit, &list, &found, entries)).into_response())
}

fn whole(visit: &Visit, list: &EmailList, found: &LookedOver, entries: Vec<Told>) -> State {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let most = i64::from(visit.app.rules.invitations_per_request);
    let all = number(entries.len());
    let faults = number(entries.iter().filter(|it| it.state == "fault").count());
    let free = found.free();
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
    let over = [
        ("available", usage.available().into()),
        ("requested", free.into()),
        ("over", (free - usage.available()).into()),
    ];
    let (note, keep) = if all > most {
        let rest = all - most;
        let args = [
            ("count", all.into()),
            ("most", most.into()),
            ("rest", rest.into()),
        ];
        (
            visit.say("fault-too-many", &args),
            visit.say("invite-keep-first", &args),
        )
    } else if free > usage.available() {
        (visit.say("fault-over-limit", &over), String::new())
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
        keep,
    }
}

fn tell(visit: &Visit, account: AccountId, entry: &Entry, standing: &Standing) -> Told {
    let base = format!("/accounts/{account}");
    let (state, text, links) = match standing {
        Standing::Free => ("fine", String::new(), Vec::new()),
        Standing::Fault => {
            let fault = Fault::new("/emails", "invalid-email", "").with_value(&entry.text);
            (
                "fault",
                words::fault(visit.locale, &fault, "", 0),
                Vec::new(),
            )
        }
        Standing::NotRegistered => {
            let args = [("email", (&entry.text).into())];
            (
                "fault",
                visit.say("fault-not-registered", &args),
                Vec::new(),
            )
        }
        Standing::Member(it) => {
            let edit = (
                visit.t("users-edit"),
                format!("{base}/users/{}/edit", it.user),
            );
            let text = visit.say("result-member", &[("name", (&it.name).into())]);
            ("known", text, vec![edit])
        }
        Standing::Invited(it) => {
            let day = date(it.created_at, visit.locale, visit.zone());
            let args = [("date", day.into()), ("inviter", (&it.inviter_name).into())];
            let list = query_of(&format!("{base}/invitations"), &[("q", &it.email)]);
            let edit = format!("{base}/invitations/{}/edit", it.id);
            let links = vec![
                (visit.t("manage-resend"), list),
                (visit.t("users-edit"), edit),
            ];
            ("known", visit.say("result-had", &args), links)
        }
    };
    Told { state, text, links }
}
