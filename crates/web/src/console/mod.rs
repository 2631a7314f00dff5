//! The console: server-rendered pages whose forms work without script. Each handler parses the request, calls one operation
//! and renders its result.

mod account_layout;
mod accounts;
mod activity;
mod assets;
mod authorize;
mod catalogue_text;
mod choice_errors;
mod components;
mod confirm;
mod context;
mod dates;
mod delivery;
mod error_pages;
mod error_text;
mod flash;
mod form;
mod form_key;
mod format;
mod invitation;
mod invitations;
mod invite;
mod logout;
mod mailed;
mod members;
mod new_user;
mod notice;
mod oauth;
mod once;
mod open_product;
mod page;
mod pager;
pub(super) mod pending_authorization;
mod pictures;
mod profile;
mod reset;
pub(super) mod return_to;
mod roles;
mod sign_in;
mod sign_up;
mod submitted_form;
mod unsaved_input;
mod unsubscribe;
mod urls;

use axum::Router;

use convoke_app::App;

pub(super) use assets::path as asset;
pub(super) use components::MarkedText;
pub(super) use context::{PageContext, PageResult};
pub(super) use error_pages::{ProblemContext, problem_page};
pub(super) use flash::Flash;
pub(super) use page::{Page, document, render, render_page};
pub(super) use urls::{ACCOUNTS, path_with_query};

/// Every page except the API reference and the development mailbox.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(activity::routes())
        .merge(assets::routes())
        .merge(authorize::routes())
        .merge(invitation::routes())
        .merge(invitations::routes())
        .merge(invite::routes())
        .merge(logout::routes())
        .merge(members::routes())
        .merge(open_product::routes())
        .merge(pictures::routes())
        .merge(error_pages::routes())
        .merge(profile::routes())
        .merge(reset::routes())
        .merge(sign_in::routes())
        .merge(sign_up::routes())
        .merge(oauth::routes())
        .merge(unsubscribe::routes())
}
