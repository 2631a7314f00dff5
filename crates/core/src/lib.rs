//! Values and small rules without I/O and without dependencies on other crates of the workspace.

pub mod clock;
pub mod color;
pub mod csv;
pub mod duration;
pub mod email_address;
pub mod email_list;
pub mod ids;
pub mod in_flight;
pub mod language;
pub mod model;
pub mod names;
pub mod pagination;
pub mod public_url;
pub mod random;
pub mod rate_limiter;
pub mod refresh_token;
pub mod search;
pub mod secret;
pub mod text;
pub mod user_agent;
pub mod web_address;
