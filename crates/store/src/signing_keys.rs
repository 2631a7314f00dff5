//! Keys that sign tokens; their private keys are sealed.

use super::engine::{params, row, statements};
use super::{Conn, Error};
use convoke_core::clock::Timestamp;
use convoke_core::model::signing::SigningAlgorithm;

row! {
    /// A key that signs tokens.
    pub struct SigningKey as signing_key_columns {
        /// Its id in tokens: the thumbprint of its public key (RFC 7638).
        pub kid: String = "kid",
        /// What it signs with.
        pub algorithm: SigningAlgorithm = "algorithm",
        /// Counts the keys of an algorithm from 1.
        pub number: i64 = "number",
        /// The private key, sealed for its id.
        pub sealed: Vec<u8> = "sealed",
        /// Since when its public key is published.
        pub created_at: Timestamp = "created_at",
        /// From when on it signs, until a newer one does.
        pub signs_from: Timestamp = "signs_from",
    }
}

statements! {
    INSERT = "insert into signing_keys (kid, algorithm, number, sealed, created_at, signs_from)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    // A few rows: one or two for each algorithm.
    LIST = (concat!("select ", signing_key_columns!(), " from signing_keys order by signs_from, kid"));
    DELETE = "delete from signing_keys where kid = $1";
}

/// Adds a key; false when another node has added the one of its number.
///
/// # Errors
/// When the database is unavailable.
pub fn insert(conn: &mut Conn<'_>, key: &SigningKey) -> Result<bool, Error> {
    let inserted = conn.execute(
        INSERT,
        params![
            &key.kid,
            key.algorithm,
            key.number,
            key.sealed.as_slice(),
            key.created_at,
            key.signs_from,
        ],
    )?;
    Ok(inserted == 1)
}

/// All keys, in the order in which they begin to sign.
///
/// # Errors
/// When the database is unavailable.
pub fn list(conn: &mut Conn<'_>) -> Result<Vec<SigningKey>, Error> {
    conn.query_all(LIST, params![], SigningKey::read)
}

/// Deletes a key.
///
/// # Errors
/// When the database is unavailable.
pub fn delete(conn: &mut Conn<'_>, kid: &str) -> Result<(), Error> {
    conn.execute(DELETE, params![kid])?;
    Ok(())
}
