//! The context of a request for a page: caller, client, language, and the responses built from them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::flash::{self, Flash, FlashMessage};
use super::form_key::SubmissionKey;
use super::page::{Banner, Language, OtherAddressNotice, Page, Viewer};
use super::pending_authorization;
use super::return_to::{local_path, sign_in_path};
use crate::middleware::is_to_other_address;
use convoke_api::extract::{ClientInfo, PreferredLanguage, QueryParams, find_caller, with_session};
use convoke_api::problem::Problem;
use convoke_app::App;
use convoke_core::ids::UserId;
use convoke_core::language::Locale;
use convoke_domain::sessions::SignedIn;
use convoke_domain::{self as domain};
use convoke_i18n::{Arg, t, t_args};

/// The result of a page's handler.
pub(crate) type PageResult = Result<Response, PageError>;

/// A response in place of the requested page: an error page, or a redirect to the sign-in page.
#[derive(Debug)]
pub(crate) struct PageError(pub(super) Box<Response>);

impl PageError {
    /// This page in place of the requested one.
    pub(crate) fn page(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem.into_response()))
    }
}

/// The context of a request for a page.
pub(crate) struct PageContext {
    /// The application.
    pub app: App,
    /// The signed-in caller.
    pub caller: Option<domain::Caller>,
    /// The client that sent the request.
    pub client: domain::ClientInfo,
    /// The viewer's language, else the browser's.
    pub locale: Locale,
    /// Parameters of the query.
    pub query: QueryParams,
    /// The authorization request that this browser has started and not finished, by its address.
    pub(super) pending_authorization: Option<String>,
    /// The flash message and the redirect that the request follows.
    flash: Flash,
    pub(super) method: Method,
    /// The path of the request.
    pub(super) path: String,
    /// The query of the request, undecoded.
    raw_query: String,
    /// Whether the page was opened under another address than `public_url`.
    is_other_address: bool,
}

impl FromRequestParts<App> for PageContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let query = QueryParams::from_request_parts(parts, app).await?;
        let caller = find_caller(parts, app).await?;
        Ok(Self::of_caller(parts, app, query, caller).await)
    }
}

impl PageContext {
    /// The context of a caller's request with these parameters.
    pub(super) async fn of_caller(
        parts: &mut Parts,
        app: &App,
        query: QueryParams,
        caller: Option<domain::Caller>,
    ) -> Self {
        let Ok(ClientInfo(client)) = ClientInfo::from_request_parts(parts, app).await;
        let Ok(PreferredLanguage(preferred)) =
            PreferredLanguage::from_request_parts(parts, app).await;
        Self {
            pending_authorization: pending_authorization::find(app, &parts.headers),
            app: app.clone(),
            locale: caller
                .as_ref()
                .map_or(preferred, |caller| caller.user.locale),
            caller,
            client,
            query,
            flash: parts.extensions.get().cloned().unwrap_or_default(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            is_other_address: is_to_other_address(app, parts),
        }
    }

    /// A text in the viewer's language.
    pub(crate) fn t(&self, key: &str) -> String {
        t(self.locale, key)
    }

    /// A text with values.
    pub(crate) fn t_args(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        t_args(self.locale, key, args)
    }

    /// A person's name with their address, where they have one.
    pub(super) fn name_with_email(&self, name: &str, email: Option<&str>) -> String {
        match email {
            Some(email) => {
                let args = [("name", name.into()), ("email", email.into())];
                self.t_args("person-with-email", &args)
            }
            None => name.to_owned(),
        }
    }

    /// Links to this page in other languages, for viewers without a session.
    fn languages(&self) -> Vec<Language> {
        if self.caller.is_some() {
            return Vec::new();
        }
        let others = Locale::ALL
            .into_iter()
            .filter(|locale| *locale != self.locale);
        let params = form_urlencoded::parse(self.raw_query.as_bytes());
        // Foreign values of `return_to` are not repeated.
        let is_kept = |name: &str, value: &str| match name {
            "lang" => false,
            "return_to" => local_path(value).is_some(),
            _ => true,
        };
        let params: Vec<_> = params
            .filter(|(name, value)| is_kept(name, value))
            .collect();
        let href = |locale: Locale| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query
                .extend_pairs(&params)
                .append_pair("lang", locale.as_str());
            // A relative reference: the path may contain a secret.
            format!("?{}", query.finish())
        };
        let language = |locale: Locale| Language {
            locale,
            label: t(locale, &format!("language-own-{locale}")),
            href: href(locale),
        };
        others.map(language).collect()
    }

    /// Whether the request follows the redirect that led to its address (see [`flash`]).
    pub(crate) const fn follows_redirect(&self) -> bool {
        self.flash.follows_redirect()
    }

