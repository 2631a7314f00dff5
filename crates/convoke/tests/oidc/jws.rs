//! Verifies signatures by published keys (RFC 7515, RFC 7517), without the code of the installation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Header and claims of a compact JWS, unverified.
#[track_caller]
pub fn read(token: &str) -> (Value, Value) {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let part = |index: usize| serde_json::from_slice(&decode(parts[index])).unwrap();
    (part(0), part(1))
}

/// Header and claims of a compact JWS that one of these keys has signed.
#[track_caller]
pub fn verify(token: &str, keys: &Value) -> (Value, Value) {
    let (head, claims) = read(token);
    assert!(is_signed(token, keys), "{head}");
    (head, claims)
}

/// Whether one of these keys, by `kid` and `alg`, has signed a compact JWS.
pub fn is_signed(token: &str, keys: &Value) -> bool {
    let (head, _) = read(token);
    let all = keys["keys"].as_array().unwrap();
    let Some(key) = all.iter().find(|key| key["kid"] == head["kid"]) else {
        return false;
    };
    if key["alg"] != head["alg"] || key["use"] != "sig" {
        return false;
    }
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = decode(signature);
    let member = |name: &str| decode(key[name].as_str().unwrap());
    match head["alg"].as_str().unwrap() {
        "RS256" => {
            let (n, e) = (member("n"), member("e"));
            RsaPublicKeyComponents { n: &n, e: &e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
                .is_ok()
        }
        "ES256" => {
            let point = [vec![4], member("x"), member("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed.as_bytes(), &signature)
                .is_ok()
        }
        other => panic!("{other}"),
    }
}

/// The same claims without a signature: `alg` is `none`.
pub fn unsigned(token: &str) -> String {
    let (_, claims) = read(token);
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.",
        encode(&json!({ "alg": "none", "typ": "JWT" })),
        encode(&claims)
    )
}

/// The same head and signature with other claims.
pub fn with_claim(token: &str, name: &str, value: Value) -> String {
    let (_, mut claims) = read(token);
    claims[name] = value;
    let parts: Vec<&str> = token.split('.').collect();
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{}.{claims}.{}", parts[0], parts[2])
}

/// The same claims with another signature of the right size.
pub fn badly_signed(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = decode(signature);
    bytes[7] ^= 1;
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Verifies an ID token as a client does that uses the library `openidconnect`: signature, issuer, audience, expiry, nonce and the
/// hash of the access token.
pub fn verify_as_client(
    (id_token, access_token): (&str, &str),
    keys: &Value,
    (client, secret): (&str, &str),
    nonce: &str,
    now: convoke_core::clock::Timestamp,
) {
    use openidconnect::core::{
        CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    };
    use openidconnect::{AccessToken, AccessTokenHash, ClientId, ClientSecret, IssuerUrl, Nonce};
    let keys: CoreJsonWebKeySet = serde_json::from_value(keys.clone()).unwrap();
    let verifier = CoreIdTokenVerifier::new_confidential_client(
        ClientId::new(client.to_owned()),
        ClientSecret::new(secret.to_owned()),
        IssuerUrl::new(super::flow::ISSUER.to_owned()).unwrap(),
        keys,
    );
    let time = chrono::DateTime::from_timestamp_millis(now.millis()).unwrap();
    let algorithms = [
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    ];
    let verifier = verifier
        .set_time_fn(move || time)
        .set_allowed_algs(algorithms);
    let token: CoreIdToken = id_token.parse().unwrap();
    let claims = token
        .claims(&verifier, &Nonce::new(nonce.to_owned()))
        .unwrap();
    let expected = AccessTokenHash::from_token(
        &AccessToken::new(access_token.to_owned()),
        token.signing_alg().unwrap(),
        token.signing_key(&verifier).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&expected.unwrap()));
}
