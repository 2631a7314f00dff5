//! The console in a real Chromium: every page for everybody, and whole journeys.

mod journeys;
mod pages;
mod screens;
mod screenshots;
mod services;
