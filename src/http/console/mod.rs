//! The pages people see: forms that work without script. Each parses, calls one operation, and shows its result.

mod account_frame;
mod accounts;
mod activity;
mod assets;
mod confirm;
mod flash;
mod form;
mod invitations;
mod invite;
mod kept;
mod members;
mod notice;
mod page;
mod pager;
mod pictures;
mod problems;
mod profile;
mod reset;
mod return_to;
mod roles;
mod sign_in;
mod sign_up;
mod third_party;
mod unsubscribe;
mod visit;
mod words;

use axum::Router;

use crate::app::App;

pub(super) use flash::Flash;
pub(super) use page::{Marked, Page, render};
pub(super) use problems::{Reader, problem_page};
pub(super) use visit::{Shown, Visit};

/// Every page but the API's description and the trial mailbox.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(activity::routes())
        .merge(assets::routes())
        .merge(invitations::routes())
        .merge(invite::routes())
        .merge(members::routes())
        .merge(pictures::routes())
        .merge(problems::routes())
        .merge(profile::routes())
        .merge(reset::routes())
        .merge(sign_in::routes())
        .merge(sign_up::routes())
        .merge(third_party::routes())
        .merge(unsubscribe::routes())
}
