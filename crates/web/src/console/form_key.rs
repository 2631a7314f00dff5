//! Keys of forms that count once: random, in a hidden field (see [`super::once`]).

use convoke_app::App;
use convoke_core::secret::{Secret, TokenKind, new_token, sha256, token_hash};
use convoke_domain::idempotency::Key;
use convoke_domain::submitted_forms::FormKey;

/// The name of the hidden field with a form's key.
pub(super) const FIELD: &str = "form_key";

/// The key of a form that was sent.
#[derive(Clone, Debug)]
pub(super) struct SubmissionKey {
    /// The random key as the page has it.
    pub token: Secret,
    /// The hash of key, address and input: changed input is another submission.
    pub hash: FormKey,
}

impl SubmissionKey {
    /// The key of a form that had none.
    pub(super) fn random(app: &App) -> Self {
        let (token, hash) = new_token(TokenKind::Form, app.ctx.random.as_ref());
        Self { token, hash }
    }

    /// Removes the key from the fields of a form.
    pub(super) fn take(path: &str, fields: &mut Vec<(String, String)>) -> Option<Self> {
        let (keys, rest): (Vec<_>, Vec<_>) = fields.drain(..).partition(|(name, _)| name == FIELD);
        *fields = rest;
        let (_, token) = keys.into_iter().next()?;
        token_hash(TokenKind::Form, &token)?;
        // The key has 256 random bits and is not stored, so the hash discloses none of the input.
        let mut input = form_urlencoded::Serializer::new(format!("{token} {path}?"));
        input.extend_pairs(fields.iter());
        Some(Self {
            hash: sha256(input.finish().as_bytes()),
            token: Secret::new(token),
        })
    }

    /// The same as an idempotency key of a signed-in caller.
    pub(super) const fn idempotency_key(&self) -> Key {
        Key {
            key: self.hash,
            request: self.hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(path: &str, key: &str, fields: &[(&str, &str)]) -> Option<FormKey> {
        let mut fields: Vec<(String, String)> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let count = fields.len();
        fields.push((FIELD.to_owned(), key.to_owned()));
        let key = SubmissionKey::take(path, &mut fields);
        assert_eq!(fields.len(), count);
        key.map(|key| key.hash)
    }

    #[test]
    fn another_key_address_or_input_is_another_submission() {
        let (key, other) = (
            format!("cvf_{}", "A".repeat(43)),
            format!("cvf_B{}", "A".repeat(42)),
        );
        let first = hash("/accounts", &key, &[("name", "A")]);
        assert!(first.is_some());
        assert_eq!(first, hash("/accounts", &key, &[("name", "A")]));
        assert_ne!(first, hash("/accounts", &other, &[("name", "A")]));
        assert_ne!(first, hash("/profile", &key, &[("name", "A")]));
        assert_ne!(first, hash("/accounts", &key, &[("name", "B")]));
        assert_ne!(first, hash("/accounts", &key, &[("name", "A"), ("x", "")]));
    }

    #[test]
    fn a_key_that_no_page_has_counts_for_nothing() {
        for key in ["", "a", "cvf_", "cvf_short", &"cvi_".repeat(16)] {
            assert_eq!(hash("/accounts", key, &[]), None, "{key}");
        }
    }
}
