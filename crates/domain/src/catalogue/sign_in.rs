//! How users sign in to a product: the product as a client of OAuth 2.0 and OpenID Connect.

use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::secret::TokenHash;

/// In which accounts a user works in a product (rule P3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProductAccounts {
    /// In each account of which they are a member.
    #[default]
    Many,
    /// In their default account alone: the product takes no invitations and has no roles.
    Owned,
    /// In one account at a time: that of the invitation to the product which they accepted last.
    Latest,
}

/// A product as a client: the table `[products.sign_in]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductSignIn {
    /// Where authorization responses may go (RFC 6749 section 3.1.2).
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a browser may go after a sign-out (RP-Initiated Logout section 3).
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Where logout tokens are sent (Back-Channel Logout section 2.2).
    pub backchannel_logout_uri: Option<String>,
    /// SHA-256 of the client secrets that are valid, several while one is replaced.
    pub secret_hashes: Vec<TokenHash>,
    /// Files with further client secrets.
    pub secret_files: Vec<String>,
    /// Where a sign-in begins at the product (OpenID Connect Core section 4).
    pub initiate_login_uri: Option<String>,
    /// Whether the product cannot keep a secret: a native app or a script in a page.
    pub public: bool,
    /// Whether requests must have a code challenge (RFC 7636).
    pub pkce: Pkce,
    /// Which members of an account may sign in.
    pub allow: SignInPolicy,
    /// In `aud` of access tokens; made from the issuer and the product's key when absent.
    pub audience: Option<String>,
    /// What signs the tokens for the product.
    pub alg: SigningAlgorithm,
    /// Whether ID tokens have the claims of `profile`, `email` and `phone` too.
    pub claims_in_id_token: bool,
    /// What a change of roles does to a grant.
    pub on_role_change: RoleChangePolicy,
    /// Further names of the claim `roles`.
    pub roles_claims: Vec<String>,
}

impl ProductSignIn {
    /// What access tokens are for: the audience of the catalogue, or an address made from issuer and client id, so that an ID
    /// token, whose audience is the client id, is never taken for an access token.
    #[must_use]
    pub fn audience(&self, client: &str, issuer: &str) -> String {
        let default = || format!("{issuer}/products/{client}");
        self.audience.clone().unwrap_or_else(default)
    }
}

/// Whether authorization requests must have a code challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pkce {
    /// They must.
    #[default]
    Required,
    /// Only where the client sends one.
    Optional,
}

/// Which members of an account may sign in to a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignInPolicy {
    /// All.
    #[default]
    Members,
    /// The owner, and members with a role of the product; General roles do not count.
    RoleHolders,
}

/// What a change of a member's roles does to their grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoleChangePolicy {
    /// They stay; tokens have the new roles from the next refresh on.
    #[default]
    Keep,
    /// They end, and the product gets a logout token.
    End,
}

/// A registered address of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    /// Where the address is of this machine by number and the client is public: what stands before and after its port.
    any_port: Option<(String, String)>,
}

/// Why an address cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectUriError {
    /// No absolute address.
    NotAbsolute,
    /// It has a fragment.
    Fragment,
    /// It has a `*`.
    Wildcard,
    /// Plain http to another machine.
    PlainHttp,
    /// A scheme that is not http, https or, for public clients, a private-use scheme with a full stop.
    Scheme,
}

impl RedirectUri {
    /// Reads an address that a client registers: https; http for this machine; for public clients also a private-use scheme
    /// (RFC 8252 section 7).
    ///
    /// # Errors
    /// Why it cannot be registered.
    pub fn parse(text: &str, public: bool) -> Result<Self, RedirectUriError> {
        let is_unsafe = |c: char| c.is_whitespace() || c.is_control() || "\\\"<>`^{|}".contains(c);
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        if scheme.is_empty() || text.contains(is_unsafe) || !text.is_ascii() {
            return Err(RedirectUriError::NotAbsolute);
        }
        if text.contains('#') {
            return Err(RedirectUriError::Fragment);
        }
        if text.contains('*') {
            return Err(RedirectUriError::Wildcard);
        }
        let any_port = match scheme {
            "https" | "http" => {
                let url =
                    convoke_core::web_address::parse(text).ok_or(RedirectUriError::NotAbsolute)?;
                let host = url.host_str().unwrap_or_default();
                let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
                if scheme == "http" && !is_loopback {
                    return Err(RedirectUriError::PlainHttp);
                }
                let any_port = public && scheme == "http" && host != "localhost";
                any_port.then(|| split_port(text)).flatten()
            }
            _ if public && is_private_use_scheme(scheme) => None,
            _ => return Err(RedirectUriError::Scheme),
        };
        Ok(Self {
            text: text.to_owned(),
            any_port,
        })
    }

