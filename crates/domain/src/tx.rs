//! The context of an operation: one transaction, its time, and the caller.

use std::marker::PhantomData;

use uuid::Uuid;

use crate::{Context, Error};
use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::rate_limiter::Permits;
use convoke_store::{self as store, Conn};

/// Rate-limit tokens that a transaction has acquired.
#[derive(Debug, Default)]
pub struct Reservations {
    /// Used only when the transaction commits.
    on_commit: Permits,
    /// Used also when the operation is rejected: what counts is the attempt.
    on_attempt: Permits,
}

impl Reservations {
    /// Refunds everything: the transaction was rolled back, and its operation gave no result.
    pub fn refund(self) {
        self.on_commit.refund();
        self.on_attempt.refund();
    }

    /// Refunds what a failed operation has not used.
    pub fn refund_after(self, error: &Error) {
        match error {
            Error::Database(_) => self.refund(),
            _ => self.on_commit.refund(),
        }
    }
}

/// What a transaction may do.
pub trait Mode: sealed::Sealed {}

/// It only reads.
#[derive(Debug)]
pub struct ReadOnly;

/// It reads and writes.
#[derive(Debug)]
pub struct ReadWrite;

impl Mode for ReadOnly {}
impl Mode for ReadWrite {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ReadOnly {}
    impl Sealed for super::ReadWrite {}
}

/// One transaction under way. Functions that write take a `Tx`; those that only read take a `Tx<'_, '_, impl Mode>`, and so
/// a [`ReadTx`] too.
pub struct Tx<'t, 'c, M = ReadWrite> {
    /// The connection.
    pub conn: &'t mut Conn<'c>,
    /// The present, read again after a lock was waited for.
    pub now: Timestamp,
    /// Clock, randomness, catalogue and rules.
    pub ctx: &'t Context,
    /// Whether a mail was put in the outbox.
    pub has_enqueued_mail: bool,
    /// Whether a logout token waits for a product.
    pub has_logout_deliveries: bool,
    /// Whether anything was changed that is recorded as activity (rule V8).
    pub has_changes: bool,
    /// Rate-limit tokens acquired so far.
    pub reservations: Reservations,
    mode: PhantomData<M>,
}

/// A transaction that only reads.
pub type ReadTx<'t, 'c> = Tx<'t, 'c, ReadOnly>;

impl<'t, 'c, M: Mode> Tx<'t, 'c, M> {
    /// A transaction at the present.
    pub fn new(conn: &'t mut Conn<'c>, ctx: &'t Context) -> Self {
        Self {
            now: ctx.clock.now(),
            conn,
            ctx,
            has_enqueued_mail: false,
            has_logout_deliveries: false,
            has_changes: false,
            reservations: Reservations::default(),
            mode: PhantomData,
        }
    }

    /// Acquires rate-limit tokens that are refunded unless this transaction commits.
    pub fn reserve(&mut self, permits: Permits) {
        self.reservations.on_commit.extend(permits);
    }

    /// Acquires rate-limit tokens that stay used when the operation is rejected, and are refunded when the database fails
    /// or the operation runs again.
    pub fn reserve_attempt(&mut self, permits: Permits) {
        self.reservations.on_attempt.extend(permits);
    }
}

impl Tx<'_, '_> {
    /// A new id for something that happens now.
    #[must_use]
    pub fn new_id<Id: From<Uuid>>(&self) -> Id {
        self.ctx.ids.next(self.now, self.ctx.random.as_ref())
    }

    /// Locks an account until the transaction ends (security rule 3) and reads the clock again: an
    /// invitation that expired while this transaction waited has expired, and its seat may be taken.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account does not exist.
    pub fn lock_account(&mut self, id: AccountId) -> Result<(), Error> {
        if !store::accounts::lock(self.conn, id)? {
            return Err(Error::NotFound);
        }
        self.read_clock();
        Ok(())
    }

    /// Reads the clock again, after a lock was waited for: what has expired in the meantime has expired.
    pub(crate) fn read_clock(&mut self) {
        self.now = self.now.max(self.ctx.clock.now());
    }

    /// Locks a user until the transaction ends and reads the clock again: a link or a sign-in may have become too old
    /// while this transaction waited. An account that is locked too is locked first.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn lock_user(&mut self, id: UserId) -> Result<(), Error> {
        store::users::lock(self.conn, id)?;
        self.read_clock();
        Ok(())
    }
}
