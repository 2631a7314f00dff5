//! The lists of activity entries.

use askama::Template;
use axum::http::StatusCode;
use convoke_core::model::activity::Action;

use super::entry_text::Row;
use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::context::{PageContext, PageResult};
use crate::console::page::{Page, render_page};
use crate::console::pager::Pager;
use crate::console::profile::{Section, SectionLink};
use crate::console::roles::{self, SelectOption};
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_core::clock::Timestamp;
use convoke_core::ids::AccountId;
use convoke_core::pagination::PageLimit;
use convoke_domain::activity::{self, Filter};
use convoke_domain::members::{self, Member};
use convoke_domain::{Caller, Error, ParameterError, ReadTx};
use convoke_i18n::days;

/// An option of the action filter.
struct ActionOption {
    word: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "activity/list.html")]
struct AccountActivityPage<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    /// What the search field for a person holds.
    person_input: String,
    /// The person whose entries are shown, with the link to their page.
    person: Option<(String, String)>,
    text: String,
    no_match: String,
    actions: Vec<ActionOption>,
    products: Vec<SelectOption>,
    from: String,
    to: String,
    exports: Vec<(&'static str, String)>,
    all: String,
    rows: Vec<Row>,
    pager: Option<Pager>,
    /// Continues a search that stopped before the page was full.
    further: Option<String>,
}

/// The filter fields of the query.
struct ActivityFilter {
    person: String,
    text: String,
    action: String,
    product: String,
    from: String,
    to: String,
}

impl ActivityFilter {
    fn from_query(context: &PageContext) -> Self {
        let text = |name| context.query.text(name).trim().to_owned();
        Self {
            person: text("person"),
            text: text("q"),
            action: text("action"),
            product: text("product"),
            from: text("from"),
            to: text("to"),
        }
    }

    fn query(&self, path: &str) -> String {
        urls::path_with_query(
            path,
            &[
                ("person", &self.person),
                ("q", &self.text),
                ("action", &self.action),
                ("product", &self.product),
                ("from", &self.from),
                ("to", &self.to),
            ],
        )
    }

    /// Days are in the viewer's time zone; the last day is included.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no day.
    fn filter(&self, context: &PageContext) -> Result<Filter, Error> {
        let zone = context.time_zone();
        let day = |name, read: fn(&str, &str) -> Option<Timestamp>| {
            let query = &context.query;
            query.parse(name, ParameterError::NotTime, |day| read(day.trim(), zone))
        };
        Ok(Filter {
            actor: None,
            person: self.person.clone(),
            text: self.text.clone(),
            action: Some(self.action.clone()).filter(|action| !action.is_empty()),
            product: self.product.clone(),
            from: day("from", days::start)?,
            to: day("to", days::end)?,
        })
    }

    /// The links that export what the page shows.
    fn exports(&self, account: AccountId, filter: &Filter) -> Vec<(&'static str, String)> {
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        urls::exports(
            &urls::api_activity(account),
            &[
                ("person", &self.person),
                ("q", &self.text),
                ("action", &self.action),
                ("product", &self.product),
                ("from", &at(filter.from)),
                ("to", &at(filter.to)),
            ],
        )
    }
}

/// The member whom the filter names, by id, address or login.
fn find_member(
    tx: &mut ReadTx<'_, '_>,
    caller: &Caller,
    account: AccountId,
    filter: &Filter,
) -> Result<Option<Member>, Error> {
    let member = match filter.person.parse().ok() {
        Some(user) => members::get(tx, caller, account, user),
        None if filter.person.is_empty() => return Ok(None),
        None => members::find_by_login(tx, caller, account, &filter.person),
    };
    match member {
        Ok(member) => Ok(Some(member)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

pub(super) async fn account_activity(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let fields = ActivityFilter::from_query(&context);
    let filter = fields
        .filter(&context)
        .map_err(|error| context.error_page(error))?;
    let (list_filter, cursor) = (filter.clone(), context.query.cursor());
    let (summary, (page, member)) =
        account_layout::load_list_with_account(&context, account, move |tx, caller| {
            let member = find_member(tx, caller, account, &list_filter)?;
            let limit = PageLimit::default();
            let cursor = cursor.as_deref();
            let page = activity::list_of_account(tx, caller, account, &list_filter, cursor, limit)?;
            Ok((page, member))
        })
        .await?;
    let frame = AccountHeader::new(&context, &summary, Tab::Activity);
    let all = urls::activity(account);
    let action = |action: &Action| {
        let word = action.as_str();
        ActionOption {
            word,
            label: context.t(&format!("action-{}", word.replace(['.', '_'], "-"))),
            chosen: word == fields.action,
        }
    };
    let account_actions = Action::ALL.iter().filter(|action| action.is_of_account());
    let path = fields.query(&all);
    let searched = [&fields.person, &fields.text].map(String::as_str).join(" ");
    let no_match = match searched.trim() {
        "" => context.t("activity-no-match"),
        text => context.t_args("activity-no-match-person", &[("text", text.into())]),
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
    let person = member.as_ref().map(|member| {
        let label = context.t_args("activity-member", &[("name", (&member.name).into())]);
        (label, urls::member(account, member.user))
    });
    let view = AccountActivityPage {
        page: frame.page(&context, Tab::Activity),
        frame,
        person,
        person_input: match member {
            Some(member) => member.email.unwrap_or(member.login),
            None => fields.person.clone(),
        },
        actions: account_actions.map(action).collect(),
        products: roles::product_options(&context, &fields.product),
        no_match,
        exports: fields.exports(account, &filter),
        rows: page
            .items
            .iter()
            .map(|entry| Row::new(&context, entry, Some(account)))
            .collect(),
        pager,
        further: further.filter(|_| !is_full),
        text: fields.text,
        from: fields.from,
        to: fields.to,
        all,
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

#[derive(Template)]
#[template(path = "activity/mine.html")]
struct UserActivityPage<'a> {
    page: Page<'a>,
    sections: Vec<SectionLink>,
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
    let path = urls::PROFILE_ACTIVITY;
    let view = UserActivityPage {
        page: Section::Activity.page(&context),
        sections: Section::Activity.links(&context),
        rows: entries
            .items
            .iter()
            .map(|entry| Row::new(&context, entry, None))
            .collect(),
        pager: Pager::new(
            &context,
            path,
            entries.items.len(),
            None,
            entries.next.as_deref(),
        ),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use convoke_core::language::Locale;
    use convoke_i18n::{has_text, t};

    #[test]
    fn every_action_has_a_text_and_every_account_action_an_option() {
        for action in Action::ALL {
            let key = action.as_str().replace(['.', '_'], "-");
            assert!(has_text(&format!("activity-{key}")), "{key}");
            let has_option = has_text(&format!("action-{key}"));
            assert_eq!(has_option, action.is_of_account(), "{key}");
        }
    }

    #[test]
    fn options_have_different_labels() {
        let options = Action::ALL.iter().filter(|action| action.is_of_account());
        let labels: Vec<String> = options
            .map(|action| {
                t(
                    Locale::En,
                    &format!("action-{}", action.as_str().replace(['.', '_'], "-")),
                )
            })
            .collect();
        let distinct: BTreeSet<&String> = labels.iter().collect();
        assert_eq!(distinct.len(), labels.len());
    }
}
