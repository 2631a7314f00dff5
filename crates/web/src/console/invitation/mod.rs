//! The invitee's page, opened by an invitation's link; it depends on the caller and on the invitation's status.

mod needs;

use crate::console::catalogue_text;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use crate::console::components::{AccountMark, MarkedText};
use crate::console::context::{PageContext, PageError, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, Form};
use crate::console::notice::Notice;
use crate::console::page::{Page, render};
use crate::console::return_to::sign_in_path;
use crate::console::urls;
use crate::extract::PathIds;
use convoke_app::App;
use convoke_core::email_address::to_readable;
use convoke_domain::Error;
use convoke_domain::error::AcceptRequirement;
use convoke_domain::invitations::{self, Invitation, InvitationStatus, Preview, mask_email};
use convoke_i18n::{Arg, date};
use needs::{no_address, other_address};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/invitations/{token}", get(show))
        .route("/invitations/{token}/accept", post(accept))
        .route("/invitations/{token}/decline", post(decline))
}

/// The preview of a link's invitation; none when the link is unknown.
pub(super) async fn load_preview(
    context: &PageContext,
    token: &str,
) -> Result<Option<Preview>, PageError> {
    let (caller, token) = (context.caller.clone(), token.to_owned());
    let result = context
        .app
        .read(move |tx| invitations::preview(tx, caller.as_ref(), &token))
        .await;
    match result {
        Ok(preview) => Ok(Some(preview)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(context.error_page(other)),
    }
}

/// The pending invitation of a user who signs in or up before accepting.
pub(super) async fn load_pending(
    context: &PageContext,
    token: &str,
) -> Result<Option<Preview>, PageError> {
    if token.is_empty() {
        return Ok(None);
    }
    let preview = load_preview(context, token).await?;
    Ok(preview.filter(|preview| preview.invitation.is_pending()))
}

/// The banner of sign-in and sign-up for users who come from an invitation.
pub(super) fn banner_text(context: &PageContext, invitation: &Invitation) -> String {
    let args = [
        ("inviter", invitation.inviter_name.as_str().into()),
        ("account", invitation.account_name.as_str().into()),
    ];
    context.t_args("invitation-strip", &args)
}

async fn show(context: PageContext, PathIds((token,)): PathIds<(String,)>) -> PageResult {
    let Some(preview) = load_preview(&context, &token).await? else {
        return Ok(unknown_page(&context));
    };
    let invitation = &preview.invitation;
    let through = context
        .query
        .get("through")
        .filter(|_| context.follows_redirect());
    if let Some(provider) = through.and_then(|id| context.app.providers.find(id))
        && (invitation.status, preview.need)
            == (InvitationStatus::Pending, Some(AcceptRequirement::SignIn))
    {
        return Ok(no_address(&context, &token, invitation, Some(provider)));
    }
    Ok(match (invitation.status, preview.need) {
        (InvitationStatus::Pending, None | Some(AcceptRequirement::SignIn)) => {
            offer(&context, &token, &preview)
        }
        (InvitationStatus::Pending, Some(AcceptRequirement::OtherEmail)) => {
            other_address(&context, &token, &preview)
        }
        (InvitationStatus::Pending, Some(AcceptRequirement::NoEmail)) => {
            let session = context.caller.as_ref().map(|caller| &caller.session);
            let provider = session.and_then(|session| session.provider.as_deref());
            let provider = provider.and_then(|id| context.app.providers.find(id));
            no_address(&context, &token, invitation, provider)
        }
        (InvitationStatus::Accepted, _) if preview.accepted_by_viewer => {
            already_member_page(&context, invitation)
        }
        (InvitationStatus::Accepted, _) => already_accepted_page(&context, &token, invitation),
        (InvitationStatus::Declined | InvitationStatus::Revoked | InvitationStatus::Expired, _) => {
            ended_page(&context, invitation)
        }
    })
}

/// A role with its description.
struct RoleDescription {
    name: String,
    meaning: String,
}

/// The facts of an invitation.
struct InvitationFacts {
    product: String,
    about: String,
    roles: Vec<RoleDescription>,
    sent_to: String,
    expires_at: String,
    expires_in: String,
    soon: bool,
}

impl InvitationFacts {
    fn new(context: &PageContext, invitation: &Invitation, mine: bool) -> Self {
        let catalogue = &context.app.ctx.catalogue;
        let locale = context.locale;
        let meaning = |key: &str| {
            let role = catalogue.role(key);
            role.map_or_else(String::new, |role| {
                role.description.get(locale.as_str()).to_owned()
            })
        };
        let product = catalogue.product(&invitation.product);
        Self {
            product: catalogue_text::product_name(catalogue, locale, &invitation.product),
            about: product.map_or_else(String::new, |product| {
                product.description.get(locale.as_str()).to_owned()
            }),
            roles: invitation
                .roles
                .iter()
                .map(|key| RoleDescription {
                    name: catalogue_text::role_name(catalogue, locale, key),
                    meaning: meaning(key),
                })
                .collect(),
            sent_to: if mine {
                invitation.readable_email()
            } else {
                to_readable(&mask_email(&invitation.email)).into_owned()
            },
            expires_at: context.format_date_time(invitation.expires_at),
            expires_in: context.format_relative(invitation.expires_at),
            soon: is_soon(context, invitation),
        }
    }
}

/// Whether an invitation expires within two days.
pub(super) fn is_soon(context: &PageContext, invitation: &Invitation) -> bool {
    const TWO_DAYS: Duration = Duration::from_hours(48);
    invitation.expires_at <= context.app.ctx.clock.now().plus(TWO_DAYS)
}

/// The inviter with their address, where they have one.
pub(super) fn inviter(context: &PageContext, invitation: &Invitation) -> String {
    match &invitation.inviter_email {
        Some(email) => {
            let args = [
                ("name", (&invitation.inviter_name).into()),
                ("email", email.into()),
            ];
            context.t_args("person-with-email", &args)
        }
        None => invitation.inviter_name.clone(),
    }
}

#[derive(Template)]
#[template(path = "invitation/offer.html")]
struct Offer<'a> {
    page: Page<'a>,
    token: &'a str,
    mark: AccountMark,
    invited_by: String,
    facts: InvitationFacts,
    /// The user who would join; none without a session.
    joining: Option<MarkedText>,
    sign_in: String,
}

