//! The third step: the result of each address, loaded from the database by the ids of the query, so that a reload sends
//! nothing. Only the browser that sent the list can open it, for its last list.

use crate::console::catalogue_text;
use askama::Template;
use axum::http::StatusCode;

use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::once::Target;
use crate::console::page::{Page, render};
use crate::console::roles::describe_membership;
use crate::console::{error_text, urls};
use crate::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::secret::hash_from_text;
use convoke_domain::invitations::DeliveryStatus;
use convoke_domain::invitations::{self, Invitation, SUPPRESSED};
use convoke_domain::members::{self, Member};
use convoke_domain::permissions::Permission;
use convoke_domain::submitted_forms::FormKey;
use convoke_domain::{Caller, Error, Mode, Tx, authorization, idempotency};

/// The result of one address.
struct Row {
    /// `green`, `blue` or `red`, and its icon.
    kind: &'static str,
    icon: &'static str,
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
    heading: String,
    about: String,
    account: AccountId,
    rows: Vec<Row>,
    more: String,
    action: String,
    form_key: String,
    /// The label of the button that offers the other addresses next, and the fields that it sends.
    later: Option<(String, Vec<(&'static str, String)>)>,
}

struct Results {
    sent: Vec<Invitation>,
    had: Vec<Invitation>,
    members: Vec<Member>,
    /// The addresses that did not fit.
    later: String,
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
    form: Option<FormKey>,
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
    let later = match form {
        Some(form) => {
            idempotency::find_body(tx, caller, &form)?.map(|body| Target::parse(&body).later)
        }
        None => None,
    };
    Ok(Results {
        later: later.unwrap_or_default(),
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
    let form = context.query.get("form").and_then(hash_from_text);
    let (summary, results) =
        account_layout::load_with_account(&context, account, move |tx, caller| {
            load(tx, caller, account, (&sent, &had, &users), form)
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
    let later_count = count(
        convoke_core::email_list::parse(&results.later)
            .entries
            .len(),
    );
    let later = (later_count > 0).then(|| {
        let label = context.t_args("result-next", &[("count", later_count.into())]);
        let roles = roles.iter().map(|role| ("roles", role.clone()));
        let fields = [
            ("act", "list".to_owned()),
            ("product", product.clone()),
            ("emails", results.later.clone()),
        ];
        (label, fields.into_iter().chain(roles).collect())
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
        about: catalogue_text::describe_access(
            &context.app.ctx.catalogue,
            context.locale,
            &product,
            &roles,
        ),
        heading,
        account,
        rows,
        more: urls::path_with_query(&urls::invite(account), &again),
        action: urls::invite(account),
        form_key: context.form_key(),
        later,
    };
    Ok(render(StatusCode::OK, &view))
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
    // Another address helps unless the person wants no mail.
    let fixes = failed && invitation.delivery_detail.as_deref() != Some(SUPPRESSED);
    let fix = urls::address_of_invitation(account, invitation.id);
    let (what, more) = if !invitation.is_pending() {
        let status = format!("status-{}", invitation.status.as_str());
        (context.t(&status), String::new())
    } else if failed {
        (
            error_text::delivery_error_text(context.locale, invitation.delivery_detail.as_deref()),
            if fixes {
                context.t("result-failed-text")
            } else {
                String::new()
            },
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
        email: invitation.email.clone(),
        what,
        more,
        link: fixes.then(|| (context.t("result-fix"), fix)),
        resend: None,
        copy: (invitation.is_pending() && !fixes)
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
        email: invitation.email.clone(),
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
        email: member.email.clone().unwrap_or_else(|| member.login.clone()),
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
