//! `convoke check`: what it finds, and that it changes nothing.

use serde_json::Value;

use super::operator::{ended, on};
use crate::support::{Database, DbProbe, FakeSmtpServer, convoke};

/// The lines of a check that ends with this code, without those of the built-in catalogue.
#[track_caller]
fn check(environment: &[(&str, &str)], arguments: &[&str], code: i32) -> Vec<String> {
    let arguments: Vec<&str> = ["check"].iter().chain(arguments).copied().collect();
    let (stdout, _) = ended(&convoke(&arguments, environment, None), code);
    stdout.lines().map(str::to_owned).collect()
}

#[track_caller]
fn line<'l>(lines: &'l [String], start: &str) -> &'l str {
    let line = lines.iter().find(|line| line.starts_with(start));
    line.unwrap_or_else(|| panic!("no line {start:?} in {lines:#?}"))
}

#[test]
fn an_empty_postgres_is_no_error_and_stays_empty() {
    let database = Database::postgres();
    let lines = check(&on(&database), &[], 0);
    assert_eq!(
        line(&lines, "ok    database"),
        "ok    database: PostgreSQL is reachable, empty; convoke serve or convoke migrate fills it"
    );
    let count = "select count(*) from information_schema.tables where table_schema = 'public'";
    assert_eq!(DbProbe::ask(&database.url, |probe| probe.number(count)), 0);
    ended(&convoke(&["migrate"], &on(&database), None), 0);
    line(
        &check(&on(&database), &[], 0),
        "ok    database: PostgreSQL answers",
    );
}

#[test]
fn a_missing_sqlite_file_is_no_error_and_is_not_created() {
    let database = Database::sqlite();
    let lines = check(&on(&database), &[], 0);
    let found = line(&lines, "ok    database");
    assert!(
        found.contains("does not exist yet") && found.contains("creates nothing"),
        "{found}"
    );
    let folder = std::fs::read_dir(database.folder().unwrap()).unwrap();
    assert_eq!(folder.count(), 0);
    let lines = check(
        &[("CONVOKE_DATABASE__URL", "sqlite:///nowhere/convoke.db")],
        &[],
        1,
    );
    assert!(line(&lines, "error database").contains("/nowhere does not exist"));
}

#[test]
fn every_check_runs_whatever_the_others_found() {
    let environment = [
        ("CONVOKE_BRAND__LOGO", "/nowhere/logo.svg"),
        ("CONVOKE_CATALOGUE", "/nowhere/catalogue.toml"),
        (
            "CONVOKE_DATABASE__URL",
            "postgres://u@127.0.0.1:1/d?schema=x",
        ),
        ("CONVOKE_MAIL__SMTP_URL", "smtp://127.0.0.1:1"),
        ("CONVOKE_PROVIDERS__SSO__KIND", "oidc"),
        ("CONVOKE_PROVIDERS__SSO__CLIENT_ID", "a"),
        ("CONVOKE_PROVIDERS__SSO__ISSUER", "http://127.0.0.1:1"),
    ];
    let lines = check(&environment, &[], 1);
    for what in ["brand", "catalogue", "database", "mail", "provider sso"] {
        line(&lines, &format!("error {what}: "));
    }
    assert!(line(&lines, "error database").contains("schema: there is no such parameter"));
    line(&lines, "ok    configuration");
}

#[test]
fn mail_has_a_line_in_every_case() {
    let database = Database::sqlite();
    let lines = check(&on(&database), &[], 0);
    assert!(line(&lines, "ok    mail: none").contains("stay in memory"));
    let public = [
        on(&database)[0],
        ("CONVOKE_PUBLIC_URL", "https://accounts.example.com"),
    ];
    assert!(line(&check(&public, &[], 0), "warn  mail: none").contains("nobody receives them"));
    let smtp = FakeSmtpServer::new();
    let url = smtp.url();
    let environment = [on(&database)[0], ("CONVOKE_MAIL__SMTP_URL", url.as_str())];
    line(&check(&environment, &[], 0), "ok    mail: the mail server");
    assert_eq!(smtp.count(), 0);
    smtp.close();
    let (stdout, _) = ended(&convoke(&["check", "--json"], &environment, None), 1);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["ok"], false);
    let items = report["items"].as_array().unwrap();
    let mail = items.iter().find(|item| item["check"] == "mail").unwrap();
    assert_eq!(
        (&mail["ok"], &mail["level"]),
        (&false.into(), &"error".into())
    );
    assert!(
        mail["detail"].as_str().unwrap().contains("mail.smtp_url"),
        "{mail}"
    );
}

#[test]
fn a_test_email_is_sent_on_request() {
    let database = Database::sqlite();
    let smtp = FakeSmtpServer::new();
    let url = smtp.url();
    let environment = [on(&database)[0], ("CONVOKE_MAIL__SMTP_URL", url.as_str())];
    let lines = check(&environment, &["--mail-to", "ana@northwind.example"], 0);
    assert!(line(&lines, "ok    test email").contains("ana@northwind.example"));
    assert_eq!(smtp.count(), 1);
    let lines = check(&environment, &["--mail-to", "ana"], 1);
    assert!(line(&lines, "error test email").contains("not an email address"));
    let lines = check(&on(&database), &["--mail-to", "ana@northwind.example"], 1);
    assert!(line(&lines, "error test email").contains("mail.smtp_url is not set"));
}

#[test]
fn products_without_an_address_are_named() {
    let database = Database::sqlite();
    let lines = check(&on(&database), &[], 0);
    assert!(line(&lines, "warn  catalogue").contains("platform, agent, data-agent, dialog-studio"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    let text = "[[products]]\nkey = \"own\"\nname = \"Own\"\ndescription = \"Ours.\"\nurl = \"https://own.example\"\n\
                [[products.roles]]\nkey = \"OWN_USER\"\nname = \"User\"\ndescription = \"Uses it.\"\n";
    std::fs::write(&file, text).unwrap();
    let environment = [
        on(&database)[0],
        ("CONVOKE_CATALOGUE", file.to_str().unwrap()),
    ];
    let lines = check(&environment, &[], 0);
    assert!(
        !lines.iter().any(|line| line.starts_with("warn")),
        "{lines:#?}"
    );
}

#[test]
fn errors_of_the_configuration_are_reported_as_findings() {
    let environment = [("CONVOKE_LISTEN", "here"), ("CONVOKE_DATABASE_URL", "x")];
    let (stdout, _) = ended(&convoke(&["check", "--json"], &environment, None), 1);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["items"][0]["check"], "configuration");
    assert!(
        report["items"][0]["detail"]
            .as_str()
            .unwrap()
            .starts_with("listen: ")
    );
    let database = Database::sqlite();
    let environment = [
        on(&database)[0],
        ("CONVOKE_DATABASE_URL", "x"),
        ("CONVOKE_CONFIG", ""),
    ];
    let lines = check(&environment, &[], 0);
    assert!(line(&lines, "warn  configuration").contains("did you mean CONVOKE_DATABASE__URL?"));
}