    /// The flash message that this page shows; only a page that is loaded shows one, not the response to a form.
    pub(crate) fn flash_message(&self) -> Option<&FlashMessage> {
        self.flash.message().filter(|_| self.method == Method::GET)
    }

    /// Whether the address is that of the caller's last result in this browser (see [`flash`]).
    pub(crate) fn has_result(&self) -> bool {
        let address = self.path_and_query();
        self.caller
            .as_ref()
            .is_some_and(|caller| self.flash.is_result(caller.user.id, &address))
    }

    /// Redirects to the page of a user's result, which can be reloaded.
    pub(crate) fn result(&self, user: UserId, address: &str) -> Response {
        let cookie = flash::result_cookie(&self.app, user, address);
        with_cookie(see_other(address), cookie)
    }

    /// Redirects to a page that shows a message, once. A sign-up or an acceptance on the way to a product goes on there instead.
    pub(crate) fn flash(&self, path: &str, message: &FlashMessage) -> Response {
        if let Some(pending) = &self.pending_authorization
            && matches!(message, FlashMessage::SignedUp | FlashMessage::Joined)
        {
            return see_other(pending);
        }
        let cookie = flash::message_cookie(&self.app, message);
        with_cookie(see_other(path), cookie)
    }

    /// Redirects to an address that only this redirect may open.
    pub(crate) fn bound_redirect(&self, address: &str) -> Response {
        let cookie = flash::redirect_cookie(&self.app, address);
        with_cookie(see_other(address), cookie)
    }

    /// A new random key for a form that counts once (see [`super::once`]).
    pub(super) fn form_key(&self) -> String {
        SubmissionKey::random(&self.app).token.expose().to_owned()
    }

    /// The banner of the flash message.
    fn banner(&self) -> Option<Banner> {
        self.flash_message()?;
        let message = self.flash.show()?;
        Some(Banner {
            text: self.t_args(message.key(), &message.args()),
            warns: message.is_warning(),
        })
    }

    /// The notice that this page has another address; the script removes it where the browser knows better.
    fn other_address(&self) -> Option<OtherAddressNotice> {
        let origin = &self.app.public_origin;
        self.is_other_address.then(|| OtherAddressNotice {
            text: self.t_args("layout-other-address", &[("url", origin.into())]),
            link: self.t("layout-other-address-link"),
            href: format!("{origin}{}", self.path_and_query()),
            origin: origin.clone(),
        })
    }

    /// The page around some content.
    pub(crate) fn page(&self, title: String) -> Page<'_> {
        Page {
            viewer: self
                .caller
                .as_ref()
                .map(|caller| Viewer::from_user(&caller.user)),
            banner: self.banner(),
            languages: self.languages(),
            other_address: self.other_address(),
            done: self.has_result(),
            ..Page::new(&self.app.config.brand, self.locale, title)
        }
    }

    /// The signed-in caller.
    ///
    /// # Errors
    /// A redirect to the sign-in page, which returns to `back`; after a POST with the message that the session has ended.
    pub(crate) fn require_user_or_redirect(&self, back: &str) -> Result<domain::Caller, PageError> {
        let to_sign_in = || {
            let path = sign_in_path(back);
            if self.method == Method::POST {
                return PageError::page(self.flash(&path, &FlashMessage::SessionGone));
            }
            PageError::page(see_other(&path))
        };
        self.caller.clone().ok_or_else(to_sign_in)
    }

    /// The signed-in caller of a GET request.
    ///
    /// # Errors
    /// A redirect to the sign-in page, which returns to this address.
    pub(crate) fn require_user(&self) -> Result<domain::Caller, PageError> {
        let address = self.path_and_query();
        self.require_user_or_redirect(local_path(&address).unwrap_or(&self.path))
    }

    /// The requested path and query.
    pub(super) fn path_and_query(&self) -> String {
        match self.raw_query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The local path of `?return_to=`.
    pub(crate) fn return_to(&self) -> Option<&str> {
        self.query.get("return_to").and_then(local_path)
    }

    /// A redirect with the cookies of a new session.
    pub(crate) fn redirect_with_session(&self, signed_in: &SignedIn, path: &str) -> Response {
        self.with_session(see_other(path), signed_in)
    }

    /// The same response with the cookies of a new session.
    pub(crate) fn with_session(&self, response: Response, signed_in: &SignedIn) -> Response {
        with_session(&self.app, response, signed_in)
    }
}

/// A redirect with 303 See Other.
pub(super) fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The same response with a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// The status of a problem's code.
pub(super) fn status_code(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
