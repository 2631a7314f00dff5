//! Messages as mail servers take them: headers and both parts, assembled by the mail library.

use std::time::{Duration, SystemTime};

use lettre::address::{AddressError, Envelope};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::body::name;
use super::render::{RenderedEmail, one_line};
use convoke_core::clock::Timestamp;
use convoke_core::model::email::{Email, EmailContent};

/// The last moment that a Date header can name: the end of the year 9999.
const LAST_MILLIS: i64 = 253_402_300_799_000;

/// The longest line of a part that is not encoded (RFC 5322 section 2.1.1), in bytes.
const MAX_LINE_BYTES: usize = 998;

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The message as mail servers take it.
    pub message: Message,
    /// Its content, for the in-memory mailbox.
    pub rendered: RenderedEmail,
    /// The recipient.
    pub to: String,
    /// Its Message-ID, in angle brackets.
    pub message_id: String,
    /// Its date.
    pub at: Timestamp,
}

/// Why an email cannot become a message.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The mail library does not take the address.
    #[error("the address cannot be written to: {0}")]
    Address(#[from] AddressError),
    /// The mail library cannot assemble the message.
    #[error("the message cannot be assembled: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Whether a text is a sender, with or without a display name.
#[must_use]
pub fn is_sender(text: &str) -> bool {
    text.parse::<Mailbox>().is_ok()
}

/// Assembles an email: `id` and `host` make the Message-ID, which must stay the same at every attempt;
/// `unsubscribe` is the address of the one-click header (RFC 8058).
///
/// # Errors
/// When the mail library rejects the address or the message; a later attempt would end the same.
pub fn build(
    email: &Email,
    rendered: &RenderedEmail,
    id: &str,
    host: &str,
    from: &Mailbox,
    at: Timestamp,
    unsubscribe: Option<&str>,
) -> Result<OutgoingMessage, BuildError> {
    let to: Address = email.to.parse()?;
    let message_id = format!("<{id}@{host}>");
    let mut message = Message::builder()
        .from(from.clone())
        .to(to.clone().into())
        .subject(one_line(&rendered.subject))
        .date(system_time(at))
        .message_id(Some(message_id.clone()))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        // Given, so that it is not read back out of the headers.
        .envelope(Envelope::new(Some(from.email.clone()), vec![to])?);
    if let Some(inviter) = reply_to(email) {
        message = message.reply_to(inviter);
    }
    if let Some(url) = unsubscribe {
        message = message
            .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(header(
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click",
            ));
    }
    let parts = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &rendered.text))
        .singlepart(part(ContentType::TEXT_HTML, &rendered.html));
    Ok(OutgoingMessage {
        message: message.multipart(parts)?,
        rendered: rendered.clone(),
        to: email.to.clone(),
        message_id,
        at,
    })
}

/// A part whose lines stay whole: quoted-printable would break long links, and some mail programs open the first line only.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= MAX_LINE_BYTES);
    let lines = text.replace('\n', "\r\n");
    let body = if is_plain {
        // The library takes 7bit for short lines only; RFC 5322 allows 998 octets.
        Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        // An encoding that does not fit is given back; base64 fits every text.
        Body::new_with_encoding(lines, ContentTransferEncoding::Base64).unwrap_or_else(Body::new)
    };
    SinglePart::builder().header(kind).body(body)
}

/// The inviter of an invitation; `None` where they have no address.
fn reply_to(email: &Email) -> Option<Mailbox> {
    let EmailContent::Invitation(invitation) = &email.content else {
        return None;
    };
    let address = invitation.inviter.email.as_ref()?.parse().ok()?;
    let name = Some(name(&invitation.inviter.name)).filter(|name| !name.is_empty());
    Some(Mailbox::new(name, address))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), one_line(value))
}

