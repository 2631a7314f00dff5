//! Reads the table `[products.sign_in]` of a catalogue file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parser::CatalogueParser;
use super::sign_in::{
    Pkce, ProductSignIn, RedirectUri, RedirectUriError, RoleChangePolicy, SignInPolicy,
};
use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::secret::{TokenHash, sha256};

const FIELDS: [&str; 14] = [
    "redirect_uris",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "secret",
    "secret_file",
    "initiate_login_uri",
    "public",
    "pkce",
    "allow",
    "audience",
    "alg",
    "claims_in_id_token",
    "on_role_change",
    "roles_claim",
];

/// Claims that tokens have anyway.
const RESERVED_CLAIMS: [&str; 36] = [
    "active",
    "token_type",
    "username",
    "given_name",
    "family_name",
    "preferred_username",
    "picture",
    "locale",
    "zoneinfo",
    "updated_at",
    "phone_number",
    "phone_number_verified",
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "sid",
    "nonce",
    "azp",
    "amr",
    "acr",
    "at_hash",
    "auth_time",
    "client_id",
    "scope",
    "account",
    "accounts",
    "owner",
    "name",
    "email",
    "email_verified",
    "events",
    "roles",
];

/// A client secret has at least so many characters.
const MIN_SECRET_LENGTH: usize = 32;

/// The settings of the product `key`; none with an error where it is not a table.
pub(super) fn sign_in(
    reader: &mut CatalogueParser,
    entry: &Spanned<DeValue>,
    key: &str,
    product: &str,
) -> Option<ProductSignIn> {
    let table = reader.table(entry, "[products.sign_in]")?;
    let at = entry.span().start;
    let owner = &format!("the sign-in of {product}");
    reader.reject_unknown_fields(table, &FIELDS, owner);
    let public = reader.boolean(table, "public", owner).unwrap_or(false);
    let pkce = reader.choice(
        table,
        "pkce",
        owner,
        &[("required", Pkce::Required), ("optional", Pkce::Optional)],
    );
    let sign_in = ProductSignIn {
        redirect_uris: redirect_uris(reader, table, "redirect_uris", owner, public),
        post_logout_redirect_uris: redirect_uris(
            reader,
            table,
            "post_logout_redirect_uris",
            owner,
            public,
        ),
        backchannel_logout_uri: address(reader, table, "backchannel_logout_uri", owner),
        secret_hashes: secret_hashes(reader, table, owner),
        secret_files: reader
            .strings(table, "secret_file", owner)
            .into_iter()
            .map(|(path, _)| path.to_owned())
            .collect(),
        initiate_login_uri: address(reader, table, "initiate_login_uri", owner),
        public,
        pkce: pkce.unwrap_or_default(),
        allow: reader
            .choice(
                table,
                "allow",
                owner,
                &[
                    ("members", SignInPolicy::Members),
                    ("role-holders", SignInPolicy::RoleHolders),
                ],
            )
            .unwrap_or_default(),
        audience: audience(reader, table, key, owner),
        alg: reader
            .choice(
                table,
                "alg",
                owner,
                &[SigningAlgorithm::Rs256, SigningAlgorithm::Es256].map(|alg| (alg.as_str(), alg)),
            )
            .unwrap_or(SigningAlgorithm::Rs256),
        claims_in_id_token: reader
            .boolean(table, "claims_in_id_token", owner)
            .unwrap_or(false),
        on_role_change: reader
            .choice(
                table,
                "on_role_change",
                owner,
                &[
                    ("keep", RoleChangePolicy::Keep),
                    ("end", RoleChangePolicy::End),
                ],
            )
            .unwrap_or_default(),
        roles_claims: roles_claims(reader, table, owner),
    };
    check_together(reader, table, &sign_in, owner, at);
    Some(sign_in)
}

/// What only several fields together get wrong.
fn check_together(
    reader: &mut CatalogueParser,
    table: &DeTable,
    sign_in: &ProductSignIn,
    owner: &str,
    at: usize,
) {
    let remedy = "Add the addresses to which users return after a sign-in.";
    match table.get("redirect_uris") {
        None => reader.missing(
            at,
            format!("`redirect_uris` is missing in {owner}. {remedy}"),
        ),
        Some(value)
            if value
                .get_ref()
                .as_array()
                .is_some_and(|uris| uris.is_empty()) =>
        {
            let message = format!("`redirect_uris` of {owner} is empty. {remedy}");
            reader.error(value.span().start, message);
        }
        Some(_) => {}
    }
    let at_field = |field: &str| table.get(field).map(|value| value.span().start);
    for field in ["secret", "secret_file"] {
        if let (true, Some(at)) = (sign_in.public, at_field(field)) {
            let message = format!(
                "`{field}` stands in {owner}, which has `public = true` and so cannot keep a secret. Remove one of the two."
            );
            reader.error(at, message);
        }
    }
    if let (true, Pkce::Optional, Some(at)) = (sign_in.public, sign_in.pkce, at_field("pkce")) {
        let message = format!(
            "`pkce` of {owner} is optional, but a public client has nothing else that binds its codes to it (RFC 9700 section 2.1.1). Remove the line."
        );
        reader.error(at, message);
    }
}

