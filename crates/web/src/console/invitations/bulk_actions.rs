//! Resend, revoke, copy a link: on one invitation or on several.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use serde::Deserialize;

use super::{list, redirect_to_list, row_path};
use crate::console::account_layout::{self, subpage};
use crate::console::confirm::Confirm;
use crate::console::context::{PageContext, PageError, PageResult, status_code};
use crate::console::flash::{BulkCounts, FlashMessage};
use crate::console::form::{EmptyForm, ErrorSummaryItem, FormErrors};
use crate::console::form_key;
use crate::console::once::{self, OnceForm, Target};
use crate::console::page::{Page, render_page};
use crate::console::{choice_errors, error_text, urls};
use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::email_address::to_readable;
use convoke_core::ids::{AccountId, InvitationId};
use convoke_domain::invitations::{self, BulkResult, Invitation};
use convoke_domain::permissions::Permission;
use convoke_domain::{Caller, Error, FieldErrorKind, Tx, accounts, authorization};

/// The selected invitations of a form.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SelectedIds {
    id: Vec<String>,
}

/// The number of invitations on one page, of which more cannot be selected.
const MAX_SELECTED: usize = 100;

impl SelectedIds {
    /// The ids; values that are not ids are left out.
    fn ids(&self) -> Vec<InvitationId> {
        let ids = self.id.iter().filter_map(|id| id.parse().ok());
        ids.take(MAX_SELECTED).collect()
    }
}

async fn nothing_selected(context: &PageContext, account: AccountId) -> PageResult {
    let errors = FormErrors {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        items: vec![summary_item(context.t("invitations-choose"))],
        retry_after: None,
    };
    list::page(context, account, errors, &[]).await
}

fn summary_item(text: String) -> ErrorSummaryItem {
    ErrorSummaryItem {
        field: "list".to_owned(),
        text,
    }
}

/// The list with the error above it where it is about the selected invitations or a limit, else an error page.
async fn error_page(
    context: &PageContext,
    account: AccountId,
    error: Error,
    selected: &[InvitationId],
) -> Result<Response, PageError> {
    let texts = error_texts(context, &error);
    if texts.is_empty() {
        return Err(account_layout::error_page(context, account, error).await);
    }
    let problem = Problem::from(error);
    let errors = FormErrors {
        status: status_code(problem.code.status),
        items: texts.into_iter().map(summary_item).collect(),
        retry_after: problem.retry_after,
    };
    list::page(context, account, errors, selected).await
}

