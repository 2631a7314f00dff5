//! An account's settings, each in its own form.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::console::account_layout::{self, AccountHeader, Tab};
use crate::console::context::{PageContext, PageError, PageResult};
use crate::console::flash::FlashMessage;
use crate::console::form::{ErrorSummaryItem, Field, Form, FormErrors};
use crate::console::page::{Page, render_page};
use crate::console::{roles, unsaved_input, urls};
use convoke_api::extract::PathIds;
use convoke_core::ids::AccountId;
use convoke_domain::accounts::{self, Update};
use convoke_domain::permissions::{Permission, is_allowed};
use convoke_domain::{Error, authorization, members, ownership};

/// The registered-users-only switch.
struct Restriction {
    on: bool,
    /// The note where the installation enforces it.
    installation: Option<String>,
}

/// The section about the transfer of ownership.
struct Transfer {
    text: String,
    starts: bool,
    withdraws: bool,
    /// The key of the form that withdraws.
    form_key: String,
}

#[derive(Template)]
#[template(path = "accounts/settings.html")]
struct Settings<'a> {
    page: Page<'a>,
    frame: AccountHeader,
    owns: bool,
    ask_owner: String,
    name: Field,
    restriction: Option<Restriction>,
    /// Members, pending invitations, available seats, limit.
    usage: Vec<(String, String)>,
    raise: String,
    support: Option<String>,
    /// The viewer's own roles.
    roles: Vec<roles::RoleChoice>,
    transfer: Option<Transfer>,
    errors: Vec<ErrorSummaryItem>,
}

pub(super) async fn show(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    page(&context, account, FormErrors::none(), None).await
}

async fn page(
    context: &PageContext,
    account: AccountId,
    errors: FormErrors,
    input: Option<String>,
) -> Result<Response, PageError> {
    let (summary, offer) =
        account_layout::load_with_account(context, account, move |tx, caller| {
            let (_, membership) =
                authorization::authorize(tx, caller, account, Permission::ViewAccount)?;
            // Only the owner sees the offer.
            if !is_allowed(&membership, Permission::Own) {
                return Ok(None);
            }
            match ownership::pending(tx, caller, account)? {
                Some(offer) => {
                    let member = members::get(tx, caller, account, offer.to)?;
                    Ok(Some((member.name, offer)))
                }
                None => Ok(None),
            }
        })
        .await?;
    let frame = AccountHeader::new(context, &summary, Tab::Settings);
    let owns = is_allowed(&summary.membership, Permission::Own);
    let mut name = Field {
        name: "name",
        label: context.t("field-account-name"),
        kind: "text",
        autocomplete: "organization",
        value: input.unwrap_or_else(|| summary.account.name.clone()),
        ..Field::default()
    };
    let items = errors.attach_to_fields(std::slice::from_mut(&mut name));
    let mut page = frame.page(context, Tab::Settings);
    page.failed = !items.is_empty();
    let figures = summary.usage.map(|usage| {
        [
            ("usage-members", usage.members),
            ("usage-pending", usage.pending),
            ("usage-available", usage.available()),
            ("usage-limit", usage.limit),
        ]
    });
    let on_premise = context.app.ctx.policy.on_premise;
    let restriction = summary.shows_settings().then(|| Restriction {
        on: summary.account.registered_users_only,
        installation: context
            .app
            .ctx
            .policy
            .registered_users_only
            .then(|| context.t("restrict-by-installation")),
    });
    let transfer = owns.then(|| transfer(context, summary.account.is_default, offer.as_ref()));
    let view = Settings {
        page,
        owns,
        ask_owner: context.t_args(
            "settings-ask-owner",
            &[("owner", summary.account.owner_name().into())],
        ),
        name,
        restriction,
        usage: figures
            .into_iter()
            .flatten()
            .map(|(key, figure)| (context.t(key), figure.to_string()))
            .collect(),
        raise: context.t(if on_premise {
            "usage-raise-on-premise"
        } else {
            "usage-raise-cloud"
        }),
        support: context
            .app
            .config
            .brand
            .support_url
            .clone()
            .filter(|_| !on_premise),
        roles: roles::describe_roles(context, &summary.membership.roles),
        transfer,
        errors: items,
        frame,
    };
    Ok(errors.add_retry_after(render_page(errors.status, &view.page, &view)))
}

fn transfer(
    context: &PageContext,
    is_default: bool,
    offer: Option<&(String, ownership::OwnershipOffer)>,
) -> Transfer {
    let text = match (offer, is_default) {
        (_, true) => context.t("transfer-default"),
        (Some((name, offer)), false) => context.t_args(
            "transfer-offered",
            &[
                ("name", name.into()),
                ("until", context.format_date_time(offer.expires_at).into()),
            ],
        ),
        (None, false) => context.t("transfer-means"),
    };
    Transfer {
        text,
        starts: !is_default,
        withdraws: offer.is_some(),
        form_key: context.form_key(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Name {
    name: String,
}

pub(super) async fn rename(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(form): Form<Name>,
) -> PageResult {
    let update = Update {
        name: Some(form.name.clone()),
        ..Update::default()
    };
    save(context, account, update, Some(form.name)).await
}

/// A checkbox is sent only when it is on.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Switch {
    registered_users_only: String,
}

pub(super) async fn restrict(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
    Form(form): Form<Switch>,
) -> PageResult {
    let update = Update {
        registered_users_only: Some(!form.registered_users_only.is_empty()),
        ..Update::default()
    };
    save(context, account, update, None).await
}

async fn save(
    context: PageContext,
    account: AccountId,
    update: Update,
    input: Option<String>,
) -> PageResult {
    let path = urls::settings(account);
    let caller = unsaved_input::require_user_keeping_input(
        &context,
        &path,
        input.as_deref().unwrap_or_default(),
    )?;
    let result = context
        .app
        .write_in_account(account, caller.user.id, move |tx| {
            accounts::update(tx, &caller, account, &update)
        })
        .await;
    match result {
        Ok(_) => Ok(context.flash(&path, &FlashMessage::Saved)),
        Err(error @ Error::Invalid(_)) => {
            let errors = FormErrors::from_error(&context, error, "name")?;
            page(&context, account, errors, input).await
        }
        Err(other) => {
            Err(account_layout::error_page_with_input(&context, account, other, input).await)
        }
    }
}
