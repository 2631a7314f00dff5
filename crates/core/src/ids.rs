//! Ids: `UUIDv7` inside (RFC 9562), shown as `TypeID`s such as `inv_01h455vb4pex5vsknk084sn02q`.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::clock::Timestamp;
use super::random::Random;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;
/// Of every prefix.
const PREFIX_LENGTH: usize = 3;

/// Text that is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix that names this kind of id.
            pub const PREFIX: &'static str = $prefix;
        }

        const _: () = assert!($prefix.len() == PREFIX_LENGTH);

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(TypeId::new($prefix, self.0).as_str())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_type_id($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(TypeId::new($prefix, self.0).as_str())
            }
        }
    };
}

id!(
    /// A user's id.
    UserId, "usr");
id!(
    /// An account's id.
    AccountId, "acc");
id!(
    /// An invitation's id.
    InvitationId, "inv");
id!(
    /// A session's id.
    SessionId, "ses");
id!(
    /// An activity entry's id.
    ActivityId, "evt");
id!(
    /// An identity's id.
    IdentityId, "idn");
id!(
    /// The id of a user's grant to a product.
    GrantId, "grt");
id!(
    /// The id of the delivery of a logout token.
    LogoutDeliveryId, "lgd");

/// The text of an id, without an allocation: lists show several per row.
struct TypeId([u8; PREFIX_LENGTH + 1 + SUFFIX_LENGTH]);

impl TypeId {
    fn new(prefix: &str, uuid: Uuid) -> Self {
        let mut text = [b'_'; PREFIX_LENGTH + 1 + SUFFIX_LENGTH];
        let (head, suffix) = text.split_at_mut(PREFIX_LENGTH + 1);
        for (place, byte) in head.iter_mut().zip(prefix.bytes()) {
            *place = byte;
        }
        // 12 digits of 5 bits fit into each half of what is left after the first two digits.
        let value = uuid.as_u128();
        let (first, digits) = suffix.split_at_mut(SUFFIX_LENGTH - 2 * DIGITS_OF_HALF);
        let (high, low) = digits.split_at_mut(DIGITS_OF_HALF);
        write_base32(first, value >> (2 * BITS_OF_HALF));
        write_base32(high, value >> BITS_OF_HALF);
        write_base32(low, value);
        Self(text)
    }

    fn as_str(&self) -> &str {
        // ASCII only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

const DIGITS_OF_HALF: usize = 12;
const BITS_OF_HALF: usize = 5 * DIGITS_OF_HALF;

/// Writes the last digits of a value, as many as there are places.
fn write_base32(places: &mut [u8], value: u128) {
    #[expect(clippy::cast_possible_truncation, reason = "12 digits take 60 bits")]
    let mut rest = value as u64;
    for place in places.iter_mut().rev() {
        let digit = (rest & 31) as usize;
        *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        rest >>= 5;
    }
}

fn parse_type_id(prefix: &str, text: &str) -> Result<Uuid, ParseIdError> {
    let suffix = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(ParseIdError)?;
    if suffix.len() != SUFFIX_LENGTH || !suffix.starts_with(|first| first <= '7') {
        return Err(ParseIdError);
    }
    let mut value: u128 = 0;
    for byte in suffix.bytes() {
        let digit = ALPHABET
            .iter()
            .position(|known| *known == byte)
            .ok_or(ParseIdError)?;
        value = (value << 5) | u128::try_from(digit).map_err(|_| ParseIdError)?;
    }
    Ok(Uuid::from_u128(value))
}

/// Makes `UUIDv7`s that ascend within this process, also within one millisecond.
#[derive(Debug, Default)]
pub struct IdGenerator {
    last: Mutex<(i64, u16)>,
}

/// The counter takes the 12 bits of `rand_a` (RFC 9562 section 6.2, method 1).
const LAST_IN_MILLISECOND: u16 = 0x0fff;

/// How far ids may be ahead of a clock that went back a little.
const MAX_AHEAD_MILLIS: i64 = 30_000;

impl IdGenerator {
    /// A new id for something that happens at `now`.
    pub fn next<Id: From<Uuid>>(&self, now: Timestamp, random: &dyn Random) -> Id {
        let (millis, count) = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            // Where the clock went back for good the ids follow it, since lists by time look for them around their time.
            let went_back = now.millis() < last.0 - MAX_AHEAD_MILLIS;
            *last = if now.millis() > last.0 || went_back {
                (now.millis(), 0)
            } else if last.1 < LAST_IN_MILLISECOND {
                (last.0, last.1 + 1)
            } else {
                (last.0 + 1, 0)
            };
            *last
        };
        let mut tail = [0; 8];
        random.fill(&mut tail);
        let millis = u128::from(millis.unsigned_abs()) & 0xffff_ffff_ffff;
        let tail = u128::from(u64::from_be_bytes(tail) >> 2);
        let value = (millis << 80) | (0x7 << 76) | (u128::from(count) << 64) | (0b10 << 62) | tail;
        Id::from(Uuid::from_u128(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn an_id_reads_back_what_it_shows() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let id = InvitationId::from(uuid);
        // The example of the TypeID specification, version 0.3.
        assert_eq!(id.to_string(), "inv_01h455vb4pex5vsknk084sn02q");
        assert_eq!("inv_01h455vb4pex5vsknk084sn02q".parse(), Ok(id));
    }

    proptest! {
        #[test]
        fn every_id_reads_back_what_it_shows(value: u128) {
            let id = UserId::from(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(serde_json::to_value(id).unwrap(), id.to_string());
        }
    }

    #[test]
    fn foreign_prefixes_bad_letters_and_overflow_are_not_ids() {
        for text in [
            "usr_01h455vb4pex5vsknk084sn02q",
            "inv_01h455vb4pex5vsknk084sn02",
            "inv_81h455vb4pex5vsknk084sn02q",
            "inv_01h455vb4pex5vsknk084sn0uq",
            "inv_01H455VB4PEX5VSKNK084SN02Q",
            "",
        ] {
            assert_eq!(text.parse::<InvitationId>(), Err(ParseIdError), "{text}");
        }
    }

    #[test]
    fn ids_ascend_within_one_millisecond_and_are_version_7() {
        let source = IdGenerator::default();
        let random = SeededRandom::new(7);
        let now = Timestamp::from_millis(1_793_000_000_000);
        let ids: Vec<Uuid> = (0..5000).map(|_| source.next(now, &random)).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn ids_follow_a_clock_that_went_back_for_good() {
        let ids = IdGenerator::default();
        let random = SeededRandom::new(1);
        let millis = |at: i64| -> i64 {
            let id: Uuid = ids.next(Timestamp::from_millis(at), &random);
            i64::try_from(id.as_u128() >> 80).unwrap()
        };
        assert_eq!(millis(10_000_000), 10_000_000);
        assert_eq!(millis(10_000_000 - MAX_AHEAD_MILLIS), 10_000_000);
        assert_eq!(millis(9_000_000), 9_000_000);
    }
}
