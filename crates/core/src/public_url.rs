//! The address that people reach the installation at.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::net::{IpAddr, SocketAddr};

use crate::web_address;

/// The absolute address people reach the installation at: scheme and host, maybe a port, no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    host: String,
    origin: String,
}

impl PublicUrl {
    /// The address of a listener on this machine.
    #[must_use]
    pub fn from_listener(listen: SocketAddr) -> Self {
        let host = match listen.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        // Browsers leave out the default port.
        let origin = match listen.port() {
            80 => format!("http://{host}"),
            port => format!("http://{host}:{port}"),
        };
        Self {
            https: false,
            host,
            origin,
        }
    }

    /// Reads `https://host[:port][/]`; plain http only for this machine (HTTP contract, configuration).
    ///
    /// # Errors
    /// A sentence with the error and how to fix it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or_else(|| format!("\"{text}\" must start with https:// or http://"))?;
        let bare = rest.strip_suffix('/').unwrap_or(rest);
        let has_more = bare.contains(['/', '?', '#', '%']);
        let url = web_address::parse(text).filter(|_| !has_more).ok_or_else(|| {
            format!(
                "\"{text}\" must be a scheme, a host and maybe a port without a path, such as https://accounts.example.com"
            )
        })?;
        let parsed = Self {
            https: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().to_owned(),
            origin: url.origin().ascii_serialization(),
        };
        if !parsed.https && !parsed.is_loopback() {
            return Err(format!(
                "\"{text}\" is plain http; use https, since sign-ins travel over it"
            ));
        }
        Ok(parsed)
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_matches(['[', ']']);
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether it is https.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Host name or address, without port; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host name without port, as the right side of message ids (RFC 5322 section 3.6.4).
    #[must_use]
    pub fn message_host(&self) -> String {
        match self.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => self.host.clone(),
        }
    }

    /// Scheme, host and port, exactly as browsers send it in `Origin`; also what links begin with.
    #[must_use]
    pub fn origin(&self) -> String {
        self.origin.clone()
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(PublicUrl::parse("http://accounts.example.com").is_err());
        assert!(PublicUrl::parse("http://10.0.0.1:8080").is_err());
        for text in [
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://[::1]:80/",
        ] {
            assert!(PublicUrl::parse(text).unwrap().is_loopback(), "{text}");
        }
        let url = PublicUrl::parse("https://Accounts.Example.com/").unwrap();
        assert_eq!(url.origin(), "https://accounts.example.com");
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for text in [
            "https://a.example/path",
            "https://a.example//",
            "https://a.example/..",
            "https://a.example/?",
            "https://a.example#",
            "https://u:p@a.example",
            "https://a.example%2f",
            "ftp://a.example",
            "https://",
            "https:///a.example",
            "https://a:b:c",
            "https://a.example:99999",
            "https://a.example:0",
            "https://a.example:x",
            "https://a b.example",
            "https://[::1",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
        for (text, origin) in [
            ("https://a.example:443", "https://a.example"),
            ("https://a.example:8443/", "https://a.example:8443"),
            ("https://A.Example", "https://a.example"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://localhost:80", "http://localhost"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().origin(), origin);
        }
    }

    #[test]
    fn the_address_of_a_listener_is_an_origin() {
        for listen in ["127.0.0.1:8080", "127.0.0.1:80", "[::1]:8080", "[::1]:80"] {
            let url = PublicUrl::from_listener(listen.parse().unwrap());
            assert_eq!(PublicUrl::parse(&format!("http://{listen}")).unwrap(), url);
        }
    }

    proptest! {
        #[test]
        fn an_origin_is_what_browsers_send(
            host in "[A-Za-z][A-Za-z0-9-]{0,8}(\\.[a-z][a-z0-9]{0,8}){0,2}|127\\.0\\.0\\.[0-9]|\\[::1\\]",
            port in prop::option::of(any::<u16>()),
            slash in "/?",
        ) {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let text = format!("https://{host}{port}{slash}");
            match (PublicUrl::parse(&text), url::Url::parse(&text)) {
                (Ok(parsed), Ok(url)) => {
                    prop_assert_eq!(parsed.origin(), url.origin().ascii_serialization());
                    // Written as browsers write it, it is the same again.
                    prop_assert_eq!(PublicUrl::parse(&parsed.origin()), Ok(parsed));
                }
                (Err(_), read) => prop_assert!(port == ":0" || read.is_err(), "{}", text),
                (Ok(_), Err(_)) => prop_assert!(false, "{}", text),
            }
        }

        #[test]
        fn nothing_but_an_origin_is_accepted(text in "https?://[a-z0-9.:@/?#\\[\\]\\\\% ü-]{0,24}") {
            if let Ok(parsed) = PublicUrl::parse(&text) {
                let origin = parsed.origin();
                prop_assert_eq!(origin.matches('/').count(), 2, "{}", origin);
                prop_assert!(origin.is_ascii());
                prop_assert_eq!(PublicUrl::parse(&origin), Ok(parsed));
            }
        }
    }
}
