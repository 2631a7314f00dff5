//! What is shown beside an invitation.

use super::Invitation;
use crate::Error;
use crate::engine::{Row, row};

row! {
    /// What is shown beside an invitation.
    pub struct Names as name_columns {
        /// The account's name now.
        pub account_name: String = "a.name",
        /// First name of the profile of the inviter.
        pub inviter_first_name: String = "u.first_name",
        /// Last name of the profile of the inviter; optional.
        pub inviter_last_name: Option<String> = "u.last_name",
        /// The verified address of the inviter; none when they have no address.
        pub inviter_email: Option<String> = "u.email",
        /// IANA name of the time zone of the inviter.
        pub inviter_time_zone: String = "u.time_zone",
    }
}

/// An invitation with what is shown beside it.
#[derive(Clone, Debug)]
pub struct NamedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// The names of its account and its inviter.
    pub names: Names,
}

impl NamedInvitation {
    pub(super) fn read(row: &mut Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            invitation: Invitation::read(row)?,
            names: Names::read(row)?,
        })
    }
}
