//! The invitee's pages, opened by an invitation's link; they depend on the caller, on the invitation's status and on whether
//! the link verifies the mailbox.

mod address;
mod decline;
mod ended;
mod facts;
mod join;
mod needs;
mod offer;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::console::context::{PageContext, PageError, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, FormErrors};
use crate::console::once::{self, OnceForm, Target};
use crate::console::return_to::sign_in_path;
use crate::console::urls;
use convoke_api::extract::PathIds;
use convoke_app::App;
use convoke_domain::error::AcceptRequirement;
use convoke_domain::invitations::{self, Invitation, InvitationStatus, Preview};
use convoke_domain::users::check_registration_allowed;
use convoke_domain::{Caller, Error, Tx};
use ended::{already_accepted_page, already_member_page, ended_page};
use needs::{no_address, other_address};

pub(super) use ended::{readdressed_page, unknown_page};
pub(super) use facts::inviter;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/invitations/{token}", get(show))
        .route("/invitations/{token}/accept", post(accept))
        .route("/invitations/{token}/join", post(join::submit))
        .route(
            "/invitations/{token}/decline",
            get(decline::confirm).post(decline::submit),
        )
        .route(
            "/invitations/{token}/address",
            get(address::show).post(address::submit),
        )
}

/// The preview of a link's invitation.
///
/// # Errors
/// The page for an unknown link, for one from before the invitation got another address, or an error page.
pub(super) async fn load_preview(context: &PageContext, token: &str) -> Result<Preview, PageError> {
    let (caller, token) = (context.caller.clone(), token.to_owned());
    let result = context
        .app
        .read(move |tx| invitations::preview(tx, caller.as_ref(), &token))
        .await;
    result.map_err(|error| link_error(context, error))
}

/// The page for an error of an operation on a link.
pub(super) fn link_error(context: &PageContext, error: Error) -> PageError {
    match error {
        Error::NotFound => PageError::page(unknown_page(context)),
        Error::LinkNoLongerValid => PageError::page(readdressed_page(context)),
        other => context.error_page(other),
    }
}

/// The pending invitation of a user who signs in or up before accepting; none when the link opens no pending one.
pub(super) async fn load_pending(
    context: &PageContext,
    token: &str,
) -> Result<Option<Preview>, PageError> {
    if token.is_empty() {
        return Ok(None);
    }
    let (caller, token) = (context.caller.clone(), token.to_owned());
    let result = context
        .app
        .read(move |tx| invitations::preview(tx, caller.as_ref(), &token))
        .await;
    match result {
        Ok(preview) => Ok(Some(preview).filter(|preview| preview.invitation.is_pending())),
        Err(Error::NotFound | Error::LinkNoLongerValid) => Ok(None),
        Err(other) => Err(context.error_page(other)),
    }
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
    let preview = load_preview(&context, &token).await?;
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
        (InvitationStatus::Pending, None) => offer::joining(&context, &token, &preview),
        (InvitationStatus::Pending, Some(AcceptRequirement::SignIn)) => {
            signed_out(&context, &token, &preview)
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

/// The page of a pending invitation for a viewer without a session. A mailed link verifies the mailbox, so its page may say
/// whether the address has a user, and is the sign-up where it has none (rule U4); the page of any other link offers both ways.
fn signed_out(context: &PageContext, token: &str, preview: &Preview) -> Response {
    let allowed = check_registration_allowed(&context.app.ctx, true);
    let has_services = context.app.providers.all().next().is_some();
    match (preview.invitee_has_user, allowed) {
        (Some(true), _) => offer::sign_in(context, token, preview, None),
        (_, Err(error @ Error::SignUpClosed { .. })) => {
            offer::sign_in(context, token, preview, Some(&error))
        }
        (_, Err(error)) if !has_services => offer::sign_in(context, token, preview, Some(&error)),
        (Some(false), _) => join::page(
            context,
            token,
            preview,
            &FormErrors::none(),
            join::JoinForm::new(preview),
        ),
        (None, _) => offer::sign_in_or_sign_up(context, token, preview),
    }
}

/// The sign-in page that returns to the invitation.
fn sign_in_link(token: &str) -> String {
    sign_in_path(&urls::invitation(token))
}

/// A link that composes an email to the inviter.
struct Mail {
    label: String,
    href: String,
}

fn mail_to_inviter(context: &PageContext, invitation: &Invitation) -> Option<Mail> {
    let email = invitation.inviter_email.as_ref()?;
    Some(Mail {
        label: context.t_args(
            "invitation-write-to",
            &[("inviter", (&invitation.inviter_name).into())],
        ),
        href: format!("mailto:{email}"),
    })
}

async fn accept(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let Some(caller) = context.caller.clone() else {
        let preview = load_preview(&context, &token).await?;
        return Ok(see_other(&if preview.invitation.is_pending() {
            sign_in_link(&token)
        } else {
            urls::invitation(&token)
        }));
    };
    let presented_token = token.clone();
    let accept = move |tx: &mut Tx<'_, '_>, caller: &Caller| {
        let acceptance = invitations::accept(tx, Some(caller), &presented_token)?;
        let path = urls::account(acceptance.summary.account.id);
        Ok(Target::with_message(path, &FlashMessage::Joined))
    };
    match once::run_once(&context, caller, None, key.as_ref(), accept).await {
        Ok(target) => Ok(target.redirect(&context)),
        Err(Error::SignInRequired) => Ok(see_other(&sign_in_link(&token))),
        // The invitation's page shows its status.
        Err(Error::AdditionalActions(_) | Error::InvitationEnded(_)) => {
            Ok(see_other(&urls::invitation(&token)))
        }
        Err(error) => Err(link_error(&context, error)),
    }
}
