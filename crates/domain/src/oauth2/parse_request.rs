//! Reads an authorization request.
//!
//! Only a request whose client and redirect URI are right gets its error back at the client; any other one is an error page,
//! since its origin is unknown (RFC 6749 section 4.1.2.1).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::authorization_request::{
    AccountHint, AuthorizationError, AuthorizationRequest, ErrorCode, Prompt, RejectedRequest,
    ResponseMode,
};
use super::scope::{ACCOUNT_SCOPE, Scope, Scopes};
use crate::catalogue::sign_in::{Pkce, ProductSignIn, origin};
use crate::catalogue::{Catalogue, Product};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};

/// The longest values, in bytes; those of other parameters are ignored. A request fits into the address of a page.
const MAX_LENGTHS: [(&str, usize); 19] = [
    ("acr_values", 256),
    ("account", 64),
    ("authenticated_since", 16),
    ("client_id", 64),
    ("code_challenge", 128),
    ("code_challenge_method", 16),
    ("expected_user", 64),
    ("id_token_hint", 4_096),
    ("login_hint", 256),
    ("max_age", 16),
    ("nonce", 1_024),
    ("prompt", 64),
    ("redirect_uri", 2_048),
    ("resource", 2_048),
    ("response_mode", 32),
    ("response_type", 64),
    ("scope", 1_024),
    ("state", 2_048),
    ("ui_locales", 256),
];

/// The parameters of a request.
struct Parameters<'p>(&'p [(String, String)]);

impl<'p> Parameters<'p> {
    /// The value; empty ones count as absent (RFC 6749 section 3.1).
    fn get(&self, name: &str) -> Option<&'p str> {
        let parameter = self.0.iter().find(|(known, _)| known == name);
        parameter
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}

type Invalid = (ErrorCode, &'static str);

/// The parameters with which a request goes on once the user has signed in, at `since` or later where that is asked for: those
/// that are known, without `prompt=login` and `max_age`, which the time takes the place of, and without `id_token_hint`, which the
/// expected user takes the place of.
#[must_use]
pub fn continued(
    parameters: &[(String, String)],
    since: Option<Timestamp>,
    expected: Option<UserId>,
) -> Vec<(String, String)> {
    let is_known = |name: &str| MAX_LENGTHS.iter().any(|(known, _)| *known == name);
    let is_replaced = |name: &str| match name {
        "id_token_hint" | "expected_user" => true,
        "max_age" | "authenticated_since" => since.is_some(),
        _ => false,
    };
    let known = parameters
        .iter()
        .filter(|(name, _)| is_known(name) && !is_replaced(name))
        .cloned();
    let mut continued = match since {
        Some(_) => without_words(known, "prompt", |word| word == "login"),
        None => known.collect(),
    };
    if let Some(since) = since {
        continued.push(("authenticated_since".to_owned(), since.millis().to_string()));
    }
    if let Some(user) = expected {
        continued.push(("expected_user".to_owned(), user.to_string()));
    }
    continued
}

/// The parameters of a request that goes on in this account, without the page that chooses one.
#[must_use]
pub fn with_account(
    parameters: Vec<(String, String)>,
    account: AccountId,
) -> Vec<(String, String)> {
    let others = parameters.into_iter().filter(|(name, _)| name != "account");
    let others = without_words(others, "prompt", |word| word == "select_account");
    let is_account = |word: &str| word.starts_with(ACCOUNT_SCOPE);
    let mut parameters = without_words(others.into_iter(), "scope", is_account);
    parameters.push(("account".to_owned(), account.to_string()));
    parameters
}

/// Parameters without some words of one of them, and without it where it has no other.
fn without_words(
    parameters: impl Iterator<Item = (String, String)>,
    name: &str,
    is_left_out: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let remaining = parameters.map(|(parameter, value)| {
        if parameter != name {
            return (parameter, value);
        }
        let words: Vec<&str> = value.split(' ').filter(|word| !is_left_out(word)).collect();
        (parameter, words.join(" "))
    });
    remaining
        .filter(|(parameter, value)| parameter != name || !value.is_empty())
        .collect()
}

/// Reads a request; `issuer` is the public address of this installation.
///
/// # Errors
/// [`RejectedRequest`].
pub fn parse(
    parameters: &[(String, String)],
    catalogue: &Catalogue,
    issuer: &str,
) -> Result<AuthorizationRequest, RejectedRequest> {
    let parameters = Parameters(parameters);
    let (product, sign_in) =
        client(&parameters, catalogue).ok_or(RejectedRequest::UnknownClient)?;
    let redirect_uri = redirect_uri(&parameters, sign_in).ok_or_else(|| {
        let client = product.key.clone();
        RejectedRequest::UnknownRedirectUri { client }
    })?;
    let (response_mode, mode_error) = match parameters.get("response_mode") {
        None | Some("query") => (ResponseMode::Query, None),
        Some("form_post") => (ResponseMode::FormPost, None),
        Some(_) => {
            let error = (
                ErrorCode::InvalidRequest,
                "response_mode must be query or form_post",
            );
            (ResponseMode::Query, Some(error))
        }
    };
    let request = match mode_error {
        Some(error) => Err(error),
        None => valid(&parameters, product, sign_in, issuer),
    };
    let request = request.map_err(|(code, description)| {
        // A state that is repeated or too long is not returned.
        let is_right = !parameters.is_repeated("state") && !is_too_long(&parameters, "state");
        RejectedRequest::Error(AuthorizationError {
            redirect_uri: redirect_uri.to_owned(),
            response_mode,
            state: parameters.text("state").filter(|_| is_right),
            code,
            description,
        })
    })?;
    Ok(AuthorizationRequest {
        redirect_uri: redirect_uri.to_owned(),
        response_mode,
        ..request
    })
}

fn client<'c>(
    parameters: &Parameters<'_>,
    catalogue: &'c Catalogue,
) -> Option<(&'c Product, &'c ProductSignIn)> {
    if parameters.is_repeated("client_id") {
        return None;
    }
    let product = catalogue.product(parameters.get("client_id")?)?;
    Some((product, product.sign_in.as_ref()?))
}

