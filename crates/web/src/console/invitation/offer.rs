//! The page of a pending invitation with buttons: to accept, or to sign in or up first.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::facts::{InvitationFacts, lead};
use super::sign_in_link;
use crate::console::components::{AccountMark, MarkedText};
use crate::console::context::PageContext;
use crate::console::error_text::error_text;
use crate::console::notice::LinkButton;
use crate::console::page::{Page, render_page};
use crate::console::urls;
use convoke_domain::Error;
use convoke_domain::invitations::Preview;

#[derive(Template)]
#[template(path = "invitation/offer.html")]
struct Offer<'a> {
    page: Page<'a>,
    token: &'a str,
    mark: AccountMark,
    lead: MarkedText,
    facts: InvitationFacts,
    /// The user who would join; none without a session.
    joining: Option<MarkedText>,
    /// The key of the form that accepts.
    form_key: String,
    /// What leads on without a session, equal where there are two.
    buttons: Vec<LinkButton>,
    /// Why sign-up is not possible.
    note: Option<String>,
    sign_in: String,
}

fn offer<'a>(context: &'a PageContext, token: &'a str, preview: &Preview) -> Offer<'a> {
    let invitation = &preview.invitation;
    let args = [("account", (&invitation.account_name).into())];
    let title = context.t_args("invitation-title", &args);
    Offer {
        page: context.page(title),
        token,
        mark: AccountMark::new(&invitation.account_name),
        lead: lead(context, invitation),
        facts: InvitationFacts::new(context, invitation, preview.is_mine),
        joining: None,
        form_key: context.form_key(),
        buttons: Vec::new(),
        note: None,
        sign_in: sign_in_link(token),
    }
}

/// For the signed-in invitee.
pub(super) fn joining(context: &PageContext, token: &str, preview: &Preview) -> Response {
    let mut view = offer(context, token, preview);
    view.joining = context.caller.as_ref().map(|caller| {
        let (name, email) = (
            caller.user.name(),
            preview.own_email.clone().unwrap_or_default(),
        );
        let values = [("name", name.as_str()), ("email", email.as_str())];
        MarkedText::with_strong_values(context.locale, "invitation-joining-as", &values)
    });
    render_page(StatusCode::OK, &view.page, &view)
}

fn sign_in_button(context: &PageContext, token: &str) -> LinkButton {
    LinkButton {
        label: context.t("invitation-sign-in"),
        href: sign_in_link(token),
    }
}

/// For an address that has a user, or where sign-up is not possible for the reason given.
pub(super) fn sign_in(
    context: &PageContext,
    token: &str,
    preview: &Preview,
    closed: Option<&Error>,
) -> Response {
    let mut view = offer(context, token, preview);
    view.buttons = vec![sign_in_button(context, token)];
    view.note = closed.map(|error| error_text(context.locale, error));
    render_page(StatusCode::OK, &view.page, &view)
}

/// For a link that does not tell whether the address has a user.
pub(super) fn sign_in_or_sign_up(
    context: &PageContext,
    token: &str,
    preview: &Preview,
) -> Response {
    let mut view = offer(context, token, preview);
    view.buttons = vec![
        sign_in_button(context, token),
        LinkButton {
            label: context.t("invitation-sign-up"),
            href: urls::sign_up_invited(token),
        },
    ];
    render_page(StatusCode::OK, &view.page, &view)
}
