//! Authentication of clients (RFC 6749 section 2.3).

use subtle::ConstantTimeEq as _;

use super::access::client;
use crate::catalogue::sign_in::ProductSignIn;
use crate::catalogue::{Catalogue, Product};
use convoke_core::secret::{Secret, sha256};

/// What a client authenticates with.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The product's key.
    pub client_id: String,
    /// The client secret; none of a public client.
    pub secret: Option<Secret>,
}

/// The client of these credentials: a public one without a secret, or a confidential one with one of its secrets. None where
/// they do not match, whatever the reason.
#[must_use]
pub fn authenticate_client<'c>(
    catalogue: &'c Catalogue,
    credentials: &ClientCredentials,
) -> Option<(&'c Product, &'c ProductSignIn)> {
    let (product, sign_in) = client(catalogue, &credentials.client_id)?;
    let is_authentic = match &credentials.secret {
        None => sign_in.public,
        Some(secret) => {
            let presented = sha256(secret.expose().as_bytes());
            let known = sign_in.secret_hashes.iter();
            // Every secret is compared, in constant time.
            let matches = known.map(|hash| presented.ct_eq(hash).unwrap_u8());
            !sign_in.public && matches.fold(0, |found, one| found | one) == 1
        }
    };
    is_authentic.then_some((product, sign_in))
}
