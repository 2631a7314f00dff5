//! The command line as an operator uses it.

use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Database, DbProbe, Program, convoke, free_port, until};

/// Standard output and standard error of a command that ended with this code.
#[track_caller]
pub(super) fn ended(output: &Output, code: i32) -> (String, String) {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    (stdout, stderr)
}

/// The environment of a command on this database.
pub(super) fn on(database: &Database) -> [(&str, &str); 1] {
    [("CONVOKE_DATABASE__URL", &database.url)]
}

#[test]
fn the_demo_prints_working_credentials() {
    let database = Database::sqlite();
    let program = Program::on(&database).arguments("serve --demo");
    let process = program.start();
    let value_after = |mark: &str| {
        let log = program.log();
        let line = log
            .lines()
            .find(|line| line.contains(mark))
            .unwrap_or_default();
        line.split(mark)
            .nth(1)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    until(Duration::from_secs(10), "it says how", || {
        !value_after("with the password").is_empty()
    });
    let mut caller = process.caller("");
    let body =
        json!({ "login": value_after("Sign in as"), "password": value_after("with the password") });
    caller.post("/sessions", &body).unwrap().expect(201);
    let accounts = caller.get("/accounts").unwrap().expect(200).json();
    assert!(
        accounts["items"].as_array().unwrap().len() >= 2,
        "{accounts}"
    );
    let waiting = caller.get("/me/invitations").unwrap().expect(200).json();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 1, "{waiting}");
    process.terminate();
    assert!(process.ended_within(Duration::from_secs(11)).0.success());
}

#[test]
fn the_demo_rejects_a_public_listen_address() {
    let listen = format!("0.0.0.0:{}", free_port());
    let output = convoke(&["serve", "--demo"], &[("CONVOKE_LISTEN", &listen)], None);
    let (_, stderr) = ended(&output, 1);
    assert!(stderr.contains("loopback"), "{stderr}");
}

#[test]
fn an_unknown_key_in_the_file_is_an_error_with_a_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("convoke.toml"),
        "[limits]\nuser_per_account = 3\n",
    )
    .unwrap();
    for command in ["migrate", "serve", "check"] {
        let output = convoke(&[command], &[], Some(folder.path()));
        let (stdout, stderr) = ended(&output, 1);
        // What a check finds is its output.
        let printed = if command == "check" { stdout } else { stderr };
        assert!(
            printed.contains("did you mean limits.users_per_account?"),
            "{command}: {printed}"
        );
    }
}

#[test]
fn an_unknown_variable_only_warns() {
    let database = Database::sqlite();
    let environment = [on(&database)[0], ("CONVOKE_LISTN", "127.0.0.1:1")];
    let (stdout, stderr) = ended(&convoke(&["migrate"], &environment, None), 0);
    assert!(stdout.contains("Applied"), "{stdout}");
    assert!(
        stderr.contains("CONVOKE_LISTN") && stderr.contains("CONVOKE_LISTEN?"),
        "{stderr}"
    );
}

#[test]
fn a_usage_error_exits_with_code_2() {
    for arguments in [
        &["fly"][..],
        &[],
        &["serve", "--wings"],
        &["catalogue"],
        &["serve", "--folder", "x"],
    ] {
        let (stdout, stderr) = ended(&convoke(arguments, &[], None), 2);
        assert!(
            stdout.is_empty() && stderr.contains("Usage:"),
            "{arguments:?}: {stdout}{stderr}"
        );
    }
}

#[test]
fn migrating_twice_does_nothing_the_second_time() {
    for database in [Database::sqlite(), Database::postgres()] {
        let (first, _) = ended(&convoke(&["migrate"], &on(&database), None), 0);
        assert!(first.contains("Applied"), "{first}");
        let (second, _) = ended(&convoke(&["migrate"], &on(&database), None), 0);
        assert!(second.contains("nothing was to be done"), "{second}");
    }
}

