//! The screens of sign-in through providers.

use super::fixtures::Fixtures;
use super::screens::{Screen, cookie, screen};

/// The errors of a callback: name, `why` parameter and heading.
const ERRORS: [(&str, &str, &str); 10] = [
    ("service-stale", "stale", "service-stale-title"),
    ("service-cancelled", "cancelled", "service-cancelled-title"),
    (
        "service-unavailable",
        "unavailable",
        "service-unavailable-title",
    ),
    ("service-untrusted", "untrusted", "service-untrusted-title"),
    (
        "service-misconfigured",
        "misconfigured",
        "service-misconfigured-title",
    ),
    (
        "service-address-taken",
        "address-taken",
        "service-address-taken-title",
    ),
    ("service-closed", "closed", "service-closed-title"),
    ("service-uninvited", "uninvited", "service-uninvited-title"),
    ("service-disabled", "disabled", "service-disabled-title"),
    (
        "service-elsewhere",
        "elsewhere&connect=1",
        "service-elsewhere-title",
    ),
];

/// All of them.
pub fn screens(fixtures: &Fixtures) -> Vec<Screen> {
    let (ana, gil) = (cookie(&fixtures.ana), cookie(&fixtures.gil));
    let waiting = format!("/invitations/{}", fixtures.link("pending").token);
    let email_mismatch = format!("{waiting}?through=github&needs=email_mismatch");
    let no_address = "invitation-no-address-title";
    let mut screens: Vec<Screen> = ERRORS
        .iter()
        .map(|(name, why, heading)| {
            let path = format!("/sign-in/github/ended?why={why}");
            screen(name, "", path, heading)
        })
        .collect();
    screens.extend([
        screen("no-address", "", email_mismatch, no_address)
            .holding("document.querySelectorAll('main section').length === 3"),
        screen("no-address-mine", &gil, waiting, no_address)
            .holding("document.querySelectorAll('main ol li').length === 2"),
        screen("connect", &ana, "/connect/github", "connect-title"),
        screen(
            "profile-of-service",
            &gil,
            "/profile/services",
            "profile-services",
        )
        .holding("document.querySelector('#services .session-list')"),
        screen(
            "profile-email-first",
            &gil,
            "/profile/email",
            "email-add-title",
        )
        .holding("!document.querySelector('[type=password]')"),
        screen("accounts-no-address", &gil, "/accounts", "layout-accounts"),
    ]);
    screens
}
