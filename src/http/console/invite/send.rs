//! The form of the second step: sent, or shown again with what stands in its way.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::people::{self, Said, Told, Wish};
use super::{path, remedy};
use crate::core::email_list::{self, EmailList};
use crate::core::ids::{AccountId, UserId};
use crate::domain::invitations::{self, CreateRequest, Created, Outcome};
use crate::domain::{Caller, Error, Tx, accounts, members};
use crate::http::console::form::Form;
use crate::http::console::page::{Page, Place, render};
use crate::http::console::return_to::sign_in_and_back;
use crate::http::console::visit::{Failure, Shown, Visit, query_of, status};
use crate::http::console::words;
use crate::http::extract::PathIds;
use crate::http::problem::Problem;

pub(super) async fn submit(
    visit: Visit,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(wish): Form<Wish>,
) -> Shown {
    let Some(caller) = visit.caller.clone() else {
        return Ok(signed_out(&visit, account, &wish));
    };
    let list = email_list::parse(&wish.emails);
    if wish.act == "keep-first" {
        return people::show(&visit, account, keep_first(&visit, wish, list)).await;
    }
    let request = CreateRequest {
        product: wish.product.clone(),
        roles: wish.roles.clone(),
        emails: list.entries.iter().map(|it| it.text.clone()).collect(),
        locale: Some(wish.locale.clone()).filter(|locale| !locale.is_empty()),
    };
    let checked = invitations::validate(&visit.app, &request);
    let sent = visit
        .app
        .write(move |tx| {
            let created = invitations::create(tx, &caller, account, &checked, false)?;
            let members = members_of(tx, &caller, account, &created)?;
            Ok((created, members))
        })
        .await;
    match sent {
        Ok((created, members)) => {
            Ok(visit.result(&result_path(account, &wish, &created, &members)))
        }
        Err(Error::PermissionDenied(_) | Error::NotFound) => {
            right_lost(&visit, account, &wish).await
        }
        Err(refusal) => {
            let said = say(&visit, &list, &wish, refusal)?;
            people::page(&visit, account, wish, said).await
        }
    }
}

/// The users behind addresses that are members' already.
fn members_of(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    created: &Created,
) -> Result<Vec<UserId>, Error> {
    let mut found = Vec::new();
    for (email, outcome, _) in &created.results {
        if *outcome == Outcome::AlreadyMember {
            found.push(members::find_by_login(tx, caller, account, email)?.user);
        }
    }
    Ok(found)
}

fn result_path(account: AccountId, wish: &Wish, created: &Created, members: &[UserId]) -> String {
    let ids = |wanted: Outcome| -> Vec<String> {
        let results = created.results.iter();
        results
            .filter(|(_, outcome, _)| *outcome == wanted)
            .filter_map(|(_, _, it)| it.as_ref().map(|it| it.id.to_string()))
            .collect()
    };
    let (sent, had) = (ids(Outcome::Invited), ids(Outcome::AlreadyInvited));
    let members: Vec<String> = members.iter().map(ToString::to_string).collect();
    let mut params: Vec<(&str, &str)> = Vec::new();
    params.extend(sent.iter().map(|id| ("sent", id.as_str())));
    params.extend(had.iter().map(|id| ("had", id.as_str())));
    params.extend(members.iter().map(|id| ("member", id.as_str())));
    params.push(("product", &wish.product));
    params.extend(wish.roles.iter().map(|role| ("roles", role.as_str())));
    params.push(("later", &wish.later));
    query_of(&format!("{}/result", path(account)), &params)
}

/// Keeps as many addresses as fit; the others stay for the next round.
fn keep_first(visit: &Visit, wish: Wish, list: EmailList) -> Wish {
    let most = usize::try_from(visit.app.policy.invitations_per_request).unwrap_or(usize::MAX);
    let mut texts: Vec<String> = list
        .entries
        .into_iter()
        .map(|it| match it.name {
            Some(name) => format!("{name} <{}>", it.text),
            None => it.text,
        })
        .collect();
    let mut later = texts.split_off(most.min(texts.len()));
    later.extend(wish.later.lines().map(str::to_owned));
    Wish {
        emails: texts.join("\n"),
        later: later.join("\n"),
        act: String::new(),
        ..wish
    }
}

