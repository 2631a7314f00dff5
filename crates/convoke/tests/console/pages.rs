//! Every page renders in both languages and loads nothing from other origins.

use convoke_api::problem::CODES;
use convoke_core::language::Locale;

use crate::support::{Client, Database, Page, TestApp, TestResponse};

/// Checks that apply to every page.
#[track_caller]
fn is_sound(response: &TestResponse, locale: Locale, path: &str) {
    assert_eq!(
        response.headers["content-type"], "text/html; charset=utf-8",
        "{path}"
    );
    assert_eq!(response.headers["cache-control"], "no-store", "{path}");
    assert_eq!(response.headers["referrer-policy"], "same-origin", "{path}");
    let policy = response.headers["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
        "{path}"
    );
    let page = response.html();
    let languages = page.attributes("html", "lang");
    assert_eq!(languages, [locale.as_str()], "{path}");
    assert!(!response.heading().is_empty(), "{path}");
    // Scripts are ours and in files; the mailbox and the form of the wizard have one more.
    let scripts = page.elements("script").count();
    let has_more = path == "/dev/mailbox" || page.elements("[data-invite-form]").count() == 1;
    assert_eq!(scripts, if has_more { 2 } else { 1 }, "{path}");
    let module = "script[type='module'][src^='/assets/']";
    assert_eq!(page.elements(module).count(), scripts, "{path}");
    assert_eq!(page.elements("style").count(), 0, "{path}");
    for element in page.elements("*") {
        for (name, _) in element.value().attrs() {
            let is_forbidden = name == "style" || name.starts_with("on");
            assert!(!is_forbidden, "{path}: {name} of {}", element.html());
        }
    }
    // A text that is missing shows its key.
    let keys = [
        "-title",
        "layout-",
        "field-",
        "-text",
        "done-",
        "problem-",
        "users-",
        "member-",
        "manage-",
        "invite-",
        "profile-",
        "activity-",
        "tab-",
        "seats-",
        "status-",
        "usage-",
        "settings-",
    ];
    let text = page.text() + " " + &page.title();
    let words: Vec<&str> = text.split(' ').collect();
    for key in keys {
        let is_key =
            |word: &&str| word.starts_with(key) || (key.starts_with('-') && word.contains(key));
        let keys: Vec<_> = words.iter().copied().filter(is_key).collect();
        assert!(keys.is_empty(), "{path}: {keys:?} in {text}");
    }
    ids_are_unique(&page, path);
}

/// Labels, descriptions and links within a page point at one thing each.
#[track_caller]
fn ids_are_unique(page: &Page, path: &str) {
    let ids = page.attributes("[id]", "id");
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "{path}: {ids:?}");
    let mut pointers = page.attributes("[for]", "for");
    for name in ["aria-describedby", "aria-labelledby"] {
        let values = page.attributes("*", name);
        pointers.extend(
            values
                .iter()
                .flat_map(|value| value.split(' ').map(str::to_owned)),
        );
    }
    let targets = page.attributes("[href^='#']", "href");
    pointers.extend(
        targets
            .iter()
            .map(|target| target.trim_start_matches('#').to_owned()),
    );
    for pointer in pointers {
        assert!(
            ids.contains(&pointer),
            "{path}: nothing is called {pointer}"
        );
    }
}

/// Opens a page with each of these flash messages.
async fn all_messages_are_sound(caller: &mut Client, locale: Locale, path: &str, flashes: &[&str]) {
    for flash in flashes {
        let response = caller.page_with_flash(path, flash).await.expect(200);
        is_sound(&response.has(".banner"), locale, flash);
    }
}

async fn all_are_sound(caller: &mut Client, locale: Locale, paths: &[String]) {
    for path in paths {
        let response = caller.page_of_redirect(path).await.expect(200);
        is_sound(&response, locale, path);
    }
}

fn owned(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[tokio::test]
async fn every_anonymous_page_renders_in_both_languages() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Analytical Engines").await;
    test_app
        .invite(
            &mut ada,
            &account,
            "bob@example.com",
            &["DEVELOPER", "USER_AUDITOR"],
        )
        .await;
    let invitation = test_app
        .mailed_token("bob@example.com", "invitations")
        .await;
    let mut anonymous_client = test_app.anonymous();
    anonymous_client
        .submit(
            "/sign-up",
            &[
                ("first_name", "Eve"),
                ("email", "eve@example.com"),
                ("password", "plum tractor velvet 9"),
            ],
        )
        .await
        .leads_to("/sign-up/check-mail");
    anonymous_client
        .submit("/reset", &[("email", "ada@example.com")])
        .await
        .leads_to("/reset/check-mail");
    let confirm = test_app.mailed_token("eve@example.com", "confirm").await;
    let reset = test_app.mailed_token("ada@example.com", "reset").await;
    let mut paths = owned(&[
        "/sign-in",
        "/sign-up",
        "/sign-up/check-mail",
        "/reset",
        "/reset/check-mail",
        "/dev/mailbox",
    ]);
    paths.extend([
        format!("/invitations/{invitation}"),
        format!("/invitations/{invitation}/unsubscribe"),
        format!("/sign-in?return_to=/invitations/{invitation}"),
        format!("/invitations/{invitation}/address"),
        format!("/invitations/{invitation}/decline"),
        format!("/confirm/{confirm}"),
        format!("/reset/{reset}"),
    ]);
    for locale in Locale::ALL {
        let mut caller = anonymous_client.speaking(locale.as_str());
        all_are_sound(&mut caller, locale, &paths).await;
        let flashes = ["signed-out", "session-gone", "password-reset"];
        all_messages_are_sound(&mut caller, locale, "/sign-in", &flashes).await;
    }
}