fn redirect_uri<'p>(parameters: &Parameters<'p>, sign_in: &ProductSignIn) -> Option<&'p str> {
    if parameters.is_repeated("redirect_uri") {
        return None;
    }
    let requested = parameters.get("redirect_uri")?;
    let registered = &sign_in.redirect_uris;
    registered
        .iter()
        .any(|uri| uri.matches(requested))
        .then_some(requested)
}

/// The origin of the redirect URI of a request, where it is one of its client's.
#[must_use]
pub fn redirect_origin(parameters: &[(String, String)], catalogue: &Catalogue) -> Option<String> {
    let parameters = Parameters(parameters);
    let (_, sign_in) = client(&parameters, catalogue)?;
    origin(redirect_uri(&parameters, sign_in)?)
}

fn is_too_long(parameters: &Parameters<'_>, name: &str) -> bool {
    let longest = MAX_LENGTHS.iter().find(|(known, _)| *known == name);
    let length = parameters.get(name).map_or(0, str::len);
    longest.is_some_and(|(_, longest)| length > *longest)
}

/// The request, but for where its response goes.
fn valid(
    parameters: &Parameters<'_>,
    product: &Product,
    sign_in: &ProductSignIn,
    issuer: &str,
) -> Result<AuthorizationRequest, Invalid> {
    for (name, _) in MAX_LENGTHS {
        if parameters.is_repeated(name) {
            return Err((ErrorCode::InvalidRequest, "a parameter is repeated"));
        }
        if is_too_long(parameters, name) {
            return Err((ErrorCode::InvalidRequest, "a parameter is too long"));
        }
    }
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if parameters.get(name).is_some() {
            return Err((code, "this parameter is not supported"));
        }
    }
    match parameters.get("response_type") {
        Some("code") => {}
        None => return Err((ErrorCode::InvalidRequest, "response_type is missing")),
        Some(_) => {
            return Err((
                ErrorCode::UnsupportedResponseType,
                "response_type must be code",
            ));
        }
    }
    let scopes = Scopes::parse(parameters.get("scope").unwrap_or_default());
    if !scopes.contains(Scope::OpenId) {
        return Err((ErrorCode::InvalidScope, "scope must contain openid"));
    }
    check_resource(parameters, product, sign_in, issuer)?;
    Ok(AuthorizationRequest {
        client: product.key.clone(),
        redirect_uri: String::new(),
        response_mode: ResponseMode::default(),
        state: parameters.text("state"),
        nonce: parameters.text("nonce"),
        scopes,
        code_challenge: code_challenge(parameters, sign_in)?,
        prompt: prompt(parameters)?,
        max_age: max_age(parameters)?,
        authenticated_since: parameters
            .get("authenticated_since")
            .and_then(|text| text.parse().ok())
            .map(Timestamp::from_millis),
        login_hint: parameters.text("login_hint"),
        id_token_hint: parameters.text("id_token_hint"),
        expected_user: parameters
            .get("expected_user")
            .and_then(|text| text.parse().ok()),
        ui_locales: parameters
            .get("ui_locales")
            .into_iter()
            .flat_map(|text| text.split(' '))
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect(),
        account: account(parameters)?,
    })
}

