//! GitHub, which uses OAuth 2 with its own API instead of OpenID Connect.

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse as _, TokenUrl,
};
use serde_json::Value;

use super::claims::label;
use super::oidc::{get_json, token_endpoint_error};
use super::{MAX_ERROR_CHARS, Provider, ProviderError};
use convoke_core::email_address::EmailAddress;
use convoke_core::model::identity::{
    AuthorizationParameters, ExternalProfile, NameClaims, normalize_name,
};
use convoke_core::text::clean_foreign;

/// Addresses beyond ten pages of a hundred are ignored.
const MAX_PAGES: usize = 10;
const PER_PAGE: usize = 100;

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn client(provider: &Provider) -> Result<Client, ProviderError> {
    let settings = &provider.settings;
    let base = settings.issuer();
    let wrong = |error: oauth2::url::ParseError| ProviderError::Misconfigured(error.to_string());
    let secret = settings.client_secret.as_ref();
    let secret = secret.map_or("", |secret| secret.expose()).to_owned();
    let client = BasicClient::new(ClientId::new(settings.client_id.clone()))
        .set_client_secret(ClientSecret::new(secret))
        .set_auth_uri(AuthUrl::new(format!("{base}/login/oauth/authorize")).map_err(wrong)?)
        .set_token_uri(TokenUrl::new(format!("{base}/login/oauth/access_token")).map_err(wrong)?)
        .set_redirect_uri(RedirectUrl::new(provider.redirect_uri.clone()).map_err(wrong)?)
        .set_auth_type(AuthType::RequestBody);
    Ok(client)
}

/// Where the API is: beside github.com and the companies' own parts of it on a host of its own, on an Enterprise
/// Server below its address.
pub(super) fn api(provider: &Provider) -> String {
    match provider.settings.base_url.as_deref() {
        None => "https://api.github.com".to_owned(),
        Some(base) => match base.strip_prefix("https://") {
            Some(host) if host.ends_with(".ghe.com") => format!("https://api.{host}"),
            _ => format!("{base}/api/v3"),
        },
    }
}

/// The URL to redirect the browser to.
pub(super) fn authorization_url(
    provider: &Provider,
    parameters: &AuthorizationParameters,
) -> Result<String, ProviderError> {
    let state = parameters.state.clone();
    let verifier = PkceCodeVerifier::new(parameters.code_verifier.expose().to_owned());
    let (url, _) = client(provider)?
        .authorize_url(move || CsrfToken::new(state))
        .add_scope(Scope::new("user:email".to_owned()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .url();
    Ok(url.into())
}

/// The identity of a callback: exchanges the code for a token, and reads the user and their addresses.
pub(super) async fn fetch_identity(
    provider: &Provider,
    parameters: &AuthorizationParameters,
    code: &str,
) -> Result<ExternalProfile, ProviderError> {
    let token = exchange(provider, parameters, code).await?;
    let token = token.access_token().secret();
    let api = api(provider);
    let user = get_json(provider, &format!("{api}/user"), Some(token)).await?;
    let subject = user.get("id").and_then(Value::as_u64);
    let subject = subject.ok_or_else(|| {
        ProviderError::Untrusted("GitHub does not say which user it is".to_owned())
    })?;
    let text = |name: &str| user.get(name).and_then(Value::as_str);
    let emails = match emails(provider, &api, token).await {
        Ok(emails) => emails,
        // The permission was rejected. GitHub offers only verified addresses as the public one.
        Err(ProviderError::Misconfigured(_)) => usable(text("email").unwrap_or_default())
            .into_iter()
            .collect(),
        Err(error) => return Err(error),
    };
    let (first_name, last_name) = normalize_name(NameClaims {
        whole: text("name"),
        nickname: text("login"),
        ..NameClaims::default()
    });
    Ok(ExternalProfile {
        provider: provider.settings.id.clone(),
        issuer: provider.settings.issuer().to_owned(),
        subject: subject.to_string(),
        emails,
        first_name,
        last_name,
        label: label(text("login")),
    })
}

async fn exchange(
    provider: &Provider,
    parameters: &AuthorizationParameters,
    code: &str,
) -> Result<BasicTokenResponse, ProviderError> {
    let verifier = PkceCodeVerifier::new(parameters.code_verifier.expose().to_owned());
    let asked = client(provider)?
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(verifier)
        .request_async(provider.outbound.as_ref())
        .await;
    asked.map_err(|error| match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(response) => {
            token_endpoint_error(response.error().as_ref())
        }
        // GitHub rejects with 200 and an error in the body.
        RequestTokenError::Parse(_, body) => {
            let error: Option<Value> = serde_json::from_slice(&body).ok();
            let error = error.as_ref().and_then(|body| body.get("error"));
            error.and_then(Value::as_str).map_or_else(
                || ProviderError::Untrusted("its token cannot be read".to_owned()),
                token_endpoint_error,
            )
        }
        RequestTokenError::Other(message) => {
            ProviderError::Untrusted(clean_foreign(&message, MAX_ERROR_CHARS))
        }
    })
}

/// All verified addresses, the primary one first.
async fn emails(
    provider: &Provider,
    api: &str,
    token: &str,
) -> Result<Vec<EmailAddress>, ProviderError> {
    let mut emails: Vec<(bool, EmailAddress)> = Vec::new();
    for page in 1..=MAX_PAGES {
        let url = format!("{api}/user/emails?per_page={PER_PAGE}&page={page}");
        let listed = get_json(provider, &url, Some(token)).await?;
        let listed = listed.as_array().ok_or_else(|| {
            ProviderError::Untrusted("GitHub's list of addresses is no list".to_owned())
        })?;
        for entry in listed {
            let verified = entry.get("verified") == Some(&Value::Bool(true));
            let email = entry.get("email").and_then(Value::as_str).and_then(usable);
            if let Some(email) = email.filter(|_| verified) {
                let primary = entry.get("primary") == Some(&Value::Bool(true));
                emails.push((primary, email));
            }
        }
        if listed.len() < PER_PAGE {
            break;
        }
    }
    emails.sort_by_key(|(primary, _)| !primary);
    Ok(emails.into_iter().map(|(_, email)| email).collect())
}

/// An address that receives mail; GitHub's private noreply addresses do not (security rule 7).
fn usable(text: &str) -> Option<EmailAddress> {
    let email = EmailAddress::parse(text).ok()?;
    let domain = email.canonical().rsplit('@').next()?;
    let hides = domain.split('.').any(|label| label == "noreply");
    (!hides).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_hide_ones_own_do_not_count() {
        for text in [
            "1+ada@users.noreply.github.com",
            "ada@users.noreply.ghe.work.example",
            "noreply@noreply.github.com",
            "not an address",
            "",
        ] {
            assert!(usable(text).is_none(), "{text}");
        }
        assert!(usable("ada@work.example").is_some());
    }
}
