//! The transfer of ownership: offered to a member, who accepts (rule A3).

use axum::response::Response;
use serde::Deserialize;

use crate::core::ids::AccountId;
use crate::core::pagination::PageLimit;
use crate::core::secret::Secret;
use crate::domain::accounts::{self, AccountSummary};
use crate::domain::members::{self, Query};
use crate::domain::permissions::Permission;
use crate::domain::{Error, ownership};
use crate::http::console::account_layout::{self, subpage};
use crate::http::console::confirm::Confirm;
use crate::http::console::context::{PageContext, PageError, PageResult, status_code};
use crate::http::console::error_text;
use crate::http::console::form::{EmptyForm, ErrorSummaryItem, Field, Form, FormErrors};
use crate::http::console::profile::current_password;
use crate::http::extract::PathIds;
use crate::http::problem::Problem;

/// The account and addresses of members to choose from.
async fn load(
    visit: &PageContext,
    account: AccountId,
) -> Result<(AccountSummary, Vec<String>), PageError> {
    account_layout::load_with_account(visit, account, move |tx, caller| {
        accounts::authorize(tx, caller, account, Permission::Own)?;
        let limit = PageLimit::parse(Some("100")).unwrap_or_default();
        let found = members::list(tx, caller, account, &Query::default(), limit)?;
        let others = found.items.into_iter().filter(|it| !it.owner);
        Ok(others.map(|it| it.email.unwrap_or(it.login)).collect())
    })
    .await
}

fn settings(account: AccountId) -> String {
    format!("/accounts/{account}/settings")
}

pub(super) async fn show(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    let (card, addresses) = load(&visit, account).await?;
    if card.account.is_default {
        return Err(visit.error_page(Error::DefaultAccount));
    }
    let wish = TransferForm::default();
    Ok(page(&visit, &card, addresses, &wish, FormErrors::none()))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TransferForm {
    member: String,
    account_name: String,
    password: String,
}

pub(super) async fn submit(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(wish): Form<TransferForm>,
) -> PageResult {
    let caller = visit.require_user_or_redirect(&format!("/accounts/{account}/transfer"))?;
    let (asker, typed) = (caller.clone(), wish.member.clone());
    let found = visit
        .app
        .read(move |tx| members::find_by_login(tx, &asker, account, &typed))
        .await;
    let done = match found {
        Ok(member) => {
            let password = Secret::new(wish.password.clone());
            let name = wish.account_name.clone();
            let offered = visit
                .app
                .offer_ownership(caller, account, member.user, name, password);
            offered.await.map(drop)
        }
        Err(refusal) => Err(refusal),
    };
    let (field, text) = match &done {
        Ok(()) => return Ok(visit.flash(&format!("{}?done=offered", settings(account)))),
        Err(Error::NotFound) => ("member", visit.t("transfer-no-member")),
        Err(Error::Invalid(_)) => ("account_name", visit.t("transfer-other-name")),
        Err(refusal @ (Error::WrongPassword | Error::RateLimited(_))) => {
            ("password", error_text::error_text(visit.locale, refusal))
        }
        Err(_) => ("", String::new()),
    };
    let refusal = match done {
        Err(refusal) if field.is_empty() => {
            return Err(account_layout::error_page(&visit, account, refusal).await);
        }
        Err(refusal) => Problem::from(refusal),
        Ok(()) => Problem::not_found(),
    };
    let (card, addresses) = load(&visit, account).await?;
    let refused = FormErrors {
        status: status_code(refusal.code.status),
        items: vec![ErrorSummaryItem {
            field: field.to_owned(),
            text,
        }],
        retry_after: refusal.retry_after,
    };
    Ok(page(&visit, &card, addresses, &wish, refused))
}

fn page(
    visit: &PageContext,
    card: &AccountSummary,
    addresses: Vec<String>,
    wish: &TransferForm,
    refused: FormErrors,
) -> Response {
    let account = card.account.id;
    let caller = visit.caller.as_ref();
    let rules = &visit.app.policy;
    let password = caller.is_some_and(|caller| rules.allows_password(&caller.user));
    let password = password.then(|| Field {
        name: "password",
        ..current_password(visit)
    });
    let name = [("account", (&card.account.name).into())];
    let view = Confirm {
        page: subpage(visit, card, visit.t("transfer-title")),
        title: visit.t_args("transfer-question", &name),
        paragraphs: vec![visit.t("transfer-text")],
        bullets: ["transfer-gains", "transfer-stays", "transfer-answer"]
            .map(|key| visit.t(key))
            .to_vec(),
        action: format!("/accounts/{account}/transfer"),
        hidden: Vec::new(),
        choices: None,
        fields: [
            Field {
                name: "member",
                label: visit.t("field-new-owner"),
                kind: "text",
                autocomplete: "off",
                value: wish.member.clone(),
                hint: Some(visit.t("field-new-owner-hint")),
                options: addresses,
                ..Field::default()
            },
            Field {
                name: "account_name",
                label: visit.t_args("field-typed-account-name", &name),
                kind: "text",
                autocomplete: "off",
                value: wish.account_name.clone(),
                ..Field::default()
            },
        ]
        .into_iter()
        .chain(password)
        .collect(),
        errors: Vec::new(),
        cancel: (visit.t("transfer-keep"), settings(account)),
        button: visit.t("transfer-button"),
        danger: true,
    };
    view.show(refused)
}

pub(super) async fn withdraw(
    visit: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let caller = visit.require_user_or_redirect(&settings(account))?;
    let done = visit
        .app
        .write(move |tx| ownership::withdraw(tx, &caller, account))
        .await;
    match done {
        Ok(()) => Ok(visit.flash(&format!("{}?done=withdrawn", settings(account)))),
        // It was answered, or ended, while the page was open.
        Err(Error::NotFound) => Ok(visit.flash(&format!("{}?done=offer-gone", settings(account)))),
        Err(other) => Err(account_layout::error_page(&visit, account, other).await),
    }
}
