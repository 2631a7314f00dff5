//! Key pairs and JSON Web Signatures (RFC 7515).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::{self, CryptoRng, RngCore};
use serde::Serialize;
use serde_json::{Value, json};

use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::random::Random;
use convoke_core::secret::sha256;

const RSA_BITS: usize = 2048;
/// The length of a coordinate of P-256.
const P256_LENGTH: usize = 32;

/// A key pair that signs tokens.
pub struct KeyPair {
    private: PrivateKey,
    public_jwk: Value,
    kid: String,
}

enum PrivateKey {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

/// A key that cannot be made, read or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key is unusable")]
pub struct SigningError;

impl KeyPair {
    /// Makes the private key of a new pair, as PKCS #8 (RFC 5958). An RSA key takes about a second.
    ///
    /// # Errors
    /// When the operating system or the library cannot make one.
    pub fn generate(
        algorithm: SigningAlgorithm,
        random: &dyn Random,
    ) -> Result<Vec<u8>, SigningError> {
        match algorithm {
            // ring makes no RSA keys. Only the key comes from this crate; it signs nothing.
            SigningAlgorithm::Rs256 => {
                let key = rsa::RsaPrivateKey::new(&mut Generator(random), RSA_BITS);
                let der = key.map_err(|_| SigningError)?.to_pkcs8_der();
                Ok(der.map_err(|_| SigningError)?.as_bytes().to_vec())
            }
            SigningAlgorithm::Es256 => {
                let source = SystemRandom::new();
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &source)
                    .map(|document| document.as_ref().to_vec())
                    .map_err(|_| SigningError)
            }
        }
    }

    /// Reads a private key in PKCS #8.
    ///
    /// # Errors
    /// When it is none of this algorithm.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, der: &[u8]) -> Result<Self, SigningError> {
        // The members of a thumbprint, in its order (RFC 7638 section 3.2).
        let (private, thumbprint) = match algorithm {
            SigningAlgorithm::Rs256 => {
                let key = RsaKeyPair::from_pkcs8(der).map_err(|_| SigningError)?;
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                let (e, n) = (encode(&public.e), encode(&public.n));
                let members = json!({ "e": e, "kty": "RSA", "n": n });
                (PrivateKey::Rs256(key), members)
            }
            SigningAlgorithm::Es256 => {
                let source = SystemRandom::new();
                let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &source)
                    .map_err(|_| SigningError)?;
                // An uncompressed point: 4, x and y (SEC 1 section 2.3.3).
                let point = key.public_key().as_ref().get(1..).ok_or(SigningError)?;
                let (x, y) = point.split_at_checked(P256_LENGTH).ok_or(SigningError)?;
                let members =
                    json!({ "crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y) });
                (PrivateKey::Es256(key), members)
            }
        };
        let kid = encode(&sha256(thumbprint.to_string().as_bytes()));
        let mut public_jwk = thumbprint;
        if let Some(members) = public_jwk.as_object_mut() {
            members.insert("kid".to_owned(), kid.clone().into());
            members.insert("use".to_owned(), "sig".into());
            members.insert("alg".to_owned(), algorithm.as_str().into());
        }
        Ok(Self {
            private,
            public_jwk,
            kid,
        })
    }

    /// What signs.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        match self.private {
            PrivateKey::Rs256(_) => SigningAlgorithm::Rs256,
            PrivateKey::Es256(_) => SigningAlgorithm::Es256,
        }
    }

    /// The key's id: its thumbprint (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JSON Web Key (RFC 7517).
    #[must_use]
    pub const fn public_jwk(&self) -> &Value {
        &self.public_jwk
    }

    /// Signs claims: a JSON Web Token in compact serialization with this media type in its header (RFC 7519, RFC 8725
    /// section 3.11).
    ///
    /// # Errors
    /// When the claims are no JSON object, or the library cannot sign.
    pub fn sign(&self, media_type: &str, claims: &impl Serialize) -> Result<String, SigningError> {
        let header =
            json!({ "typ": media_type, "alg": self.algorithm().as_str(), "kid": self.kid });
        let claims = serde_json::to_vec(claims).map_err(|_| SigningError)?;
        let mut token = encode(header.to_string().as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let random = SystemRandom::new();
        match &self.private {
            PrivateKey::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| SigningError)?;
                Ok(signature)
            }
            PrivateKey::Es256(key) => key
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningError),
        }
    }

    /// The media type and the claims of a token that this key has signed, whether it has expired or not; none of any other
    /// text.
    #[must_use]
    pub fn verify(&self, token: &str) -> Option<(String, Value)> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header = decode_json(header)?;
        let is_named =
            |name: &str, value: &str| header.get(name).and_then(Value::as_str) == Some(value);
        if !is_named("alg", self.algorithm().as_str()) || !is_named("kid", &self.kid) {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let (algorithm, public): (&dyn signature::VerificationAlgorithm, &[u8]) =
            match &self.private {
                PrivateKey::Rs256(key) => (&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref()),
                PrivateKey::Es256(key) => (&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref()),
            };
        UnparsedPublicKey::new(algorithm, public)
            .verify(message.as_bytes(), &signature)
            .ok()?;
        let media_type = header.get("typ").and_then(Value::as_str)?;
        Some((media_type.to_owned(), decode_json(claims)?))
    }
}