fn redirect_uris(
    reader: &mut CatalogueParser,
    table: &DeTable,
    field: &str,
    owner: &str,
    public: bool,
) -> Vec<RedirectUri> {
    let mut uris: Vec<RedirectUri> = Vec::new();
    for (text, at) in reader.strings(table, field, owner) {
        let remedy = match RedirectUri::parse(text, public) {
            Ok(uri) if uris.contains(&uri) => "stands there twice. Remove one of the two",
            Ok(uri) => {
                uris.push(uri);
                continue;
            }
            Err(RedirectUriError::NotAbsolute) => {
                "is not a whole address. Write one such as `https://app.example.com/callback`"
            }
            Err(RedirectUriError::Fragment) => "has a fragment. Remove what follows the #",
            Err(RedirectUriError::Wildcard) => {
                "has a *. Addresses are compared as they are: list each of them"
            }
            Err(RedirectUriError::PlainHttp) => {
                "is plain http. Use https; http is for 127.0.0.1, [::1] and localhost alone"
            }
            Err(RedirectUriError::Scheme) if public => {
                "has a scheme that no app can own. Use https, or your domain in reverse such as `com.example.app:/callback`"
            }
            Err(RedirectUriError::Scheme) => {
                "is not an https address. Schemes of apps are for products with `public = true`"
            }
        };
        let message = format!(
            "`{}` in `{field}` of {owner} {remedy}.",
            text.escape_debug()
        );
        reader.error(at, message);
    }
    uris
}

/// An address that the server or a browser calls: https, or http on this machine.
fn address(
    reader: &mut CatalogueParser,
    table: &DeTable,
    field: &str,
    owner: &str,
) -> Option<String> {
    let (text, at) = reader.optional_string(table, field, owner)?;
    if RedirectUri::parse(text, false).is_err() {
        let message = format!(
            "`{field}` of {owner} is `{}`. Write a whole https address without a fragment, such as `https://app.example.com/login`; http is for this machine alone.",
            text.escape_debug()
        );
        reader.error(at, message);
    }
    Some(text.to_owned())
}

fn secret_hashes(reader: &mut CatalogueParser, table: &DeTable, owner: &str) -> Vec<TokenHash> {
    let mut hashes = Vec::new();
    for (text, at) in reader.strings(table, "secret", owner) {
        if let Err(remedy) = check_secret(text) {
            reader.error(at, format!("`secret` of {owner} {remedy}."));
        }
        hashes.push(sha256(text.as_bytes()));
    }
    hashes
}

/// Whether a text can be a client secret.
///
/// # Errors
/// What is wrong and what to do, without the secret.
pub fn check_secret(text: &str) -> Result<(), &'static str> {
    if text.len() < MIN_SECRET_LENGTH {
        Err("is shorter than 32 characters. Make one with `openssl rand -hex 32`")
    } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("has characters that not every client can send. Use ASCII without blanks")
    }
}

fn audience(
    reader: &mut CatalogueParser,
    table: &DeTable,
    key: &str,
    owner: &str,
) -> Option<String> {
    let (text, at) = reader.optional_string(table, "audience", owner)?;
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text == key {
        let message = format!(
            "`audience` of {owner} is its client id, so that an ID token could be taken for an access token. Write the address of its API."
        );
        reader.error(at, message);
    } else if !text.contains(':') || !is_printable {
        let message = format!(
            "`audience` of {owner} is `{}`. Write an address, such as `https://api.example.com`, or remove the line.",
            text.escape_debug()
        );
        reader.error(at, message);
    }
    Some(text.to_owned())
}

fn roles_claims(reader: &mut CatalogueParser, table: &DeTable, owner: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, at) in reader.strings(table, "roles_claim", owner) {
        if name == "roles" || names.iter().any(|known| known == name) {
            continue;
        }
        if RESERVED_CLAIMS.contains(&name) || name.trim().is_empty() {
            let message = format!(
                "`{}` cannot be a `roles_claim` of {owner}: tokens have that claim for something else. Use another name, such as `groups`.",
                name.escape_debug()
            );
            reader.error(at, message);
        }
        names.push(name.to_owned());
    }
    names
}
