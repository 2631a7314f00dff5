//! Every screen of the console: who opens which page, and what it must show.

use convoke_core::language::Locale;
use convoke_i18n::{Arg, has_text, t_args};

use super::fixtures::{Fixtures, create_fixtures};
use super::{external_login, rare_pages};
use crate::support::{Client, Provider, Site};

/// A screen: the user, the page, and a script that runs first.
pub struct Screen {
    /// Its name in the files of screenshots.
    pub name: &'static str,
    /// The session cookie; anonymous if empty.
    pub cookie: String,
    pub path: String,
    /// The flash message; none if empty.
    pub flash: String,
    /// A script that does something on the page first.
    pub first: &'static str,
    /// The element to wait for.
    pub wait: &'static str,
    /// The key of its first heading, or its text in every language.
    heading: &'static str,
    counts: &'static [(&'static str, i64)],
    /// A script that returns true on this screen only, among screens with the same heading.
    pub holds: &'static str,
    /// Whether scripts of the page run while it loads.
    pub runs_script: bool,
    /// Whether the page loads itself again, which is stopped.
    pub is_stopped: bool,
}

impl Screen {
    /// The parts of its first heading, without its arguments.
    pub fn heading(&self, locale: Locale) -> Vec<String> {
        if !has_text(self.heading) {
            return vec![self.heading.to_owned()];
        }
        let counts: Vec<(&str, Arg<'_>)> = self
            .counts
            .iter()
            .map(|(name, count)| (*name, (*count).into()))
            .collect();
        let whole = t_args(locale, self.heading, &counts);
        let pieces = whole.split('{').enumerate().map(|(at, piece)| match at {
            0 => piece,
            _ => piece.split_once('}').map_or("", |(_, rest)| rest),
        });
        pieces.map(str::to_owned).collect()
    }

    /// The same after a script has run and this element exists.
    pub fn after(self, first: &'static str, wait: &'static str) -> Self {
        Self {
            first,
            wait,
            ..self
        }
    }

    /// The same with a flash message.
    pub fn flashing(self, flash: impl Into<String>) -> Self {
        Self {
            flash: flash.into(),
            ..self
        }
    }

    /// The same with a script that distinguishes it from screens with the same heading.
    pub fn holding(self, holds: &'static str) -> Self {
        Self { holds, ..self }
    }

    /// The same without the scripts of the page.
    pub fn without_script(self) -> Self {
        Self {
            runs_script: false,
            ..self
        }
    }

    /// The same for a page that loads itself again.
    pub fn stopped(self) -> Self {
        Self {
            is_stopped: true,
            ..self
        }
    }

    /// The same with the numeric arguments of its heading.
    pub fn counting(self, counts: &'static [(&'static str, i64)]) -> Self {
        Self { counts, ..self }
    }
}

/// A screen with this heading.
pub fn screen(
    name: &'static str,
    cookie: &str,
    path: impl Into<String>,
    heading: &'static str,
) -> Screen {
    Screen {
        name,
        cookie: cookie.to_owned(),
        path: path.into(),
        flash: String::new(),
        first: "",
        wait: "main h1",
        heading,
        counts: &[("count", 1)],
        holds: "true",
        runs_script: true,
        is_stopped: false,
    }
}

/// The session cookie of a client.
pub fn cookie(client: &Client) -> String {
    client.cookie.clone().unwrap_or_default()
}

/// Sends the first form of the page.
pub const SUBMIT: &str = "document.querySelector('main form').requestSubmit()";

/// A script that pastes a list of addresses into the wizard.
macro_rules! pasting {
    ($list:literal) => {
        concat!(
            "const data = new DataTransfer(); data.setData('text', '",
            $list,
            "'); document.querySelector('#emails').dispatchEvent(
                new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));"
        )
    };
    ($list:literal, then $script:literal) => {
        concat!(pasting!($list), $script)
    };
}
pub(super) use pasting;

/// An installation with data for every screen.
pub struct ConsoleScreens {
    pub site: Site,
    /// The provider of some of the users.
    _service: Option<Provider>,
    pub screens: Vec<Screen>,
}

impl ConsoleScreens {
    /// All screens but those of sign-in to products, with users of this language.
    pub async fn new(language: &str) -> Self {
        let fixtures = create_fixtures(language).await;
        let mut screens = Vec::new();
        for group in [
            anonymous_screens(&fixtures),
            of_invitees(&fixtures),
            of_accounts(&fixtures),
            of_an_account(&fixtures),
            of_inviting(&fixtures),
        ] {
            screens.extend(group);
        }
        screens.extend(rare_pages::screens(&fixtures));
        screens.extend(external_login::screens(&fixtures));
        Self {
            site: fixtures.site,
            _service: Some(fixtures.service),
            screens,
        }
    }

