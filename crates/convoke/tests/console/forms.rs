//! Forms: errors in a summary and at the fields, and the cross-site rule.

use axum::http::Method;

use crate::support::{Database, PASSWORD, TestApp};

const FOREIGN: [&str; 7] = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "evil.example",
];

async fn test_app() -> TestApp {
    TestApp::new(Database::sqlite()).await
}

#[tokio::test]
async fn an_invalid_form_is_shown_again_with_a_summary_and_all_input_but_the_password() {
    let fields = [
        ("first_name", "Ivan <b>"),
        ("last_name", ""),
        ("email", "ivan@agency,example"),
        ("password", "hunter2 hunter2\""),
    ];
    let test_app = test_app().await;
    let page = test_app
        .anonymous()
        .submit("/sign-up", &fields)
        .await
        .expect(422);
    let error = "\"ivan@agency,example\" is not an email address. Replace the comma with a full stop, or remove it.";
    let page = page
        .titled("Error: Sign up · Convoke")
        .shows("There is a problem")
        .has("[role='alert']")
        .has_link("#email")
        .has_field("email", "ivan@agency,example")
        .has_field("first_name", "Ivan <b>")
        .has("[aria-describedby='email-hint email-error']")
        .has("[aria-invalid='true']")
        .hides("hunter2");
    let text = page.html().text();
    assert_eq!(
        text.matches(error).count(),
        2,
        "in the summary and at the field: {text}"
    );
    assert!(
        text.find("There is a problem") < text.rfind("Sign up"),
        "{text}"
    );
}

#[tokio::test]
async fn a_text_that_is_far_too_long_is_an_error_of_its_field() {
    let test_app = test_app().await;
    let mut reader = test_app.anonymous();
    let long = "a".repeat(20_000);
    let email = format!("{long}@example.com");
    let fields = |name, password, email| {
        [
            ("first_name", name),
            ("last_name", ""),
            ("email", email),
            ("password", password),
        ]
    };
    for (form, field) in [
        (fields(long.as_str(), PASSWORD, "ivan@x.io"), "first_name"),
        (fields("Ivan", long.as_str(), "ivan@x.io"), "password"),
        (fields("Ivan", PASSWORD, email.as_str()), "email"),
    ] {
        let page = reader.submit("/sign-up", &form).await.expect(422);
        page.has(&format!("#{field}[aria-invalid='true']"));
    }
    let long_login = [("login", long.as_str()), ("password", long.as_str())];
    reader.submit("/sign-in", &long_login).await.expect(401);
}

#[tokio::test]
async fn form_errors_use_the_browser_language() {
    let test_app = test_app().await;
    let mut reader = test_app.anonymous().speaking("ru");
    let fields = [("first_name", ""), ("email", "ivan"), ("password", "short")];
    reader
        .submit("/sign-up", &fields)
        .await
        .expect(422)
        .titled("Ошибка: Регистрация · Convoke")
        .shows("Имя пустое. Введите хотя бы один знак.")
        .shows("«ivan» — не адрес почты. Нет знака @.")
        .shows("Пароль слишком короткий. Нужно не меньше 12 знаков");
}

