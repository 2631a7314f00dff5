//! The third step: the result of each address, loaded from the database by the ids of the query, so that a reload sends
//! nothing. Only the browser that sent the list can open it, for its last list.

use crate::console::catalogue_text;
use askama::Template;
use axum::http::StatusCode;

use super::counts::Counts;
use crate::console::account_layout::{self, subpage};
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::delivery::DeliveryState;
use crate::console::once::Target;
use crate::console::page::{Page, render_page};
use crate::console::roles::describe_membership;
use crate::console::urls;
use convoke_api::delivery_text::Failure;
use convoke_api::extract::PathIds;
use convoke_core::ids::{AccountId, InvitationId, UserId};
use convoke_core::secret::hash_from_text;
use convoke_domain::invitations::{
    self, DeliveryReason, DeliveryStatus, Invitation, InvitationStatus,
};
use convoke_domain::members::{self, Member};
use convoke_domain::permissions::Permission;
use convoke_domain::submitted_forms::FormKey;
use convoke_domain::{Caller, Error, Mode, Tx, authorization, idempotency};

/// The result of one address.
struct Row {
    /// Its id in the page.
    id: String,
    /// `green`, `blue`, `amber` or `red`, and its icon.
    kind: &'static str,
    icon: &'static str,
    /// The name that was given with the address.
    name: Option<String>,
    email: String,
    what: String,
    more: String,
    link: Option<(String, String)>,
    resend: Option<InvitationId>,
    resend_label: String,
    /// The action that creates a link to copy.
    copy: Option<String>,
}

#[derive(Template)]
#[template(path = "invite/result.html")]
struct ResultPage<'a> {
    page: Page<'a>,
    heading: String,
    /// Whether a result will change by itself, so that the page is updated.
    is_open: bool,
    /// How many of how many invited people have joined, and the same as text; none where no one was invited.
    joined: Option<(usize, usize, String)>,
    about: String,
    account: AccountId,
    /// Those whose email was sent and who have not answered, once others have joined; and the label of the button that sends
    /// theirs again.
    unanswered: Vec<InvitationId>,
    remind: String,
    rows: Vec<Row>,
    more: String,
    /// How many words were left out of the list; empty without any.
    left_out: String,
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

fn load(
    tx: &mut Tx<'_, '_, impl Mode>,
    caller: &Caller,
    account: AccountId,
    (sent, had, users): (&[InvitationId], &[InvitationId], &[UserId]),
    form: Option<FormKey>,
) -> Result<Results, Error> {
    authorization::authorize(tx, caller, account, Permission::ManageUsers)?;
    let later = match form {
        Some(form) => {
            idempotency::find_body(tx, caller, &form)?.map(|body| Target::parse(&body).later)
        }
        None => None,
    };
    Ok(Results {
        later: later.unwrap_or_default(),
        sent: invitations::find_many(tx, caller, account, sent)?,
        had: invitations::find_many(tx, caller, account, had)?,
        members: members::find_many(tx, caller, account, users)?,
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
    let counts = Counts::new(&results.sent, &results.had, results.members.len());
    let heading = counts.heading(&context);
    let unanswered: Vec<InvitationId> = results
        .sent
        .iter()
        .filter(|invitation| counts.has_joined() && is_unanswered(invitation))
        .map(|invitation| invitation.id)
        .collect();
    let product = context.query.text("product");
    let roles: Vec<String> = context.query.all("roles").map(str::to_owned).collect();
    let locale = context.query.text("locale");
    let mut again = vec![("product", product.as_str()), ("locale", &locale)];
    again.extend(roles.iter().map(|role| ("roles", role.as_str())));
    let later_count = convoke_core::email_list::parse(&results.later)
        .entries
        .len();
    let later = (later_count > 0).then(|| {
        let label = context.t_args("result-next", &[("count", later_count.into())]);
        let roles = roles.iter().map(|role| ("roles", role.clone()));
        let fields = [
            ("act", "list".to_owned()),
            ("product", product.clone()),
            ("emails", results.later.clone()),
            ("locale", locale.clone()),
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
        page: Page {
            title: heading.clone(),
            // The breadcrumb stays the same while the counts change.
            ..subpage(&context, &summary, context.t("account-invite"))
        },
        about: describe_sent(&context, &results.sent, &product, &roles),
        left_out: left_out(&context),
        heading,
        is_open: results.sent.iter().any(Invitation::is_pending),
        joined: counts.joined(&context),
        remind: context.t_args("result-remind", &[("count", unanswered.len().into())]),
        unanswered,
        account,
        rows,
        more: urls::path_with_query(&urls::invite(account), &again),
        action: urls::invite(account),
        form_key: context.form_key(),
        later,
    };
    Ok(render_page(StatusCode::OK, &view.page, &view))
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

/// Whether an invitation was sent and its invitee has not answered.
fn is_unanswered(invitation: &Invitation) -> bool {
    invitation.is_pending() && invitation.delivery == DeliveryStatus::Sent
}

fn sent_row(context: &PageContext, account: AccountId, invitation: &Invitation) -> Row {
    let state = DeliveryState::new(context, invitation);
    let is_pending = invitation.is_pending();
    let failure = Failure::of(invitation);
    let is_waiting = is_pending && invitation.delivery == DeliveryStatus::Waiting;
    let is_address_wrong = failure.is_some_and(Failure::is_address_wrong);
    // A new attempt does not lift a limit of our own.
    let can_retry = is_waiting && invitation.delivery_reason != Some(DeliveryReason::RateLimited);
    let until = [(
        "until",
        context.format_date_time(invitation.expires_at).into(),
    )];
    let more = if is_address_wrong {
        context.t("result-failed-text")
    } else if is_pending && failure.is_none() {
        context.t_args("result-until", &until)
    } else {
        String::new()
    };
    let fix = urls::address_of_invitation(account, invitation.id);
    let link = match invitation.status {
        InvitationStatus::Accepted => invitation
            .accepted_by
            .map(|user| (context.t("result-open"), urls::member(account, user))),
        _ if is_address_wrong => Some((context.t("result-fix"), fix)),
        _ => None,
    };
    Row {
        id: invitation.id.to_string(),
        kind: state.kind,
        icon: state.icon,
        name: invitation.name.clone(),
        email: invitation.readable_email(),
        what: state.text,
        more,
        link,
        resend: can_retry.then_some(invitation.id),
        resend_label: context.t("result-try-now"),
        copy: (is_pending && failure.is_none_or(Failure::offers_link) && !can_retry)
            .then(|| urls::invitation_link(account, invitation.id)),
    }
}

fn had_row(context: &PageContext, account: AccountId, invitation: &Invitation) -> Row {
    let day = context.format_day(invitation.created_at);
    let args = [
        ("date", day.into()),
        ("inviter", (&invitation.inviter_name).into()),
    ];
    if Failure::of(invitation).is_some() {
        return Row {
            more: context.t_args("result-had", &args),
            ..sent_row(context, account, invitation)
        };
    }
    Row {
        id: invitation.id.to_string(),
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
        resend_label: context.t("invitations-resend"),
        copy: None,
    }
}

fn member_row(context: &PageContext, account: AccountId, member: &Member) -> Row {
    let holds = member.owner || !member.roles.is_empty();
    let membership = describe_membership(context, member.owner, &member.roles);
    Row {
        id: member.user.to_string(),
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
        resend_label: String::new(),
        copy: None,
    }
}
