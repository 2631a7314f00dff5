//! Outbound requests to other servers (security rule 13): https, to the address that was checked, without
//! redirects, within 10 s and 1 MiB.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;

use ipnet::IpNet;

/// The time limit of a request, connecting included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The size limit of a response.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
/// So many requests are under way at once; more are rejected as busy.
const MAX_CONCURRENT: usize = 32;

/// Why a request failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpClientError {
    /// Not https, and not this machine in a trial.
    #[error("{0} is not an https address")]
    Plain(String),
    /// The host has only addresses of private networks.
    #[error(
        "{0} is an address of a private network; list it in outbound.allowed_networks if that is meant"
    )]
    Private(IpAddr),
    /// No response in time.
    #[error("no answer within 10 s")]
    Late,
    /// The response is larger than the limit.
    #[error("the answer is larger than 1 MiB")]
    TooLarge,
    /// It redirects.
    #[error("it answers {0}, a redirect, which is not followed")]
    Redirect(u16),
    /// It responds that it is unavailable (5xx, 429).
    #[error("it answers {0}")]
    Failing(u16),
    /// The connection could not be made or broke.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// Too many requests are in flight.
    #[error("too many requests to other servers are under way")]
    Busy,
}

/// Sends requests to other servers.
#[derive(Debug)]
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<bytes::Bytes>>,
    policy: Arc<Policy>,
    permits: Semaphore,
}

/// Which addresses may be connected to.
#[derive(Debug)]
struct Policy {
    /// Private ones that the operator has listed.
    allowed: Vec<IpNet>,
    /// Whether the installation is reachable from this machine only; then it may connect to this machine.
    trial: bool,
}

impl Policy {
    fn permits(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        is_public(ip)
            || (self.trial && ip.is_loopback())
            || self.allowed.iter().any(|network| network.contains(&ip))
    }

    fn check(&self, uri: &Uri) -> Result<(), HttpClientError> {
        let host = uri.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let literal: Option<IpAddr> = bare.parse().ok();
        let here = bare == "localhost" || literal.is_some_and(|ip| ip.is_loopback());
        let plain = uri.scheme_str() == Some("http") && self.trial && here;
        if !plain && uri.scheme_str() != Some("https") {
            return Err(HttpClientError::Plain(uri.to_string()));
        }
        match literal {
            // Literal addresses are connected to without asking the resolver.
            Some(ip) if !self.permits(ip) => Err(HttpClientError::Private(ip)),
            _ => Ok(()),
        }
    }
}

/// Whether an address is one of the public network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        // Global unicast is 2000::/3; of it 2002::/16 embeds other addresses and 2001:db8::/32 is for examples.
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            first >> 13 == 1 && first != 0x2002 && (first, second) != (0x2001, 0x0db8)
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// Finds the addresses of a name and leaves out those that may not be connected to, so that what was checked is
/// what is connected to.
#[derive(Clone, Debug)]
struct Resolver(Arc<Policy>);

impl tower::Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.0.clone();
        Box::pin(async move {
            let addresses: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted = addresses
                .iter()
                .filter(|address| policy.permits(address.ip()));
            let permitted: Vec<SocketAddr> = permitted.copied().collect();
            match (permitted.is_empty(), addresses.first()) {
                (true, Some(rejected)) => {
                    Err(io::Error::other(HttpClientError::Private(rejected.ip())))
                }
                _ => Ok(permitted.into_iter()),
            }
        })
    }
}