    /// The address as it is registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its scheme, host and port as a source of Content-Security-Policy and as `Origin` of CORS; the scheme alone of a private-use
    /// one.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        origin(&self.text)
    }

    /// Whether a request names this address: every character is the same (RFC 9700 section 4.1.3). Only the port may differ
    /// in an address of this machine that a public client has registered by number (RFC 8252 section 7.3).
    #[must_use]
    pub fn matches(&self, requested: &str) -> bool {
        if requested == self.text {
            return true;
        }
        self.any_port.is_some() && split_port(requested) == self.any_port
    }
}

/// The origin of an address that is registered or matches a registered one.
#[must_use]
pub fn origin(address: &str) -> Option<String> {
    let (scheme, _) = address.split_once(':')?;
    if !matches!(scheme, "http" | "https") {
        return Some(format!("{scheme}:"));
    }
    let url = convoke_core::web_address::parse(address)?;
    Some(url.origin().ascii_serialization())
}

/// What stands before and after the port of an http address of this machine by number.
fn split_port(text: &str) -> Option<(String, String)> {
    let (host, rest) = ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find_map(|host| Some((host, text.strip_prefix(host)?)))?;
    let path = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (port, path) = rest.split_at(digits);
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            path
        }
    };
    let is_path = path.is_empty() || path.starts_with(['/', '?']);
    is_path.then(|| (host.to_owned(), path.to_owned()))
}

/// A scheme that is a domain name of the app's publisher in reverse (RFC 8252 section 7.1).
fn is_private_use_scheme(scheme: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    scheme.contains('.')
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn registered_addresses_are_https_or_of_this_machine() {
        for text in [
            "https://app.example.com/callback",
            "https://app.example.com/callback?tenant=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:8080/cb",
        ] {
            assert!(RedirectUri::parse(text, false).is_ok(), "{text}");
        }
        for (text, public, error) in [
            ("", false, RedirectUriError::NotAbsolute),
            ("/callback", false, RedirectUriError::NotAbsolute),
            ("https://", false, RedirectUriError::NotAbsolute),
            (
                "https://a.example/a b",
                false,
                RedirectUriError::NotAbsolute,
            ),
            (
                "https://u:p@a.example/",
                false,
                RedirectUriError::NotAbsolute,
            ),
            ("https://a.example/cb#x", false, RedirectUriError::Fragment),
            ("https://*.example/cb", false, RedirectUriError::Wildcard),
            ("http://a.example/cb", false, RedirectUriError::PlainHttp),
            (
                "http://127.0.0.1.evil.example/",
                false,
                RedirectUriError::PlainHttp,
            ),
            ("com.example.app:/cb", false, RedirectUriError::Scheme),
            ("myapp:/cb", true, RedirectUriError::Scheme),
            ("javascript:alert(1)", true, RedirectUriError::Scheme),
            ("com..app:/cb", true, RedirectUriError::Scheme),
        ] {
            assert_eq!(RedirectUri::parse(text, public), Err(error), "{text}");
        }
        assert!(RedirectUri::parse("com.example.app:/cb", true).is_ok());
    }

    #[test]
    fn only_the_port_of_a_public_client_on_this_machine_may_differ() {
        let native = RedirectUri::parse("http://127.0.0.1/cb", true).unwrap();
        for same in ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"] {
            assert!(native.matches(same), "{same}");
        }
        for other in [
            "http://127.0.0.1:51004/cb/",
            "http://127.0.0.1:51004/cb?x=1",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:5@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:51004.evil.example/cb",
            "http://[::1]:51004/cb",
            "http://localhost:51004/cb",
            "https://127.0.0.1:51004/cb",
        ] {
            assert!(!native.matches(other), "{other}");
        }
        for (registered, public) in [
            ("http://127.0.0.1:3000/cb", false),
            ("http://localhost:3000/cb", true),
            ("https://app.example.com/cb", true),
        ] {
            let uri = RedirectUri::parse(registered, public).unwrap();
            assert!(uri.matches(registered));
            let moved = registered
                .replace(":3000", ":3001")
                .replace(".com/", ".com:444/");
            assert!(!uri.matches(&moved), "{moved}");
        }
    }

    proptest! {
        #[test]
        fn another_address_never_matches(registered in "https://[a-z]{1,8}\\.example/[a-z/?=&%.]{0,12}", edit in any::<(usize, char)>()) {
            let Ok(uri) = RedirectUri::parse(&registered, false) else { return Ok(()) };
            let mut other: Vec<char> = registered.chars().collect();
            let place = edit.0 % other.len();
            other[place] = edit.1;
            let other: String = other.into_iter().collect();
            prop_assert_eq!(uri.matches(&other), other == registered);
        }
    }
}