fn system_time(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.millis().clamp(0, LAST_MILLIS)).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{email, invitation, setting};
    use super::*;
    use crate::mail::render::{render, unsubscribe_url};
    use convoke_core::language::Locale;

    fn formatted(email: &Email) -> String {
        let setting = setting();
        let rendered = render(email, &setting);
        let from: Mailbox = "Northwind Accounts <accounts@northwind.example>"
            .parse()
            .unwrap();
        let at = Timestamp::parse("2026-11-05T14:05:00.120Z").unwrap();
        let unsubscribe = unsubscribe_url(email, &setting);
        let id = "01h455vb4pex5vsknk084sn02q";
        let host = "accounts.example.com";
        let built = build(
            email,
            &rendered,
            id,
            host,
            &from,
            at,
            unsubscribe.as_deref(),
        )
        .unwrap();
        String::from_utf8(built.message.formatted()).unwrap()
    }

    /// The unfolded headers.
    fn headers(email: &Email) -> Vec<String> {
        let formatted = formatted(email);
        let (head, _) = formatted.split_once("\r\n\r\n").unwrap();
        head.replace("\r\n ", " ")
            .split("\r\n")
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn invitation_carries_every_header() {
        let headers = headers(&email(Locale::En, invitation(false)));
        for expected in [
            "From: \"Northwind Accounts\" <accounts@northwind.example>",
            "To: Fay@contoso.example",
            "Subject: Ana Costa invited you to Northwind Traders",
            "Reply-To: \"Ana Costa\" <ana@northwind.example>",
            "Date: Thu, 05 Nov 2026 14:05:00 +0000",
            "Message-ID: <01h455vb4pex5vsknk084sn02q@accounts.example.com>",
            "Auto-Submitted: auto-generated",
            "List-Unsubscribe: <https://accounts.example.com/invitations/cvi_secret/unsubscribe>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "MIME-Version: 1.0",
        ] {
            assert!(
                headers.iter().any(|header| header == expected),
                "{expected}\n{headers:#?}"
            );
        }
        let content = headers
            .iter()
            .find(|header| header.starts_with("Content-Type"))
            .unwrap();
        assert!(content.starts_with("Content-Type: multipart/alternative;"));
    }

    #[test]
    fn other_emails_have_neither_reply_to_nor_unsubscribe() {
        let at = Timestamp::from_millis(0);
        let content = EmailContent::PasswordChanged {
            first_name: "Fay".to_owned(),
            at,
        };
        let headers = headers(&email(Locale::En, content));
        assert!(
            !headers
                .iter()
                .any(|header| header.starts_with("Reply-To") || header.starts_with("List-"))
        );
    }

    #[test]
    fn names_cannot_add_headers() {
        let evil = "Ana\r\nBcc: victim@example.com\r\n\r\nBody \"quoted\" <x@y.example>, Жанна";
        let EmailContent::Invitation(mut invitation) = invitation(false) else {
            unreachable!()
        };
        evil.clone_into(&mut invitation.inviter.name);
        evil.clone_into(&mut invitation.account_name);
        let headers = headers(&email(Locale::En, EmailContent::Invitation(invitation)));
        assert!(
            !headers
                .iter()
                .any(|header| header.starts_with("Bcc") || header.starts_with("Body"))
        );
        assert_eq!(
            headers
                .iter()
                .filter(|header| header.starts_with("Reply-To: "))
                .count(),
            1
        );
    }

    #[test]
    fn names_of_every_script_stay_ascii_on_the_wire() {
        let EmailContent::Invitation(mut invitation) = invitation(true) else {
            unreachable!()
        };
        "Жанна Д’Арк 🎉".clone_into(&mut invitation.inviter.name);
        "Ромашка "
            .repeat(8)
            .trim()
            .clone_into(&mut invitation.account_name);
        let formatted = formatted(&email(Locale::Ru, EmailContent::Invitation(invitation)));
        assert!(formatted.is_ascii());
        assert!(formatted.contains("Subject: =?utf-8?b?"));
        assert!(formatted.contains("<ana@northwind.example>"));
        assert!(formatted.split("\r\n").all(|line| line.len() <= 998));
    }

    #[test]
    fn no_part_breaks_a_link() {
        let EmailContent::Invitation(mut long) = invitation(false) else {
            unreachable!()
        };
        let token = "cvi_".to_owned() + &"x".repeat(300);
        long.token = convoke_core::secret::Secret::new(token.clone());
        let link = format!("https://accounts.example.com/invitations/{token}\r\n");
        let ascii = formatted(&email(Locale::En, EmailContent::Invitation(long.clone())));
        assert!(ascii.contains(&link), "{ascii}");
        assert!(!ascii.contains("quoted-printable"), "{ascii}");
        let russian = formatted(&email(Locale::Ru, EmailContent::Invitation(long)));
        assert_eq!(
            russian.matches("Content-Transfer-Encoding: base64").count(),
            2
        );
    }

    #[test]
    fn every_address_that_can_be_invited_can_be_written_to() {
        for address in [
            "o'brien+tag@sub.example.co.uk",
            "a#$&'*+-/=^?_`{|}~b@x.io",
            "u@xn--bcher-kva.example",
            "x@a-b.io",
            "1@2.io",
        ] {
            let stored = convoke_core::email_address::EmailAddress::parse(address).unwrap();
            let mut email = email(Locale::En, invitation(false));
            stored.as_str().clone_into(&mut email.to);
            assert!(
                headers(&email).contains(&format!("To: {address}")),
                "{address}"
            );
        }
    }

    #[test]
    fn dates_outside_the_calendar_do_not_end_the_program() {
        for millis in [i64::MIN, -1, i64::MAX] {
            let _ = lettre::message::header::Date::new(system_time(Timestamp::from_millis(millis)));
        }
    }
}
