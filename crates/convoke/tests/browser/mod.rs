//! The console in a real Chromium: checks of every page, and whole journeys.

mod controls;
mod dialogs;
mod drafts;
mod external_login;
mod fixtures;
mod invite_form;
mod journeys;
mod keyboard;
mod list_vectors;
mod pages;
mod pasted_lists;
mod product_screens;
mod rare_pages;
mod screens;
mod screenshots;
mod services;
mod transient_errors;
