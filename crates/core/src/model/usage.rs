//! Seats of an account (rule A4).

/// The seats of an account and how many are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatUsage {
    /// The account's limit.
    pub limit: i64,
    /// Members, the owner among them.
    pub members: i64,
    /// Pending, unexpired invitations.
    pub pending: i64,
}

impl SeatUsage {
    /// Seats that are left; none when a lowered limit is exceeded.
    #[must_use]
    pub fn available(&self) -> i64 {
        (self.limit - self.members - self.pending).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lowered_limit_leaves_no_seats_but_no_negative_ones() {
        let usage = SeatUsage {
            limit: 3,
            members: 4,
            pending: 1,
        };
        assert_eq!(usage.available(), 0);
    }
}
