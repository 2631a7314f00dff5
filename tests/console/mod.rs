//! The pages as people without script use them.

mod accounts;
mod brand;
mod flash;
mod forms;
mod invitations;
mod invite;
mod journeys;
mod kept;
mod links;
mod manage;
mod members;
mod pages;
mod picture;
mod problems;
mod remedies;
