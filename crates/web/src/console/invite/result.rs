//! The third step: the result of each address, loaded from the database by the ids of the query, so that a reload sends
//! nothing. Only the browser that sent the list can open it, for its last list.

use crate::console::catalogue_text;
use askama::Template;
use axum::http::StatusCode;

use super::{Step, steps};
use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::page::{Page, render};
use crate::console::roles::describe_membership;
use crate::console::{error_text, urls};
use crate::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_domain::invitations::DeliveryStatus;
use convoke_domain::invitations::{self, Invitation};
use convoke_domain::members::{self, Member};
use convoke_domain::permissions::Permission;
use convoke_domain::{Caller, Error, Mode, Tx, authorization};

/// The result of one address.
struct Row {
    /// `green`, `blue` or `red`, and its icon.
    kind: &'static str,
    icon: &'static str,
    /// The name that was given with the address.
    name: Option<String>,
    email: String,
    what: String,
    more: String,
    link: Option<(String, String)>,
    resend: Option<InvitationId>,
    /// The action that creates a link to copy.
    copy: Option<String>,
}

#[derive(Template)]
#[template(path = "invite/result.html")]
struct ResultPage<'a> {
    page: Page<'a>,
    steps: Vec<Step>,
    heading: String,
    about: String,
    account: AccountId,
    rows: Vec<Row>,
    more: String,
    later: Option<(String, String)>,
    /// How many words were left out of the list; empty without any.
    left_out: String,
}

struct Results {
    sent: Vec<Invitation>,
    had: Vec<Invitation>,
    members: Vec<Member>,
}

