//! Texts and links about errors of a whole list, shared by the check while it is entered and by the submitted form.

use crate::console::context::PageContext;
use crate::console::urls;
use convoke_core::ids::AccountId;

/// The text for too few seats: how many are available and requested, and who can raise the limit.
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
    match &context.app.config.brand.support_url {
        Some(url) => {
            let remedy = context.t_args("remedy-support-raises", &[("url", url.into())]);
            format!("{text} {remedy}")
        }
        None => text,
    }
}

/// Labels and paths of the pages where seats can be freed.
pub(super) fn free_seats_links(context: &PageContext, account: AccountId) -> Vec<(String, String)> {
    vec![
        (
            context.t("invite-free-invitations"),
            urls::invitations(account),
        ),
        (
            context.t("invite-free-users"),
            urls::users_by_activity(account),
        ),
    ]
}

/// The text that says who can allow addresses without a user; none where the inviter cannot ask anyone.
pub(super) fn who_allows(
    context: &PageContext,
    by_installation: bool,
    is_owner: bool,
) -> Option<String> {
    match (by_installation, context.app.ctx.policy.on_premise) {
        (false, _) if is_owner => Some(context.t("remedy-settings-allow")),
        (false, _) => Some(context.t("remedy-owner-allows")),
        (true, true) => Some(context.t("remedy-administrator-allows")),
        (true, false) => None,
    }
}

/// The label and path of the page where an owner can allow addresses without a user.
pub(super) fn settings_link(
    context: &PageContext,
    account: AccountId,
    by_installation: bool,
    is_owner: bool,
) -> Option<(String, String)> {
    let label = context.t("invite-open-settings");
    (is_owner && !by_installation).then(|| (label, urls::settings(account)))
}