/// A resource must be the product's own (RFC 8707).
fn check_resource(
    parameters: &Parameters<'_>,
    product: &Product,
    sign_in: &ProductSignIn,
    issuer: &str,
) -> Result<(), Invalid> {
    let Some(resource) = parameters.get("resource") else {
        return Ok(());
    };
    if resource == sign_in.audience(&product.key, issuer) {
        Ok(())
    } else {
        Err((
            ErrorCode::InvalidTarget,
            "resource must be the audience of the product",
        ))
    }
}

/// The code challenge, which must be of S256 (RFC 7636 section 4.3).
fn code_challenge(
    parameters: &Parameters<'_>,
    sign_in: &ProductSignIn,
) -> Result<Option<[u8; 32]>, Invalid> {
    let invalid = |description| Err((ErrorCode::InvalidRequest, description));
    let method = parameters.get("code_challenge_method");
    match (parameters.get("code_challenge"), method) {
        (None, Some(_)) => invalid("code_challenge is missing"),
        (None, None) if sign_in.pkce == Pkce::Required => {
            invalid("code_challenge is missing: this client must use PKCE")
        }
        (None, None) => Ok(None),
        // Without a method it is plain, which protects nothing that a redirect discloses.
        (Some(_), None) => invalid("code_challenge_method must be S256"),
        (Some(_), Some(method)) if method != "S256" => {
            invalid("code_challenge_method must be S256")
        }
        (Some(challenge), Some(_)) => {
            let bytes = URL_SAFE_NO_PAD.decode(challenge).unwrap_or_default();
            match <[u8; 32]>::try_from(bytes) {
                Ok(hash) => Ok(Some(hash)),
                Err(_) => invalid("code_challenge must be a SHA-256 in base64url"),
            }
        }
    }
}

fn prompt(parameters: &Parameters<'_>) -> Result<Prompt, Invalid> {
    let mut prompt = Prompt::default();
    for word in parameters.get("prompt").unwrap_or_default().split(' ') {
        match word {
            "" => {}
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err((ErrorCode::InvalidRequest, "prompt has an unknown value")),
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err((
            ErrorCode::InvalidRequest,
            "prompt has none beside another value",
        ));
    }
    Ok(prompt)
}

fn max_age(parameters: &Parameters<'_>) -> Result<Option<Duration>, Invalid> {
    let Some(text) = parameters.get("max_age") else {
        return Ok(None);
    };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse::<u64>().ok().filter(|_| is_number);
    match seconds {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err((
            ErrorCode::InvalidRequest,
            "max_age must be a number of seconds",
        )),
    }
}

/// The account of the parameter `account` or of the scope `account:…`.
fn account(parameters: &Parameters<'_>) -> Result<Option<AccountHint>, Invalid> {
    let scopes = parameters.get("scope").unwrap_or_default().split(' ');
    let mut named = scopes
        .filter_map(|scope| scope.strip_prefix(ACCOUNT_SCOPE))
        .chain(parameters.get("account"));
    let Some(first) = named.next() else {
        return Ok(None);
    };
    if named.any(|other| other != first) {
        return Err((
            ErrorCode::InvalidRequest,
            "two different accounts are named",
        ));
    }
    let id = first.parse().map(AccountHint::Account);
    Ok(Some(id.unwrap_or(AccountHint::Unknown)))
}
