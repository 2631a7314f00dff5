//! Everything that needs more than one file: operations on both databases, the API, the house's own rules.

mod api;
mod store;
mod support;
