//! The pages as people without script use them.

mod forms;
mod invitations;
mod journeys;
mod links;
mod pages;