#[tokio::test]
async fn a_failed_sign_in_shows_the_same_text_for_every_cause() {
    let test_app = test_app().await;
    test_app.user("ada@example.com", "Ada").await;
    let mut bodies = Vec::new();
    for login in ["ada@example.com", "bob@example.com"] {
        let fields = [("login", login), ("password", "wrong wrong wrong")];
        let page = test_app
            .anonymous()
            .submit("/sign-in", &fields)
            .await
            .expect(401);
        let page =
            page.shows("The email or password is not right. Try again, or reset your password.");
        bodies.push(page.body().replace(login, ""));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_rate_limited_sign_in_shows_when_to_retry() {
    let test_app = TestApp::with(Database::sqlite(), |config| {
        config.rate_limits.enabled = true;
        config.rate_limits.failed_sign_ins = 1;
    });
    let test_app = test_app.await;
    let fields = [("login", "ada@example.com"), ("password", "wrong")];
    test_app
        .anonymous()
        .submit("/sign-in", &fields)
        .await
        .expect(401);
    let page = test_app
        .anonymous()
        .submit("/sign-in", &fields)
        .await
        .expect(429);
    assert!(page.headers.contains_key("retry-after"));
    page.shows("That was too much at once. Try again in 20 seconds.");
}

#[tokio::test]
async fn return_to_accepts_only_local_paths() {
    let test_app = test_app().await;
    test_app.user("ada@example.com", "Ada").await;
    let fields = |to| {
        [
            ("login", "ada@example.com"),
            ("password", PASSWORD),
            ("return_to", to),
        ]
    };
    let mut ada = test_app.anonymous();
    ada.submit("/sign-in", &fields("/profile/email"))
        .await
        .leads_to("/profile/email");
    for foreign in FOREIGN {
        test_app
            .anonymous()
            .submit("/sign-in", &fields(foreign))
            .await
            .leads_to("/accounts");
        ada.clone()
            .submit("/sign-out", &[("return_to", foreign)])
            .await
            .leads_to("/sign-in")
            .flashes("signed-out");
        ada = test_app.anonymous();
        ada.submit("/sign-in", &fields("/accounts"))
            .await
            .leads_to("/accounts");
        let query = form_urlencoded::byte_serialize(foreign.as_bytes()).collect::<String>();
        let path = format!("/sign-in?return_to={query}");
        test_app
            .anonymous()
            .page(&path)
            .await
            .expect(200)
            .hides("return_to");
        ada.page(&path).await.leads_to("/accounts");
    }
}

#[tokio::test]
async fn cross_site_form_posts_are_rejected() {
    let test_app = test_app().await;
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let account = test_app.account(&mut ada, "Analytical Engines").await;
    test_app
        .invite(&mut ada, &account, "bob@example.com", &["DEVELOPER"])
        .await;
    let token = test_app
        .mailed_token("bob@example.com", "invitations")
        .await;
    let paths = [
        "/sign-in",
        "/sign-out",
        "/sign-up",
        "/reset",
        "/profile/email",
    ]
    .map(str::to_owned);
    let of_link = [
        "accept",
        "address",
        "decline",
        "join",
        "resubscribe",
        "unsubscribe",
    ]
    .map(|act| format!("/invitations/{token}/{act}"));
    for path in paths.iter().chain(&of_link) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let page = ada.with(name, value).submit(path, &[]).await.expect(403);
            page.shows("The request comes from another site");
        }
    }
    ada.page("/accounts").await.expect(200);
    test_app
        .anonymous()
        .page(&format!("/invitations/{token}"))
        .await
        .expect(200)
        .shows("Join Analytical Engines");
    let mut own = test_app.anonymous().with("sec-fetch-site", "same-origin");
    own.submit("/reset", &[("email", "ada@example.com")])
        .await
        .leads_to("/reset/check-mail");
}

#[tokio::test]
async fn malformed_forms_are_rejected() {
    let test_app = test_app().await;
    let mut reader = test_app.anonymous();
    let unknown = [("login", "a"), ("password", "b"), ("admin", "true")];
    reader
        .submit("/sign-in", &unknown)
        .await
        .expect(422)
        .shows("These are not the fields of the form.");
    let twice = [("login", "a"), ("login", "b"), ("password", "c")];
    reader.submit("/sign-in", &twice).await.expect(422);
    let kind = Some("application/json");
    reader
        .raw(Method::POST, "/sign-in", kind, b"{}".to_vec())
        .await
        .expect(415);
    let kind = Some("application/x-www-form-urlencoded");
    let large = format!("login={}", "a".repeat(256 * 1024)).into_bytes();
    reader
        .raw(Method::POST, "/sign-in", kind, large)
        .await
        .expect(413);
    let odd = b"login=%00%ff%c0&password=%f0%9f".to_vec();
    reader
        .raw(Method::POST, "/sign-in", kind, odd)
        .await
        .expect(401);
}

#[tokio::test]
async fn pages_that_need_a_session_redirect_to_sign_in_and_back() {
    let test_app = test_app().await;
    let account = "/accounts/acc_01h455vb4pex5vsknk084sn02q";
    for path in ["/accounts", "/profile/email", account] {
        test_app
            .anonymous()
            .page(path)
            .await
            .leads_to(&format!("/sign-in?return_to={path}"));
    }
    test_app.anonymous().page("/").await.leads_to("/sign-in");
    // Including the query, unless the path is longer than `return_to` allows.
    let (page, back) = (
        format!("{account}/users?q=zo%C3%AB&page=2"),
        "%3Fq%3Dzo%25C3%25AB%26page%3D2",
    );
    let back = format!("/sign-in?return_to={account}/users{back}");
    test_app.anonymous().page(&page).await.leads_to(&back);
    let page = format!("{account}/users?other={}", "a".repeat(8_192));
    let back = format!("/sign-in?return_to={account}/users");
    test_app.anonymous().page(&page).await.leads_to(&back);
    let acts = [
        format!("{account}/ownership-offer/accept"),
        "/accounts/invitations/inv_01h455vb4pex5vsknk084sn02q/accept".to_owned(),
    ];
    for path in acts {
        test_app
            .anonymous()
            .submit(&path, &[])
            .await
            .leads_to("/sign-in?return_to=/accounts")
            .flashes("session-gone");
    }
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    ada.page("/").await.leads_to("/accounts");
    ada.page("/sign-in").await.leads_to("/accounts");
}
