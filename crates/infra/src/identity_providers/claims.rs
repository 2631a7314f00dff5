//! The profile in the claims of a verified token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Provider, ProviderError};
use convoke_core::email_address::EmailAddress;
use convoke_core::model::identity::{ExternalProfile, NameClaims, normalize_name};
use convoke_core::text::ForeignText;

fn untrusted(message: &str) -> ProviderError {
    ProviderError::Untrusted(message.to_owned())
}

/// Whether this client is the authorized party of a token, which it must name where it has several audiences (`OpenID`
/// Connect Core 1.0 section 3.1.3.7).
pub(super) fn is_authorized_party(claims: &Value, client_id: &str) -> bool {
    match claims.get("azp") {
        Some(party) => party == client_id,
        None => match claims.get("aud") {
            Some(Value::Array(all)) => all.len() == 1,
            _ => true,
        },
    }
}

/// The claims as they stand in a token that was verified before: the library reads `"true"` as true, and an address
/// must not count for that.
pub(super) fn payload(token: &str) -> Option<Value> {
    let encoded = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

/// What the user info endpoint adds to claims without an address, if it is about the same subject (`OpenID` Connect
/// Core 1.0 section 5.3.2).
pub(super) fn merged(mut claims: Value, more: Value) -> Result<Value, ProviderError> {
    if more.get("sub") != claims.get("sub") {
        return Err(untrusted("the user info is about somebody else"));
    }
    let (Some(known), Value::Object(more)) = (claims.as_object_mut(), more) else {
        return Err(untrusted("the user info is no object"));
    };
    // The party that discloses the address also returns whether it is verified.
    known.remove("email_verified");
    for (name, value) in more {
        known.entry(name).or_insert(value);
    }
    Ok(claims)
}

/// What verified claims disclose.
pub(super) fn profile_from_claims(
    provider: &Provider,
    claims: &Value,
) -> Result<ExternalProfile, ProviderError> {
    let text = |name: &str| {
        let text = claims.get(name).and_then(Value::as_str);
        text.filter(|text| !text.trim().is_empty())
    };
    let usable = |subject: &&str| subject.len() <= 255 && !subject.contains(char::is_control);
    let subject = text("sub").filter(usable);
    let subject = subject.ok_or_else(|| untrusted("the token has no usable subject"))?;
    let email = text("email").and_then(|email| EmailAddress::parse(email).ok());
    let email = email.filter(|email| {
        is_email_verified(
            claims.get("email_verified"),
            email,
            &provider.settings.trusted_email_domains,
        )
    });
    let local = email
        .as_ref()
        .and_then(|email| email.as_str().split('@').next());
    let (first_name, last_name) = normalize_name(NameClaims {
        given: text("given_name"),
        family: text("family_name"),
        whole: text("name"),
        nickname: text("preferred_username")
            .and_then(|name| name.split('@').next())
            .or(local),
    });
    Ok(ExternalProfile {
        provider: provider.settings.id.clone(),
        issuer: provider.settings.issuer().to_owned(),
        subject: subject.to_owned(),
        label: label(
            text("preferred_username")
                .or(text("email"))
                .or(text("name")),
        ),
        emails: email.into_iter().collect(),
        first_name,
        last_name,
    })
}

/// The label of a person at the service, cleaned for display.
pub(super) fn label(text: Option<&str>) -> Option<ForeignText> {
    let label = ForeignText::new(text?, 64);
    (!label.is_empty()).then_some(label)
}

/// Whether an address counts as verified (security rule 7): the claim is the boolean true, or it is absent and the
/// operator trusts the service with the address's domain.
fn is_email_verified(claim: Option<&Value>, email: &EmailAddress, trusted: &[String]) -> bool {
    if let Some(claim) = claim {
        return claim == &Value::Bool(true);
    }
    let domain = email.canonical().rsplit('@').next().unwrap_or_default();
    trusted
        .iter()
        .any(|trusted_domain| trusted_domain == domain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_boolean_true_verifies_an_address() {
        let email = EmailAddress::parse("ada@Work.Example").unwrap();
        let trusted = ["work.example".to_owned()];
        assert!(is_email_verified(Some(&json!(true)), &email, &[]));
        for claim in [json!(false), json!("true"), json!(1), json!(null)] {
            assert!(
                !is_email_verified(Some(&claim), &email, &trusted),
                "{claim}"
            );
        }
        assert!(is_email_verified(None, &email, &trusted));
        assert!(!is_email_verified(None, &email, &[]));
        assert!(!is_email_verified(None, &email, &["example".to_owned()]));
    }

    #[test]
    fn a_token_of_several_audiences_names_us_as_its_party() {
        let made = |claims: Value| is_authorized_party(&claims, "us");
        assert!(made(json!({ "aud": "us" })));
        assert!(made(json!({ "aud": ["us"] })));
        assert!(made(json!({ "aud": ["us", "them"], "azp": "us" })));
        assert!(!made(json!({ "aud": ["us", "them"] })));
        assert!(!made(json!({ "aud": ["us", "them"], "azp": "them" })));
        assert!(!made(json!({ "aud": "us", "azp": "them" })));
    }

    #[test]
    fn user_info_adds_and_never_replaces() {
        let claims = json!({ "sub": "1", "name": "Ada" });
        let more = json!({ "sub": "1", "name": "Eve", "email": "ada@x.io" });
        let with_flag = json!({ "sub": "1", "name": "Ada", "email_verified": true });
        let both = merged(with_flag, more).unwrap();
        assert_eq!(
            both,
            json!({ "sub": "1", "name": "Ada", "email": "ada@x.io" })
        );
        assert!(merged(claims.clone(), json!({ "sub": "2" })).is_err());
        assert!(merged(claims, json!({})).is_err());
    }
}
