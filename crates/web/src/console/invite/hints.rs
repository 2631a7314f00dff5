//! What stands in the way of a list as a whole and what fixes it, in the same words while it is typed and when it is sent.

use crate::console::context::PageContext;
use crate::console::urls;
use convoke_core::ids::AccountId;

/// Over the limit: how many seats are left for how many, and who can raise it.
pub(super) fn over_limit(context: &PageContext, available: i64, requested: i64) -> String {
    let args = [
        ("available", available.into()),
        ("requested", requested.into()),
        ("over", (requested - available).into()),
    ];
    let text = context.t_args("error-over-limit", &args);
    if context.app.ctx.policy.on_premise {
        return format!("{text} {}", context.t("remedy-administrator-raises"));
    }
    text
}

/// Where seats can be freed: the label and the path of each page.
pub(super) fn free_seats_links(context: &PageContext, account: AccountId) -> Vec<(String, String)> {
    let path = urls::account(account);
    let way = |key: &str, rest: &str| (context.t(key), format!("{path}/{rest}"));
    vec![
        way("invite-free-invitations", "invitations"),
        way("invite-free-users", "users?sort=last_active_at"),
    ]
}

/// Only registered users can be invited: who can change that, if anybody whom the inviter can ask.
pub(super) fn who_allows(context: &PageContext, by_installation: bool) -> Option<String> {
    match (by_installation, context.app.ctx.policy.on_premise) {
        (false, _) => Some(context.t("remedy-owner-allows")),
        (true, true) => Some(context.t("remedy-administrator-allows")),
        (true, false) => None,
    }
}
