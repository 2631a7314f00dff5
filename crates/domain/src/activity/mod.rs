//! Activity: exactly one entry per change, in its transaction, never altered (rule V8).

mod list;
mod person;
mod record;

pub use convoke_store::activity::Entry;
pub(crate) use list::list_newest;
pub use list::{Filter, list_of_account, list_of_caller};
pub(crate) use record::record_all;
pub use record::{ActivityEvent, ActivityScope, Actor, Target, record, record_failed_sign_in};
