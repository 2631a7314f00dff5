//! Checks of every page: accessibility (axe-core), no horizontal scroll, size budgets.

use convoke_core::model::roles::StoredRoles;
use std::io::Read as _;

use convoke_app::App;
use convoke_core::ids::{AccountId, UserId};
use convoke_domain::Error;
use convoke_store::members;
use flate2::read::GzDecoder;
use serde_json::json;

use super::screens::{ConsoleScreens, Screen};
use crate::support::{Browser, Setup, TestResponse, seed_user};

/// Opens a screen, runs its script, and checks its heading.
pub async fn open(browser: &Browser, screen: &Screen) {
    if screen.cookie.is_empty() {
        browser.clear_cookies().await;
    } else {
        browser.sign_in_as(&screen.cookie).await;
    }
    browser.run_scripts(screen.runs_script).await;
    browser.goto_redirected(&screen.path, &screen.flash).await;
    browser.run_scripts(true).await;
    if !screen.first.is_empty() {
        browser.js(screen.first).await;
    }
    browser.wait_for(screen.wait).await;
    browser.until(screen.name, screen.holds).await;
    if screen.is_stopped {
        browser.js("stop()").await;
    }
    let lang = browser.js("return document.documentElement.lang").await;
    let heading = browser
        .js("return document.querySelector('main h1').textContent")
        .await;
    let heading = heading.as_str().unwrap().replace('\u{a0}', " ");
    let mut rest = heading.as_str();
    for piece in screen.heading(lang.as_str().unwrap().parse().unwrap()) {
        let Some((_, after)) = rest.split_once(&piece) else {
            panic!("{} is headed {heading:?}, without {piece:?}", screen.name)
        };
        rest = after;
    }
    // The next screen begins without what was entered on this one.
    browser
        .js("addEventListener('pagehide', () => sessionStorage.clear())")
        .await;
}

const AXE: &str = include_str!("axe/axe.min.js");

/// What axe-core finds wrong with the page, one line each; `rules` names them all or those that colours can break.
async fn errors(browser: &Browser, rules: &str) -> Vec<String> {
    if browser.js("return typeof axe").await == json!("undefined") {
        browser.js(&format!("{AXE}; return true")).await;
    }
    let script = format!(
        "const done = arguments[0];
        axe.run(document, {{ {rules} }})
            .then(({{ violations }}) => done(violations.flatMap(({{ id, help, nodes }}) =>
                nodes.map(({{ target, html }}) => `${{id}} (${{help}}) at ${{target}}: ${{html.slice(0, 160)}}`))))
            .catch((fault) => done([String(fault)]));"
    );
    let violations = browser.js_async(&script).await;
    let lines = violations.as_array().unwrap().iter();
    lines
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

const ALL_RULES: &str =
    "runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'target-size': { enabled: true } }";

/// The theme changes colours and nothing else.
const RULES_OF_COLOURS: &str =
    "runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

/// What axe-core finds wrong with the page, light and dark.
pub async fn axe_violations(browser: &Browser) -> Vec<String> {
    let mut wrong = errors(browser, ALL_RULES).await;
    wrong.extend(wrong_when_dark(browser).await);
    wrong
}

/// What axe-core finds wrong with the colours of the dark theme.
async fn wrong_when_dark(browser: &Browser) -> Vec<String> {
    browser.set_dark(true).await;
    let found = errors(browser, RULES_OF_COLOURS).await;
    browser.set_dark(false).await;
    found
        .into_iter()
        .map(|error| format!("dark: {error}"))
        .collect()
}

/// The elements beyond the right edge if the page scrolls horizontally.
const OVERFLOWING_ELEMENTS: &str = "
    const [width] = arguments;
    if (document.documentElement.scrollWidth <= width) return null;
    const beyond = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > width + .5);
    return beyond.slice(-3).map((element) => element.outerHTML.slice(0, 120)).join(' and ') || 'only the page itself';";

/// What is wrong with the open menu or dialog: it is cut, or a dialog has no way to close it by touch. A menu may be below
/// the end of the window, where the page scrolls to it.
const CUT: &str = "
    const [most] = arguments;
    const box = document.querySelector('dialog[open]') ?? document.querySelector('.menu[open] > .items');
    if (!box) return null;
    const { left, right, top, bottom } = box.getBoundingClientRect();
    if (left < 0 || right > most) return `it reaches from ${left} to ${right}`;
    if (box.scrollWidth > box.clientWidth) return `its content is ${box.scrollWidth} wide, and it ${box.clientWidth}`;
    if (box.localName !== 'dialog') return bottom + scrollY > document.documentElement.scrollHeight + 1 ? 'it ends below the page' : null;
    if (top < 0 || bottom > innerHeight) return `it reaches from ${top} down to ${bottom}`;
    const ways = box.querySelectorAll('[data-close], form[method=dialog] button');
    const { width, height } = ways[0]?.getBoundingClientRect() ?? { width: 0, height: 0 };
    return width < 24 || height < 24 ? 'it has no button that closes it' : null;";

