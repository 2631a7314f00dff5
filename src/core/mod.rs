//! Values and small rules that know no I/O and nothing else of the code base.

pub mod clock;
pub mod color;
pub mod csv;
pub mod email_address;
pub mod email_list;
pub mod ids;
pub mod in_flight;
pub mod language;
pub mod names;
pub mod pagination;
pub mod random;
pub mod rate_limiter;
pub mod secret;
pub mod text;
pub mod user_agent;
pub mod web_address;
