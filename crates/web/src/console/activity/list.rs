//! The lists of what happened.

use askama::Template;
use axum::http::StatusCode;

use super::entry_text::Row;
use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::context::{PageContext, PageResult, path_with_query};
use crate::console::page::{NavSection, Page, render};
use crate::console::pager::Pager;
use crate::console::urls;
use crate::extract::PathIds;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::pagination::PageLimit;
use convoke_domain::activity::{self, Filter};
use convoke_domain::{Error, members};
use convoke_i18n::days;

/// What happens in accounts, in the order in which it can be chosen.
const ACTIONS: [&str; 17] = [
    "invitation.created",
    "invitation.updated",
    "invitation.resent",
    "invitation.link_created",
    "invitation.revoked",
    "invitation.accepted",
    "invitation.declined",
    "invitation.mail_stopped",
    "member.roles_changed",
    "member.removed",
    "member.left",
    "account.created",
    "account.updated",
    "account.ownership_offered",
    "account.ownership_offer_withdrawn",
    "account.ownership_offer_declined",
    "account.ownership_transferred",
];

/// An action that can be chosen.
struct Action {
    word: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "activity/list.html")]
struct AccountActivityPage<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    who: String,
    no_match: String,
    actions: Vec<Action>,
    from: String,
    to: String,
    csv: String,
    ndjson: String,
    all: String,
    rows: Vec<Row>,
    pager: Option<Pager>,
    /// Where the search goes on when it ended before the page was full.
    further: Option<String>,
}

/// The filters as they came in.
struct ActivityFilter {
    actor: String,
    person: String,
    action: String,
    from: String,
    to: String,
}

impl ActivityFilter {
    fn from_query(context: &PageContext) -> Self {
        let text = |name| context.query.text(name).trim().to_owned();
        Self {
            actor: text("actor"),
            person: text("person"),
            action: text("action"),
            from: text("from"),
            to: text("to"),
        }
    }

    fn query(&self, path: &str) -> String {
        path_with_query(
            path,
            &[
                ("actor", &self.actor),
                ("person", &self.person),
                ("action", &self.action),
                ("from", &self.from),
                ("to", &self.to),
            ],
        )
    }

    /// Days are those of the viewer's zone; the last one is meant whole.
    fn filter(&self, zone: &str) -> Filter {
        Filter {
            actor: (!self.actor.is_empty())
                .then(|| self.actor.parse().unwrap_or_else(|_| no_match())),
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            from: days::start(&self.from, zone),
            to: days::end(&self.to, zone),
        }
    }
}

/// Nobody: an actor that no entry names.
fn no_match() -> UserId {
    uuid::Uuid::nil().into()
}

pub(super) async fn account_activity(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let asked = ActivityFilter::from_query(&context);
    let mut filter = asked.filter(context.time_zone());
    let (person, cursor) = (asked.person.clone(), context.query.cursor());
    let (summary, (found, named, filter)) =
        account_layout::load_list_with_account(&context, account, move |tx, caller| {
            if !person.is_empty() {
                filter.actor = Some(match members::find_by_login(tx, caller, account, &person) {
                    Ok(member) => member.user,
                    // Whoever has left is known by id only.
                    Err(Error::NotFound) => person.parse().unwrap_or_else(|_| no_match()),
                    Err(other) => return Err(other),
                });
            }
            let named = match filter.actor {
                Some(user) if user != no_match() => match members::get(tx, caller, account, user) {
                    Ok(member) => Some(member),
                    Err(Error::NotFound) => None,
                    Err(other) => return Err(other),
                },
                _ => None,
            };
            let limit = PageLimit::default();
            let found =
                activity::list_of_account(tx, caller, account, &filter, cursor.as_deref(), limit)?;
            Ok((found, named, filter.clone()))
        })
        .await?;
    let frame = AccountHeader::new(&context, &summary, Tab::Activity);
    let all = urls::activity(account);
    let export = |format: &str| {
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let actor = filter
            .actor
            .map(|actor| actor.to_string())
            .unwrap_or_default();
        path_with_query(
            &format!("/api/v1/accounts/{account}/activity"),
            &[
                ("format", format),
                ("actor", &actor),
                ("action", &asked.action),
                ("from", &at(filter.from)),
                ("to", &at(filter.to)),
            ],
        )
    };
    let action = |word: &'static str| Action {
        word,
        label: context.t(&format!("action-{}", word.replace(['.', '_'], "-"))),
        chosen: word == asked.action,
    };
    let path = asked.query(&all);
    let no_match = match asked.person.as_str() {
        "" => context.t("activity-no-match"),
        person => context.t_args("activity-no-match-person", &[("text", person.into())]),
    };
    let is_full = found.items.len() >= usize::from(PageLimit::default().get());
    let pager = Pager::new(
        &context,
        &path,
        found.items.len(),
        None,
        found.next.as_deref(),
    );
    let further = pager.as_ref().and_then(|pager| pager.next.clone());
    let view = AccountActivityPage {
        page: frame.page(&context, Tab::Activity),
        frame,
        who: match named {
            Some(it) => it.email.unwrap_or(it.login),
            None if asked.person.is_empty() => asked.actor.clone(),
            None => asked.person.clone(),
        },
        actions: ACTIONS.map(action).into(),
        no_match,
        csv: export("csv"),
        ndjson: export("ndjson"),
        rows: found
            .items
            .iter()
            .map(|item| Row::new(&context, item))
            .collect(),
        pager,
        further: further.filter(|_| !is_full),
        from: asked.from,
        to: asked.to,
        all,
    };
    Ok(render(StatusCode::OK, &view))
}