/// The media type and the claims of a token that the owner of a public key (RFC 7517) has signed, as a client checks it; none of
/// any other text.
#[must_use]
pub fn verify_with_jwk(jwk: &Value, token: &str) -> Option<(String, Value)> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(member(name)?).ok();
    let (message, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let (header, claims) = message.split_once('.')?;
    let header = decode_json(header)?;
    let named = |name: &str| header.get(name).and_then(Value::as_str);
    if named("kid") != member("kid") || named("alg") != member("alg") {
        return None;
    }
    match member("alg")? {
        "RS256" => RsaPublicKeyComponents {
            n: bytes("n")?,
            e: bytes("e")?,
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .ok()?,
        "ES256" => {
            let point = [vec![4], bytes("x")?, bytes("y")?].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message.as_bytes(), &signature)
                .ok()?;
        }
        _ => return None,
    }
    Some((named("typ")?.to_owned(), decode_json(claims)?))
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode_json(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Our source of randomness as the one that the `rsa` crate asks for.
struct Generator<'r>(&'r dyn Random);

impl RngCore for Generator<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for Generator<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(algorithm: SigningAlgorithm) -> KeyPair {
        let der = KeyPair::generate(algorithm, &convoke_core::random::SystemRandom).unwrap();
        KeyPair::from_pkcs8(algorithm, &der).unwrap()
    }

    #[test]
    fn a_token_is_verified_by_the_key_that_signed_it_alone() {
        for algorithm in SigningAlgorithm::ALL {
            let (key, other) = (pair(*algorithm), pair(*algorithm));
            let claims = json!({ "sub": "usr_1", "aud": ["a", "b"] });
            let token = key.sign("at+jwt", &claims).unwrap();
            assert_eq!(key.verify(&token), Some(("at+jwt".to_owned(), claims)));
            assert_eq!(other.verify(&token), None);
            let parts: Vec<&str> = token.split('.').collect();
            let none = format!(
                "{}.{}.",
                encode(br#"{"typ":"at+jwt","alg":"none"}"#),
                parts[1]
            );
            let changed = format!("{}.{}.{}", parts[0], encode(b"{}"), parts[2]);
            let hmac = json!({ "typ": "at+jwt", "alg": "HS256", "kid": key.kid() }).to_string();
            let hmac = format!("{}.{}.{}", encode(hmac.as_bytes()), parts[1], parts[2]);
            for bad in [
                &none,
                &changed,
                &hmac,
                "",
                ".",
                "..",
                &token[..token.len() - 2],
            ] {
                assert_eq!(key.verify(bad), None, "{bad}");
            }
        }
    }

    #[test]
    fn the_public_key_has_what_clients_need_and_nothing_private() {
        let names = |jwk: &Value| {
            let mut names: Vec<String> = jwk.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        let rsa = pair(SigningAlgorithm::Rs256);
        assert_eq!(
            names(rsa.public_jwk()),
            ["alg", "e", "kid", "kty", "n", "use"]
        );
        assert_eq!(rsa.public_jwk()["e"], "AQAB");
        let ec = pair(SigningAlgorithm::Es256);
        assert_eq!(
            names(ec.public_jwk()),
            ["alg", "crv", "kid", "kty", "use", "x", "y"]
        );
        assert_eq!(ec.public_jwk()["kid"], ec.kid());
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_the_public_key() {
        // RFC 7638 section 3.1: the members in lexicographic order, without white space.
        let jwk = pair(SigningAlgorithm::Es256).public_jwk().clone();
        let text = format!(
            r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
            jwk["x"], jwk["y"]
        );
        assert_eq!(jwk["kid"], encode(&sha256(text.as_bytes())));
    }

    #[test]
    fn a_key_of_another_algorithm_is_rejected() {
        let der = KeyPair::generate(SigningAlgorithm::Es256, &convoke_core::random::SystemRandom)
            .unwrap();
        assert!(KeyPair::from_pkcs8(SigningAlgorithm::Rs256, &der).is_err());
        assert!(KeyPair::from_pkcs8(SigningAlgorithm::Es256, b"nothing").is_err());
    }
}
