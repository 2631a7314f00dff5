//! The lists of activity entries.

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

/// Actions in accounts, in the order of the filter.
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

/// An option of the action filter.
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
    /// Continues a search that stopped before the page was full.
    further: Option<String>,
}

/// The filter fields of the query.
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

    /// Days are in the viewer's time zone; the last day is included.
    fn filter(&self, zone: &str) -> Filter {
        Filter {
            actor: (!self.actor.is_empty())
                .then(|| self.actor.parse().unwrap_or_else(|_| unknown_actor())),
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            from: days::start(&self.from, zone),
            to: days::end(&self.to, zone),
        }
    }
}

/// An id that no entry has as actor.
fn unknown_actor() -> UserId {
    uuid::Uuid::nil().into()
}

pub(super) async fn account_activity(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let fields = ActivityFilter::from_query(&context);
    let mut filter = fields.filter(context.time_zone());
    let (person, cursor) = (fields.person.clone(), context.query.cursor());
    let (summary, (page, actor, filter)) =
        account_layout::load_list_with_account(&context, account, move |tx, caller| {
            if !person.is_empty() {
                filter.actor = Some(match members::find_by_login(tx, caller, account, &person) {
                    Ok(member) => member.user,
                    // Former members can only be found by id.
                    Err(Error::NotFound) => person.parse().unwrap_or_else(|_| unknown_actor()),
                    Err(other) => return Err(other),
                });
            }
            let actor = match filter.actor {
                Some(user) if user != unknown_actor() => {
                    match members::get(tx, caller, account, user) {
                        Ok(member) => Some(member),
                        Err(Error::NotFound) => None,
                        Err(other) => return Err(other),
                    }
                }
                _ => None,
            };
            let limit = PageLimit::default();
            let page =
                activity::list_of_account(tx, caller, account, &filter, cursor.as_deref(), limit)?;
            Ok((page, actor, filter.clone()))
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
                ("action", &fields.action),
                ("from", &at(filter.from)),
                ("to", &at(filter.to)),
            ],
        )
    };
    let action = |word: &'static str| Action {
        word,
        label: context.t(&format!("action-{}", word.replace(['.', '_'], "-"))),
        chosen: word == fields.action,
    };
    let path = fields.query(&all);
    let no_match = match fields.person.as_str() {
        "" => context.t("activity-no-match"),
        person => context.t_args("activity-no-match-person", &[("text", person.into())]),
    };
    let is_full = page.items.len() >= usize::from(PageLimit::default().get());
    let pager = Pager::new(
        &context,
        &path,
        page.items.len(),
        None,
        page.next.as_deref(),
    );
    let further = pager.as_ref().and_then(|pager| pager.next.clone());
    let view = AccountActivityPage {
        page: frame.page(&context, Tab::Activity),
        frame,
        who: match actor {
            Some(member) => member.email.unwrap_or(member.login),
            None if fields.person.is_empty() => fields.actor.clone(),
            None => fields.person.clone(),
        },
        actions: ACTIONS.map(action).into(),
        no_match,
        csv: export("csv"),
        ndjson: export("ndjson"),
        rows: page
            .items
            .iter()
            .map(|entry| Row::new(&context, entry))
            .collect(),
        pager,
        further: further.filter(|_| !is_full),
        from: fields.from,
        to: fields.to,
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
    let entries = context
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
        rows: entries
            .items
            .iter()
            .map(|entry| Row::new(&context, entry))
            .collect(),
        pager: Pager::new(
            &context,
            path,
            entries.items.len(),
            None,
            entries.next.as_deref(),
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

    /// Collects every action in the sources of the domain.
    fn collect_actions(folder: &Path, actions: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect_actions(&path, actions);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            actions.extend(source.split('"').skip(1).step_by(2).filter_map(|word| {
                let (kind, verb) = word.split_once('.')?;
                let kinds = ["account", "invitation", "member", "session", "user"];
                let plain = |c: char| c.is_ascii_lowercase() || c == '_';
                (kinds.contains(&kind) && !verb.is_empty() && verb.chars().all(plain))
                    .then(|| word.to_owned())
            }));
        }
    }

    #[test]
    fn every_action_has_a_text_and_every_account_action_a_filter_option() {
        let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src");
        let mut actions = BTreeSet::new();
        collect_actions(&domain, &mut actions);
        for word in &actions {
            let key = format!("activity-{}", word.replace(['.', '_'], "-"));
            assert!(has_text(&key), "{key}");
        }
        let is_account_action =
            |word: &String| !word.starts_with("session.") && !word.starts_with("user.");
        let options: BTreeSet<String> = ACTIONS.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            actions
                .into_iter()
                .filter(is_account_action)
                .collect::<BTreeSet<_>>(),
            options
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
