//! Pages of authorization requests: what cannot be served, who has no access, and the confirmation.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::Authorization;
use crate::console::components::AccountMark;
use crate::console::context::{PageContext, PageError};
use crate::console::notice::Notice;
use crate::console::page::{Page, render_page};
use crate::console::return_to::reauthentication_path;
use crate::console::{roles, urls};
use convoke_api::oauth2::paths;
use convoke_core::ids::UserId;
use convoke_core::pagination::PageLimit;
use convoke_domain::Caller;
use convoke_domain::accounts::{self, Account};
use convoke_domain::oauth2::Access;

/// How many owners are named to ask.
const MAX_OWNERS: usize = 5;

/// The page of a request whose client or redirect URI is not registered: nothing goes there.
pub(super) fn rejected(context: &PageContext, key: &str) -> Response {
    let mut notice = Notice::new(context, key).link(context.t("way-accounts"), urls::ACCOUNTS);
    // Links to this page in other languages would repeat the address that is not registered.
    notice.page.languages = Vec::new();
    notice.show(StatusCode::BAD_REQUEST)
}

impl Authorization<'_> {
    /// The product's name in the viewer's language.
    pub(super) fn product_name(&self) -> String {
        let context = self.context;
        let product = context.app.ctx.catalogue.product(&self.request.client);
        let name = product.map(|product| product.name.get(context.locale.as_str()));
        name.unwrap_or(&self.request.client).to_owned()
    }

    /// The query of the request, for the forms of its pages.
    pub(super) fn query(&self) -> String {
        let path = self.path(None);
        path.split_once('?')
            .map(|(_, query)| query.to_owned())
            .unwrap_or_default()
    }

    /// The page to sign in as another user, which returns to the request.
    pub(super) fn other_sign_in(&self) -> String {
        let now = self.context.app.ctx.clock.now();
        reauthentication_path(&self.path(Some(now)))
    }
}

/// Who is signed in, as the pages show it.
pub(super) struct SignedInAs {
    pub text: String,
    pub other: String,
}

impl SignedInAs {
    pub(super) fn new(authorization: &Authorization<'_>, caller: &Caller) -> Self {
        let context = authorization.context;
        let name = context.name_with_email(&caller.user.name(), caller.user.email.as_deref());
        Self {
            text: context.t_args("authorize-signed-in", &[("name", name.into())]),
            other: authorization.other_sign_in(),
        }
    }
}

#[derive(Template)]
#[template(path = "authorize/confirm.html")]
struct Confirm<'a> {
    page: Page<'a>,
    request: String,
    user: UserId,
    account: &'a Account,
    mark: AccountMark,
    roles: String,
    signed_in: SignedInAs,
    back: String,
    button: String,
}

/// The page that asks whether to go on in an account.
pub(super) fn confirm(
    authorization: &Authorization<'_>,
    caller: &Caller,
    chosen: Option<&(Account, Access)>,
) -> Response {
    let context = authorization.context;
    let Some((account, access)) = chosen else {
        return super::response::denied(context, &authorization.request);
    };
    let product = authorization.product_name();
    let args = [("product", product.as_str().into())];
    let view = Confirm {
        page: context.page(context.t_args("authorize-confirm-title", &args)),
        request: authorization.query(),
        user: caller.user.id,
        mark: AccountMark::new(&account.name),
        roles: roles::describe_membership(context, access.owner, &access.roles),
        account,
        signed_in: SignedInAs::new(authorization, caller),
        back: context.t_args("authorize-back", &args),
        button: context.t_args("authorize-confirm-button", &args),
    };
    render_page(StatusCode::OK, &view.page, &view)
}

#[derive(Template)]
#[template(path = "authorize/no_access.html")]
struct NoAccess<'a> {
    page: Page<'a>,
    request: String,
    /// Whom to ask, one sentence for each account.
    owners: Vec<String>,
    signed_in: SignedInAs,
    back: String,
}

/// The page of a user who may not use the product in any account.
pub(super) async fn no_access(
    authorization: &Authorization<'_>,
    caller: &Caller,
) -> Result<Response, PageError> {
    let context = authorization.context;
    let user = caller.clone();
    let accounts = context
        .app
        .read_long(move |tx| accounts::list(tx, &user, None, PageLimit::default()))
        .await
        .map_err(|error| context.error_page(error))?;
    let product = authorization.product_name();
    let args = [("product", product.as_str().into())];
    let others = accounts
        .items
        .iter()
        .filter(|summary| !summary.membership.owner)
        .take(MAX_OWNERS);
    let view = NoAccess {
        page: context.page(context.t_args("authorize-no-access-title", &args)),
        request: authorization.query(),
        owners: others
            .map(|summary| {
                let args = [
                    ("owner", summary.account.owner_name().into()),
                    ("account", summary.account.name.as_str().into()),
                ];
                context.t_args("authorize-no-access-owner", &args)
            })
            .collect(),
        signed_in: SignedInAs::new(authorization, caller),
        back: context.t_args("authorize-back", &args),
    };
    Ok(render_page(StatusCode::FORBIDDEN, &view.page, &view))
}