/// What stands in the way, in the words of the wizard.
fn say(visit: &Visit, list: &EmailList, wish: &Wish, refusal: Error) -> Result<Said, Failure> {
    let mut said = Said::default();
    let one = |field, text| vec![Told { field, text }];
    match &refusal {
        Error::Invalid(faults) => {
            let count = i64::try_from(list.entries.len()).unwrap_or(i64::MAX);
            for fault in faults {
                if fault.code == "too-many-emails" {
                    let most = i64::from(fault.limit.unwrap_or_default());
                    let args = [
                        ("count", count.into()),
                        ("most", most.into()),
                        ("rest", (count - most).into()),
                    ];
                    said.told
                        .extend(one("emails", visit.say("fault-too-many", &args)));
                    said.keeps_first = Some(visit.say("invite-keep-first", &args));
                } else if fault.code == "invalid-email" {
                    let shortest = visit.app.policy.password_min_length;
                    let text = words::fault(visit.locale, fault, "", shortest);
                    said.told.extend(one("emails", text));
                }
            }
            for line in words::choice_faults(visit, faults) {
                let field = match line.field.as_str() {
                    "emails" => "emails",
                    "product" => "product",
                    _ => "roles",
                };
                said.told.push(Told {
                    field,
                    text: line.text,
                });
            }
        }
        Error::RoleNotGrantable(keys) => {
            said.told = one("roles", words::not_grantable(visit, keys).text);
        }
        Error::RegisteredUsersOnly(found) => {
            let line = |email: &String| Told {
                field: "emails",
                text: visit.say("fault-not-registered", &[("email", email.into())]),
            };
            said.told = found.emails.iter().map(line).collect();
            let who = remedy::who_allows(visit, found.by_installation);
            if let (Some(last), Some(who)) = (said.told.last_mut(), who) {
                last.text = format!("{} {who}", last.text);
            }
        }
        Error::UserLimitExceeded(short) => {
            let text = remedy::over_limit(visit, short.usage.available(), short.requested);
            said.told = one("emails", text);
            said.frees = true;
        }
        Error::RateLimited(_) => {
            said.told = one("emails", words::refusal(visit.locale, &refusal));
        }
        _ => return Err(visit.fail_keeping(refusal, Some(typed(wish)))),
    }
    let problem = Problem::from(refusal);
    said.status = status(problem.code.status);
    said.retry_after = problem.retry_after;
    Ok(said)
}

#[derive(Template)]
#[template(path = "invite/not_sent.html")]
struct NotSent<'a> {
    page: Page<'a>,
    text: String,
    kept: String,
    way: (String, String),
}

/// The addresses of this round and the next.
fn typed(wish: &Wish) -> String {
    let both = [wish.emails.as_str(), &wish.later].join("\n");
    both.trim().to_owned()
}

/// Nothing was sent, but what was typed is not lost.
fn not_sent(
    visit: &Visit,
    code: StatusCode,
    title: &str,
    text: String,
    wish: &Wish,
    way: (String, String),
) -> Response {
    let title = visit.t(title);
    let mut page = visit
        .page(title.clone())
        .crumb(visit.t("layout-accounts"), Some("/accounts"))
        .crumb(title, None);
    page.place = Place::Accounts;
    let view = NotSent {
        page,
        text,
        kept: typed(wish),
        way,
    };
    render(code, &view)
}

/// Whoever may invite no more learns whom to ask, and keeps what they typed.
async fn right_lost(visit: &Visit, account: AccountId, wish: &Wish) -> Shown {
    let caller = visit.signed_in("/accounts")?;
    let owner = visit
        .app
        .read(move |tx| match accounts::get(tx, &caller, account) {
            Ok(card) => Ok(Some(card.account.owner_name)),
            Err(Error::NotFound) => Ok(None),
            Err(other) => Err(other),
        })
        .await
        .map_err(|refusal| visit.fail(refusal))?;
    let text = match owner {
        Some(owner) => visit.say("right-lost-text", &[("owner", owner.into())]),
        None => visit.t("right-lost-no-account"),
    };
    let way = (visit.t("way-accounts"), "/accounts".to_owned());
    let code = StatusCode::FORBIDDEN;
    Ok(not_sent(visit, code, "right-lost-title", text, wish, way))
}

/// Whoever was signed out while they typed signs in to the same choice, and keeps the list.
fn signed_out(visit: &Visit, account: AccountId, wish: &Wish) -> Response {
    let mut chosen = vec![("product", wish.product.as_str())];
    chosen.extend(wish.roles.iter().map(|role| ("roles", role.as_str())));
    let back = query_of(&path(account), &chosen);
    let way = (visit.t("sign-in-button"), sign_in_and_back(&back));
    let text = visit.t("signed-out-text");
    let code = StatusCode::UNAUTHORIZED;
    not_sent(visit, code, "signed-out-title", text, wish, way)
}
