//! Sign-up.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::AccountView;
use super::me::UserView;
use super::members::MemberView;
use crate::extract::{ClientInfo, PreferredLanguage, with_session};
use crate::json::{JsonBody, reject_invalid};
use crate::problem::Problem;
use crate::response::{ApiResult, json};
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::users::{self, Registration, RegistrationOutcome, SignedUp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(confirm))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct NewRegistration {
    /// Becomes the login.
    #[schema(required)]
    email: String,
    #[schema(required)]
    password: String,
    #[schema(required)]
    first_name: String,
    last_name: Option<String>,
    /// `en` or `ru`; the browser's when absent.
    locale: Option<String>,
    /// IANA name; UTC when absent.
    time_zone: Option<String>,
    /// The token of the invitation's link the person came by.
    invitation_token: Option<String>,
    /// Join in the same step.
    accept_invitation: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusView {
    #[schema(example = "confirmation_sent")]
    pub status: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct SignedUpView {
    user: UserView,
    account: AccountView,
    /// The membership in the inviting account, when the person wished to join and could.
    membership: Option<MemberView>,
    /// The code that says why joining has become impossible.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_problem: Option<String>,
}

/// Sign up
///
/// The answer is the same whether the address is known or not; the mail tells. With the token of an invitation
/// mailed to this very address the user exists at once.
#[utoipa::path(post, path = "/registrations", tag = "Sign-up and sign-in", request_body = NewRegistration,
    responses(
        (status = 202, description = "A mail is on its way", body = StatusView),
        (status = 201, description = "The invitation's link proved the mailbox", body = SignedUpView)))]
async fn register(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    PreferredLanguage(locale): PreferredLanguage,
    body: JsonBody<NewRegistration>,
) -> ApiResult {
    let checked = body.check(|body| {
        let password = Secret::new(body.password);
        let request = Registration {
            email: body.email,
            first_name: body.first_name,
            last_name: body.last_name,
            locale: body.locale,
            time_zone: body.time_zone,
            invitation_token: body.invitation_token,
            accept_invitation: body.accept_invitation.unwrap_or(false),
            form_key: None,
        };
        users::validate(&app.ctx, &request, password.expose(), locale)?;
        Ok((request, password))
    });
    let (request, password) = reject_invalid(checked)?;
    match app.register(client, request, password, locale).await? {
        // Only forms of pages are repeated.
        RegistrationOutcome::ConfirmationSent(_) | RegistrationOutcome::Repeated(_) => json(
            StatusCode::ACCEPTED,
            &StatusView {
                status: "confirmation_sent",
            },
        ),
        RegistrationOutcome::SignedUp(signed_up) => signed_up_response(&app, *signed_up),
    }
}

fn signed_up_response(app: &App, signed_up: SignedUp) -> Result<Response, Problem> {
    let (membership, problem) = match signed_up.joined {
        Some(Ok(acceptance)) => (Some(MemberView::new(acceptance.member)), None),
        Some(Err(error)) => (None, Some(Problem::from(error).code.word.to_owned())),
        None => (None, None),
    };
    let view = SignedUpView {
        user: UserView::new(app, &signed_up.signed_in.user),
        account: AccountView::new(&signed_up.account),
        membership,
        invitation_problem: problem,
    };
    let response = json(StatusCode::CREATED, &view)?;
    Ok(with_session(app, response, &signed_up.signed_in))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct Confirmation {
    #[schema(required)]
    token: String,
    /// The password chosen at sign-up.
    #[schema(required)]
    password: String,
}

/// Finish a sign-up
///
/// Opens the mailed link's token together with the chosen password, so that only the person who began a
/// registration can finish it.
#[utoipa::path(post, path = "/registrations/confirm", tag = "Sign-up and sign-in", request_body = Confirmation,
    responses((status = 201, description = "The user exists and is signed in", body = SignedUpView)))]
async fn confirm(
    State(app): State<App>,
    ClientInfo(client): ClientInfo,
    body: JsonBody<Confirmation>,
) -> ApiResult {
    let confirmation = reject_invalid(body.valid())?;
    let signed_up = app
        .confirm_registration(
            client,
            confirmation.token,
            Secret::new(confirmation.password),
        )
        .await?;
    signed_up_response(&app, signed_up)
}
