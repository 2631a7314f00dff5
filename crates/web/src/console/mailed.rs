//! The page "Check your mail", and the address that an email was sent to, which the page shows: in a cookie that scripts cannot read, so that nothing
//! that was typed is in an address. It also holds the page to return to once the email's link has done its work.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use uuid::Uuid;

use super::context::{PageContext, PageResult, see_other, with_cookie};
use super::flash::FlashMessage;
use super::notice::{Button, Notice};
use super::return_to::local_path;
use convoke_api::extract::{Cookies, set_cookie};
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::Error;

/// The lifetime of the cookie, in seconds: that of a reset link.
const MAX_AGE: u64 = 3_600;

/// An email that was sent from this browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mailed {
    /// The address as typed.
    pub email: String,
    /// The registration to send again; nil for other emails.
    pub registration: Uuid,
    /// The local path to return to; may be empty.
    pub return_to: String,
}

/// The page "Check your mail": the address, and buttons to send the email again and to change the address. What it says is the
/// same whether the address has a user or not (rule V12).
pub(super) struct CheckMail<'a> {
    /// The key that its texts begin with.
    pub key: &'a str,
    /// Its path, which also sends the email again.
    pub path: &'a str,
    /// The address, and the page that changes it; none where this browser has sent no email.
    pub sent: Option<(&'a str, String)>,
    /// The label and the target of the link to another page.
    pub way: (String, String),
}

impl CheckMail<'_> {
    /// The page as a response.
    pub(super) fn show(self, context: &PageContext) -> Response {
        let mut notice = match self.sent {
            Some((email, change)) => {
                let title = context.t(&format!("{}-title", self.key));
                let text =
                    context.t_args(&format!("{}-sent", self.key), &[("email", email.into())]);
                let mut notice = Notice::titled(context, title, text)
                    .link(context.t("check-mail-change"), change);
                let again = context.t("check-mail-again");
                notice.button = Some(Button::once(context, self.path.to_owned(), again));
                notice
            }
            None => Notice::new(context, self.key),
        };
        let (label, href) = self.way;
        notice = notice
            .done()
            .paragraph(context.t("check-mail-hint"))
            .link(label, href);
        notice.show(StatusCode::OK)
    }
}

/// The response to "Send it again".
pub(super) fn sent_again(
    context: &PageContext,
    path: &str,
    result: Result<(), Error>,
) -> PageResult {
    match result {
        Ok(()) => Ok(context.flash(path, &FlashMessage::MailSentAgain)),
        Err(error) => Err(context.error_page(error)),
    }
}

impl Mailed {
    fn encode(&self) -> String {
        let encode =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        let (email, return_to) = (encode(&self.email), encode(&self.return_to));
        format!("{}&{email}&{return_to}", self.registration.simple())
    }

    fn decode(text: &str) -> Option<Self> {
        let decode = |text: &str| -> String {
            let mut pairs = form_urlencoded::parse(text.as_bytes());
            pairs
                .next()
                .map_or_else(String::new, |(name, _)| name.into_owned())
        };
        let mut parts = text.split('&');
        let registration = Uuid::try_parse(parts.next()?).ok()?;
        let (email, return_to) = (decode(parts.next()?), decode(parts.next()?));
        let is_local = return_to.is_empty() || local_path(&return_to).is_some();
        let is_whole = parts.next().is_none() && !email.is_empty();
        (is_whole && is_local).then_some(Self {
            email,
            registration,
            return_to,
        })
    }

    /// The email that this browser caused, for the pages below `path`.
    pub(super) fn from_cookies(app: &App, cookies: &Cookies, kind: MailedKind) -> Option<Self> {
        Self::decode(cookies.get(kind.cookie_name(app.https))?)
    }

    /// Redirects to a page that shows the address.
    pub(super) fn redirect(&self, context: &PageContext, kind: MailedKind, path: &str) -> Response {
        with_cookie(see_other(path), self.cookie(&context.app, kind))
    }

    fn cookie(&self, app: &App, kind: MailedKind) -> HeaderValue {
        let value = Secret::new(self.encode());
        set_cookie(app, kind.cookie_name(app.https), &value, MAX_AGE)
    }
}

/// Which email it is; each kind has a cookie of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MailedKind {
    /// The link that confirms a sign-up.
    SignUp,
    /// The link that resets a password.
    Reset,
}

impl MailedKind {
    const fn cookie_name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::SignUp, true) => "__Host-convoke-sign-up",
            (Self::SignUp, false) => "convoke-sign-up",
            (Self::Reset, true) => "__Host-convoke-reset",
            (Self::Reset, false) => "convoke-reset",
        }
    }

    /// The same response without the cookie.
    pub(super) fn forget(self, app: &App, response: Response) -> Response {
        let empty = Secret::new(String::new());
        with_cookie(
            response,
            set_cookie(app, self.cookie_name(app.https), &empty, 0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_holds_every_address_and_path() {
        for (email, return_to) in [
            ("fay@contoso.example", "/invitations/cvi_x?a=b&c=%2F"),
            ("o'brien+tag&co=1@x.io", ""),
            ("not an address; ü", "/accounts"),
        ] {
            let mailed = Mailed {
                email: email.to_owned(),
                registration: Uuid::from_u128(7),
                return_to: return_to.to_owned(),
            };
            let text = mailed.encode();
            assert!(
                text.is_ascii() && !text.contains([';', ',', ' ', '"', '\\']),
                "{text}"
            );
            assert_eq!(Mailed::decode(&text), Some(mailed));
        }
    }

    #[test]
    fn rejects_other_values() {
        let id = Uuid::nil().simple();
        for text in [
            String::new(),
            "x".to_owned(),
            format!("{id}&&"),
            format!("{id}&a@x.io&//evil.example"),
            format!("{id}&a@x.io&&more"),
        ] {
            assert_eq!(Mailed::decode(&text), None, "{text}");
        }
    }
}
