//! The console pages without script.

mod accounts;
mod brand;
mod flash;
mod forms;
mod invitation;
mod invitations;
mod invite;
mod journeys;
mod links;
mod member;
mod members;
mod pages;
mod pasted_lists;
mod picture;
mod problems;
mod remedies;
mod submitted_forms;
mod trial;
mod unsaved_input;
