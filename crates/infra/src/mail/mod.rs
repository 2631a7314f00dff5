//! Mail: emails rendered in the reader's language, assembled as messages and handed to a mail server.

mod body;
mod connection_limit;
pub mod context;
pub mod in_memory;
pub mod message;
pub mod render;
mod smtp;
mod smtp_message;
mod smtp_stream;
mod smtp_url;
#[cfg(test)]
mod tests;
pub mod transport;

pub use context::MailContext;
pub use in_memory::{Mailbox, StoredMessage};
pub use message::{BuildError, OutgoingMessage, build, is_sender};
pub use render::{RenderedEmail, render, unsubscribe_url};
pub use transport::Transport;
