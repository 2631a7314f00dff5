//! The products' own sessions, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::client::{Attempt, Tokens};

/// How many are kept; the demo has few users.
const MAX_SESSIONS: usize = 1_000;

/// A browser's session with a product.
#[derive(Clone, Debug)]
pub(super) enum Session {
    /// A sign-in is under way.
    Begun(Attempt),
    /// The user is signed in.
    SignedIn(Tokens),
    /// The account layer has ended it.
    Ended,
}

/// All sessions, by the id in the browser's cookie.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<String, Session>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn find(&self, id: &str) -> Option<Session> {
        self.with(|sessions| sessions.get(id).cloned())
    }

    /// Adds a session and returns its id.
    pub(super) fn insert(&self, session: Session, id: String) -> String {
        self.with(|sessions| {
            if sessions.len() >= MAX_SESSIONS {
                sessions.clear();
            }
            sessions.insert(id.clone(), session);
        });
        id
    }

    pub(super) fn replace(&self, id: &str, session: Session) {
        self.with(|sessions| sessions.insert(id.to_owned(), session));
    }

    pub(super) fn remove(&self, id: &str) -> Option<Session> {
        self.with(|sessions| sessions.remove(id))
    }

    /// Ends those with this `sid`.
    pub(super) fn end(&self, sid: &str) {
        self.with(|sessions| {
            for session in sessions.values_mut() {
                if matches!(session, Session::SignedIn(tokens) if tokens.sid == sid) {
                    *session = Session::Ended;
                }
            }
        });
    }
}
