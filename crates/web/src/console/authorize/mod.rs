//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2): users come here from a product, and go back
//! there with an authorization code or an error.
//!
//! Everything that has to be done before, such as a sign-in, returns to the request: its address is the page to return to, and a
//! cookie holds it for what goes on from an email (see [`super::pending_authorization`]).

mod choose;
mod pages;
mod response;

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::context::{PageContext, PageResult, see_other};
use super::form::{Form, read_fields};
use super::pending_authorization as pending;
use super::return_to::{reauthentication_path, sign_in_path};
use super::urls;
use convoke_api::extract::{QueryParams, find_caller};
use convoke_api::oauth2::paths;
use convoke_api::parameters::MAX_RETURN_TO_LENGTH;
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::oauth2::{
    self, Authentication, AuthorizationRequest, ErrorCode, NextStep, RejectedRequest,
};
use convoke_domain::{Caller, DatabaseError, Error};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::AUTHORIZE, get(show).post(redirect_to_get))
        .route(paths::AUTHORIZE_DECISION, post(decide))
        .route(paths::AUTHORIZE_CONTINUE, get(continue_pending))
}

/// The context of an authorization request, also where the session could not be looked up: the client gets that error.
struct RequestContext {
    context: PageContext,
    session_error: Option<Error>,
}

impl FromRequestParts<App> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let (caller, session_error) = match find_caller(parts, app).await {
            Ok(caller) => (caller, None),
            Err(error) => (None, Some(error)),
        };
        // Parameters of other pages have maximum lengths; here unknown ones are ignored.
        let context = PageContext::of_caller(parts, app, QueryParams::default(), caller).await;
        Ok(Self {
            context,
            session_error,
        })
    }
}

/// A request with the client that it is for.
struct Authorization<'a> {
    context: &'a PageContext,
    parameters: &'a [(String, String)],
    request: AuthorizationRequest,
    /// The user of `id_token_hint`.
    expected: Option<UserId>,
}

async fn show(request: RequestContext, uri: Uri) -> PageResult {
    let query = uri.query().unwrap_or_default().as_bytes();
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().collect();
    let context = &request.context;
    let authorization = match Authorization::parse(context, &parameters)? {
        Ok(authorization) => authorization,
        Err(rejected) => return Ok(rejected),
    };
    if let Some(error) = &request.session_error {
        return Ok(authorization.failed(error));
    }
    let caller = match authorization.signed_in() {
        Ok(caller) => caller,
        Err(response) => return Ok(response),
    };
    let (request, user) = (authorization.request.clone(), caller.user.id);
    let accounts = context
        .app
        .read(move |tx| oauth2::list_requested_access(tx, &request, user))
        .await;
    let accounts = match accounts {
        Ok(accounts) => accounts,
        Err(error) => return Ok(authorization.failed(&error)),
    };
    let response = match oauth2::next_step(&authorization.request, &accounts) {
        Err(error) => return Ok(response::error(context, &error)),
        Ok(NextStep::Issue(account)) => {
            return match authorization.issue(&caller, account).await {
                // The access has ended meanwhile.
                Err(Error::NotFound) => Ok(response::denied(context, &authorization.request)),
                Err(Error::SignInRequired) => Ok(authorization.redirect_to_sign_in()),
                issued => Ok(issued.unwrap_or_else(|error| authorization.failed(&error))),
            };
        }
        Ok(NextStep::SelectAccount { is_unavailable }) => {
            choose::page(&authorization, &caller, &accounts, is_unavailable).await?
        }
        Ok(NextStep::Confirm(account)) => {
            let chosen = accounts.iter().find(|(known, _)| known.id == account);
            pages::confirm(&authorization, &caller, chosen)
        }
        Ok(NextStep::NoAccess) => pages::no_access(&authorization, &caller).await?,
    };
    Ok(authorization.remember(response))
}

impl<'a> Authorization<'a> {
    /// Reads the request, or responds with its error.
    fn parse(
        context: &'a PageContext,
        parameters: &'a [(String, String)],
    ) -> Result<Result<Self, Response>, Problem> {
        if !context.app.has_clients() {
            return Err(Problem::not_found());
        }
        let catalogue = &context.app.ctx.catalogue;
        let parsed = oauth2::parse(parameters, catalogue, context.app.issuer());
        Ok(match parsed {
            Ok(request) => Self {
                context,
                parameters,
                expected: request.expected_user,
                request,
            }
            .with_hint(),
            Err(RejectedRequest::Error(error)) => Err(response::error(context, &error)),
            Err(RejectedRequest::UnknownClient) => {
                Err(pages::rejected(context, "authorize-client"))
            }
            Err(RejectedRequest::UnknownRedirectUri { .. }) => {
                Err(pages::rejected(context, "authorize-redirect-uri"))
            }
        })
    }

    /// The same with the user of its ID token, or its error.
    fn with_hint(mut self) -> Result<Self, Response> {
        let Some(token) = &self.request.id_token_hint else {
            return Ok(self);
        };
        let hint = self.context.app.verify_id_token_hint(token);
        match hint.filter(|hint| hint.client == self.request.client) {
            Some(hint) => {
                self.expected = Some(hint.user);
                Ok(self)
            }
            None => Err(self.fail(
                ErrorCode::InvalidRequest,
                "id_token_hint is no ID token of this client",
            )),
        }
    }

    /// The caller, where their session counts for the request; else where they go.
    fn signed_in(&self) -> Result<Caller, Response> {
        let caller = self.context.caller.as_ref();
        let authentication = caller.map(|caller| Authentication {
            user: caller.user.id,
            at: caller.session.authenticated_at,
        });
        let now = self.context.app.ctx.clock.now();
        match oauth2::is_signed_in(&self.request, authentication, self.expected, now) {
            Err(error) => Err(response::error(self.context, &error)),
            Ok(true) => caller.cloned().ok_or_else(|| self.redirect_to_sign_in()),
            Ok(false) => Err(self.redirect_to_sign_in()),
        }
    }

