//! Users of an account: list, edit of roles, removal.

mod edit;
mod list;
mod remove;

use axum::Router;
use axum::routing::get;

use super::context::PageContext;
use convoke_app::App;
use convoke_domain::invitations::SentInvitationsPolicy;
use convoke_domain::members::Member;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/accounts/{account}/users", get(list::list))
        .route(
            "/accounts/{account}/users/{user}/edit",
            get(edit::show).post(edit::submit),
        )
        .route(
            "/accounts/{account}/users/{user}/remove",
            get(remove::show).post(remove::submit),
        )
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
    pending: usize,
    chosen: SentInvitationsPolicy,
) -> Option<super::confirm::RadioGroup> {
    use super::confirm::{RadioGroup, RadioOption};
    let count = i64::try_from(pending).unwrap_or(i64::MAX);
    let args = [("name", (&member.name).into()), ("count", count.into())];
    let option = |value, key: &str, chosen| RadioOption {
        value,
        label: context.t(&format!("{key}-label")),
        meaning: Some(context.t(&format!("{key}-meaning"))),
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