/// Checks every screen, wide and narrow, light and dark. A screen is opened once, since width and theme are pure CSS.
async fn check_all_screens(console: ConsoleScreens, language: &'static str) {
    let setup = Setup {
        language,
        ..Setup::default()
    };
    let browser = Browser::open(&console.site, setup).await;
    let mut wrong = Vec::new();
    for screen in &console.screens {
        browser.resize(1280).await;
        open(&browser, screen).await;
        let lang = browser.js("return document.documentElement.lang").await;
        // The API page is in English only.
        assert!(
            screen.name == "api" || lang == json!(language),
            "{}",
            screen.name
        );
        for width in [1280, 390, 360, 320] {
            browser.resize(width).await;
            // At the end of the page its bar of buttons is in its place, and covers no field partly.
            browser
                .js("scrollTo(0, document.documentElement.scrollHeight)")
                .await;
            // The theme does not depend on the width, nor a rule on the language; the narrowest phones differ by what does not
            // fit. So the rules are checked wide and narrow in English, and narrow in the longer texts of Russian.
            let mut found = match (width, language) {
                (1280, "en") | (390, _) => errors(&browser, ALL_RULES).await,
                _ => Vec::new(),
            };
            if (width, language) == (1280, "en") {
                found.extend(wrong_when_dark(&browser).await);
            }
            let place = |error| format!("{} at {width}, {error}", screen.name);
            wrong.extend(found.into_iter().map(place));
            for (what, script) in [("scrolls sideways", OVERFLOWING_ELEMENTS), ("is cut", CUT)] {
                let found = browser.js_with(script, vec![json!(width)]).await;
                if let Some(found) = found.as_str() {
                    wrong.push(format!("{} {what} at {width}: {found}", screen.name));
                }
            }
        }
        browser.assert_no_browser_errors().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_accessible_in_english() {
    check_all_screens(ConsoleScreens::new("en").await, "en").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_accessible_in_russian() {
    check_all_screens(ConsoleScreens::new("ru").await, "ru").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_products_is_accessible_in_english() {
    check_all_screens(ConsoleScreens::of_products("en").await, "en").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_products_is_accessible_in_russian() {
    check_all_screens(ConsoleScreens::of_products("ru").await, "ru").await;
}

/// The compressed size of a response in bytes, and its text.
fn transferred(answer: &TestResponse) -> (usize, String) {
    let weight = answer.bytes.len();
    if !answer.headers.contains_key("content-encoding") {
        return (weight, answer.body());
    }
    let mut text = Vec::new();
    let mut decoder = GzDecoder::new(answer.bytes.as_slice());
    decoder.read_to_end(&mut text).unwrap();
    (weight, String::from_utf8_lossy(&text).into_owned())
}

const KIB: usize = 1024;

#[tokio::test]
async fn pages_styles_and_scripts_stay_within_their_size_budgets() {
    check_sizes(ConsoleScreens::new("ru").await).await;
    check_sizes(ConsoleScreens::of_products("ru").await).await;
}

/// Checks every page with its styles and scripts.
async fn check_sizes(console: ConsoleScreens) {
    let mut caller = console
        .site
        .test_app
        .anonymous()
        .with("accept-encoding", "gzip, br");
    let mut weights = std::collections::BTreeMap::new();
    for screen in &console.screens {
        caller.cookie = Some(screen.cookie.clone()).filter(|who| !who.is_empty());
        if !screen.flash.is_empty() {
            caller
                .jar
                .insert("convoke-flash".to_owned(), screen.flash.clone());
        }
        let page = caller.page_of_redirect(&screen.path).await;
        let (weight, html) = transferred(&page);
        // The API page is a manual of the whole contract on one page, to be
        // searched in the browser. It has its own budget.
        let most = if screen.name == "api" { 48 } else { 10 };
        assert!(weight <= most * KIB, "{} weighs {weight}", screen.name);
        let mut scripts = 0;
        let paths = html.split('"').filter(|text| text.starts_with("/assets/"));
        for path in paths.filter(|path| !path.contains('#')) {
            if !weights.contains_key(path) {
                let (weight, _) = transferred(&caller.page(path).await.expect(200));
                weights.insert(path.to_owned(), weight);
            }
            if path.rsplit('.').next() == Some("js") {
                scripts += weights[path];
            }
        }
        assert!(scripts <= 8 * KIB, "{} loads {scripts}", screen.name);
    }
    for (path, weight) in weights {
        let most = match path.rsplit('.').next() {
            Some("css") => 9 * KIB,
            Some("js") => 8 * KIB,
            // Fonts are cached for a year.
            Some("woff2") => 22 * KIB,
            _ => 4 * KIB,
        };
        assert!(weight <= most, "{path} weighs {weight}");
    }
}

/// Makes a user a member with two roles.
async fn join(app: &App, account: AccountId, user: UserId) {
    let done = app
        .write(move |tx| {
            let roles = "DEVELOPER USER_AUDITOR";
            let done = members::insert(
                tx.conn,
                account,
                user,
                "Name",
                &StoredRoles::from_stored(roles.to_owned()),
                tx.now,
            )?;
            Ok::<_, Error>(done)
        })
        .await;
    assert!(done.unwrap());
}

#[tokio::test]
async fn the_longest_lists_stay_within_the_size_budget() {
    let site = crate::support::Site::new().await;
    let test_app = &site.test_app;
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    // One page of each list: fifty rows of different people.
    for batch in 0..3 {
        let emails: Vec<String> = (0..17)
            .map(|number| {
                format!(
                    "{:x}.person{batch}{number}@company{number}.example",
                    number * 7919 + batch
                )
            })
            .collect();
        let body =
            json!({ "product": "platform", "roles": ["DEVELOPER", "LINGUIST"], "emails": emails });
        ana.post(&format!("/accounts/{account}/invitations"), &body)
            .await
            .expect(201);
    }
    for number in 0..49 {
        let email = format!("{:x}.user{number}@company{number}.example", number * 6101);
        let user = seed_user(&test_app.app, &email).await.user;
        join(&test_app.app, account.parse().unwrap(), user).await;
    }
    let names = "update users set first_name = substr(email, 1, 6) where email like '%.user%'";
    test_app.run_sql(names).await;
    for tab in ["users", "invitations", "activity"] {
        let page = ana
            .with("accept-encoding", "gzip")
            .page(&format!("/accounts/{account}/{tab}"))
            .await
            .expect(200);
        let (weight, _) = transferred(&page);
        assert!(weight <= 10 * KIB, "{tab} weighs {weight}");
    }
}

/// The bytes of the page and of everything it loads, as they travel.
const WIRE_BYTES: &str = "
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return entries.map(({ name, transferSize }) => [new URL(name).pathname, transferSize]);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_with_an_empty_cache_weighs_at_most_90_kilobytes() {
    const MOST: i64 = 90_000;
    let site = crate::support::Site::new().await;
    let test_app = &site.test_app;
    let mut ana = test_app.user("ana@northwind.example", "Ana").await;
    let account = test_app.account(&mut ana, "Northwind Traders").await;
    // Names with letters of every font file.
    for (email, first, last) in [
        ("lukasz@northwind.example", "Łukasz", "Šimůnek"),
        ("nguyen@northwind.example", "Nguyễn", "Thị Hường"),
        ("ivan@northwind.example", "Иван", "Петров"),
    ] {
        let mut who = test_app
            .member(&mut ana, &account, email, &["DEVELOPER"])
            .await;
        let named = json!({ "first_name": first, "last_name": last });
        who.patch("/me", &named).await.expect(200);
    }
    for number in 0..17 {
        let email = format!("person{number}@company{number}.example");
        test_app
            .invite(&mut ana, &account, &email, &["DEVELOPER"])
            .await;
    }
    let browser = Browser::open(&site, Setup::default()).await;
    browser.sign_in_as(ana.cookie.as_deref().unwrap()).await;
    for language in ["en", "ru"] {
        let chosen = json!({ "locale": language });
        ana.patch("/me", &chosen).await.expect(200);
        for page in [
            format!("/accounts/{account}/users"),
            format!("/accounts/{account}/invitations"),
            format!("/accounts/{account}/activity"),
            "/profile".to_owned(),
            "/profile/language".to_owned(),
        ] {
            browser.cdp("Network.clearBrowserCache", &json!({})).await;
            browser.goto(&page).await;
            browser
                .js_async("const done = arguments[0]; document.fonts.ready.then(() => done(true))")
                .await;
            let parts = browser.js(WIRE_BYTES).await;
            let sizes = parts.as_array().unwrap().iter();
            let total: i64 = sizes.map(|part| part[1].as_i64().unwrap()).sum();
            println!("{language} {page}: {total} bytes");
            assert!(total > 30_000, "measured from the cache: {parts}");
            assert!(
                total <= MOST,
                "{page} in {language} weighs {total}: {parts}"
            );
        }
    }
    browser.close().await;
}
