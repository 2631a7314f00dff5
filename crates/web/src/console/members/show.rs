//! The page of a user: how they got in, what they hold, and everything that concerns them in the account.

use askama::Template;
use axum::http::StatusCode;
use serde_json::Value;

use super::allowed_actions;
use crate::console::account_layout;
use crate::console::activity::Row;
use crate::console::catalogue_text;
use crate::console::components::{Avatar, MarkedText, RoleChips};
use crate::console::context::{PageContext, PageResult};
use crate::console::page::{NavSection, Page, render_page};
use crate::console::pager::Pager;
use crate::console::{roles, urls};
use convoke_api::extract::PathIds;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::activity::Action;
use convoke_core::pagination::PageLimit;
use convoke_domain::activity::Entry;
use convoke_domain::members::{self, History};
use convoke_i18n::{Arg, date};

#[derive(Template)]
#[template(path = "members/show.html")]
struct MemberPage<'a> {
    page: Page<'a>,
    avatar: Avatar,
    you: bool,
    /// Their address; of former members that they are none.
    address: String,
    /// When they were last active; none if never.
    seen: Option<String>,
    edit: Option<String>,
    remove: Option<String>,
    exports: Vec<(&'static str, String)>,
    how_title: String,
    /// The sentences that tell how they got in.
    how: Vec<MarkedText>,
    /// What they hold; none of former members.
    roles: Option<RoleChips>,
    /// Who gave the roles.
    given: Option<String>,
    products: String,
    since: String,
    all_title: String,
    rows: Vec<Row>,
    pager: Option<Pager>,
}

pub(super) async fn show(
    context: PageContext,
    PathIds((account, user)): PathIds<(AccountId, UserId)>,
) -> PageResult {
    let cursor = context.query.cursor();
    let (summary, history) =
        account_layout::load_list_with_account(&context, account, move |tx, caller| {
            let limit = PageLimit::default();
            members::get_history(tx, caller, account, user, cursor.as_deref(), limit)
        })
        .await?;
    let viewer = context.require_user()?.user.id;
    let path = urls::member(account, user);
    let member = history.member.as_ref();
    let actions = member.map(|member| allowed_actions(&summary, viewer, member));
    let name = [("name", (&history.name).into())];
    let day = |at| date(at, context.locale, context.time_zone());
    let view = MemberPage {
        page: page(&context, account, &summary.account.name, &history.name),
        avatar: Avatar::new(
            &history.name,
            member.and_then(|member| member.picture.as_deref()),
        ),
        you: user == viewer,
        address: member.map_or_else(
            || context.t("member-former"),
            members::Member::readable_address,
        ),
        seen: member.and_then(|member| {
            let at = context.format_date_time(member.last_active_at?);
            Some(context.t_args("member-seen", &[("at", at.into())]))
        }),
        edit: actions
            .is_some_and(|(edits, _)| edits)
            .then(|| urls::edit_member(account, user)),
        remove: actions
            .is_some_and(|(_, removes)| removes)
            .then(|| urls::remove_member(account, user)),
        exports: urls::exports(
            &urls::api_activity(account),
            &[("person", &user.to_string())],
        ),
        how_title: context.t_args("member-how", &name),
        how: how(&context, &history),
        roles: member.map(|member| roles::chips(&context, &member.roles, member.owner)),
        given: given(&context, &history),
        products: products(&context),
        since: member.map_or_else(String::new, |member| {
            context.t_args("member-since", &[("date", day(member.joined_at).into())])
        }),
        all_title: context.t_args("member-all", &name),
        rows: history
            .entries
            .items
            .iter()
            .map(|entry| Row::new(&context, entry, Some(account)))
            .collect(),
        pager: Pager::new(
            &context,
            &path,
            history.entries.items.len(),
            None,
            history.entries.next.as_deref(),
        ),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

fn page<'a>(
    context: &'a PageContext,
    account: AccountId,
    account_name: &str,
    name: &str,
) -> Page<'a> {
    let mut page = context.page(name.to_owned());
    page.section = NavSection::Accounts;
    page.crumb(context.t("layout-accounts"), Some(urls::ACCOUNTS))
        .crumb(account_name.to_owned(), Some(&urls::account(account)))
        .crumb(context.t("tab-users"), Some(&urls::users(account)))
        .crumb(name.to_owned(), None)
}

