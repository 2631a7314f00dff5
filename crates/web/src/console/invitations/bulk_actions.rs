//! Resend, revoke, copy a link: on one invitation or on several.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{already_ended, list, list_path};
use crate::console::account_layout::{self, subpage};
use crate::console::confirm::Confirm;
use crate::console::context::{PageContext, PageError, PageResult, status_code};
use crate::console::error_text;
use crate::console::form::{EmptyForm, ErrorSummaryItem, Form, FormErrors};
use crate::console::page::{Page, render};
use crate::extract::PathIds;
use crate::problem::Problem;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::invitations::{self, BulkResult, Invitation};
use convoke_domain::permissions::Permission;
use convoke_domain::{Error, accounts, authorization};

/// Which invitations a form is about.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectedIds {
    id: Vec<String>,
}

/// More cannot be chosen on one page.
const MAX_SELECTED: usize = 100;

impl SelectedIds {
    /// What is not an id is nobody's invitation and left out.
    fn ids(&self) -> Vec<InvitationId> {
        let ids = self.id.iter().filter_map(|id| id.parse().ok());
        ids.take(MAX_SELECTED).collect()
    }
}

async fn nothing_chosen(context: &PageContext, account: AccountId) -> PageResult {
    let refused = FormErrors {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        items: vec![line(context.t("invitations-choose"))],
        retry_after: None,
    };
    list::page(context, account, refused, &[]).await
}

fn line(text: String) -> ErrorSummaryItem {
    ErrorSummaryItem {
        field: "list".to_owned(),
        text,
    }
}

/// The way back to the list, saying how many were done and which had ended meanwhile.
fn done(context: &PageContext, account: AccountId, word: &str, batch: &BulkResult) -> Response {
    let suffix = match (batch.done, batch.ended.len()) {
        (0, _) => "-none",
        (_, 0) => "",
        _ => "-some",
    };
    let (done, ended) = (batch.done, batch.ended.len());
    let list = list_path(account);
    let skipped = already_ended::query(&batch.ended);
    context.flash(&format!(
        "{list}?done={word}{suffix}&n={done}&m={ended}{skipped}"
    ))
}

/// The list again, with the reason above it where waiting fixes it.
async fn error_page(
    context: &PageContext,
    account: AccountId,
    error: Error,
    chosen: &[InvitationId],
) -> Result<Response, PageError> {
    if !matches!(error, Error::RateLimited(_)) {
        return Err(account_layout::error_page(context, account, error).await);
    }
    let text = error_text::error_text(context.locale, &error);
    let problem = Problem::from(error);
    let refused = FormErrors {
        status: status_code(problem.code.status),
        items: vec![line(text)],
        retry_after: problem.retry_after,
    };
    list::page(context, account, refused, chosen).await
}

pub(super) async fn resend(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(chosen): Form<SelectedIds>,
) -> PageResult {
    let caller = context.require_user_or_redirect(&list_path(account))?;
    let ids = chosen.ids();
    if ids.is_empty() {
        return nothing_chosen(&context, account).await;
    }
    let asked = ids.clone();
    let sent = context
        .app
        .write(move |tx| invitations::resend_all(tx, &caller, account, &asked))
        .await;
    match sent {
        Ok(batch) => Ok(done(&context, account, "resent", &batch)),
        Err(error) => error_page(&context, account, error, &ids).await,
    }
}

pub(super) async fn confirm_revoke(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let id = context.query.all("id").map(str::to_owned).collect();
    let ids = SelectedIds { id }.ids();
    let (summary, found) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
            let mut found = Vec::new();
            for id in &ids {
                match invitations::get(tx, caller, account, *id) {
                    Ok(it) => found.push(it),
                    Err(Error::NotFound) => {}
                    Err(other) => return Err(other),
                }
            }
            Ok(found)
        })
        .await?;
    let (pending, ended): (Vec<_>, Vec<_>) = found.into_iter().partition(Invitation::is_pending);
    if pending.is_empty() {
        if !ended.is_empty() {
            let ended = ended.iter().map(|it| it.id).collect();
            return Ok(done(
                &context,
                account,
                "revoked",
                &BulkResult { done: 0, ended },
            ));
        }
        return nothing_chosen(&context, account).await;
    }
    let count = i64::try_from(pending.len()).unwrap_or(i64::MAX);
    let args = [("count", count.into())];
    let view = Confirm {
        page: subpage(&context, &summary, context.t("invitations-revoke")),
        title: context.t_args("invitations-revoke-title", &args),
        paragraphs: vec![
            context.t_args("invitations-revoke-lead", &args),
            context.t_args("invitations-revoke-text", &args),
        ],
        bullets: pending.iter().map(|it| it.email.clone()).collect(),
        action: format!("{}/revoke", list_path(account)),
        hidden: pending.iter().map(|it| ("id", it.id.to_string())).collect(),
        choices: None,
        fields: Vec::new(),
        errors: Vec::new(),
        cancel: (
            context.t_args("invitations-keep", &args),
            list_path(account),
        ),
        button: context.t_args("invitations-revoke-button", &args),
        danger: true,
    };
    Ok(view.show(FormErrors::none()))
}

pub(super) async fn revoke(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(chosen): Form<SelectedIds>,
) -> PageResult {
    let caller = context.require_user_or_redirect(&list_path(account))?;
    let ids = chosen.ids();
    if ids.is_empty() {
        return nothing_chosen(&context, account).await;
    }
    let asked = ids.clone();
    let ended = context
        .app
        .write(move |tx| invitations::revoke_all(tx, &caller, account, &asked))
        .await;
    match ended {
        Ok(batch) => Ok(done(&context, account, "revoked", &batch)),
        Err(error) => error_page(&context, account, error, &ids).await,
    }
}

#[derive(Template)]
#[template(path = "invitations/link.html")]
struct LinkPage<'a> {
    page: Page<'a>,
    lead: String,
    url: String,
    list: String,
}

/// A link to hand over, shown this once (rule I12).
pub(super) async fn link(
    context: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(&list_path(account))?;
    let made = context
        .app
        .write(move |tx| {
            let token = invitations::create_link(tx, &caller, account, id)?;
            let it = invitations::get(tx, &caller, account, id)?;
            Ok((token, it, accounts::get(tx, &caller, account)?))
        })
        .await;
    let (token, it, summary) = match made {
        Ok(made) => made,
        Err(Error::InvitationEnded(_)) => {
            return Ok(already_ended::back(&context, account, "link-none", id));
        }
        Err(other) => return Err(account_layout::error_page(&context, account, other).await),
    };
    let view = LinkPage {
        page: subpage(&context, &summary, context.t("link-title")),
        lead: context.t_args("link-lead", &[("email", (&it.email).into())]),
        url: format!(
            "{}/invitations/{}",
            context.app.public_origin,
            token.expose()
        ),
        list: list_path(account),
    };
    Ok(render(StatusCode::OK, &view))
}
