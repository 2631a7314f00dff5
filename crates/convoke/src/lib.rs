//! The program: its command line and its jobs. Everything else is in the other crates.

pub mod cli;
pub mod jobs;
