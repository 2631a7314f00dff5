//! Bodies that report their progress to the [`Activity`] of their connection, and draining of request bodies that no handler
//! has read.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::activity::Activity;

/// The maximum number of bytes of an unread body that are drained so that the connection can be reused.
const MAX_DRAINED_BYTES: u64 = 256 * 1024;

/// The time limit of draining, which delays the response.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The body of a request. Dropped before its end, it leaves the rest to its [`Unread`].
pub(super) struct Received {
    body: Option<Incoming>,
    started: u64,
    activity: Arc<Activity>,
    rest: Rest,
}

/// Whether a body was read, and the rest of it if not.
type Rest = Arc<Mutex<State>>;

enum State {
    InUse,
    Dropped(Incoming),
    Complete,
}

fn set(rest: &Rest, state: State) {
    *rest.lock().unwrap_or_else(PoisonError::into_inner) = state;
}

impl Received {
    /// Starts a request, whose head is complete.
    pub(super) fn new(
        request: Request<Incoming>,
        activity: &Arc<Activity>,
    ) -> (Request<Self>, Unread) {
        let started = activity.start_request();
        let rest = Arc::new(Mutex::new(State::InUse));
        let unread = Unread(rest.clone());
        let request = request.map(|body| Self {
            body: Some(body),
            started,
            activity: activity.clone(),
            rest,
        });
        (request, unread)
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(body).poll_frame(cx);
        match &frame {
            Poll::Pending => self.activity.wait_for_body(self.started),
            Poll::Ready(_) => self.activity.work(),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.activity.work();
        let state = match self.body.take() {
            Some(body) if !body.is_end_stream() => State::Dropped(body),
            _ => State::Complete,
        };
        set(&self.rest, state);
    }
}

/// The part of a request's body that no handler has read.
pub(super) struct Unread(Rest);

impl Unread {
    /// Drains the rest of the body, within [`MAX_DRAINED_BYTES`] and [`DRAIN_TIMEOUT`]. Returns whether the connection can be
    /// reused: false when the body was not read to its end. Does not drain when the client waits for `100 Continue`.
    pub(super) async fn drain(self, expects_continue: bool) -> bool {
        let state = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            State::Complete,
        );
        match state {
            State::Complete => true,
            State::InUse => false,
            State::Dropped(body) => {
                !expects_continue
                    && body.size_hint().lower() <= MAX_DRAINED_BYTES
                    && tokio::time::timeout(DRAIN_TIMEOUT, read_to_end(body))
                        .await
                        .unwrap_or_default()
            }
        }
    }
}

async fn read_to_end(mut body: Incoming) -> bool {
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let length = frame.data_ref().map_or(0, Bytes::len);
        total += u64::try_from(length).unwrap_or(u64::MAX);
        if total > MAX_DRAINED_BYTES {
            return false;
        }
    }
    true
}

/// The body of a response; the response is complete when it is dropped.
pub(super) struct Sent {
    body: axum::body::Body,
    activity: Arc<Activity>,
}

impl Sent {
    pub(super) const fn new(body: axum::body::Body, activity: Arc<Activity>) -> Self {
        Self { body, activity }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.activity.finish_response();
    }
}