#[derive(Template)]
#[template(path = "activity/mine.html")]
struct UserActivityPage<'a> {
    page: Page<'a>,
    rows: Vec<Row>,
    pager: Option<Pager>,
}

pub(super) async fn user_activity(context: PageContext) -> PageResult {
    let caller = context.require_user()?;
    let cursor = context.query.cursor();
    let found = context
        .app
        .read(move |tx| {
            activity::list_of_caller(tx, &caller, cursor.as_deref(), PageLimit::default())
        })
        .await
        .map_err(|error| context.error_page(error))?;
    let title = context.t("activity-mine-title");
    let mut page = context
        .page(title.clone())
        .crumb(context.t("layout-profile"), Some("/profile"))
        .crumb(title, None);
    page.place = NavSection::Profile;
    let path = "/profile/activity";
    let view = UserActivityPage {
        page,
        rows: found
            .items
            .iter()
            .map(|item| Row::new(&context, item))
            .collect(),
        pager: Pager::new(
            &context,
            path,
            found.items.len(),
            None,
            found.next.as_deref(),
        ),
    };
    Ok(render(StatusCode::OK, &view))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use convoke_core::language::Locale;
    use convoke_i18n::{has_text, t};

    /// Every dotted name that the domain records, as it stands in the sources.
    fn recorded(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                recorded(&path, found);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            found.extend(source.split('"').skip(1).step_by(2).filter_map(|word| {
                let (kind, verb) = word.split_once('.')?;
                let kinds = ["account", "invitation", "member", "session", "user"];
                let plain = |at: char| at.is_ascii_lowercase() || at == '_';
                (kinds.contains(&kind) && !verb.is_empty() && verb.chars().all(plain))
                    .then(|| word.to_owned())
            }));
        }
    }

    #[test]
    fn every_action_is_told_in_a_sentence_and_those_of_accounts_can_be_chosen_by_their_names() {
        let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
        let mut found = BTreeSet::new();
        recorded(&domain, &mut found);
        for word in &found {
            let key = format!("activity-{}", word.replace(['.', '_'], "-"));
            assert!(has_text(&key), "{key}");
        }
        let of_accounts =
            |word: &String| !word.starts_with("session.") && !word.starts_with("user.");
        let choosable: BTreeSet<String> = ACTIONS.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            found
                .into_iter()
                .filter(of_accounts)
                .collect::<BTreeSet<_>>(),
            choosable
        );
        let label = |word: &&str| {
            t(
                Locale::En,
                &format!("action-{}", word.replace(['.', '_'], "-")),
            )
        };
        let labels: BTreeSet<String> = ACTIONS.iter().map(label).collect();
        assert_eq!(labels.len(), ACTIONS.len());
    }
}
