//! Integration tests: operations on both databases, the API, the console, and rules of the code base.

#![allow(
    unreachable_pub,
    reason = "a test binary has no interface: `pub` is for sibling modules"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod api;
mod authz_coverage;
mod browser;
mod console;
mod documents;
mod faults;
mod layering;
mod module_cycles;
mod oidc;
mod openapi;
mod store;
mod support;
mod third_party;
