//! One request for a page: who, in which language, and how it is answered.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::error_pages::ProblemContext;
use super::error_text;
use super::flash::{self, Flash};
use super::oauth::Service;
use super::page::{Banner, Language, Page, SafeHtml, Viewer};
use super::return_to::{local_path, sign_in_path};
use crate::console::urls;
use crate::extract::{
    Caller, ClientInfo as Place, PreferredLanguage as Browser, QueryParams, with_session,
};
use crate::problem::Problem;
use convoke_app::App;
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::language::Locale;
use convoke_domain::sessions::SignedIn;
use convoke_domain::{self as domain, ClientInfo, Error};
use convoke_i18n::{Arg, date, date_time, day_and_month, day_and_time, has_text, t, t_args};

/// What a page's handler gives.
pub(crate) type PageResult = Result<Response, PageError>;

/// An answer that is not what was asked for: a problem, or the way to the sign-in page.
#[derive(Debug)]
pub(crate) struct PageError(Box<Response>);

impl PageError {
    /// This page instead.
    pub fn page(response: Response) -> Self {
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

/// One request for a page.
pub(crate) struct PageContext {
    /// The program.
    pub app: App,
    /// Who is signed in.
    pub caller: Option<domain::Caller>,
    /// From where.
    pub origin: ClientInfo,
    /// The viewer's language, else the browser's.
    pub locale: Locale,
    /// Parameters of the query.
    pub query: QueryParams,
    /// Whether what the address says was just done in this browser.
    flash: Flash,
    method: Method,
    /// The path as it was asked for.
    path: String,
    /// The query as it was asked for.
    raw_query: String,
}

impl FromRequestParts<App> for PageContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Option::<Caller>::from_request_parts(parts, app).await?;
        let caller = caller.map(|Caller(caller)| caller);
        let Ok(Place(origin)) = Place::from_request_parts(parts, app).await;
        let Ok(Browser(browser)) = Browser::from_request_parts(parts, app).await;
        let query = QueryParams::from_request_parts(parts, app).await?;
        Ok(Self {
            app: app.clone(),
            locale: caller.as_ref().map_or(browser, |caller| caller.user.locale),
            caller,
            origin,
            query,
            flash: parts.extensions.get().copied().unwrap_or_default(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl PageContext {
    /// A text in the viewer's language.
    pub fn t(&self, key: &str) -> String {
        t(self.locale, key)
    }

    /// A text with values.
    pub fn t_args(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        t_args(self.locale, key, args)
    }

    /// The viewer's time zone; UTC where nobody is signed in.
    pub fn time_zone(&self) -> &str {
        let caller = self.caller.as_ref();
        caller.map_or("UTC", |caller| &caller.user.time_zone)
    }

    /// A moment in the viewer's zone.
    pub fn format_date_time(&self, at: Timestamp) -> String {
        date_time(at, self.locale, self.time_zone())
    }

    /// How far away a moment is, such as "in 7 days".
    pub fn format_relative(&self, at: Timestamp) -> String {
        error_text::relative_time(self.locale, self.app.ctx.clock.now(), at)
    }

    /// When something was or will be: how far away, and below that the moment itself.
    pub fn relative_and_exact(&self, at: Timestamp) -> SafeHtml {
        SafeHtml::with_exact_time(
            &SafeHtml::escape(&self.format_relative(at)),
            &self.format_short(at),
        )
    }

    /// Until when something stands: amber when that is soon, red when it is over.
    pub fn format_deadline(&self, at: Timestamp) -> SafeHtml {
        const SOON: Duration = Duration::from_hours(48);
        let now = self.app.ctx.clock.now();
        let words = self.format_relative(at);
        let words = match () {
            () if at <= now => SafeHtml::badge("red", &words),
            () if at <= now.plus(SOON) => SafeHtml::badge("amber", &words),
            () => SafeHtml::escape(&words),
        };
        SafeHtml::with_exact_time(&words, &self.format_short(at))
    }

    /// A moment of a list in the viewer's zone; its year only where that is another one.
    pub fn format_short(&self, at: Timestamp) -> String {
        if self.is_far(at) {
            return self.format_date_time(at);
        }
        day_and_time(at, self.locale, self.time_zone())
    }

    /// A day in the viewer's zone; its year only where that is another one.
    pub fn format_day(&self, at: Timestamp) -> String {
        if self.is_far(at) {
            return date(at, self.locale, self.time_zone());
        }
        day_and_month(at, self.locale, self.time_zone())
    }

    /// Whether a day and a month do not tell the year of a moment.
    fn is_far(&self, at: Timestamp) -> bool {
        const HALF_A_YEAR: i64 = 183 * 86_400_000;
        let far = at.millis() - self.app.ctx.clock.now().millis();
        far.abs() > HALF_A_YEAR
    }

    /// This page in other languages, for those who have no profile to choose one in.
    fn languages(&self) -> Vec<Language> {
        if self.caller.is_some() {
            return Vec::new();
        }
        let others = Locale::ALL.into_iter().filter(|it| *it != self.locale);
        let rest = form_urlencoded::parse(self.raw_query.as_bytes());
        // Nothing of somebody else's making is repeated.
        let kept = |name: &str, value: &str| match name {
            "lang" => false,
            "return_to" => local_path(value).is_some(),
            _ => true,
        };
        let rest: Vec<_> = rest.filter(|(name, value)| kept(name, value)).collect();
        let href = |locale: Locale| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query
                .extend_pairs(&rest)
                .append_pair("lang", locale.as_str());
            // Without the path, which may be a secret: the browser knows it.
            format!("?{}", query.finish())
        };
        let language = |locale: Locale| Language {
            locale,
            label: t(locale, &format!("language-own-{locale}")),
            href: href(locale),
        };
        others.map(language).collect()
    }

    /// Whether what the address says was just done in this browser (see [`flash`]).
    pub const fn has_flash(&self) -> bool {
        self.flash.is_first
    }

    /// Whether this address is that of the caller's last result in this browser (see [`flash`]).
    pub fn has_result(&self) -> bool {
        let address = self.path_and_query();
        self.caller
            .as_ref()
            .is_some_and(|caller| self.flash.is_result(caller.user.id, &address))
    }

    /// Redirects to the page of a user's result, whose address says what was done.
    pub fn result(&self, user: UserId, address: &str) -> Response {
        let cookie = flash::result_cookie(&self.app, user, address);
        with_cookie(see_other(address), cookie)
    }

    /// Leads on to a page that says what was done, in its address.
    pub fn flash(&self, address: &str) -> Response {
        with_cookie(see_other(address), flash::cookie(&self.app, address))
    }

    /// What the form before this page has done: the text `done-{word}` of `?done=word`, about `?n=` and `?m=` things.
    fn banner(&self) -> Option<Banner> {
        if !self.flash.is_first {
            return None;
        }
        let word = self.query.get("done")?;
        let key = format!("done-{word}");
        let count = |name| -> i64 {
            let text = self.query.get(name);
            text.and_then(|text| text.parse().ok()).unwrap_or(1)
        };
        let args = [("n", count("n").into()), ("m", count("m").into())];
        has_text(&key).then(|| Banner {
            text: self.t_args(&key, &args),
            warns: ["-none", "-some", "-gone"]
                .iter()
                .any(|end| word.ends_with(end)),
        })
    }

    /// The page around some content.
    pub fn page(&self, title: String) -> Page<'_> {
        Page {
            viewer: self
                .caller
                .as_ref()
                .map(|caller| Viewer::from_user(&caller.user)),
            banner: self.banner(),
            languages: self.languages(),
            ..Page::new(&self.app.config.brand, self.locale, title)
        }
    }

    /// The signed-in caller; everybody else signs in first, told why if they meant to change something, and comes back
    /// to `back`.
    pub fn require_user_or_redirect(&self, back: &str) -> Result<domain::Caller, PageError> {
        let to_sign_in = || {
            let mut path = sign_in_path(back);
            if self.method == Method::POST {
                path.push_str("&done=session-gone");
                return PageError::page(self.flash(&path));
            }
            PageError::page(see_other(&path))
        };
        self.caller.clone().ok_or_else(to_sign_in)
    }

    /// The signed-in caller of a page that is only read, to which everybody else comes back as they asked for it.
    pub fn require_user(&self) -> Result<domain::Caller, PageError> {
        let whole = self.path_and_query();
        self.require_user_or_redirect(local_path(&whole).unwrap_or(&self.path))
    }

    /// The page that was asked for, its query included.
    fn path_and_query(&self) -> String {
        match self.raw_query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// A problem page in the viewer's language, with ways on that fit what they were about.
    pub fn error_page(&self, error: Error) -> PageError {
        self.error_page_with_input(error, None)
    }

    /// The same with what they typed, to be copied.
    pub fn error_page_with_input(&self, error: Error, kept: Option<String>) -> PageError {
        let passes = matches!(error, Error::RateLimited(_) | Error::Store(_));
        let again = passes && self.method == Method::GET;
        let reader = ProblemContext {
            locale: self.locale,
            viewer: self
                .caller
                .as_ref()
                .map(|caller| Viewer::from_user(&caller.user)),
            account: match error {
                Error::NotFound => None,
                _ => account_path(&self.path),
            },
            retry_path: again.then(|| self.path_and_query()),
            unsaved_input: kept,
            services: match error {
                Error::ReauthenticationRequired => self.reauthentication_links(),
                _ => Vec::new(),
            },
        };
        let mut response = Problem::from(error).into_response();
        response.extensions_mut().insert(reader);
        PageError(Box::new(response))
    }

    /// Services that can authenticate the caller anew, leading back to the page of the form that asked for that.
    fn reauthentication_links(&self) -> Vec<Service> {
        let session = self.caller.as_ref().map(|caller| &caller.session);
        let last = session.and_then(|session| session.provider.as_deref());
        let back = match self.path.as_str() {
            form if form.starts_with("/connect/") => "/profile",
            form if form.starts_with("/profile/") && form != "/profile/email" => "/profile",
            other => other,
        };
        let all = self.app.providers.all();
        let fits = all.filter(|it| last.is_none_or(|last| last == it.settings.id));
        fits.map(|fit| Service::continuing(self, fit, Some(back), ""))
            .collect()
    }

    /// Where `?return_to=` leads, if to us.
    pub fn return_to(&self) -> Option<&str> {
        self.query.get("return_to").and_then(local_path)
    }

    /// The way on, with the cookie of a session that has begun.
    pub fn redirect_with_session(&self, signed_in: &SignedIn, path: &str) -> Response {
        self.with_session(see_other(path), signed_in)
    }

    /// The same response with the cookies of a session that has begun.
    pub fn with_session(&self, response: Response, signed_in: &SignedIn) -> Response {
        with_session(&self.app, response, signed_in)
    }
}

/// The page of the account that a path lies below.
fn account_path(path: &str) -> Option<String> {
    let id = path.strip_prefix("/accounts/")?.split('/').next()?;
    let id: AccountId = id.parse().ok()?;
    Some(urls::account(id))
}

/// A path with those parameters that have a value.
pub(super) fn path_with_query(path: &str, params: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        none if none.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// Leads a browser on after a form (303).
pub(super) fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The same response with a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// A status of the HTTP contract.
pub(super) fn status_code(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