    /// The screens of another installation.
    pub fn new_for(site: Site, screens: Vec<Screen>) -> Self {
        Self {
            site,
            _service: None,
            screens,
        }
    }
}

fn anonymous_screens(fixtures: &Fixtures) -> Vec<Screen> {
    let waiting = format!("/invitations/{}", fixtures.link("pending").token);
    let back = format!("/sign-in?return_to={waiting}");
    let confirm = format!("/confirm/{}", fixtures.token("confirm"));
    let old = format!("/confirm/{}", fixtures.token("old"));
    let reset = format!("/reset/{}", fixtures.token("reset"));
    let banner = "document.querySelector('main .form-banner')";
    vec![
        screen("sign-in", "", "/sign-in", "sign-in-title"),
        screen("sign-in-refused", "", "/sign-in", "sign-in-title").after(SUBMIT, ".summary"),
        screen("sign-in-invited", "", back, "sign-in-title").holding(banner),
        screen("sign-up", "", "/sign-up", "sign-up-title"),
        screen("sign-up-refused", "", "/sign-up", "sign-up-title").after(SUBMIT, ".summary"),
        screen(
            "sign-up-check-mail",
            "",
            "/sign-up/check-mail",
            "sign-up-check-mail-title",
        ),
        screen("confirm", "", confirm, "confirm-title"),
        screen("confirm-ended", "", old, "confirm-no-longer-title")
            .holding("document.querySelector('main form[action$=\"/again\"] button')"),
        screen("reset", "", "/reset", "reset-title"),
        screen(
            "reset-check-mail",
            "",
            "/reset/check-mail",
            "reset-check-mail-title",
        ),
        screen("new-password", "", reset, "new-password-title"),
        screen(
            "reset-ended",
            "",
            "/reset/cvr_unknown",
            "reset-no-longer-title",
        ),
        screen("not-found", "", "/nowhere", "problem-not-found-title"),
        screen(
            "problem",
            "",
            "/problems/user-limit-exceeded",
            "problem-user-limit-exceeded-title",
        ),
        screen("api", "", "/docs", "The API"),
        screen("mailbox", "", "/dev/mailbox", "mailbox-title"),
    ]
}

fn of_invitees(fixtures: &Fixtures) -> Vec<Screen> {
    let (fay, lone, priya) = (
        cookie(&fixtures.fay),
        cookie(&fixtures.lone),
        cookie(&fixtures.priya),
    );
    let link = |name: &str| format!("/invitations/{}", fixtures.link(name).token);
    let stop = format!("{}/unsubscribe", link("pending"));
    let new_address = format!("/confirm-email/{}", fixtures.token("confirm-email"));
    let offer = "invitation-title";
    vec![
        screen("invitation", "", link("pending"), offer),
        screen("invitation-mine", &fay, link("pending"), offer)
            .holding("document.querySelector('form[action$=\"/accept\"]')"),
        screen("invitation-soon", "", link("soon"), offer)
            .holding("document.querySelector('.facts .badge.amber')"),
        screen(
            "invitation-other-address",
            &lone,
            link("pending"),
            "invitation-other-title",
        ),
        screen(
            "invitation-expired",
            "",
            link("expired"),
            "invitation-expired-title",
        ),
        screen(
            "invitation-revoked",
            "",
            link("revoked"),
            "invitation-revoked-title",
        ),
        screen(
            "invitation-declined",
            "",
            link("declined"),
            "invitation-declined-title",
        ),
        screen(
            "invitation-already-in",
            &priya,
            link("accepted"),
            "invitation-already-in-title",
        ),
        screen(
            "invitation-used",
            &lone,
            link("accepted"),
            "invitation-used-title",
        )
        .holding("document.querySelector('main form[action=\"/sign-out\"]')"),
        screen(
            "invitation-unknown",
            "",
            "/invitations/cvi_unknown",
            "invitation-unknown-title",
        ),
        screen("unsubscribe", "", stop, "unsubscribe-title"),
        screen("confirm-email", &lone, new_address, "confirm-email-title"),
    ]
}

