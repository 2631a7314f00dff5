//! The intent to connect a service: the value in the link that begins it.
//!
//! Only pages of that session's user can show the link, so no other page can start it (CSRF). It is derived from
//! session, provider, time and a nonce, and stored when it is used: a second use finds it stored (rule V13). The second of two quick
//! clicks opens the same link, and the browser shows only its response, so it counts as the first.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::authorization_flow::FLOW_LIFETIME;
use crate::rate_limits::Client;
use crate::{Caller, Error, Tx};
use convoke_core::clock::Timestamp;
use convoke_core::ids::SessionId;
use convoke_core::random::Random;
use convoke_core::secret::sha256;
use convoke_store::identities as table;

/// A new intent of a session to connect a provider.
#[must_use]
pub fn new(session: SessionId, provider: &str, now: Timestamp, random: &dyn Random) -> String {
    let mut nonce = [0; 8];
    random.fill(&mut nonce);
    derive(session, provider, now, &URL_SAFE_NO_PAD.encode(nonce))
}

fn derive(session: SessionId, provider: &str, at: Timestamp, nonce: &str) -> String {
    let at = at.millis();
    let text = format!("convoke connect\0{session}\0{provider}\0{at}\0{nonce}");
    let digest = URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()));
    format!("{at}.{nonce}.{digest}")
}

/// Whether this is an intent of the session for the provider, and not too old.
#[must_use]
pub fn is_valid(intent: &str, session: SessionId, provider: &str, now: Timestamp) -> bool {
    let mut parts = intent.splitn(3, '.');
    let (Some(at), Some(nonce)) = (parts.next(), parts.next()) else {
        return false;
    };
    let Ok(at) = at.parse().map(Timestamp::from_millis) else {
        return false;
    };
    at <= now && now < at.plus(FLOW_LIFETIME) && intent == derive(session, provider, at, nonce)
}

/// How long after its first use an intent can be used again.
const DOUBLE_CLICK: Duration = Duration::from_secs(5);

/// Uses an intent up; false when it is not the caller's, too old, or was used more than [`DOUBLE_CLICK`] before.
///
/// # Errors
/// [`Error::RateLimited`].
pub fn redeem(
    tx: &mut Tx<'_, '_>,
    caller: &Caller,
    provider: &str,
    intent: &str,
) -> Result<bool, Error> {
    if !is_valid(intent, caller.session.id, provider, tx.now) {
        return Ok(false);
    }
    // The holder of the session can create any number of intents, and each use writes a row.
    let client = Client::from(caller.client.ip);
    let permits = tx.ctx.rate_limits.external_login(client, tx.now)?;
    tx.reserve_attempt(permits);
    let hash = sha256(intent.as_bytes());
    if table::mark_state_used(tx.conn, &hash, tx.now)? {
        return Ok(true);
    }
    let used_at = table::find_state_used_at(tx.conn, &hash)?;
    Ok(used_at.is_some_and(|used_at| tx.now < used_at.plus(DOUBLE_CLICK)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_core::random::SeededRandom;

    #[test]
    fn intent_belongs_to_one_session_and_provider_for_ten_minutes() {
        let (mine, other) = (
            SessionId::from(uuid::Uuid::from_u128(1)),
            SessionId::from(uuid::Uuid::from_u128(2)),
        );
        let at = |millis| Timestamp::from_millis(millis);
        let intent = new(mine, "work", at(1_000_000), &SeededRandom::new(1));
        assert!(is_valid(&intent, mine, "work", at(1_000_000)));
        assert!(is_valid(&intent, mine, "work", at(1_599_999)));
        assert!(!is_valid(&intent, mine, "work", at(1_600_000)));
        assert!(!is_valid(&intent, mine, "work", at(999_999)));
        assert!(!is_valid(&intent, other, "work", at(1_000_000)));
        assert!(!is_valid(&intent, mine, "github", at(1_000_000)));
        let later = intent.replacen("1000000", "1000001", 1);
        assert!(!is_valid(&later, mine, "work", at(1_000_001)));
        for foreign in ["", ".", "..", "a.b.c", "1000000.", "1000000..x"] {
            assert!(!is_valid(foreign, mine, "work", at(1_000_000)), "{foreign}");
        }
    }
}
