//! The setting `mail.smtp_url` (HTTP contract, configuration).

use percent_encoding::percent_decode_str;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// Not at all: `smtp://`.
    Plain,
    /// By STARTTLS, without which nothing is sent: `smtp://…?starttls=required`.
    StartTls,
    /// By TLS from the start: `smtps://`.
    Tls,
}

/// A mail server and how to reach it; it holds the password, so it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SmtpUrl {
    pub security: Security,
    /// A name or an IP address, without brackets.
    pub host: String,
    pub port: u16,
    /// Name and password.
    pub credentials: Option<(String, String)>,
}

impl SmtpUrl {
    /// Reads `smtp[s]://[user:password@]host[:port][?starttls=required]`, user and password
    /// percent-encoded.
    ///
    /// # Errors
    /// A sentence with the error and how to fix it, without any part of the text: it may hold
    /// a password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (implicit, rest) = match (text.strip_prefix("smtps://"), text.strip_prefix("smtp://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err("must start with smtp:// or smtps://".to_owned()),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let security = match (implicit, query) {
            (true, "") => Security::Tls,
            (false, "") => Security::Plain,
            (false, "starttls=required") => Security::StartTls,
            (true, "starttls=required") => {
                return Err("smtps:// is TLS from the start; leave out ?starttls=required, or write smtp://".to_owned());
            }
            _ => return Err("after the question mark only starttls=required is known".to_owned()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, authority) = match rest.rsplit_once('@') {
            Some((user, authority)) => (Some(credentials(user)?), authority),
            None => (None, rest),
        };
        let (host, port) = host_and_port(authority)?;
        Ok(Self {
            security,
            host,
            port: port.unwrap_or(match security {
                Security::Plain => 25,
                Security::StartTls => 587,
                Security::Tls => 465,
            }),
            credentials,
        })
    }
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), String> {
    let error = || "must name a server, as in smtp://mail.example.com:587".to_owned();
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or_else(error)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if host.is_empty() || !host.chars().all(allowed) {
        return Err(error());
    }
    let port = match port.strip_prefix(':') {
        Some(digits) => Some(
            digits
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or("the port after the colon must be a number from 1 to 65535")?,
        ),
        None if port.is_empty() => None,
        None => return Err(error()),
    };
    Ok((host.to_owned(), port))
}

fn credentials(text: &str) -> Result<(String, String), String> {
    let (user, password) = text
        .split_once(':')
        .ok_or("names a user without a password; write user:password@ before the server")?;
    let decoded = |text| {
        percent_decoded(text).ok_or("user and password must be percent-encoded (\"@\" as %40)")
    };
    Ok((decoded(user)?, decoded(password)?))
}

/// Decodes text in which every percent sign stands before two hexadecimal digits.
fn percent_decoded(text: &str) -> Option<String> {
    let is_hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    let mut escapes = text.as_bytes().split(|byte| *byte == b'%').skip(1);
    if !escapes.all(|escape| escape.get(..2).is_some_and(is_hex)) {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Security, String, u16, Option<(String, String)>) {
        let url = SmtpUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (url.security, url.host, url.port, url.credentials)
    }

    #[test]
    fn scheme_and_query_choose_protection_and_port() {
        let host = || "mail.example.com".to_owned();
        assert_eq!(
            read("smtp://mail.example.com"),
            (Security::Plain, host(), 25, None)
        );
        assert_eq!(
            read("smtp://mail.example.com:2525/"),
            (Security::Plain, host(), 2525, None)
        );
        assert_eq!(
            read("smtps://mail.example.com"),
            (Security::Tls, host(), 465, None)
        );
        assert_eq!(
            read("smtp://mail.example.com?starttls=required"),
            (Security::StartTls, host(), 587, None)
        );
        assert_eq!(read("smtp://[::1]:25").1, "::1");
    }

    #[test]
    fn credentials_are_percent_decoded() {
        let (.., credentials) = read("smtps://ana%40x.io:p%3A%40ss%D0%96w@mail.example.com");
        assert_eq!(
            credentials,
            Some(("ana@x.io".to_owned(), "p:@ssЖw".to_owned()))
        );
    }

    #[test]
    fn rejects_invalid_urls_without_printing_them() {
        for text in [
            "mail.example.com:25",
            "http://mail.example.com",
            "smtp://",
            "smtp://hunter2@mail.example.com",
            "smtp://u:hunter2%4@mail.example.com",
            "smtp://u:hunter2%+4@mail.example.com",
            "smtp://u:hunter2%%40@mail.example.com",
            "smtp://u:hunter2%FF@mail.example.com",
            "smtp://u:hunter2@mail.example.com:0",
            "smtp://u:hunter2@mail.example.com:99999",
            "smtp://u:hunter2@[::1",
            "smtp://u:hunter2@[::1]x",
            "smtp://u:hunter2@mail.example.com/hunter2",
            "smtp://u:hunter2@mail.example.com?starttls=hunter2",
            "smtps://u:hunter2@mail.example.com?starttls=required",
        ] {
            let error = SmtpUrl::parse(text)
                .err()
                .unwrap_or_else(|| panic!("{text}"));
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