#[allow(clippy::too_many_lines, reason = "a list of screens")]
fn of_accounts(fixtures: &Fixtures) -> Vec<Screen> {
    let (ana, member) = (cookie(&fixtures.ana), cookie(&fixtures.member));
    let auditor = cookie(&fixtures.auditor);
    let account = format!("/accounts/{}", fixtures.account);
    let settings = format!("{account}/settings");
    let settings_of_owner = settings.clone();
    let of_default = format!("/accounts/{}/settings", fixtures.default_account);
    let (transfer, question) = (format!("{account}/transfer"), "transfer-question");
    vec![
        screen("accounts", &ana, "/accounts", "layout-accounts")
            .holding("document.querySelector('#received')"),
        screen(
            "accounts-fresh",
            &cookie(&fixtures.fresh),
            "/accounts",
            "layout-accounts",
        )
        .holding("document.querySelectorAll('.cards > li').length === 1"),
        screen("account-new", &ana, "/accounts/new", "account-new-title"),
        screen(
            "account-new-refused",
            &ana,
            "/accounts/new",
            "account-new-title",
        )
        .after(SUBMIT, ".summary"),
        screen("account-new-dialog", &ana, "/accounts", "layout-accounts").after(
            "document.querySelector('[data-dialog]').click()",
            "dialog[open] input",
        ),
        screen("overview", &member, account.clone(), "Northwind Traders")
            .holding("document.querySelector('.meanings')"),
        screen(
            "no-permission",
            &member,
            format!("{account}/users"),
            "no-permission-title",
        ),
        screen(
            "leave",
            &member,
            format!("{account}/leave"),
            "leave-question",
        ),
        screen("profile", &ana, "/profile", "profile-personal"),
        screen(
            "profile-password",
            &ana,
            "/profile/password",
            "field-password",
        ),
        screen(
            "profile-language",
            &ana,
            "/profile/language",
            "profile-language",
        ),
        screen(
            "profile-appearance",
            &ana,
            "/profile/appearance",
            "profile-appearance",
        ),
        screen(
            "profile-sessions",
            &ana,
            "/profile/sessions",
            "profile-sessions",
        ),
        screen(
            "profile-services",
            &ana,
            "/profile/services",
            "profile-services",
        ),
        screen(
            "profile-activity",
            &ana,
            "/profile/activity",
            "activity-mine-title",
        ),
        screen("profile-email", &ana, "/profile/email", "email-title"),
        screen("settings", &ana, settings.clone(), "Northwind Traders")
            .holding("document.querySelector('main form[action$=\"/settings/name\"]')"),
        screen(
            "settings-of-others",
            &auditor,
            settings,
            "Northwind Traders",
        )
        .holding("!document.querySelector('main form[action$=\"/settings/name\"]')"),
        screen("settings-default", &ana, of_default, "Ana")
            .holding("!document.querySelector('a[href$=\"/transfer\"]')"),
        screen(
            "leave-dialog",
            &member,
            format!("{account}/settings"),
            "Northwind Traders",
        )
        .after(
            "document.querySelector('main a[data-dialog]').click()",
            "dialog[open]",
        ),
        screen(
            "transfer-dialog",
            &ana,
            settings_of_owner,
            "Northwind Traders",
        )
        .after(
            "document.querySelector('main a[data-dialog]').click()",
            "dialog[open] input",
        ),
        screen("transfer", &ana, transfer.clone(), question),
        screen("transfer-refused", &ana, transfer, question).after(SUBMIT, ".summary"),
    ]
}