fn offer(context: &PageContext, token: &str, preview: &Preview) -> Response {
    let invitation = &preview.invitation;
    let title = context.t_args(
        "invitation-title",
        &[("account", (&invitation.account_name).into())],
    );
    let joining = context.caller.as_ref().map(|caller| {
        let (name, email) = (
            caller.user.name(),
            preview.own_email.clone().unwrap_or_default(),
        );
        let values = [("name", name.as_str()), ("email", email.as_str())];
        MarkedText::with_strong_values(context.locale, "invitation-joining-as", &values)
    });
    let by = inviter(context, invitation);
    let view = Offer {
        page: context
            .page(title)
            .crumb(context.t("invitation-crumb"), None),
        token,
        mark: AccountMark::new(&invitation.account_name),
        invited_by: context.t_args(
            "invitation-by",
            &[
                ("inviter", by.into()),
                (
                    "date",
                    date(invitation.created_at, context.locale, context.time_zone()).into(),
                ),
            ],
        ),
        facts: InvitationFacts::new(context, invitation, preview.is_mine),
        joining,
        sign_in: sign_in_link(token),
    };
    render(StatusCode::OK, &view)
}

/// The sign-in page that returns to the invitation.
pub(super) fn sign_in_link(token: &str) -> String {
    sign_in_path(&urls::invitation(token))
}

/// A link that composes an email to the inviter.
pub(super) struct Mail {
    pub label: String,
    pub href: String,
}

pub(super) fn mail_to_inviter(context: &PageContext, invitation: &Invitation) -> Option<Mail> {
    let email = invitation.inviter_email.as_ref()?;
    Some(Mail {
        label: context.t_args(
            "invitation-write-to",
            &[("inviter", (&invitation.inviter_name).into())],
        ),
        href: format!("mailto:{email}"),
    })
}

