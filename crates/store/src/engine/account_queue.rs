//! Changes of one account, which would wait for each other's lock: they take one connection, so that the others stay free for other
//! accounts (rule V15), and those of one user share a commit.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::vec_deque::VecDeque;
use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};

use convoke_core::ids::AccountId;
use crossbeam_channel::{Sender, TrySendError};

use super::task::{AccountChange, QueuedTask};
use super::{Error, QUEUE, send};

/// How many changes may share one commit; bounds how long the first of them waits and the account is locked.
const MAX_GROUP_COMMIT: usize = 16;

/// For each account with a change that is queued or being run, the changes that wait for it.
pub(super) struct AccountQueues {
    waiting: Mutex<HashMap<AccountId, VecDeque<QueuedTask>>>,
    /// The queue of all tasks, which has one change of an account at a time.
    tasks: Sender<QueuedTask>,
}

impl AccountQueues {
    pub(super) fn new(tasks: Sender<QueuedTask>) -> Self {
        Self {
            waiting: Mutex::default(),
            tasks,
        }
    }

    /// Queues a change among all tasks, or behind those of its account where there are any.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait, [`Error::Unavailable`] when the threads have ended.
    pub(super) fn send(&self, account: AccountId, queued: QueuedTask) -> Result<(), Error> {
        match self.lock().entry(account) {
            Entry::Occupied(waiting) if waiting.get().len() >= QUEUE => return Err(Error::Busy),
            Entry::Occupied(mut waiting) => waiting.get_mut().push_back(queued),
            Entry::Vacant(none) => {
                send(&self.tasks, queued)?;
                none.insert(VecDeque::new());
            }
        }
        Ok(())
    }

    /// The changes that may share a commit with this one: those that follow it, as long as they are of the same user.
    pub(super) fn take_group(&self, change: AccountChange) -> Vec<QueuedTask> {
        let mut accounts = self.lock();
        let Some(waiting) = accounts.get_mut(&change.account) else {
            return Vec::new();
        };
        iter::from_fn(|| waiting.pop_front_if(|next| next.account_change() == Some(change)))
            .take(MAX_GROUP_COMMIT - 1)
            .collect()
    }

    /// Ends a change: the next one of its account is queued behind the tasks of others. Returns it where no more can be queued.
    pub(super) fn end(&self, account: AccountId) -> Option<QueuedTask> {
        let mut accounts = self.lock();
        let next = accounts.get_mut(&account)?.pop_front();
        let Some(next) = next else {
            accounts.remove(&account);
            return None;
        };
        let sent = self.tasks.try_send(next);
        sent.err().map(TrySendError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, VecDeque<QueuedTask>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
