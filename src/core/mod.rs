//! Values and small rules that know no I/O and nothing else of the house.

pub mod clock;
pub mod colour;
pub mod csv;
pub mod email_address;
pub mod email_list;
pub mod ids;
pub mod language;
pub mod names;
pub mod pages;
pub mod random;
pub mod rate_limiter;
pub mod running;
pub mod secret;
pub mod text;
pub mod user_agent;
pub mod web_address;
