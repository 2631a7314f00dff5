//! Operations, each in one transaction.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use convoke_core::ids::{AccountId, UserId};
use convoke_domain::tx::Reservations;
use convoke_domain::{DatabaseError, Error, ReadTx, Tx};
use convoke_store::{self as store, Conn};

use crate::App;

impl App {
    /// Runs an operation in one transaction, and wakes the workers of mail and of logout tokens after its commit if it has left work
    /// for them. Rate-limit tokens that it reserved are refunded when nothing was committed.
    ///
    /// # Errors
    /// The error of the operation.
    pub async fn write<T, F>(&self, operation: F) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_, '_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.write_queued(None, operation).await
    }

    /// As [`App::write`], for an operation of a user that locks an account first, if it is given: of one account one at a time runs,
    /// and those of one user that wait for each other may share a commit, so that they take no connections from others (rule V15).
    ///
    /// # Errors
    /// The error of the operation.
    pub async fn write_in_account<T, F>(
        &self,
        account: impl Into<Option<AccountId>>,
        user: UserId,
        operation: F,
    ) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_, '_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let account: Option<AccountId> = account.into();
        let change = account.map(|account| store::AccountChange { account, user });
        self.write_queued(change, operation).await
    }

    async fn write_queued<T, F>(
        &self,
        change: Option<store::AccountChange>,
        mut operation: F,
    ) -> Result<T, Error>
    where
        F: FnMut(&mut Tx<'_, '_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let app = self.clone();
        // Shared with the database thread: the commit comes after the operation, and may fail.
        let reserved = Arc::new(Mutex::new(Reservations::default()));
        let slot = reserved.clone();
        let work = move |conn: &mut Conn<'_>| {
            // An earlier run of this closure was rolled back.
            take(&slot).refund();
            let mut tx = Tx::new(conn, &app.ctx);
            let result = operation(&mut tx);
            match result {
                Ok(result) => {
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = tx.reservations;
                    Ok((result, (tx.has_enqueued_mail, tx.has_logout_deliveries)))
                }
                Err(error) => {
                    tx.reservations.refund_after(&error);
                    Err(error)
                }
            }
        };
        let result = match change {
            Some(change) => self.db.write_in_account(change, work).await,
            None => self.db.write(work).await,
        };
        match result {
            Ok((result, (has_enqueued_mail, has_logout_deliveries))) => {
                if has_enqueued_mail {
                    self.outbox_notify.notify_one();
                }
                if has_logout_deliveries {
                    self.logout_notify.notify_one();
                }
                Ok(result)
            }
            Err(error) => {
                // A commit whose result is unknown may have happened.
                if !matches!(error, Error::Database(DatabaseError::OutcomeUnknown(_))) {
                    take(&reserved).refund();
                }
                Err(error)
            }
        }
    }

    /// Runs an operation that only reads; all its statements see the same snapshot.
    ///
    /// # Errors
    /// The error of the operation.
    pub async fn read<T, F>(&self, operation: F) -> Result<T, Error>
    where
        F: FnMut(&mut ReadTx<'_, '_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.db.read(in_read_tx(self.clone(), operation)).await
    }

    /// Runs an operation that reads by one statement, which saves PostgreSQL two round trips.
    ///
    /// # Errors
    /// The error of the operation.
    pub async fn read_one<T, F>(&self, operation: F) -> Result<T, Error>
    where
        F: FnMut(&mut ReadTx<'_, '_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.db.read_one(in_read_tx(self.clone(), operation)).await
    }

    /// Runs a list, search or export, whose length depends on how much there is; short reads do not wait for it.
    ///
    /// # Errors
    /// The error of the operation.
    pub async fn read_long<T, F>(&self, operation: F) -> Result<T, Error>
    where
        F: FnMut(&mut ReadTx<'_, '_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        self.db.read_long(in_read_tx(self.clone(), operation)).await
    }
}

/// An operation as a closure for the database. It may run again: then the rate-limit tokens of the earlier run are refunded.
fn in_read_tx<T, F>(
    app: App,
    mut operation: F,
) -> impl FnMut(&mut Conn<'_>) -> Result<T, Error> + Send + 'static
where
    F: FnMut(&mut ReadTx<'_, '_>) -> Result<T, Error> + Send + 'static,
{
    let mut reserved = Reservations::default();
    move |conn| {
        mem::take(&mut reserved).refund();
        let mut tx = ReadTx::new(conn, &app.ctx);
        let result = operation(&mut tx);
        match &result {
            Ok(_) => reserved = tx.reservations,
            Err(error) => tx.reservations.refund_after(error),
        }
        result
    }
}

fn take(reserved: &Mutex<Reservations>) -> Reservations {
    mem::take(&mut *reserved.lock().unwrap_or_else(PoisonError::into_inner))
}
