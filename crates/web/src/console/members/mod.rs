//! Users of an account: list, edit of roles, removal.

mod edit;
mod list;
mod remove;
mod show;

use axum::Router;
use axum::routing::get;

use super::context::PageContext;
use convoke_app::App;
use convoke_core::ids::UserId;
use convoke_domain::accounts::AccountSummary;
use convoke_domain::invitations::SentInvitationsPolicy;
use convoke_domain::members::Member;
use convoke_domain::permissions::{Permission, is_allowed};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/users", get(list::list))
        .route("/accounts/{account}/users/{user}", get(show::show))
        .route(
            "/accounts/{account}/users/{user}/edit",
            get(edit::show).post(edit::submit),
        )
        .route(
            "/accounts/{account}/users/{user}/remove",
            get(remove::show).post(remove::submit),
        )
}

/// Whether the viewer may edit a member's roles, and remove them.
fn allowed_actions(summary: &AccountSummary, viewer: UserId, member: &Member) -> (bool, bool) {
    let manages = is_allowed(&summary.membership, Permission::ManageUsers);
    match (member.owner, member.user == viewer) {
        (true, is_viewer) => (is_viewer, false),
        (false, true) => (false, false),
        (false, false) => (manages, manages),
    }
}

/// The policy for invitations that a member sent; revoked by default (rule I13).
fn sent_invitations_choice(text: &str) -> SentInvitationsPolicy {
    if text == "keep" {
        SentInvitationsPolicy::Keep
    } else {
        SentInvitationsPolicy::Revoke
    }
}

/// The choice of the policy for a member's pending invitations; none without any.
fn sent_invitations_question(
    context: &PageContext,
    member: &Member,
    pending: i64,
    chosen: SentInvitationsPolicy,
) -> Option<super::confirm::RadioGroup> {
    use super::confirm::{RadioGroup, RadioOption};
    let args = [("name", (&member.name).into()), ("count", pending.into())];
    let option = |value, key: &str, chosen| RadioOption {
        value,
        label: context.t(&format!("{key}-label")),
        meaning: Some(context.t_args(&format!("{key}-meaning"), &args)),
        chosen,
    };
    (pending > 0).then(|| RadioGroup {
        name: "sent_invitations",
        legend: context.t_args("users-sent-question", &args),
        options: vec![
            option(
                "revoke",
                "users-sent-revoke",
                chosen == SentInvitationsPolicy::Revoke,
            ),
            option(
                "keep",
                "users-sent-keep",
                chosen == SentInvitationsPolicy::Keep,
            ),
        ],
    })
}