impl HttpClient {
    /// Connects to public addresses and to those that the operator lists; in a trial to this machine too.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub fn new(allowed: Vec<IpNet>, trial: bool) -> Result<Self, String> {
        let policy = Arc::new(Policy { allowed, trial });
        let mut http = HttpConnector::new_with_resolver(Resolver(policy.clone()));
        http.enforce_http(false);
        http.set_connect_timeout(Some(REQUEST_TIMEOUT / 2));
        let tls = crate::tls::client_config().map_err(|error| error.to_string())?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            policy,
            permits: Semaphore::new(MAX_CONCURRENT),
        })
    }

    /// Sends a request and reads its whole response.
    ///
    /// # Errors
    /// [`HttpClientError`]; a redirect is one, and so is 429 or 5xx.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, HttpClientError> {
        let response = self.send_any_status(request).await?;
        match response.status().as_u16() {
            status @ 300..400 => Err(HttpClientError::Redirect(status)),
            status @ (429 | 500..) => Err(HttpClientError::Failing(status)),
            _ => Ok(response),
        }
    }

    /// The same for every status.
    ///
    /// # Errors
    /// [`HttpClientError`].
    pub async fn send_any_status(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, HttpClientError> {
        self.policy.check(request.uri())?;
        let _permit = self
            .permits
            .try_acquire()
            .map_err(|_| HttpClientError::Busy)?;
        let exchange = async {
            let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| unreachable(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_RESPONSE_BYTES)
                .collect()
                .await
                .map_err(|error| {
                    if error.is::<LengthLimitError>() {
                        HttpClientError::TooLarge
                    } else {
                        unreachable(error.as_ref())
                    }
                })?;
            Ok(Response::from_parts(head, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(REQUEST_TIMEOUT, exchange)
            .await
            .unwrap_or(Err(HttpClientError::Late))
    }
}

/// The root cause of an error as text; an [`HttpClientError`] as it is.
fn unreachable(error: &(dyn Error + 'static)) -> HttpClientError {
    let mut at = Some(error);
    let mut message = error.to_string();
    while let Some(error) = at {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(client_error) = inner.and_then(|inner| inner.downcast_ref::<HttpClientError>())
        {
            return client_error.clone();
        }
        message = error.to_string();
        at = error.source();
    }
    HttpClientError::Unreachable(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(trial: bool, allowed: &[&str]) -> Policy {
        let allowed = allowed.iter().map(|text| text.parse().unwrap());
        Policy {
            allowed: allowed.collect(),
            trial,
        }
    }

    #[test]
    fn rejects_private_addresses_unless_listed() {
        let strict = policy(false, &["10.1.0.0/16"]);
        for public in ["1.1.1.1", "140.82.121.4", "2606:4700::1111"] {
            assert!(strict.permits(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.2.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.2.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
        ] {
            assert!(!strict.permits(private.parse().unwrap()), "{private}");
        }
        assert!(strict.permits("10.1.2.3".parse().unwrap()));
    }

    #[test]
    fn plain_http_is_for_this_machine_in_a_trial_only() {
        let check = |trial, uri: &str| policy(trial, &["10.0.0.0/8"]).check(&uri.parse().unwrap());
        assert!(check(true, "http://127.0.0.1:8081/x").is_ok());
        assert!(check(true, "http://localhost:8081/x").is_ok());
        assert!(matches!(
            check(false, "http://127.0.0.1/"),
            Err(HttpClientError::Plain(_))
        ));
        assert!(matches!(
            check(true, "http://10.0.0.1/"),
            Err(HttpClientError::Plain(_))
        ));
        assert!(matches!(
            check(true, "http://idp.example/"),
            Err(HttpClientError::Plain(_))
        ));
        assert!(check(false, "https://10.0.0.1/").is_ok());
        assert!(matches!(
            check(false, "https://169.254.169.254/latest"),
            Err(HttpClientError::Private(_))
        ));
        assert!(matches!(
            check(false, "https://[::1]/"),
            Err(HttpClientError::Private(_))
        ));
    }

    #[tokio::test]
    async fn rejects_a_name_of_a_private_address_when_connecting() {
        let outbound = HttpClient::new(Vec::new(), false).unwrap();
        let request = Request::get("https://localhost:1/")
            .body(Vec::new())
            .unwrap();
        let error = outbound.send(request).await.unwrap_err();
        assert!(matches!(error, HttpClientError::Private(_)), "{error:?}");
    }
}