#[test]
fn the_printed_catalogue_passes_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let (shown, _) = ended(&convoke(&["catalogue", "show"], &[], None), 0);
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, &shown).unwrap();
    let file = file.to_str().unwrap();
    ended(&convoke(&["catalogue", "check", file], &[], None), 0);
    ended(
        &convoke(
            &["catalogue", "check"],
            &[("CONVOKE_CATALOGUE", file)],
            None,
        ),
        0,
    );
    let (again, _) = ended(
        &convoke(&["catalogue", "show"], &[("CONVOKE_CATALOGUE", file)], None),
        0,
    );
    assert_eq!(again, shown);
    std::fs::write(file, shown.replace("multi_user", "multi_usr")).unwrap();
    let output = convoke(&["catalogue", "check", file], &[], None);
    let stdout = format!("{:?}", ended(&output, 1));
    assert!(
        stdout.contains("multi_usr") && stdout.contains("mine.toml:"),
        "{stdout}"
    );
}

#[test]
fn the_printed_openapi_document_equals_the_served_one() {
    let database = Database::sqlite();
    let process = Program::on(&database).start();
    let served = process
        .caller("")
        .get("/openapi.json")
        .unwrap()
        .expect(200)
        .json();
    let (printed, _) = ended(&convoke(&["openapi"], &[], None), 0);
    let mut printed: Value = serde_json::from_str(&printed).unwrap();
    // People use http there, so the cookie of a session has another name.
    printed["components"]["securitySchemes"]["session"]["name"] = "convoke".into();
    assert_eq!(printed, served);
}

#[test]
fn a_port_in_use_is_reported_in_one_sentence() {
    let database = Database::sqlite();
    let program = Program::on(&database);
    let _first = program.start();
    let listen = format!("127.0.0.1:{}", program.port);
    let environment = [on(&database)[0], ("CONVOKE_LISTEN", &listen)];
    let (_, stderr) = ended(&convoke(&["serve"], &environment, None), 1);
    assert!(
        stderr.contains("cannot listen on") && stderr.contains("CONVOKE_LISTEN"),
        "{stderr}"
    );
}

#[test]
fn logs_name_no_path_of_the_build_and_notices_are_for_debugging() {
    for (level, notices) in [("info", false), ("debug", true)] {
        let database = Database::postgres();
        // The first migration finds its table, which the server remarks on.
        let table = "create table schema_migrations (version bigint primary key, applied_at bigint not null)";
        DbProbe::ask(&database.url, |probe| probe.run(table));
        let program = Program::on(&database)
            .set("CONVOKE_LOG", "json")
            .set("RUST_LOG", level);
        let process = program.start();
        process.terminate();
        assert!(process.ended_within(Duration::from_secs(11)).0.success());
        let log = program.log();
        assert_eq!(log.contains("already exists, skipping"), notices, "{log}");
        assert_eq!(log.contains("PostgreSQL notice"), notices, "{log}");
        for path in ["registry/src", env!("CARGO_MANIFEST_DIR"), "log.file"] {
            assert!(!log.contains(path), "{path} in {log}");
        }
    }
}

#[test]
fn the_operator_allows_invitations_by_mail_to_an_address_again() {
    for database in [Database::sqlite(), Database::postgres()] {
        let environment = on(&database);
        ended(&convoke(&["migrate"], &environment, None), 0);
        database.execute(
            "insert into suppressions (email_canonical, created_at) values ('mira@contoso.example', 1)",
        );
        let unsuppress = |address: &'static str, code| {
            ended(
                &convoke(&["mail", "unsuppress", address], &environment, None),
                code,
            )
        };
        let (stdout, _) = unsuppress("Mira@Contoso.example", 0);
        assert!(stdout.contains("are allowed again"), "{stdout}");
        assert_eq!(database.rows()["suppressions"].len(), 0);
        let (stdout, _) = unsuppress("mira@contoso.example", 0);
        assert!(stdout.contains("were not stopped"), "{stdout}");
        let (_, stderr) = unsuppress("mira", 1);
        assert!(stderr.contains("not an email address"), "{stderr}");
    }
}
