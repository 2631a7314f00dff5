use proptest::prelude::*;

use super::*;
use crate::accounts::Account;
use crate::catalogue::Catalogue;
use convoke_core::clock::Timestamp;
use convoke_core::ids::AccountId;
use std::time::Duration;
use uuid::Uuid;

const ISSUER: &str = "https://accounts.example.com";
const ACCOUNT: &str = "acc_01h455vb4pex5vsknk084sn02q";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn catalogue() -> Catalogue {
    Catalogue::parse(
        "c.toml",
        r#"
[[products]]
key = "desk"
name = "Desk"
description = "Answers mail."
[products.sign_in]
redirect_uris = ["https://desk.example/cb", "https://desk.example/cb?tenant=1"]

[[products]]
key = "native"
name = "Native"
description = "Runs on a phone."
[products.sign_in]
redirect_uris = ["http://127.0.0.1/cb", "com.example.native:/cb"]
public = true

[[products]]
key = "wiki"
name = "Wiki"
description = "Keeps pages."
[products.sign_in]
redirect_uris = ["https://wiki.example/cb"]
pkce = "optional"
audience = "https://api.wiki.example"

[[products]]
key = "plain"
name = "Plain"
description = "Has no sign-in."
"#,
    )
    .unwrap()
}

/// A request with these parameters in place of the usual ones; an empty value leaves one out.
fn request(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, RejectedRequest> {
    let usual = [
        ("client_id", "desk"),
        ("redirect_uri", "https://desk.example/cb"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "s t&1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = usual.iter().filter(|(name, _)| !is_changed(name));
    let pairs: Vec<(String, String)> = kept
        .chain(changes)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    parse(&pairs, &catalogue(), ISSUER)
}

#[track_caller]
fn error(changes: &[(&str, &str)]) -> AuthorizationError {
    match request(changes) {
        Err(RejectedRequest::Error(error)) => error,
        other => panic!("{changes:?}: {other:?}"),
    }
}

#[test]
fn a_request_is_read_with_everything_that_it_asks_for() {
    let read = request(&[
        ("scope", "openid email offline_access unknown"),
        ("nonce", "n"),
        ("prompt", "login consent"),
        ("max_age", "60"),
        ("login_hint", "ada@example.com"),
        ("ui_locales", "ru en"),
        ("account", ACCOUNT),
        ("response_mode", "form_post"),
        ("acr_values", "1"),
        ("display", "popup"),
        ("claims", "{}"),
        ("resource", "https://accounts.example.com/products/desk"),
    ])
    .unwrap();
    assert_eq!(read.client, "desk");
    assert_eq!(read.redirect_uri, "https://desk.example/cb");
    assert_eq!(read.state.as_deref(), Some("s t&1"));
    assert_eq!(read.scopes.names(), "openid email offline_access");
    assert_eq!(read.response_mode, ResponseMode::FormPost);
    assert!(read.prompt.login && read.prompt.consent && !read.prompt.none);
    assert_eq!(read.max_age, Some(Duration::from_mins(1)));
    assert_eq!(read.ui_locales, ["ru", "en"]);
    let account: AccountId = ACCOUNT.parse().unwrap();
    assert_eq!(read.account, Some(AccountHint::Account(account)));
    assert!(read.code_challenge.is_some());
    let defaults = request(&[("state", "")]).unwrap();
    assert_eq!(
        (defaults.state, defaults.account, defaults.max_age),
        (None, None, None)
    );
    assert_eq!(
        request(&[("max_age", "0")]).unwrap().max_age,
        Some(Duration::ZERO)
    );
}

#[test]
fn nothing_is_sent_to_an_address_that_is_not_registered() {
    for client in ["", "unknown", "plain", "DESK", "desk "] {
        assert_eq!(
            request(&[("client_id", client)]),
            Err(RejectedRequest::UnknownClient),
            "{client}"
        );
    }
    let twice = [("client_id", "desk"), ("client_id", "desk")];
    assert_eq!(request(&twice), Err(RejectedRequest::UnknownClient));
    for uri in [
        "",
        "https://desk.example/cb/",
        "https://desk.example/cb?x=1",
        "https://desk.example/cb?tenant=1&x=2",
        "https://desk.example/CB",
        "https://desk.example:443/cb",
        "https://desk.example/cb#x",
        "https://desk.example/cb/../cb",
        "https://desk.example%2fcb",
        "https://desk.example@evil.example/cb",
        "https://wiki.example/cb",
        "http://desk.example/cb",
        "//desk.example/cb",
    ] {
        let client = "desk".to_owned();
        let rejected = request(&[("redirect_uri", uri)]);
        assert_eq!(
            rejected,
            Err(RejectedRequest::UnknownRedirectUri { client }),
            "{uri}"
        );
    }
    let twice = [
        ("redirect_uri", "https://desk.example/cb"),
        ("redirect_uri", "https://desk.example/cb"),
    ];
    assert!(matches!(
        request(&twice),
        Err(RejectedRequest::UnknownRedirectUri { .. })
    ));
    assert!(request(&[("redirect_uri", "https://desk.example/cb?tenant=1")]).is_ok());
    let native = [
        ("client_id", "native"),
        ("redirect_uri", "http://127.0.0.1:49152/cb"),
    ];
    assert_eq!(
        request(&native).unwrap().redirect_uri,
        "http://127.0.0.1:49152/cb"
    );
}

#[test]
fn every_other_error_goes_to_the_client_with_its_state() {
    use ErrorCode::*;
    for (changes, code) in [
        ([("response_type", "")], InvalidRequest),
        ([("response_type", "token")], UnsupportedResponseType),
        (
            [("response_type", "code id_token")],
            UnsupportedResponseType,
        ),
        ([("response_mode", "fragment")], InvalidRequest),
        ([("scope", "")], InvalidScope),
        ([("scope", "profile")], InvalidScope),
        ([("scope", "OPENID")], InvalidScope),
        ([("code_challenge", "")], InvalidRequest),
        ([("code_challenge_method", "")], InvalidRequest),
        ([("code_challenge_method", "plain")], InvalidRequest),
        ([("code_challenge_method", "s256")], InvalidRequest),
        ([("code_challenge", "short")], InvalidRequest),
        ([("prompt", "none login")], InvalidRequest),
        ([("prompt", "create")], InvalidRequest),
        ([("max_age", "-1")], InvalidRequest),
        ([("max_age", "+1")], InvalidRequest),
        ([("max_age", "99999999999999999999")], InvalidRequest),
        ([("request", "eyJ")], RequestNotSupported),
        (
            [("request_uri", "https://desk.example/r")],
            RequestUriNotSupported,
        ),
        ([("registration", "{}")], RegistrationNotSupported),
        ([("resource", "https://api.wiki.example")], InvalidTarget),
    ] {
        let error = error(&changes);
        assert_eq!(
            (error.code, error.state.as_deref()),
            (code, Some("s t&1")),
            "{changes:?}"
        );
        assert_eq!(error.redirect_uri, "https://desk.example/cb");
        assert!(error.description.is_ascii() && !error.description.contains(['"', '\\']));
    }
    for name in [
        "scope",
        "nonce",
        "prompt",
        "response_type",
        "code_challenge",
    ] {
        assert_eq!(
            error(&[(name, "code"), (name, "code")]).code,
            InvalidRequest,
            "{name}"
        );
    }
    let twice = error(&[("state", "a"), ("state", "b")]);
    assert_eq!((twice.code, twice.state), (InvalidRequest, None));
    let long = "x".repeat(5_000);
    assert_eq!(error(&[("nonce", &long)]).code, InvalidRequest);
    assert_eq!(error(&[("state", &long)]).state, None);
    let by_form = error(&[("response_mode", "form_post"), ("scope", "profile")]);
    assert_eq!(by_form.response_mode, ResponseMode::FormPost);
}

#[test]
fn pkce_may_be_left_out_where_the_catalogue_says_so_but_not_be_wrong() {
    let wiki = [
        ("client_id", "wiki"),
        ("redirect_uri", "https://wiki.example/cb"),
    ];
    let with = |more: &[(&'static str, &'static str)]| request(&[&wiki, more].concat());
    let none = with(&[("code_challenge", ""), ("code_challenge_method", "")]).unwrap();
    assert_eq!(none.code_challenge, None);
    assert!(with(&[]).unwrap().code_challenge.is_some());
    assert!(with(&[("code_challenge_method", "plain")]).is_err());
    assert!(with(&[("code_challenge", "")]).is_err());
    assert!(with(&[("resource", "https://api.wiki.example")]).is_ok());
}

#[test]
fn one_account_can_be_named_in_two_ways_and_two_accounts_in_none() {
    let other = "acc_01h455vb4pex5vsknk084sn02r";
    let by_scope = format!("openid account:{ACCOUNT}");
    let hint = |changes: &[(&str, &str)]| request(changes).unwrap().account;
    let account = Some(AccountHint::Account(ACCOUNT.parse().unwrap()));
    assert_eq!(hint(&[("scope", &by_scope)]), account);
    assert_eq!(hint(&[("scope", &by_scope), ("account", ACCOUNT)]), account);
    assert_eq!(hint(&[("account", "acc_x")]), Some(AccountHint::Unknown));
    assert_eq!(
        error(&[("scope", &by_scope), ("account", other)]).code,
        ErrorCode::InvalidRequest
    );
    let two = format!("openid account:{ACCOUNT} account:{other}");
    assert_eq!(error(&[("scope", &two)]).code, ErrorCode::InvalidRequest);
}

#[test]
fn only_the_account_that_is_asked_for_is_taken() {
    let other = "acc_01h455vb4pex5vsknk084sn02r";
    let (requested, owner) = (
        request(&[("account", ACCOUNT)]).unwrap(),
        Uuid::nil().into(),
    );
    let step = |id: &str| {
        let account = Account {
            id: id.parse().unwrap(),
            name: "Engines".to_owned(),
            owner,
            is_default: false,
            user_limit: None,
            registered_users_only: false,
            created_at: Timestamp::from_millis(0),
            owner_first_name: "Ada".to_owned(),
            owner_last_name: None,
        };
        let access = Access {
            roles: Vec::new(),
            owner: true,
        };
        next_step(&requested, &[(account, access)]).unwrap()
    };
    assert_eq!(step(ACCOUNT), NextStep::Issue(ACCOUNT.parse().unwrap()));
    let is_unavailable = true;
    assert_eq!(step(other), NextStep::SelectAccount { is_unavailable });
}

proptest! {
    /// The fuzz target `authorization_request` is the same.
    #[test]
    fn any_request_is_read_or_rejected_and_never_answered_elsewhere(
        pairs in prop::collection::vec((
            prop::sample::select(vec!["client_id", "redirect_uri", "response_type", "scope", "state", "prompt", "max_age",
                "code_challenge", "code_challenge_method", "account", "nonce", "response_mode", "x"]),
            prop_oneof![Just("desk".to_owned()), Just("https://desk.example/cb".to_owned()), Just("code".to_owned()),
                Just("openid".to_owned()), Just(CHALLENGE.to_owned()), Just("S256".to_owned()), any::<String>()],
        ), 0..14),
    ) {
        let pairs: Vec<(String, String)> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let place = match parse(&pairs, &catalogue(), ISSUER) {
            Ok(request) => {
                prop_assert!(request.scopes.contains(Scope::OpenId) && request.code_challenge.is_some());
                request.redirect_uri
            }
            Err(RejectedRequest::Error(error)) => error.redirect_uri,
            Err(_) => return Ok(()),
        };
        prop_assert_eq!(place, "https://desk.example/cb");
    }

    #[test]
    fn scopes_are_a_set_of_known_names(names in prop::collection::vec(prop::sample::select(Scope::ALL.to_vec()), 0..8)) {
        let text: Vec<&str> = names.iter().map(|scope| scope.as_str()).collect();
        let scopes = Scopes::parse(&text.join(" "));
        for scope in Scope::ALL {
            prop_assert_eq!(scopes.contains(scope), names.contains(&scope));
        }
        prop_assert_eq!(Scopes::parse(&scopes.names()), scopes);
        prop_assert!(scopes.is_subset(scopes) && Scopes::default().is_subset(scopes));
    }
}
