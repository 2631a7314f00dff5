//! Validation of the `Host` header against DNS rebinding (security rule 12).
//!
//! A trial on a loopback address trusts every client that can reach it. A page of another site can reach it through a host name
//! that resolves to 127.0.0.1 (DNS rebinding). The browser still sends that name as `Host`, so a request with any other host
//! than ours is rejected.
//!
//! On every address, pages that were opened under another one than `public_url` show a notice with the right one
//! ([`is_to_other_address`]). Nothing else depends on `Host`.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use convoke_api::problem::{self, Problem};
use convoke_app::App;
use convoke_core::public_url::PublicUrl;

/// Host names of the loopback interface.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Rejects requests to a trial whose host is not its own: a layer for routers without the others.
pub(crate) async fn reject_misdirected(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    match misdirected(&app, &request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

/// The problem of a request to a trial whose host is not its own.
pub(super) fn misdirected(app: &App, request: &Request) -> Option<Problem> {
    let public_url = &app.public_url;
    if !public_url.is_loopback()
        || is_meant_for(public_url.host(), request.uri(), request.headers())
    {
        return None;
    }
    let address = &app.public_origin;
    let detail =
        format!("This installation is not reached under this name. Use {address} instead.");
    let problem = Problem::new(problem::MISDIRECTED_REQUEST, detail);
    Some(problem.with("public_url", address.as_str()))
}

/// Whether a request was sent to another address than `public_url`; pages say so (security rule 12: nothing else depends on it).
pub(crate) fn is_to_other_address(app: &App, parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_proxied = peer.is_some_and(|info| app.config.trusts(info.0.ip()));
    is_other_address(&app.public_url, &parts.headers, is_proxied)
}

/// Whether the one `Host` of a request is not that of `public_url`. A proxy may send its own name for this server instead of
/// what people opened: of one, only names as they are used between networks count.
fn is_other_address(public_url: &PublicUrl, headers: &HeaderMap, is_proxied: bool) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(only), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let Ok(opened) = Authority::try_from(only.as_bytes()) else {
        return false;
    };
    let default_port = if public_url.is_https() { 443 } else { 80 };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default_port);
    let origin = public_url.origin();
    let (_, public) = origin.split_once("://").unwrap_or_default();
    let is_public = Authority::try_from(public).is_ok_and(|public| {
        public.host().eq_ignore_ascii_case(opened.host()) && port(&public) == port(&opened)
    });
    let is_public_name = |host: &str| {
        let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
        host.contains('.') && !is_address
    };
    !is_public && (!is_proxied || is_public_name(opened.host()))
}

/// Whether a request names `host` or a loopback host, and no other: in exactly one `Host` header, and in its target where
/// that is in absolute form, which takes precedence over the header (RFC 9112 section 3.2.2).
fn is_meant_for(host: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let is_ours = |authority: &Authority| {
        let named = authority.host();
        !authority.as_str().contains('@')
            && std::iter::once(&host)
                .chain(&LOOPBACK_HOSTS)
                .any(|ours| named.eq_ignore_ascii_case(ours))
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(only), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    Authority::try_from(only.as_bytes()).is_ok_and(|authority| is_ours(&authority))
        && uri.authority().is_none_or(is_ours)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_ours(uri: &str, hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        is_meant_for("127.0.0.2", &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn accepts_own_and_loopback_hosts_only() {
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:8080",
            "127.0.0.2:9",
        ] {
            assert!(is_ours("/", &[host]), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "localhost.",
            "evil.example.localhost",
            "127.0.0.1.evil.example",
            "127.0.0.3",
            "127.1",
            "2130706433",
            "::1",
            "[::2]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
            "localhost@evil.example",
            "evil.example@localhost",
            "localhost, evil.example",
            "localhost/",
            "http://localhost",
            " localhost",
        ] {
            assert!(!is_ours("/", &[host]), "{host}");
        }
    }

    #[test]
    fn pages_opened_under_another_address_are_recognised() {
        let differs = |public_url: &str, host: &str, is_proxied| {
            let mut headers = HeaderMap::new();
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
            is_other_address(&PublicUrl::parse(public_url).unwrap(), &headers, is_proxied)
        };
        let public = "https://accounts.example.com";
        for host in ["accounts.example.com", "Accounts.Example.com:443"] {
            assert!(!differs(public, host, false), "{host}");
        }
        let others = [
            "10.0.0.5:8080",
            "localhost:8080",
            "old.example.com",
            "accounts.example.com:8443",
        ];
        for host in others {
            assert!(differs(public, host, false), "{host}");
        }
        // What a proxy may have written itself does not count.
        for host in ["127.0.0.1:8080", "[::1]:8080", "convoke:8080", "10.0.0.5"] {
            assert!(!differs(public, host, true), "{host}");
        }
        assert!(differs(public, "old.example.com", true));
        let trial = "http://127.0.0.1:8080";
        assert!(!differs(trial, "127.0.0.1:8080", false));
        assert!(differs(trial, "localhost:8080", false));
        assert!(!differs(trial, "not a host", false));
    }

    #[test]
    fn requires_one_host_that_agrees_with_the_target() {
        assert!(!is_ours("/", &[]));
        assert!(!is_ours("/", &["localhost", "localhost"]));
        assert!(!is_ours("/", &["localhost", "evil.example"]));
        assert!(is_ours("http://localhost:8080/", &["127.0.0.1:8080"]));
        assert!(!is_ours("http://evil.example/", &["localhost"]));
        assert!(!is_ours("http://localhost/", &["evil.example"]));
        assert!(!is_ours("http://u@localhost/", &["localhost"]));
    }
}