/// The sentences on how a user became a member, what changed since, and how it ended.
fn how(context: &PageContext, history: &History) -> Vec<MarkedText> {
    let at = |at: Timestamp| context.format_log_time(at);
    let sentence = |key: &str, strong: &[(&str, &str)], others: &[(&str, Arg<'_>)]| {
        MarkedText::with_values(context.locale, key, strong, others)
    };
    let name = &history.name;
    let mut sentences = Vec::new();
    if let Some(created) = &history.created {
        let strong = [("at", at(created.at))];
        sentences.push(sentence(
            "member-created",
            &texts(&strong),
            &[("name", name.into())],
        ));
    }
    if let Some(invited) = &history.invited {
        let strong = [("at", at(invited.at)), ("access", access(context, invited))];
        let others = [
            ("inviter", actor(context, invited).into()),
            (
                "address",
                invited.target_name.clone().unwrap_or_default().into(),
            ),
        ];
        sentences.push(sentence("member-invited", &texts(&strong), &others));
    }
    if let Some(accepted) = &history.accepted {
        let strong = [("at", at(accepted.at))];
        let (key, ip) = match &accepted.ip {
            Some(ip) => ("member-accepted-from", ip.clone()),
            None => ("member-accepted", String::new()),
        };
        let others = [("name", name.into()), ("ip", ip.into())];
        sentences.push(sentence(key, &texts(&strong), &others));
    }
    if let (true, Some(member)) = (sentences.is_empty(), &history.member) {
        let strong = [("at", at(member.joined_at))];
        sentences.push(sentence(
            "member-joined",
            &texts(&strong),
            &[("name", name.into())],
        ));
    }
    if let Some(last) = history.role_changes.first() {
        let strong = [("at", at(last.at))];
        let others = [
            ("count", history.role_changes.len().into()),
            ("actor", actor(context, last).into()),
        ];
        sentences.push(sentence("member-roles-changed", &texts(&strong), &others));
    }
    if let Some(ended) = &history.ended {
        let key = match ended.action {
            Action::MemberLeft => "member-left",
            _ => "member-removed",
        };
        let strong = [("at", at(ended.at))];
        let others = [
            ("name", name.into()),
            ("actor", actor(context, ended).into()),
        ];
        sentences.push(sentence(key, &texts(&strong), &others));
    }
    sentences
}

fn texts<'t, const N: usize>(values: &'t [(&'t str, String); N]) -> [(&'t str, &'t str); N] {
    values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()))
}

fn actor(context: &PageContext, entry: &Entry) -> String {
    entry
        .actor_name
        .clone()
        .unwrap_or_else(|| context.t("actor-system"))
}

/// The product and the roles of an invitation's entry.
fn access(context: &PageContext, invited: &Entry) -> String {
    let after = invited.after.as_deref().unwrap_or_default();
    let after: Value = serde_json::from_str(after).unwrap_or_default();
    let product = after.get("product").and_then(Value::as_str);
    let roles = after.get("roles").and_then(Value::as_array);
    let keys = roles.into_iter().flatten().filter_map(Value::as_str);
    let keys: Vec<String> = keys.map(str::to_owned).collect();
    let catalogue = &context.app.ctx.catalogue;
    catalogue_text::describe_access(
        catalogue,
        context.locale,
        product.unwrap_or_default(),
        &keys,
    )
}

/// "Given by Ana Costa, 2 Dec 2026": who last changed the roles, or else who invited.
fn given(context: &PageContext, history: &History) -> Option<String> {
    let entry = history.role_changes.first().or(history.invited.as_ref())?;
    let args = [
        ("actor", actor(context, entry).into()),
        (
            "date",
            date(entry.at, context.locale, context.time_zone()).into(),
        ),
    ];
    Some(context.t_args("member-given", &args))
}

/// The products that every member has access to (rule P4).
fn products(context: &PageContext) -> String {
    let products = context.app.ctx.catalogue.products.iter();
    let names = products
        .filter(|product| product.is_multi_user())
        .map(|product| product.name.get(context.locale.as_str()));
    names.collect::<Vec<_>>().join(", ")
}