/// The texts of an error that is shown above the list; none for others.
fn error_texts(context: &PageContext, error: &Error) -> Vec<String> {
    match error {
        Error::RateLimited(_) => vec![error_text::error_text(context.locale, error)],
        Error::UserLimitExceeded(exceeded) => {
            let args = [
                ("available", exceeded.usage.available().into()),
                ("requested", exceeded.requested.into()),
            ];
            vec![context.t_args("invitations-again-over-limit", &args)]
        }
        Error::RegisteredUsersOnly(unregistered) => unregistered
            .emails
            .iter()
            .map(|email| {
                let email = to_readable(email).into_owned();
                context.t_args("error-not-registered", &[("email", email.into())])
            })
            .collect(),
        Error::RoleNotGrantable(keys) => vec![choice_errors::not_grantable(context, keys).text],
        Error::Invalid(errors) => errors
            .iter()
            .map(|error| match error.kind {
                FieldErrorKind::TooManyEmails { count, limit } => {
                    let args = [("count", count.into()), ("most", i64::from(limit).into())];
                    context.t_args("invitations-again-too-many", &args)
                }
                _ => context.t("invitations-again-retired"),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// An operation on several invitations of an account, and the message that reports its result.
#[derive(Clone, Copy)]
struct BulkAction {
    operation:
        fn(&mut Tx<'_, '_>, &Caller, AccountId, &[InvitationId]) -> Result<BulkResult, Error>,
    message: fn(BulkCounts) -> FlashMessage,
}

const RESEND: BulkAction = BulkAction {
    operation: invitations::resend_all,
    message: FlashMessage::InvitationsResent,
};

const INVITE_AGAIN: BulkAction = BulkAction {
    operation: invitations::invite_again_all,
    message: FlashMessage::InvitedAgain,
};

const REVOKE: BulkAction = BulkAction {
    operation: invitations::revoke_all,
    message: FlashMessage::InvitationsRevoked,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/accounts/{account}/invitations/resend",
            BulkAction::post(RESEND),
        )
        .route(
            "/accounts/{account}/invitations/again",
            BulkAction::post(INVITE_AGAIN),
        )
        .route(
            "/accounts/{account}/invitations/revoke",
            BulkAction::post(REVOKE).get(confirm_revoke),
        )
}

impl BulkAction {
    /// The handler of its forms.
    fn post(self) -> MethodRouter<App> {
        post(
            move |context: PageContext,
                  PathIds((account,)): PathIds<(AccountId,)>,
                  form: OnceForm<SelectedIds>| async move {
                self.run(&context, account, form).await
            },
        )
    }

    /// Runs it on the selected invitations and redirects to the list, which shows how many were done and which had ended
    /// meanwhile.
    async fn run(
        self,
        context: &PageContext,
        account: AccountId,
        OnceForm { form, key }: OnceForm<SelectedIds>,
    ) -> PageResult {
        let caller = context.require_user_or_redirect(&urls::invitations(account))?;
        let ids = form.ids();
        if ids.is_empty() {
            return nothing_selected(context, account).await;
        }
        let requested = ids.clone();
        let row = match ids.as_slice() {
            [id] => row_path(context, account, *id),
            _ => urls::invitations(account),
        };
        let result = once::run_once(context, caller, account, key.as_ref(), move |tx, caller| {
            let result = (self.operation)(tx, caller, account, &requested)?;
            let has_ended = !result.skipped.is_empty();
            let message = (self.message)(result.into());
            let path = match &message {
                // One that was resent is still on the list.
                FlashMessage::InvitationsResent(_) if !has_ended => row.clone(),
                _ => urls::invitations(account),
            };
            Ok(Target::with_message(path, &message))
        });
        match result.await {
            Ok(target) => Ok(target.redirect(context)),
            Err(error) => error_page(context, account, error, &ids).await,
        }
    }
}

async fn confirm_revoke(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let id = context.query.all("id").map(str::to_owned).collect();
    let ids = SelectedIds { id }.ids();
    let (summary, invitations) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
            invitations::find_many(tx, caller, account, &ids)
        })
        .await?;
    let (pending, ended): (Vec<_>, Vec<_>) =
        invitations.into_iter().partition(Invitation::is_pending);
    if pending.is_empty() {
        if !ended.is_empty() {
            let ended = ended.iter().map(|invitation| invitation.id).collect();
            let result = BulkResult {
                done: 0,
                skipped: ended,
            };
            let message = FlashMessage::InvitationsRevoked(result.into());
            return Ok(redirect_to_list(&context, account, &message));
        }
        return nothing_selected(&context, account).await;
    }
    let args = [("count", pending.len().into())];
    let view = Confirm {
        page: subpage(&context, &summary, context.t("invitations-revoke")),
        title: context.t_args("invitations-revoke-title", &args),
        paragraphs: vec![
            context.t_args("invitations-revoke-lead", &args),
            context.t_args("invitations-revoke-text", &args),
        ],
        bullets: pending.iter().map(Invitation::readable_email).collect(),
        action: urls::revoke_invitations(account),
        hidden: pending
            .iter()
            .map(|invitation| ("id", invitation.id.to_string()))
            .chain([(form_key::FIELD, context.form_key())])
            .collect(),
        choices: None,
        fields: Vec::new(),
        errors: Vec::new(),
        cancel: (
            context.t_args("invitations-keep", &args),
            urls::invitations(account),
        ),
        button: context.t_args("invitations-revoke-button", &args),
        danger: true,
    };
    Ok(view.show(FormErrors::none()))
}

#[derive(Template)]
#[template(path = "invitations/link.html")]
struct LinkPage<'a> {
    page: Page<'a>,
    lead: String,
    url: String,
    list: String,
}

/// A link to copy, shown only once (rule I12); a form that is sent again gets the same one.
pub(super) async fn link(
    context: PageContext,
    PathIds((account, id)): PathIds<(AccountId, InvitationId)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(&urls::invitations(account))?;
    let result = context
        .app
        .write_in_account(account, caller.user.id, move |tx| {
            let token = match &key {
                Some(key) => {
                    let form = (&key.idempotency_key(), &key.token);
                    invitations::create_link_once(tx, &caller, account, id, form)?
                }
                None => invitations::create_link(tx, &caller, account, id)?,
            };
            let invitation = invitations::get(tx, &caller, account, id)?;
            Ok((token, invitation, accounts::get(tx, &caller, account)?))
        })
        .await;
    let (token, invitation, summary) = match result {
        Ok(result) => result,
        Err(Error::InvitationEnded(_)) => {
            return Ok(redirect_to_list(
                &context,
                account,
                &FlashMessage::InvitationNotLinked(id),
            ));
        }
        Err(other) => return Err(account_layout::error_page(&context, account, other).await),
    };
    let view = LinkPage {
        page: subpage(&context, &summary, context.t("link-title")),
        lead: context.t_args(
            "link-lead",
            &[("email", invitation.readable_email().into())],
        ),
        url: format!(
            "{}{}",
            context.app.public_origin,
            urls::invitation(token.expose())
        ),
        list: urls::invitations(account),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}
