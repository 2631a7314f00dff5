//! Who calls: a client with its credentials in the header or in the body (RFC 6749 section 2.3.1).

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::OAuthError;
use super::parameters::Parameters;
use crate::extract::single_header;
use convoke_app::App;
use convoke_core::secret::Secret;
use convoke_domain::ClientInfo;
use convoke_domain::catalogue::sign_in::ProductSignIn;
use convoke_domain::oauth2::{ClientCredentials, authenticate_client};
use convoke_domain::rate_limits::Client as SourceAddress;

/// An authenticated client.
#[derive(Clone, Copy)]
pub(super) struct AuthenticatedClient<'a> {
    /// The product's key.
    pub id: &'a str,
    /// How users sign in to it.
    pub sign_in: &'a ProductSignIn,
}

/// Authenticates the client of a request.
///
/// # Errors
/// `invalid_request` when it uses two methods, `invalid_client`, and 429 after too many failures from this address for this client.
pub(super) fn authenticate<'a>(
    app: &'a App,
    info: &ClientInfo,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<AuthenticatedClient<'a>, OAuthError> {
    let used_header = headers.contains_key(header::AUTHORIZATION);
    let credentials = credentials(headers, parameters)?;
    let now = app.ctx.clock.now();
    let address = SourceAddress::from(info.ip);
    let permits =
        app.ctx
            .rate_limits
            .client_authentication(address, &credentials.client_id, now)?;
    match authenticate_client(&app.ctx.catalogue, &credentials) {
        Some((product, sign_in)) => {
            permits.refund();
            Ok(AuthenticatedClient {
                id: &product.key,
                sign_in,
            })
        }
        None => Err(OAuthError::invalid_client(used_header)),
    }
}

fn credentials(
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<ClientCredentials, OAuthError> {
    let id = parameters.get("client_id")?;
    let secret = parameters.get("client_secret")?;
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(ClientCredentials {
            client_id: id
                .ok_or_else(|| OAuthError::invalid_client(false))?
                .to_owned(),
            secret: secret.map(|text| Secret::new(text.to_owned())),
        });
    }
    if secret.is_some() {
        return Err(OAuthError::invalid_request(
            "the client authenticates in the header and in the body",
        ));
    }
    let header = single_header(headers, &header::AUTHORIZATION).unwrap_or_default();
    let credentials = basic(header).ok_or_else(|| OAuthError::invalid_client(true))?;
    if id.is_some_and(|id| id != credentials.client_id) {
        return Err(OAuthError::invalid_request(
            "client_id is not that of the header",
        ));
    }
    Ok(credentials)
}

/// The credentials of a header of the scheme `Basic`, each of them form-encoded (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<ClientCredentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let spaces = text.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&spaces).decode_utf8();
        decoded.ok().map(std::borrow::Cow::into_owned)
    };
    Some(ClientCredentials {
        client_id: decode(id)?,
        secret: Some(Secret::new(decode(secret)?)).filter(|secret| !secret.expose().is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic_of(text: &str) -> Option<(String, String)> {
        let header = format!("Basic {}", STANDARD.encode(text));
        let read = basic(&header)?;
        let secret = read.secret.map(|secret| secret.expose().to_owned());
        Some((read.client_id, secret.unwrap_or_default()))
    }

    #[test]
    fn credentials_of_the_header_are_form_encoded() {
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic_of("desk:s3cret"), pair("desk", "s3cret"));
        assert_eq!(basic_of("desk:a%3Ab%2B+c:d"), pair("desk", "a:b+ c:d"));
        assert_eq!(basic_of("desk:"), pair("desk", ""));
        assert_eq!(basic_of("desk"), None);
        assert_eq!(basic_of("desk:%ff"), None);
        assert!(basic("Bearer eA==").is_none());
        assert!(basic("Basic ?").is_none());
    }
}