fn of_an_account(fixtures: &Fixtures) -> Vec<Screen> {
    let (ana, auditor) = (cookie(&fixtures.ana), cookie(&fixtures.auditor));
    let account = format!("/accounts/{}", fixtures.account);
    let users = format!("{account}/users");
    let invitations = format!("{account}/invitations");
    let state = |state: &str| format!("{invitations}?status={state}");
    let of_lone = format!("/accounts/{}/invitations", fixtures.own_of_lone);
    let here = |name, cookie: &str, path: String| screen(name, cookie, path, "Northwind Traders");
    vec![
        here("users", &ana, users.clone()).holding(
            "((seats) => seats.value > seats.high)(document.querySelector('.seats meter'))",
        ),
        here(
            "users-by-activity",
            &ana,
            format!("{users}?sort=last_active_at"),
        )
        .holding("document.querySelector('th:nth-child(3)[aria-sort]')"),
        here("users-of-auditor", &auditor, users.clone())
            .holding("!document.querySelector('a[href$=\"/remove\"]')"),
        here("users-no-match", &ana, format!("{users}?q=zed")).holding(
            "document.querySelector('.empty a') && document.querySelector('.empty').textContent.includes('zed')",
        ),
        here("users-menu", &ana, users.clone()).after(
            "[...document.querySelectorAll('tr .menu > summary')].at(-1).click()",
            "tr .menu[open]",
        ),
        here("users-viewer-menu", &ana, users.clone())
            .after("document.querySelector('.viewer > summary').click()", ".viewer[open]"),
        here("users-remove-dialog", &ana, users.clone()).after(
            "document.querySelectorAll('tr a[data-dialog]')[1].click()",
            "dialog[open]",
        ),
        screen("user", &ana, format!("{users}/{}", fixtures.cara), "Cara")
            .holding("document.querySelectorAll('tbody tr').length > 1"),
        screen(
            "user-edit",
            &ana,
            format!("{users}/{}/edit", fixtures.cara),
            "users-edit-title",
        ),
        screen(
            "user-remove",
            &ana,
            format!("{users}/{}/remove", fixtures.cara),
            "users-remove-title",
        ),
        here("invitations", &ana, invitations.clone()).holding(
            "document.querySelector('.person .state.red') && document.querySelector('td .badge.amber')",
        ),
        here("invitations-selected", &ana, invitations.clone()).after(
            "for (const box of [...document.querySelectorAll('td.pick input')].slice(0, 2)) box.click()",
            ".bulk:not([hidden])",
        ),
        here("invitations-menu", &ana, invitations.clone()).after(
            "[...document.querySelectorAll('tr .menu > summary')].at(-1).click()",
            "tr .menu[open]",
        ),
        here("invitations-revoke-dialog", &ana, invitations.clone()).after(
            "document.querySelector('tr .menu a.red[data-dialog]').click()",
            "dialog[open] .danger",
        ),
        here("invitations-link", &ana, invitations.clone()).after(
            "document.querySelector('form[data-dialog] button').click()",
            "dialog[open] #link",
        ),
        here("invitations-expired", &ana, state("expired"))
            .holding("document.querySelector('td .badge.red')"),
        here("invitations-accepted", &ana, state("accepted"))
            .holding("document.querySelectorAll('tbody tr').length === 12"),
        screen("invitations-none", &cookie(&fixtures.lone), of_lone, "Lone")
            .holding("document.querySelector('.empty .button')"),
        screen(
            "invitation-edit",
            &ana,
            format!("{invitations}/{}/edit", fixtures.link("pending").id),
            "invitations-edit-title",
        ),
        screen(
            "invitation-revoke",
            &ana,
            format!("{invitations}/revoke?id={}", fixtures.link("pending").id),
            "invitations-revoke-title",
        ),
        here("activity-export-menu", &ana, format!("{account}/activity"))
            .after("document.querySelector('.filters .menu > summary').click()", ".filters .menu[open]"),
        here("activity", &ana, format!("{account}/activity"))
            .holding("document.querySelectorAll('tbody tr').length > 20"),
        here(
            "activity-none",
            &ana,
            format!("{account}/activity?person=nobody%40x.io"),
        )
        .holding("document.querySelector('.empty a')"),
    ]
}

fn of_inviting(fixtures: &Fixtures) -> Vec<Screen> {
    let ana = cookie(&fixtures.ana);
    let invite = format!("/accounts/{}/invite", fixtures.account);
    let people = format!("{invite}?product=platform");
    let here = |name, path: String| screen(name, &ana, path, "invite-title");
    vec![
        here("invite-product", format!("{invite}?step=1"))
            .holding("document.querySelectorAll('.radio-cards input').length > 1"),
        here("invite-product-refused", format!("{invite}?step=2")).after("", ".summary"),
        here("invite-people", invite.clone()).holding("document.querySelector('#emails')"),
        here("invite-people-typed", format!("{people}&roles=DEVELOPER")).after(
            pasting!("fatima@contoso.example bo.li@northwind.example ivan@agency,example hana@nortwind.example"),
            ".chip.fine",
        ),
        here("invite-refused", people.clone()).after(
            pasting!(
                "fatima@contoso.example bo.li@northwind.example ivan@agency,example hana@nortwind.example",
                then "document.querySelector('[data-send]').click()"
            ),
            ".summary",
        ),
        screen(
            "invite-result",
            &ana,
            format!("{people}&roles=DEVELOPER"),
            "result-count-nothing",
        )
        .after(
            pasting!(
                "bo.li@northwind.example hana@nortwind.example",
                then "document.querySelector('[data-send]').click()"
            ),
            ".results",
        ),
    ]
}
