//! SQL, one module per noun. Nothing here decides anything: rules live in `domain`.

mod engine;
mod like;
pub mod migrate;

pub mod accounts;
pub mod activity;
pub mod email_changes;
pub mod grant_cleanup;
pub mod grant_ends;
pub mod grant_list;
pub mod grants;
pub mod idempotency;
pub mod identities;
pub mod invitation_tokens;
pub mod invitations;
pub mod known_devices;
pub mod logout_deliveries;
pub mod members;
pub mod outbox;
pub mod ownership_offers;
pub mod password_resets;
pub mod pictures;
pub mod registrations;
pub mod sessions;
pub mod signing_keys;
pub mod submitted_forms;
pub mod suppressions;
pub mod users;
pub mod write_checks;

pub use engine::{
    AccountChange, Conn, Db, Error, Kind, MakeTls, Options, PLANNER_SETTINGS, PendingCount,
    PendingRows, Sql,
};

/// Every statement of the code base by module, so that a test can prepare them all on both databases.
pub const STATEMENTS: &[(&str, &[(&str, Sql)])] = &[
    ("accounts", accounts::STATEMENTS),
    ("activity", activity::STATEMENTS),
    ("email_changes", email_changes::STATEMENTS),
    ("grant_cleanup", grant_cleanup::STATEMENTS),
    ("grant_ends", grant_ends::STATEMENTS),
    ("grant_list", grant_list::STATEMENTS),
    ("grants", grants::STATEMENTS),
    ("idempotency", idempotency::STATEMENTS),
    ("identities", identities::STATEMENTS),
    ("invitation_tokens", invitation_tokens::STATEMENTS),
    ("invitations", invitations::STATEMENTS),
    (
        "invitations::acceptance",
        invitations::ACCEPTANCE_STATEMENTS,
    ),
    ("invitations::address", invitations::ADDRESS_STATEMENTS),
    ("invitations::delivery", invitations::DELIVERY_STATEMENTS),
    ("invitations::list", invitations::LIST_STATEMENTS),
    ("invitations::locks", invitations::LOCK_STATEMENTS),
    ("invitations::sponsor", invitations::SPONSOR_STATEMENTS),
    ("known_devices", known_devices::STATEMENTS),
    ("logout_deliveries", logout_deliveries::STATEMENTS),
    ("members", members::STATEMENTS),
    ("migrate", migrate::STATEMENTS),
    ("outbox", outbox::STATEMENTS),
    ("ownership_offers", ownership_offers::STATEMENTS),
    ("password_resets", password_resets::STATEMENTS),
    ("pictures", pictures::STATEMENTS),
    ("registrations", registrations::STATEMENTS),
    ("sessions", sessions::STATEMENTS),
    ("signing_keys", signing_keys::STATEMENTS),
    ("submitted_forms", submitted_forms::STATEMENTS),
    ("suppressions", suppressions::STATEMENTS),
    ("users", users::STATEMENTS),
    ("write_checks", write_checks::STATEMENTS),
];
