//! Responses to requests that were sent without waiting.

use std::sync::{Arc, OnceLock};

use super::Error;

/// The response to a request that was sent; empty until it was waited for.
#[derive(Debug)]
pub(super) struct Response<T>(Arc<OnceLock<T>>);

/// Where a request puts its response.
#[derive(Debug)]
pub(super) struct ResponseSlot<T>(Arc<OnceLock<T>>);

impl<T> Response<T> {
    pub(super) fn new() -> (Self, ResponseSlot<T>) {
        let response = Arc::new(OnceLock::new());
        (Self(response.clone()), ResponseSlot(response))
    }

    pub(super) fn take(self) -> Result<T, Error> {
        let response = Arc::into_inner(self.0).and_then(OnceLock::into_inner);
        response.ok_or_else(|| Error::Unavailable("a statement has no response".to_owned()))
    }
}

impl<T> ResponseSlot<T> {
    pub(super) fn fill(self, response: T) {
        // A request has one response.
        drop(self.0.set(response));
    }
}
