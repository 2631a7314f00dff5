//! The API as its callers see it, on both databases.

mod sessions;
