//! The console in a real Chromium: every page for everybody, and whole journeys.

mod dialogs;
mod journeys;
mod keyboard;
mod pages;
mod passing;
mod screens;
mod screenshots;
mod services;
mod tail;
mod through;
mod world;