/// The account and the time at which the invitation ended, as arguments of texts.
fn when_ended<'a>(
    context: &PageContext,
    invitation: &'a Invitation,
) -> [(&'static str, Arg<'a>); 3] {
    let at = invitation.ended_at.unwrap_or(invitation.expires_at);
    [
        ("account", (&invitation.account_name).into()),
        ("at", context.format_date_time(at).into()),
        ("ago", context.format_relative(at).into()),
    ]
}

fn notice<'a>(context: &'a PageContext, key: &str, invitation: &Invitation) -> Notice<'a> {
    let args = when_ended(context, invitation);
    let title = context.t(&format!("{key}-title"));
    let mut notice = Notice::titled(
        context,
        title,
        context.t_args(&format!("{key}-text"), &args),
    );
    notice.page = notice.page.crumb(context.t("invitation-crumb"), None);
    notice
}

fn already_member_page(context: &PageContext, invitation: &Invitation) -> Response {
    let label = context.t_args(
        "invitation-go-to",
        &[("account", (&invitation.account_name).into())],
    );
    notice(context, "invitation-already-in", invitation)
        .link(label, urls::account(invitation.account))
        .show(StatusCode::OK)
}

fn already_accepted_page(context: &PageContext, token: &str, invitation: &Invitation) -> Response {
    let mut notice = notice(context, "invitation-used", invitation);
    if context.caller.is_some() {
        notice.other_sign_in = Some(sign_in_link(token));
    } else {
        // A viewer without a session may be the user who accepted.
        notice.paragraphs = vec![context.t_args(
            "invitation-used-by-somebody",
            &when_ended(context, invitation),
        )];
        notice = notice.link(context.t("way-sign-in"), sign_in_link(token));
    }
    notice.show(StatusCode::GONE)
}

fn ended_page(context: &PageContext, invitation: &Invitation) -> Response {
    let key = format!("invitation-{}", invitation.status.as_str());
    let by = inviter(context, invitation);
    let mut notice = notice(context, &key, invitation);
    notice = notice.paragraph(context.t_args("invitation-ask-anew", &[("inviter", by.into())]));
    if let Some(mail) = mail_to_inviter(context, invitation) {
        notice = notice.link(mail.label, mail.href);
    }
    notice.show(StatusCode::GONE)
}

/// The page for an unknown or truncated link.
pub(super) fn unknown_page(context: &PageContext) -> Response {
    let mut notice = Notice::new(context, "invitation-unknown");
    notice.page = notice.page.crumb(context.t("invitation-crumb"), None);
    let notice = if context.caller.is_some() {
        notice.link(context.t("way-accounts"), urls::ACCOUNTS)
    } else {
        notice.link(context.t("way-sign-in"), urls::SIGN_IN)
    };
    notice.show(StatusCode::NOT_FOUND)
}

async fn accept(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let (caller, presented_token) = (context.caller.clone(), token.clone());
    let result = context
        .app
        .write(move |tx| invitations::accept(tx, caller.as_ref(), &presented_token))
        .await;
    match result {
        Ok(acceptance) => Ok(context.flash(
            &urls::account(acceptance.summary.account.id),
            &FlashMessage::Joined,
        )),
        Err(Error::SignInRequired) => Ok(see_other(&sign_in_link(&token))),
        // The invitation's page shows its status.
        Err(Error::AdditionalActions(_) | Error::InvitationEnded(_)) => {
            Ok(see_other(&urls::invitation(&token)))
        }
        Err(Error::NotFound) => Ok(unknown_page(&context)),
        Err(other) => Err(context.error_page(other)),
    }
}

async fn decline(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    Form(EmptyForm {}): Form<EmptyForm>,
) -> PageResult {
    let (caller, presented_token) = (context.caller.clone(), token.clone());
    let client = context.client.clone();
    let result = context
        .app
        .write(move |tx| invitations::decline(tx, caller.as_ref(), &client, &presented_token))
        .await;
    match result {
        Ok(()) => Ok(context.flash(&urls::invitation(&token), &FlashMessage::InvitationDeclined)),
        Err(Error::InvitationEnded(_)) => Ok(see_other(&urls::invitation(&token))),
        Err(Error::NotFound) => Ok(unknown_page(&context)),
        Err(other) => Err(context.error_page(other)),
    }
}
