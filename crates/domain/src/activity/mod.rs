//! Activity: exactly one entry per change, in its transaction, never altered (rule V8).

mod list;
mod record;

pub use convoke_store::activity::Entry;
pub use list::{Filter, list_of_account, list_of_caller};
pub use record::{ActivityEvent, ActivityScope, Actor, Target, record};
