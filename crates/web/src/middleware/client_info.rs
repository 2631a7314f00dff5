//! The client of a request.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};

use crate::client_address::client_address;
use convoke_api::extract::{device, session_token};
use convoke_app::App;
use convoke_core::text::ForeignText;
use convoke_domain::ClientInfo;

/// The maximum length of a stored `User-Agent`.
const MAX_USER_AGENT_CHARS: usize = 256;

/// Adds the [`ClientInfo`] of a request; `X-Forwarded-For` is trusted only from configured proxies.
pub(super) fn add(app: &App, request: &mut Request) {
    let client = read(app, request);
    request.extensions_mut().insert(client);
}

fn read(app: &App, request: &Request) -> ClientInfo {
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let ip = peer.map(|info| {
        let forwarded = headers.get_all("x-forwarded-for").into_iter();
        let forwarded = forwarded.map(HeaderValue::as_bytes);
        client_address(info.0.ip(), forwarded, |ip| app.config.trusts(ip))
    });
    let user_agent = headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .map(|text| ForeignText::new(&text, MAX_USER_AGENT_CHARS));
    ClientInfo {
        ip,
        user_agent,
        session: session_token(app, headers),
        device: device(app, headers),
    }
}