#[tokio::test]
async fn every_signed_in_page_renders_in_the_user_language() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Analytical Engines").await;
    let mut bob = test_app
        .member(&mut ada, &account, "bob@example.com", &["DEVELOPER"])
        .await;
    let elsewhere = test_app.account(&mut bob, "Elsewhere").await;
    test_app
        .invite(&mut bob, &elsewhere, "ada@example.com", &["LINGUIST"])
        .await;
    let elsewhere_of_ada = test_app.account(&mut bob, "Somewhere").await;
    let joining = test_app
        .invite(
            &mut bob,
            &elsewhere_of_ada,
            "ada@example.com",
            &["LINGUIST"],
        )
        .await;
    let joining = format!("/me/invitations/{joining}/accept");
    ada.post(&joining, &serde_json::Value::Null)
        .await
        .expect(200);
    test_app
        .invite(&mut bob, &elsewhere, "carl@example.com", &["LINGUIST"])
        .await;
    let to_ada = test_app
        .mailed_token("ada@example.com", "invitations")
        .await;
    let to_carl = test_app
        .mailed_token("carl@example.com", "invitations")
        .await;
    let mut paths = owned(&[
        "/accounts",
        "/accounts/new",
        "/profile",
        "/profile/activity",
        "/profile/email",
        "/profile/email/check-mail",
        "/profile/password",
        "/profile/language",
        "/profile/appearance",
        "/profile/sessions",
        "/profile/services",
    ]);
    let me = ada.id().await;
    for tab in [
        "users",
        format!("users/{me}").as_str(),
        "users?q=zed",
        "users?role=DEVELOPER&sort=last_active_at",
        "invitations",
        "invitations?status=expired&q=zed",
        "activity",
        "activity?to=2020-01-01",
        "settings",
        "transfer",
        "invite",
        "invite?product=platform",
        "invite/result",
    ] {
        paths.push(format!("/accounts/{account}/{tab}"));
    }
    paths.extend([
        format!("/accounts/{elsewhere_of_ada}"),
        format!("/invitations/{to_ada}"),
        format!("/invitations/{to_carl}"),
    ]);
    for locale in Locale::ALL {
        ada.patch("/me", &serde_json::json!({ "locale": locale.as_str() }))
            .await
            .expect(200);
        // The user's choice counts, not the browser's.
        let mut caller = ada.speaking("de, ru;q=0.5, en;q=0.1");
        all_are_sound(&mut caller, locale, &paths).await;
        let flashes = [
            "joined",
            "not-joined",
            "declined",
            "signed-up",
            "email-changed",
            "owner",
            "offer-declined",
        ];
        all_messages_are_sound(&mut caller, locale, "/accounts", &flashes).await;
    }
}

#[tokio::test]
async fn every_problem_code_has_a_page_in_both_languages() {
    let test_app = TestApp::new(Database::sqlite()).await;
    for locale in Locale::ALL {
        let mut reader = test_app.anonymous().speaking(locale.as_str());
        for code in CODES {
            let path = format!("/problems/{}", code.word);
            let page = reader.page(&path).await.expect(200);
            is_sound(&page, locale, &path);
            page.shows(code.word).shows(&code.status.to_string());
        }
        reader.page("/problems/no-such-code").await.expect(404);
    }
}

#[tokio::test]
async fn unknown_paths_return_an_error_page_with_a_reference() {
    let test_app = TestApp::new(Database::sqlite()).await;
    for locale in Locale::ALL {
        let page = test_app
            .anonymous()
            .speaking(locale.as_str())
            .page("/nowhere")
            .await
            .expect(404);
        is_sound(&page, locale, "/nowhere");
        let reference = page.headers["x-request-id"].to_str().unwrap().to_owned();
        page.shows(&reference);
    }
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    ada.patch("/me", &serde_json::json!({ "locale": "ru" }))
        .await
        .expect(200);
    let page = ada
        .page("/accounts/acc_01h455vb4pex5vsknk084sn02q")
        .await
        .expect(404);
    is_sound(&page, Locale::Ru, "a foreign account");
}

#[tokio::test]
async fn the_stylesheet_is_cached_for_a_year_by_content_hash() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let mut reader = test_app.anonymous();
    let page = reader.page("/sign-in").await.html();
    let sheets = page.attributes("link[rel='stylesheet']", "href");
    let sheet = reader.page(&sheets[0]).await.expect(200);
    assert_eq!(sheet.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(
        sheet.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    reader
        .page("/assets/0000000000000000/console.css")
        .await
        .expect(404);
}

#[tokio::test]
async fn the_api_page_lists_every_operation_and_code() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let page = test_app.anonymous().page("/docs").await.expect(200);
    let page = page.html();
    ids_are_unique(&page, "/docs");
    let text = page.text();
    let calls = page.select("code");
    let targets: Vec<String> = page.links().into_iter().map(|(_, target)| target).collect();
    let document = serde_json::to_value(convoke_api::openapi::document()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap();
            assert!(text.contains(summary), "{summary}");
            let call = format!("{} {path}", method.to_uppercase());
            assert!(calls.contains(&call), "{call}");
        }
    }
    for code in CODES {
        let target = format!("/problems/{}", code.word);
        assert!(
            targets.iter().any(|known| known.ends_with(&target)),
            "{target}"
        );
    }
}

#[tokio::test]
async fn the_footer_shows_the_configured_links() {
    let test_app = TestApp::with(Database::sqlite(), |config| {
        config.brand.name = "Northwind Accounts".to_owned();
        config.brand.support_url = Some("https://northwind.example/help".to_owned());
    });
    let page = test_app
        .await
        .anonymous()
        .page("/sign-in")
        .await
        .expect(200);
    let page = page.titled("Sign in · Northwind Accounts");
    page.has_link("https://northwind.example/help")
        .hides("Terms of use");
}
