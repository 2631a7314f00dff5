//! The transfer of ownership, which a member has to accept (rule A3).

use axum::response::Response;
use serde::Deserialize;

use crate::console::account_layout::{self, subpage};
use crate::console::confirm::Confirm;
use crate::console::context::{PageContext, PageError, PageResult, status_code};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, ErrorSummaryItem, Field, FormErrors};
use crate::console::form_key;
use crate::console::once::{self, OnceForm, Target};
use crate::console::profile::current_password;
use crate::console::{error_text, urls};
use convoke_api::extract::PathIds;
use convoke_api::problem::Problem;
use convoke_core::ids::AccountId;
use convoke_core::pagination::PageLimit;
use convoke_core::secret::Secret;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::members::{self, Query};
use convoke_domain::{Caller, Error, Tx, ownership};

/// The account, and the addresses of members to choose from.
async fn load(
    context: &PageContext,
    account: AccountId,
) -> Result<(AccountSummary, Vec<String>), PageError> {
    account_layout::load_with_account(context, account, move |tx, caller| {
        ownership::check_offerable(tx, caller, account)?;
        let limit = PageLimit::parse(Some("100")).unwrap_or_default();
        let page = members::list(tx, caller, account, &Query::default(), limit)?;
        let others = page.items.into_iter().filter(|member| !member.owner);
        Ok(others
            .map(|member| member.email.unwrap_or(member.login))
            .collect())
    })
    .await
}

fn redirect_to_settings(
    context: &PageContext,
    account: AccountId,
    message: &FlashMessage,
) -> Response {
    context.flash(&urls::settings(account), message)
}

pub(super) async fn show(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let (summary, addresses) = load(&context, account).await?;
    let form = TransferForm::default();
    Ok(page(
        &context,
        &summary,
        addresses,
        &form,
        FormErrors::none(),
    ))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TransferForm {
    member: String,
    account_name: String,
    password: String,
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    OnceForm { form, key }: OnceForm<TransferForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(&urls::transfer(account))?;
    let (viewer, login) = (caller.clone(), form.member.clone());
    let member = context
        .app
        .read(move |tx| members::find_by_login(tx, &viewer, account, &login))
        .await;
    let result = match member {
        Ok(member) => {
            let password = Secret::new(form.password.clone());
            let name = form.account_name.clone();
            let key = key.map(|key| key.idempotency_key());
            let offered =
                context
                    .app
                    .offer_ownership(caller, account, member.user, name, password, key);
            offered.await.map(drop)
        }
        Err(error) => Err(error),
    };
    let error = match result {
        Ok(()) => {
            let message = FlashMessage::OwnershipOffered;
            return Ok(redirect_to_settings(&context, account, &message));
        }
        Err(error) => error,
    };
    let (field, text) = match &error {
        Error::NotFound => ("member", context.t("transfer-no-member")),
        Error::Invalid(_) => ("account_name", context.t("transfer-other-name")),
        Error::WrongPassword | Error::RateLimited(_) => {
            ("password", error_text::error_text(context.locale, &error))
        }
        _ => return Err(account_layout::error_page(&context, account, error).await),
    };
    let problem = Problem::from(error);
    let (summary, addresses) = load(&context, account).await?;
    let errors = FormErrors {
        status: status_code(problem.code.status),
        items: vec![ErrorSummaryItem {
            field: field.to_owned(),
            text,
        }],
        retry_after: problem.retry_after,
    };
    Ok(page(&context, &summary, addresses, &form, errors))
}

fn page(
    context: &PageContext,
    summary: &AccountSummary,
    addresses: Vec<String>,
    form: &TransferForm,
    errors: FormErrors,
) -> Response {
    let account = summary.account.id;
    let caller = context.caller.as_ref();
    let policy = &context.app.ctx.policy;
    let password = caller.is_some_and(|caller| policy.allows_password(&caller.user));
    let password = password.then(|| Field {
        name: "password",
        ..current_password(context)
    });
    let name = [("account", (&summary.account.name).into())];
    let view = Confirm {
        page: subpage(context, summary, context.t("transfer-title")),
        title: context.t_args("transfer-question", &name),
        paragraphs: vec![context.t("transfer-text")],
        bullets: ["transfer-gains", "transfer-stays", "transfer-answer"]
            .map(|key| context.t(key))
            .to_vec(),
        action: urls::transfer(account),
        hidden: vec![(form_key::FIELD, context.form_key())],
        choices: None,
        fields: [
            Field {
                name: "member",
                label: context.t("field-new-owner"),
                kind: "text",
                autocomplete: "off",
                value: form.member.clone(),
                hint: Some(context.t("field-new-owner-hint")),
                options: addresses,
                ..Field::default()
            },
            Field {
                name: "account_name",
                label: context.t_args("field-typed-account-name", &name),
                kind: "text",
                autocomplete: "off",
                value: form.account_name.clone(),
                ..Field::default()
            },
        ]
        .into_iter()
        .chain(password)
        .collect(),
        errors: Vec::new(),
        cancel: (context.t("transfer-keep"), urls::settings(account)),
        button: context.t("transfer-button"),
        danger: true,
    };
    view.show(errors)
}

pub(super) async fn withdraw(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let caller = context.require_user_or_redirect(&urls::settings(account))?;
    let withdraw = move |tx: &mut Tx<'_, '_>, caller: &Caller| {
        ownership::withdraw(tx, caller, account)?;
        let message = FlashMessage::OwnershipOfferWithdrawn;
        Ok(Target::with_message(urls::settings(account), &message))
    };
    match once::run_once(&context, caller, account, key.as_ref(), withdraw).await {
        Ok(target) => Ok(target.redirect(&context)),
        // The offer was answered or expired while the page was open.
        Err(Error::NotFound) => Ok(redirect_to_settings(
            &context,
            account,
            &FlashMessage::OwnershipOfferGone,
        )),
        Err(other) => Err(account_layout::error_page(&context, account, other).await),
    }
}