fn load_invitations(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, Error> {
    let mut invitations = Vec::new();
    for id in ids {
        match invitations::get(tx, caller, account, *id) {
            Ok(invitation) => invitations.push(invitation),
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(invitations)
}

fn load(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    (sent, had, users): (&[InvitationId], &[InvitationId], &[UserId]),
) -> Result<Results, Error> {
    authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let mut members = Vec::new();
    for user in users {
        match members::get(tx, caller, account, *user) {
            Ok(member) => members.push(member),
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(Results {
        sent: load_invitations(tx, caller, account, sent)?,
        had: load_invitations(tx, caller, account, had)?,
        members,
    })
}

/// Ids of the query, at most as many as one request may have; values that are not ids are left out.
fn ids<Id: std::str::FromStr>(context: &PageContext, name: &str) -> Vec<Id> {
    let max = usize::try_from(context.app.ctx.policy.invitations_per_request).unwrap_or(usize::MAX);
    let texts = context.query.all(name);
    texts
        .filter_map(|text| text.parse().ok())
        .take(max)
        .collect()
}

pub(super) async fn show(
    context: PageContext,
    PathIds((account,)): PathIds<(AccountId,)>,
) -> PageResult {
    // A link from elsewhere must not claim that something was sent.
    if !context.has_result() {
        return Ok(see_other(&urls::invitations(account)));
    }
    let (sent, had) = (ids(&context, "sent"), ids(&context, "had"));
    let users: Vec<UserId> = ids(&context, "member");
    let (summary, results) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            load(tx, caller, account, (&sent, &had, &users))
        })
        .await?;
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let args = [
        ("sent", count(results.sent.len()).into()),
        (
            "nothing",
            count(results.had.len() + results.members.len()).into(),
        ),
    ];
    let heading = match (
        results.sent.is_empty(),
        results.had.len() + results.members.len(),
    ) {
        (true, _) => context.t_args("result-nothing", &args),
        (false, 0) => context.t_args("result-sent", &args),
        (false, _) => context.t_args("result-both", &args),
    };
    let product = context.query.text("product");
    let roles: Vec<String> = context.query.all("roles").map(str::to_owned).collect();
    let mut again = vec![("product", product.as_str())];
    again.extend(roles.iter().map(|role| ("roles", role.as_str())));
    let later = context.query.text("later");
    let later_count = count(convoke_core::email_list::parse(&later).entries.len());
    let next = (later_count > 0).then(|| {
        let mut params = again.clone();
        params.push(("emails", &later));
        let label = context.t_args("result-next", &[("count", later_count.into())]);
        (
            label,
            urls::path_with_query(&urls::invite(account), &params),
        )
    });
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(
        results
            .sent
            .iter()
            .map(|invitation| sent_row(&context, account, invitation)),
    );
    rows.extend(
        results
            .had
            .iter()
            .map(|invitation| had_row(&context, account, invitation)),
    );
    rows.extend(
        results
            .members
            .iter()
            .map(|member| member_row(&context, account, member)),
    );
    let view = ResultPage {
        page: subpage(&context, &summary, heading.clone()),
        steps: steps(&context, 3),
        about: describe_sent(&context, &results.sent, &product, &roles),
        left_out: left_out(&context),
        heading,
        account,
        rows,
        more: urls::path_with_query(&urls::invite(account), &again),
        later: next,
    };
    Ok(render(StatusCode::OK, &view))
}

/// The access that was granted, once for each group of the list; that of the form where nothing was sent.
fn describe_sent(
    context: &PageContext,
    sent: &[Invitation],
    product: &str,
    roles: &[String],
) -> String {
    let describe = |product: &str, roles: &[String]| {
        catalogue_text::describe_access(&context.app.ctx.catalogue, context.locale, product, roles)
    };
    let mut texts: Vec<String> = Vec::new();
    for invitation in sent {
        let text = describe(&invitation.product, &invitation.roles);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        return describe(product, roles);
    }
    texts.join(" · ")
}

fn left_out(context: &PageContext) -> String {
    let count: Option<i64> = context.query.text("left_out").parse().ok();
    count.map_or_else(String::new, |count| {
        context.t_args("result-left-out", &[("count", count.into())])
    })
}

fn sent_row(context: &PageContext, account: AccountId, invitation: &Invitation) -> Row {
    let until = [(
        "until",
        context.format_date_time(invitation.expires_at).into(),
    )];
    let failed = invitation.is_pending() && invitation.delivery == DeliveryStatus::Failed;
    let (kind, icon) = match (invitation.is_pending(), failed) {
        (false, _) => ("blue", "info"),
        (true, true) => ("red", "circle-alert"),
        (true, false) => ("green", "circle-check"),
    };
    let again = urls::invite_again(account, invitation.id);
    let (what, more) = if !invitation.is_pending() {
        let status = format!("status-{}", invitation.status.as_str());
        (context.t(&status), String::new())
    } else if failed {
        (
            error_text::delivery_error_text(context.locale, invitation.delivery_detail.as_deref()),
            context.t("result-failed-text"),
        )
    } else if invitation.delivery == DeliveryStatus::Queued {
        (
            context.t("result-queued"),
            context.t_args("result-until", &until),
        )
    } else {
        (
            context.t("result-invited"),
            context.t_args("result-until", &until),
        )
    };
    Row {
        kind,
        icon,
        name: invitation.name.clone(),
        email: invitation.readable_email(),
        what,
        more,
        link: failed.then(|| (context.t("result-fix"), again)),
        resend: None,
        copy: (invitation.is_pending() && !failed)
            .then(|| urls::invitation_link(account, invitation.id)),
    }
}

fn had_row(context: &PageContext, account: AccountId, invitation: &Invitation) -> Row {
    let day = context.format_day(invitation.created_at);
    let args = [
        ("date", day.into()),
        ("inviter", (&invitation.inviter_name).into()),
    ];
    Row {
        kind: "blue",
        icon: "info",
        name: invitation.name.clone(),
        email: invitation.readable_email(),
        what: context.t_args("result-had", &args),
        more: context.t("result-had-text"),
        link: invitation.is_pending().then(|| {
            (
                context.t("users-edit"),
                urls::edit_invitation(account, invitation.id),
            )
        }),
        resend: invitation.is_pending().then_some(invitation.id),
        copy: None,
    }
}

fn member_row(context: &PageContext, account: AccountId, member: &Member) -> Row {
    let holds = member.owner || !member.roles.is_empty();
    let membership = describe_membership(context, member.owner, &member.roles);
    Row {
        kind: "blue",
        icon: "info",
        name: None,
        email: member.readable_address(),
        what: context.t_args("result-member", &[("name", (&member.name).into())]),
        more: if holds {
            context.t_args("result-roles", &[("roles", membership.into())])
        } else {
            membership
        },
        link: (!member.owner).then(|| {
            (
                context.t("users-edit"),
                urls::edit_member(account, member.user),
            )
        }),
        resend: None,
        copy: None,
    }
}
