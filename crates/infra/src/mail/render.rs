//! Emails as subject, text part and HTML part; both parts have the same content.

use askama::Template;

use super::body::{EmailBody, Writer};
use super::context::MailContext;
use convoke_core::color::{Color, DEFAULT_BRAND_COLOR};
use convoke_core::language::Locale;
use convoke_core::model::email::{Email, EmailContent};

/// An email as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedEmail {
    /// The subject, on one line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
}

/// Renders an email in its language and time zone.
#[must_use]
pub fn render(email: &Email, setting: &MailContext) -> RenderedEmail {
    let writer = Writer { email, setting };
    let body = writer.compose();
    let footer = writer.t_args(
        "mail-footer",
        &[
            ("brand", (&setting.brand).into()),
            ("url", (&setting.public_url).into()),
        ],
    );
    let support = setting.support_url.as_deref();
    let support_label = writer.plain("mail-link-support");
    let text = TextPart {
        body: &body,
        footer: &footer,
        support,
        support_label: &support_label,
    };
    let html = HtmlPart {
        body: &body,
        footer: &footer,
        support,
        support_label: &support_label,
        brand: &setting.brand,
        plain_link: &writer.plain("mail-plain-link"),
        locale: email.locale,
        color: button(setting.color.as_deref()),
    };
    RenderedEmail {
        subject: one_line(&body.subject),
        // Templates write into a String, which never fails.
        text: text.render().unwrap_or_default(),
        html: html.render().unwrap_or_default(),
    }
}

/// Where one click stops invitations to the email's address (RFC 8058); only invitations have it.
#[must_use]
pub fn unsubscribe_url(email: &Email, setting: &MailContext) -> Option<String> {
    let EmailContent::Invitation(invitation) = &email.content else {
        return None;
    };
    let token = invitation.token.expose();
    Some(format!(
        "{}/invitations/{token}/unsubscribe",
        setting.public_url
    ))
}

/// The text with every run of spaces, line breaks and control characters as one space.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[derive(Template)]
#[template(path = "mail/email.txt")]
struct TextPart<'a> {
    body: &'a EmailBody,
    footer: &'a str,
    support: Option<&'a str>,
    support_label: &'a str,
}

#[derive(Template)]
#[template(path = "mail/email.html")]
struct HtmlPart<'a> {
    body: &'a EmailBody,
    footer: &'a str,
    support: Option<&'a str>,
    support_label: &'a str,
    /// What the installation is called, at the head.
    brand: &'a str,
    plain_link: &'a str,
    locale: Locale,
    color: Color,
}

/// The button's color: the brand's, or the built-in one where there is none that is `#rrggbb`.
fn button(color: Option<&str>) -> Color {
    let own = color.and_then(Color::parse);
    own.unwrap_or(DEFAULT_BRAND_COLOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_has_the_brand_s_color_or_ours() {
        let of = |color: &str| button(Some(color));
        assert_eq!(of("#001133").to_string(), "#001133");
        for odd in ["red", "#fff", "#12345g", "#123456;x", "#+12345", ""] {
            assert_eq!(of(odd), DEFAULT_BRAND_COLOR, "{odd}");
        }
        assert_eq!(button(None), DEFAULT_BRAND_COLOR);
    }

    #[test]
    fn one_line_has_no_breaks_or_controls() {
        assert_eq!(one_line(" a\r\nb\tc\u{0}d\u{2028}e  f "), "a b c d e f");
    }
}
