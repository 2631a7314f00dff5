//! The page that chooses the account to work in.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::Authorization;
use super::pages::SignedInAs;
use crate::console::components::AccountMark;
use crate::console::context::PageError;
use crate::console::page::{Page, render_page};
use crate::console::roles;
use convoke_api::oauth2::paths;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::search::Words;
use convoke_domain::Caller;
use convoke_domain::accounts::Account;
use convoke_domain::oauth2::{self, Access};

/// How many accounts are shown without a search.
const MAX_WITHOUT_SEARCH: usize = 8;

/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 256;

/// An account to choose.
struct Choice {
    id: AccountId,
    name: String,
    mark: AccountMark,
    roles: String,
    /// Whether the product was used here last.
    is_last: bool,
}

#[derive(Template)]
#[template(path = "authorize/choose.html")]
struct Choose<'a> {
    page: Page<'a>,
    request: String,
    user: UserId,
    /// Parameters of the request, for the search.
    parameters: Vec<(String, String)>,
    /// The text that is searched for, where there are many accounts.
    search: Option<String>,
    /// Whether the account that the client asked for cannot be used.
    is_unavailable: bool,
    choices: Vec<Choice>,
    signed_in: SignedInAs,
    back: String,
}

/// The page; the account in which the product was used last comes first.
pub(super) async fn page(
    authorization: &Authorization<'_>,
    caller: &Caller,
    accounts: &[(Account, Access)],
    is_unavailable: bool,
) -> Result<Response, PageError> {
    let context = authorization.context;
    let (client, user) = (authorization.request.client.clone(), caller.user.id);
    let last = context
        .app
        .read_one(move |tx| oauth2::find_last_account(tx, user, &client))
        .await
        .map_err(|error| context.error_page(error))?;
    let search = authorization.search();
    let words = Words::parse(&search);
    let found = accounts
        .iter()
        .filter(|(account, _)| search.is_empty() || words.match_any_of([account.name.as_str()]));
    let mut choices: Vec<Choice> = found
        .map(|(account, access)| Choice {
            id: account.id,
            name: account.name.clone(),
            mark: AccountMark::new(&account.name),
            roles: roles::describe_membership(context, access.owner, &access.roles),
            is_last: last == Some(account.id),
        })
        .collect();
    // The sort is stable: the others stay in their order.
    choices.sort_by_key(|choice| !choice.is_last);
    let product = authorization.product_name();
    let args = [("product", product.into())];
    let view = Choose {
        page: context.page(context.t_args("authorize-choose-title", &args)),
        request: authorization.query(),
        parameters: oauth2::continued(authorization.parameters, None, authorization.expected),
        user: caller.user.id,
        search: (accounts.len() > MAX_WITHOUT_SEARCH).then_some(search),
        is_unavailable,
        choices,
        signed_in: SignedInAs::new(authorization, caller),
        back: context.t_args("authorize-back", &args),
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
}

impl Authorization<'_> {
    /// The text of `q`.
    fn search(&self) -> String {
        let text = self.parameters.iter().find(|(name, _)| name == "q");
        text.map_or_else(String::new, |(_, text)| {
            text.chars().take(MAX_SEARCH).collect()
        })
    }
}
