//! Convoke: people sign up, work together in accounts, hold roles there, and get in by invitation.
//!
//! A request walks `http` → `domain` → `store` and back.

pub mod app;
pub mod avatar;
pub mod cli;
pub mod config;
pub mod core;
pub mod domain;
pub mod http;
pub mod http_client;
pub mod i18n;
pub mod identity_providers;
pub mod jobs;
pub mod mail;
pub mod password_hasher;
pub mod store;
mod tls;
