//! Convoke: people sign up, work together in accounts, hold roles there, and get in by invitation.
//!
//! A request walks `http` → `domain` → `store` and back.

pub mod app;
pub mod cli;
pub mod config;
pub mod core;
pub mod domain;
pub mod hashing;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod outbound;
pub mod pictures;
pub mod providers;
pub mod store;
pub mod texts;
mod tls;
