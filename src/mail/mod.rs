//! Mail: letters rendered in the reader's language, assembled as messages and handed to a mail server.

mod body;
pub mod mailbox;
pub mod message;
pub mod render;
mod smtp;
mod smtp_url;
#[cfg(test)]
mod tests;
pub mod transport;

pub use mailbox::{Kept, Mailbox};
pub use message::{BuildFault, Outgoing, build};
pub use render::{Rendered, Setting, render, unsubscribe_url};
pub use transport::Transport;
