//! The in-memory mailbox that is used when no mail server is configured.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::message::OutgoingMessage;
use convoke_core::clock::Timestamp;

/// The most messages kept; older ones go first.
const CAPACITY: usize = 500;

/// Messages that no server took, the newest 500; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Mailbox(Arc<Mutex<VecDeque<StoredMessage>>>);

/// A message in the mailbox.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    /// Its date.
    pub at: Timestamp,
    /// The recipient.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
    /// Its Message-ID, in angle brackets.
    pub message_id: String,
}

impl Mailbox {
    /// Keeps a message.
    pub fn push(&self, outgoing: OutgoingMessage) {
        let OutgoingMessage {
            rendered,
            to,
            message_id,
            at,
            ..
        } = outgoing;
        let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stored.push_front(StoredMessage {
            at,
            to,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            message_id,
        });
        stored.truncate(CAPACITY);
    }

    /// Everything kept, newest first.
    #[must_use]
    pub fn list(&self) -> Vec<StoredMessage> {
        let stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stored.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::outgoing;
    use super::*;

    #[test]
    fn the_newest_five_hundred_are_kept_newest_first() {
        let mailbox = Mailbox::default();
        let one = outgoing("0");
        for number in 0..=CAPACITY {
            let message_id = format!("<{number}@accounts.example.com>");
            mailbox.clone().push(OutgoingMessage {
                message_id,
                ..one.clone()
            });
        }
        let stored = mailbox.list();
        assert_eq!(stored.len(), CAPACITY);
        assert_eq!(stored[0].message_id, "<500@accounts.example.com>");
        assert_eq!(stored[CAPACITY - 1].message_id, "<1@accounts.example.com>");
    }

    #[test]
    fn kept_messages_can_be_read() {
        let mailbox = Mailbox::default();
        mailbox.push(outgoing("1"));
        let stored = mailbox.list();
        assert_eq!(stored[0].to, "Fay@contoso.example");
        assert_eq!(
            stored[0].subject,
            "Ana Costa invited you to Northwind Traders"
        );
        assert!(stored[0].text.contains("/invitations/cvi_secret"));
        assert!(stored[0].html.starts_with("<!doctype html>"));
    }
}
