//! Providers and break-glass users as an operator configures them.

use convoke_infra::identity_providers::ProviderKind;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Database, InjectedFault, Provider, TestApp, convoke};

fn output_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs the command line while the fake provider serves.
async fn run(
    arguments: &'static [&'static str],
    database: &Database,
    more: &[(&'static str, String)],
) -> Output {
    let url = database.url.clone();
    let more = more.to_vec();
    tokio::task::spawn_blocking(move || {
        let mut environment = vec![("CONVOKE_DATABASE__URL", url.as_str())];
        environment.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
        convoke(arguments, &environment, None)
    })
    .await
    .unwrap()
}

/// The line of `convoke check` about the provider.
async fn checked(
    database: &Database,
    environment: &[(&'static str, String)],
) -> (Option<i32>, String) {
    let output = run(&["check"], database, environment).await;
    let text = output_text(&output);
    let line = text.lines().find(|line| line.contains("provider my-work"));
    let line = line.unwrap_or_else(|| panic!("no provider in {text}"));
    (output.status.code(), line.to_owned())
}

fn environment(service: &Provider, kind: &str) -> Vec<(&'static str, String)> {
    let settings = service.settings("my-work", ProviderKind::Oidc);
    let place = if kind == "github" {
        "CONVOKE_PROVIDERS__MY_WORK__BASE_URL"
    } else {
        "CONVOKE_PROVIDERS__MY_WORK__ISSUER"
    };
    let secret = settings.client_secret.unwrap().expose().to_owned();
    vec![
        ("CONVOKE_PROVIDERS__MY_WORK__KIND", kind.to_owned()),
        ("CONVOKE_PROVIDERS__MY_WORK__NAME", "Work".to_owned()),
        ("CONVOKE_PROVIDERS__MY_WORK__CLIENT_ID", settings.client_id),
        ("CONVOKE_PROVIDERS__MY_WORK__CLIENT_SECRET", secret),
        (place, service.origin().to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_reports_the_redirect_uri_and_errors_of_each_provider() {
    let database = Database::sqlite();
    run(&["migrate"], &database, &[]).await;
    let service = Provider::start().await;
    for kind in ["oidc", "github"] {
        let environment = environment(&service, kind);
        let (code, line) = checked(&database, &environment).await;
        assert_eq!(code, Some(0), "{line}");
        assert!(
            line.starts_with("ok    provider my-work: Work answers"),
            "{line}"
        );
        let enter = "enter http://127.0.0.1:8080/sign-in/my-work/callback as redirect address";
        assert!(line.contains(enter), "{line}");
    }
    let environment = environment(&service, "oidc");
    for (place, fault, text) in [
        (
            "/authorize",
            InjectedFault::Status(400),
            "it answers 400 to browsers that are sent there",
        ),
        (
            "/authorize",
            InjectedFault::Refuses,
            "it answers \"unauthorized_client\" to browsers",
        ),
        (
            "openid",
            InjectedFault::Status(404),
            "answers 404. Correct it in providers.my-work",
        ),
        (
            "openid",
            InjectedFault::Status(503),
            "it answers 503. Is http://127.0.0.1",
        ),
        (
            "openid",
            InjectedFault::Elsewhere,
            "a redirect, which is not followed",
        ),
        (
            "openid",
            InjectedFault::Garbage,
            "does not answer with JSON",
        ),
        (
            "/authorize",
            InjectedFault::Yesterday,
            "this machine's clock is 86400 s ahead of the service's",
        ),
    ] {
        service.script().faults.clear();
        service.script().faults.insert(place, fault);
        let (code, line) = checked(&database, &environment).await;
        assert_eq!(code, Some(1), "{line}");
        assert!(
            line.starts_with("error provider my-work: ") && line.contains(text),
            "{line}"
        );
    }
    service.script().faults.clear();
    service.script().description = json!({ "issuer": "https://elsewhere.example" });
    let (_, line) = checked(&database, &environment).await;
    let text =
        "the issuer calls itself \"https://elsewhere.example\"; write exactly that as issuer";
    assert!(line.contains(text), "{line}");
    assert!(!line.contains("s3cret"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_break_glass_user_is_created_on_the_command_line() {
    const CREATE: &[&str] = &[
        "user",
        "create",
        "--email",
        "root@work.example",
        "--first-name",
        "Root",
        "--break-glass",
        "--json",
    ];
    let database = Database::sqlite();
    let too_early = run(CREATE, &database, &[]).await;
    assert_eq!(too_early.status.code(), Some(1));
    assert!(
        output_text(&too_early).contains("convoke migrate"),
        "{}",
        output_text(&too_early)
    );
    run(&["migrate"], &database, &[]).await;
    let output = run(CREATE, &database, &[]).await;
    let made: Value = serde_json::from_str(&output_text(&output)).unwrap();
    assert_eq!(
        (&made["login"], &made["break_glass"]),
        (&json!("root@work.example"), &json!(true))
    );
    let again = run(CREATE, &database, &[]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(output_text(&again).contains("--email: another user has this address already"));

    let test_app = TestApp::with(Database::elsewhere(database.url.clone()), |config| {
        config.password_sign_in = false;
    })
    .await;
    let password = made["password"].as_str().unwrap();
    let body = json!({ "login": "root@work.example", "password": password });
    let mut root = test_app.anonymous();
    root.post("/sessions", &body).await.expect(201);
    assert_eq!(root.column("/me/sessions", "/id").await.len(), 1);
    let entries = root.get("/me/activity").await.expect(200).json();
    let mut all = entries["items"].as_array().unwrap().iter();
    let created = all.find(|entry| entry["action"] == "user.created").unwrap();
    assert_eq!(created["actor"]["kind"], "system");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_user_or_provider_is_reported_with_its_fix() {
    let database = Database::sqlite();
    run(&["migrate"], &database, &[]).await;
    let output = run(
        &[
            "user",
            "create",
            "--email",
            "root@work",
            "--first-name",
            "x",
        ],
        &database,
        &[],
    )
    .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        output_text(&output).contains("--email: \"root@work\" is not an email address."),
        "{}",
        output_text(&output)
    );
    for (name, value, text) in [
        (
            "CONVOKE_PROVIDERS__WORK__KIND",
            "oidc",
            "providers.work: missing field `client_id`",
        ),
        (
            "CONVOKE_PROVIDERS",
            "nonsense",
            "CONVOKE_PROVIDERS: must be a list of services",
        ),
        (
            "CONVOKE_PROVIDERS",
            "[{\"id\": \"a\", \"kind\": \"magic\"}]",
            "providers.a: unknown variant `magic`",
        ),
        (
            "CONVOKE_PASSWORD_SIGN_IN",
            "false",
            "password_sign_in: nobody could sign in",
        ),
        (
            "CONVOKE_SIGN_UP",
            "perhaps",
            "sign_up: unknown variant `perhaps`",
        ),
    ] {
        let output = run(&["check"], &database, &[(name, value.to_owned())]).await;
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(
            output_text(&output).contains(text),
            "{}",
            output_text(&output)
        );
    }
}
