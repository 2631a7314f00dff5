//! Convoke: people sign up, work together in accounts, hold roles there, and get in by invitation.
//!
//! A request walks `http` → `domain` → `store` and back.

pub mod app;
pub mod config;
pub mod core;
pub mod domain;
pub mod hashing;
pub mod mail { pub mod transport { pub enum Transport { X } impl Transport { pub fn from_config(_: &crate::config::Mail) -> Result<Self, String> { Ok(Self::X) } } } }
pub mod store;
