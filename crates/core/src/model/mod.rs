//! Plain typed data that several layers read.

pub mod email;
pub mod identity;
pub mod password;
pub mod picture;
