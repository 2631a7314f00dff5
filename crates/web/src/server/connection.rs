//! One connection: HTTP/1.1 on a socket, with the time limits of its [`Activity`].

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::activity::Activity;
use super::body::{Received, Sent};
use super::registry::Registered;

/// The maximum size of a request head (security rule 20), and of the trailer section of a body.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The maximum size of buffered data per direction.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// The maximum number of bytes that are read after the last response, so that the client can read that response.
const MAX_CLOSING_BYTES: usize = 1024 * 1024;

/// Serves a connection until it ends or its deadline passes, or, once the server stops, until its current response is sent.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    registered: Registered,
    mut stopped: watch::Receiver<bool>,
) {
    let activity = &registered.activity;
    let socket = Socket::new(stream, activity.clone());
    let service = service_fn(|request| respond(&router, request, peer, activity));
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let mut timer = pin!(tokio::time::sleep_until(activity.deadline()));
    loop {
        let ended = poll_fn(|cx| {
            if let Poll::Ready(result) = connection.as_mut().poll(cx) {
                return Poll::Ready(result.err());
            }
            // Polling the connection may have changed its deadline.
            let deadline = activity.deadline();
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            timer.as_mut().poll(cx).map(|()| None)
        });
        tokio::select! {
            error = ended => {
                if let Some(error) = error {
                    tracing::debug!(%error, "connection ended");
                }
                return;
            }
            () = activity.close_requested() => {
                if activity.waiting_since().is_some() {
                    return;
                }
            }
            _ = stopped.wait_for(|stop| *stop), if !activity.is_stopping() => activity.stop(),
        }
        connection.as_mut().graceful_shutdown();
    }
}

async fn respond(
    router: &Router,
    request: http::Request<hyper::body::Incoming>,
    peer: SocketAddr,
    activity: &Arc<Activity>,
) -> Result<http::Response<Sent>, Infallible> {
    let expects_continue = request.headers().contains_key(http::header::EXPECT);
    let (received, unread) = Received::new(request, activity);
    let mut request = received.map(axum::body::Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let Ok(mut response) = router.clone().oneshot(request).await;
    if !unread.drain(expects_continue).await {
        let close = http::HeaderValue::from_static("close");
        response
            .headers_mut()
            .insert(http::header::CONNECTION, close);
    }
    Ok(response.map(|body| Sent::new(body, activity.clone())))
}

/// A socket that reports reads and writes to the [`Activity`].
struct Socket {
    stream: TcpStream,
    activity: Arc<Activity>,
    /// Bytes read since the writing side was shut down.
    closing: Option<usize>,
}

impl Socket {
    const fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            activity,
            closing: None,
        }
    }

    fn report_write(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(Ok(_)) => self.activity.sent(),
            Poll::Pending => self.activity.wait_for_reader(),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.report_write(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.report_write(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Shuts down the writing side, then reads until the client closes: closing a socket with unread bytes resets the
    /// connection, and the client may lose the last response (RFC 9112 section 9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.closing = Some(0);
            self.activity.start_closing();
        }
        let mut bytes = [0; 4 * 1024];
        loop {
            if self.activity.is_stopping() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            let result = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            let count = buffer.filled().len();
            let total = self.closing.unwrap_or_default() + count;
            self.closing = Some(total);
            if result.is_err() || count == 0 || total > MAX_CLOSING_BYTES {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
