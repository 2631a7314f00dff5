//! An authorization flow: the state that the browser stores between redirect and callback (security rule 7).
//!
//! Nothing of it is stored here. The browser's cookie has a secret and the payload; state, nonce and PKCE verifier
//! are derived from them by SHA-256, so that none of them discloses another.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::policy::MAX_CLOCK_SKEW;
use convoke_core::clock::Timestamp;
use convoke_core::model::identity::AuthorizationParameters;
use convoke_core::random::Random;
use convoke_core::secret::{Secret, TokenHash, sha256};

/// Services must send the browser back by then (security rule 7).
pub const FLOW_LIFETIME: Duration = Duration::from_mins(10);

/// The purpose of an authorization flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationIntent {
    /// The service's id in the configuration.
    pub provider: String,
    /// The session whose user connects the service; signs in when absent.
    pub connect: Option<String>,
    /// A page of the console to redirect to afterwards.
    pub return_to: Option<String>,
    /// The token of the invitation's link, if the flow started there.
    pub invitation: Option<String>,
    /// The browser's time zone, when a script has sent it.
    pub time_zone: Option<String>,
}

/// A redirect to a service and its callback.
#[derive(Clone, Debug)]
pub struct AuthorizationFlow {
    /// What it is for.
    pub intent: AuthorizationIntent,
    secret: Secret,
    /// The intent and the start as they are written in the cookie.
    payload: String,
    begun_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct CookiePayload {
    #[serde(flatten)]
    intent: AuthorizationIntent,
    at: i64,
}

impl AuthorizationFlow {
    /// Starts a flow.
    #[must_use]
    pub fn start(intent: AuthorizationIntent, now: Timestamp, random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let at = now.millis();
        let payload = CookiePayload { intent, at };
        let text = serde_json::to_string(&payload).unwrap_or_default();
        Self {
            intent: payload.intent,
            secret: Secret::new(URL_SAFE_NO_PAD.encode(bytes)),
            payload: text,
            begun_at: now,
        }
    }

    /// Parses the cookie of a flow; `None` when it is malformed.
    #[must_use]
    pub fn read(cookie: &str) -> Option<Self> {
        let (secret, payload) = cookie.split_once('.')?;
        if URL_SAFE_NO_PAD.decode(secret).ok()?.len() != 32 {
            return None;
        }
        let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let read: CookiePayload = serde_json::from_str(&payload).ok()?;
        Some(Self {
            intent: read.intent,
            secret: Secret::new(secret.to_owned()),
            payload,
            begun_at: Timestamp::from_millis(read.at),
        })
    }

    /// The cookie's value; it is sent nowhere else.
    #[must_use]
    pub fn cookie(&self) -> Secret {
        let payload = URL_SAFE_NO_PAD.encode(&self.payload);
        Secret::new(format!("{}.{payload}", self.secret.expose()))
    }

    /// The `state` parameter: valid for this browser, this intent and this start only.
    #[must_use]
    pub fn state(&self) -> String {
        self.derive("state", &self.payload)
    }

    /// The nonce that the service puts into the token.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.derive("nonce", "")
    }

    /// What the service is sent.
    #[must_use]
    pub fn parameters(&self) -> AuthorizationParameters {
        AuthorizationParameters {
            state: self.state(),
            nonce: self.nonce(),
            code_verifier: self.verifier(),
        }
    }

    /// The PKCE code verifier (RFC 7636).
    #[must_use]
    pub fn verifier(&self) -> Secret {
        Secret::new(self.derive("verifier", ""))
    }

    /// The hash of the state that is stored once it was used.
    #[must_use]
    pub fn state_hash(&self) -> TokenHash {
        sha256(self.state().as_bytes())
    }

    /// Whether its callback is still accepted.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.begun_at <= now.plus(MAX_CLOCK_SKEW) && now < self.begun_at.plus(FLOW_LIFETIME)
    }

    fn derive(&self, what: &str, payload: &str) -> String {
        let text = format!("convoke {what}\0{}\0{payload}", self.secret.expose());
        URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))
    }
}

/// The suffix of the cookie's name: a prefix of the state, so that the flows of several tabs do not collide.
/// `None` when the text is not a state of this program.
#[must_use]
pub fn cookie_suffix(state: &str) -> Option<&str> {
    let ours = state.len() == 43
        && state
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if ours { state.get(..12) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_core::random::SeededRandom;

    fn intent() -> AuthorizationIntent {
        AuthorizationIntent {
            provider: "github".to_owned(),
            return_to: Some("/accounts".to_owned()),
            ..AuthorizationIntent::default()
        }
    }

    fn begun(seed: u64) -> AuthorizationFlow {
        let now = Timestamp::from_millis(1_000_000);
        AuthorizationFlow::start(intent(), now, &SeededRandom::new(seed))
    }

    #[test]
    fn a_browser_brings_back_what_it_was_given() {
        let sent = begun(1);
        let back = AuthorizationFlow::read(sent.cookie().expose()).unwrap();
        assert_eq!(back.intent, intent());
        assert_eq!(back.state(), sent.state());
        assert_eq!(back.nonce(), sent.nonce());
        assert_eq!(back.verifier().expose(), sent.verifier().expose());
        assert_eq!(cookie_suffix(&sent.state()), Some(&sent.state()[..12]));
    }

    #[test]
    fn state_nonce_and_verifier_differ_and_belong_to_one_browser() {
        let (one, other) = (begun(1), begun(2));
        let values = [
            one.state(),
            one.nonce(),
            one.verifier().expose().to_owned(),
            other.state(),
            other.nonce(),
            other.verifier().expose().to_owned(),
        ];
        let distinct: std::collections::BTreeSet<_> = values.iter().collect();
        assert_eq!(distinct.len(), values.len());
        assert!(values.iter().all(|value| value.len() == 43));
    }

    #[test]
    fn changed_facts_are_another_attempt() {
        let sent = begun(1);
        let cookie = sent.cookie();
        let (secret, _) = cookie.expose().split_once('.').unwrap();
        let payload = serde_json::json!({ "provider": "google", "at": 1_000_000 }).to_string();
        let forged = format!("{secret}.{}", URL_SAFE_NO_PAD.encode(payload));
        let forged = AuthorizationFlow::read(&forged).unwrap();
        assert_ne!(forged.state(), sent.state());
    }

    #[test]
    fn it_lives_ten_minutes_and_not_long_before_its_start() {
        let sent = begun(1);
        let at = |millis| Timestamp::from_millis(millis);
        assert!(sent.is_valid(at(1_000_000)));
        assert!(sent.is_valid(at(1_599_999)));
        assert!(!sent.is_valid(at(1_600_000)));
        assert!(sent.is_valid(at(1_000_000 - 120_000)));
        assert!(!sent.is_valid(at(1_000_000 - 120_001)));
    }

    #[test]
    fn foreign_cookies_and_states_are_nothing() {
        for cookie in ["", ".", "abc", "abc.e30", &"A".repeat(43)] {
            assert!(AuthorizationFlow::read(cookie).is_none(), "{cookie}");
        }
        for state in ["", "short", &"é".repeat(43), &"a".repeat(44)] {
            assert_eq!(cookie_suffix(state), None, "{state}");
        }
    }
}