    fn fail(&self, code: ErrorCode, description: &'static str) -> Response {
        response::error(self.context, &self.request.error(code, description))
    }

    /// The response where the database is unavailable or something broke (RFC 6749 section 4.1.2.1).
    fn failed(&self, error: &Error) -> Response {
        match error {
            Error::Database(DatabaseError::Internal(_) | DatabaseError::Corrupt(_)) => {
                tracing::error!(?error, "authorization request failed");
                self.fail(ErrorCode::ServerError, "something broke on our side")
            }
            _ => self.fail(
                ErrorCode::TemporarilyUnavailable,
                "the database is unavailable; try again",
            ),
        }
    }

    /// The address of the request once the user has signed in, at `since` or later where that is asked for.
    fn path(&self, since: Option<Timestamp>) -> String {
        path_of(&oauth2::continued(self.parameters, since, self.expected))
    }

    /// The address of the request in an account.
    fn path_in(&self, account: AccountId) -> String {
        let parameters = oauth2::continued(self.parameters, None, self.expected);
        path_of(&oauth2::with_account(parameters, account))
    }

    /// The sign-in page, which returns to the request. Users with a session sign in again.
    fn redirect_to_sign_in(&self) -> Response {
        let now = self.context.app.ctx.clock.now();
        let is_again = self.context.caller.is_some();
        let asks_for_new = is_again || self.request.prompt.login || self.request.max_age.is_some();
        let path = self.path(asks_for_new.then_some(now));
        if path.len() > MAX_RETURN_TO_LENGTH {
            return self.fail(ErrorCode::InvalidRequest, "the request is too long");
        }
        let mut sign_in = if is_again {
            reauthentication_path(&path)
        } else {
            sign_in_path(&path)
        };
        if !self.request.ui_locales.is_empty() {
            let tags = self.request.ui_locales.join(" ");
            let encoded: String = form_urlencoded::byte_serialize(tags.as_bytes()).collect();
            sign_in.push_str("&ui_locales=");
            sign_in.push_str(&encoded);
        }
        pending::remember(&self.context.app, see_other(&sign_in), &path)
    }

    /// The same response with the cookie that returns to the request.
    fn remember(&self, response: Response) -> Response {
        pending::remember(&self.context.app, response, &self.path(None))
    }

    async fn issue(&self, caller: &Caller, account: AccountId) -> Result<Response, Error> {
        let (request, caller) = (self.request.clone(), caller.clone());
        let code = self
            .context
            .app
            .write(move |tx| oauth2::authorize(tx, &caller, &request, account))
            .await?;
        Ok(response::code(self.context, &self.request, &code))
    }
}

fn path_of(parameters: &[(String, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{}?{}", paths::AUTHORIZE, query.finish())
}

/// A request by POST becomes the same one by GET: pages of other sites send no cookie with a POST. An ID token becomes its user.
async fn redirect_to_get(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let fields = read_fields(request).await?;
    let value = |name: &str| {
        let mut named = fields.iter().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value.as_str())
    };
    let hint = value("id_token_hint").and_then(|token| app.verify_id_token_hint(token));
    let hint = hint.filter(|hint| value("client_id") == Some(hint.client.as_str()));
    let path = match hint {
        Some(hint) => path_of(&oauth2::continued(&fields, None, Some(hint.user))),
        None => path_of(&fields),
    };
    Ok(Redirect::to(&path).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Decision {
    /// The query of the request.
    request: String,
    /// The user who has seen the page.
    user: String,
    /// The chosen account.
    account: String,
    /// Not empty where the page has asked whether to go on in this account.
    confirmed: String,
    /// `deny` to go back to the product.
    #[serde(rename = "decision")]
    choice: String,
}

/// What the user has decided on one of the pages.
async fn decide(request: RequestContext, Form(form): Form<Decision>) -> PageResult {
    let context = &request.context;
    let parameters: Vec<(String, String)> = form_urlencoded::parse(form.request.as_bytes())
        .into_owned()
        .collect();
    let authorization = match Authorization::parse(context, &parameters)? {
        Ok(authorization) => authorization,
        Err(rejected) => return Ok(rejected),
    };
    if let Some(error) = &request.session_error {
        return Ok(authorization.failed(error));
    }
    if form.choice == "deny" {
        return Ok(response::denied(context, &authorization.request));
    }
    let caller = match authorization.signed_in() {
        Ok(caller) => caller,
        Err(response) => return Ok(response),
    };
    let account: Result<AccountId, _> = form.account.parse();
    let issued = match account {
        // Another user has signed in in another tab.
        _ if form.user != caller.user.id.to_string() => Err(Error::NotFound),
        Ok(account) if authorization.request.prompt.consent && form.confirmed.is_empty() => {
            return Ok(see_other(&authorization.path_in(account)));
        }
        Ok(account) => authorization.issue(&caller, account).await,
        Err(_) => Err(Error::NotFound),
    };
    match issued {
        // The access has ended meanwhile: the request shows what is possible now.
        Err(Error::NotFound) => Ok(see_other(&authorization.path(None))),
        Err(Error::SignInRequired) => Ok(authorization.redirect_to_sign_in()),
        issued => Ok(issued.unwrap_or_else(|error| authorization.failed(&error))),
    }
}

/// Goes on with the request that this browser has started last.
async fn continue_pending(context: PageContext) -> Response {
    let path = context.pending_authorization.as_deref();
    see_other(path.unwrap_or(urls::ACCOUNTS))
}
