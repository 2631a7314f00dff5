//! Declines an invitation by its link, after asking.

use axum::response::Response;

use super::{link_error, load_preview};
use crate::console::confirm::Confirm;
use crate::console::context::{PageContext, PageResult, see_other};
use crate::console::flash::FlashMessage;
use crate::console::form::{EmptyForm, FormErrors};
use crate::console::once::OnceForm;
use crate::console::{form_key, urls};
use convoke_api::extract::PathIds;
use convoke_domain::Error;
use convoke_domain::invitations::{self, Invitation};

/// The question.
pub(super) async fn confirm(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
) -> PageResult {
    let preview = load_preview(&context, &token).await?;
    if !preview.invitation.is_pending() {
        return Ok(see_other(&urls::invitation(&token)));
    }
    Ok(page(&context, &token, &preview.invitation))
}

fn page(context: &PageContext, token: &str, invitation: &Invitation) -> Response {
    let args = [
        ("account", (&invitation.account_name).into()),
        ("inviter", (&invitation.inviter_name).into()),
    ];
    let title = context.t_args("invitation-decline-title", &args);
    let view = Confirm {
        page: context
            .page(title.clone())
            .crumb(
                context.t("invitation-crumb"),
                Some(&urls::invitation(token)),
            )
            .crumb(title.clone(), None),
        title,
        paragraphs: vec![context.t_args("invitation-decline-text", &args)],
        bullets: Vec::new(),
        action: urls::decline_invitation(token),
        hidden: vec![(form_key::FIELD, context.form_key())],
        choices: None,
        fields: Vec::new(),
        errors: Vec::new(),
        cancel: (
            context.t("invitation-decline-keep"),
            urls::invitation(token),
        ),
        button: context.t("invitation-decline-button"),
        danger: true,
    };
    view.show(FormErrors::none())
}

pub(super) async fn submit(
    context: PageContext,
    PathIds((token,)): PathIds<(String,)>,
    OnceForm {
        form: EmptyForm {},
        key,
    }: OnceForm<EmptyForm>,
) -> PageResult {
    let (caller, presented_token) = (context.caller.clone(), token.clone());
    let client = context.client.clone();
    let key = key.map(|key| key.hash);
    let result = context
        .app
        .write(move |tx| {
            let caller = caller.as_ref();
            invitations::decline(tx, caller, &client, &presented_token, key.as_ref())
        })
        .await;
    match result {
        Ok(()) => Ok(context.flash(&urls::invitation(&token), &FlashMessage::InvitationDeclined)),
        Err(Error::InvitationEnded(_)) => Ok(see_other(&urls::invitation(&token))),
        Err(error) => Err(link_error(&context, error)),
    }
}
