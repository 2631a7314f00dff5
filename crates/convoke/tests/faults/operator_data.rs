//! `convoke account` and `convoke user`, also beside a running server.

use serde_json::{Value, json};

use super::operator::{ended, on};
use crate::support::{Database, PASSWORD, Process, Program, convoke};

/// The JSON that a command prints.
#[track_caller]
fn printed(database: &Database, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().chain(&["--json"]).copied().collect();
    let (stdout, _) = ended(&convoke(&arguments, &on(database), None), 0);
    serde_json::from_str(&stdout).unwrap()
}

#[track_caller]
fn rejected(database: &Database, arguments: &[&str], code: i32) -> String {
    ended(&convoke(arguments, &on(database), None), code).1
}

/// Two users, made by the command line.
fn seed(database: &Database) {
    ended(&convoke(&["migrate"], &on(database), None), 0);
    for (email, name) in [("ada@example.com", "Ada"), ("bob@example.com", "Боб")] {
        let arguments = ["user", "create", "--email", email, "--first-name", name];
        printed(database, &arguments);
    }
}

fn sign_in(process: &Process, password: &str) -> u16 {
    let body = json!({ "login": "ada@example.com", "password": password });
    process.caller("").post("/sessions", &body).unwrap().status
}

#[test]
fn users_are_listed_shown_disabled_and_enabled() {
    for database in [Database::sqlite(), Database::postgres()] {
        seed(&database);
        let all = printed(&database, &["user", "list"]);
        let logins: Vec<&Value> = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| &user["login"])
            .collect();
        assert_eq!(logins, ["ada@example.com", "bob@example.com"]);
        let found = printed(&database, &["user", "list", "--search", "БОБ"]);
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        let id = found["items"][0]["id"].as_str().unwrap();
        assert_eq!(
            printed(&database, &["user", "show", "bob@example.com"])["id"],
            id
        );
        let disabled = printed(&database, &["user", "disable", id]);
        assert!(disabled["disabled_at"].is_string(), "{disabled}");
        // Once more changes nothing.
        assert_eq!(
            printed(&database, &["user", "disable", "bob@example.com"]),
            disabled
        );
        let listed = printed(&database, &["user", "list", "--disabled"]);
        assert_eq!(listed["items"], json!([disabled]));
        let enabled = printed(&database, &["user", "enable", id]);
        assert!(enabled["disabled_at"].is_null(), "{enabled}");
        let (stdout, _) = ended(&convoke(&["user", "list"], &on(&database), None), 0);
        assert!(
            stdout.starts_with("id") && stdout.contains("Боб"),
            "{stdout}"
        );
        let (stdout, _) = ended(&convoke(&["user", "show", id], &on(&database), None), 0);
        assert!(stdout.contains("Sign-in   enabled"), "{stdout}");
    }
}

#[test]
fn limits_of_accounts_are_listed_shown_and_set() {
    for database in [Database::sqlite(), Database::postgres()] {
        seed(&database);
        let all = printed(&database, &["account", "list", "--search", "ada"]);
        assert_eq!(all["items"].as_array().unwrap().len(), 1, "{all}");
        let account = &all["items"][0];
        assert_eq!(
            (&account["user_limit"], &account["usage"]["limit"]),
            (&Value::Null, &json!(250))
        );
        let id = account["id"].as_str().unwrap();
        let changed = printed(&database, &["account", "set-limit", id, "300"]);
        assert_eq!(
            (&changed["user_limit"], &changed["usage"]["limit"]),
            (&json!(300), &json!(300))
        );
        assert_eq!(printed(&database, &["account", "show", id]), changed);
        let (stdout, _) = ended(&convoke(&["account", "show", id], &on(&database), None), 0);
        assert!(stdout.contains("300, set for this account"), "{stdout}");
        let reset = printed(&database, &["account", "set-limit", id, "default"]);
        assert_eq!(&reset, account);
    }
}

#[test]
fn wrong_use_and_failures_have_their_exit_codes() {
    let database = Database::sqlite();
    for arguments in [
        &[
            "account",
            "set-limit",
            "acc_01h2xcejqtf2nbrexx3vqjhp41",
            "0",
        ][..],
        &[
            "account",
            "set-limit",
            "acc_01h2xcejqtf2nbrexx3vqjhp41",
            "many",
        ],
        &["account", "show", "Northwind Traders"],
        &["account", "set-limit", "acc_01h2xcejqtf2nbrexx3vqjhp41"],
        &["user", "disable"],
        &["user"],
    ] {
        rejected(&database, arguments, 2);
    }
    // Nothing is created where there is no database.
    assert!(rejected(&database, &["user", "list"], 1).contains("does not exist"));
    assert!(!database.folder().unwrap().join("test.db").exists());
    seed(&database);
    let unknown = ["account", "show", "acc_01h2xcejqtf2nbrexx3vqjhp41"];
    assert!(rejected(&database, &unknown, 1).contains("convoke account list"));
    assert!(
        rejected(&database, &["user", "disable", "eve@example.com"], 1)
            .contains("convoke user list")
    );
}

#[test]
fn a_running_server_follows_without_a_restart() {
    for database in [Database::sqlite(), Database::postgres()] {
        ended(&convoke(&["migrate"], &on(&database), None), 0);
        let created = printed(
            &database,
            &[
                "user",
                "create",
                "--email",
                "ada@example.com",
                "--first-name",
                "Ada",
            ],
        );
        let password = created["password"].as_str().unwrap();
        let process = Program::on(&database).start();
        assert_eq!(sign_in(&process, PASSWORD), 401);
        assert_eq!(sign_in(&process, password), 201);
        printed(&database, &["user", "disable", "ada@example.com"]);
        assert_eq!(sign_in(&process, password), 401);
        printed(&database, &["user", "enable", "ada@example.com"]);
        assert_eq!(sign_in(&process, password), 201);
    }
}

/// The command line with a catalogue whose products take sign-ins.
#[test]
fn grants_and_deliveries_are_listed_and_ended() {
    use crate::oidc::sign_in_for_command_line;

    for database in [Database::sqlite(), Database::postgres()] {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (test_app, catalogue) = runtime.block_on(sign_in_for_command_line(database));
        let database = &test_app.database;
        let run = |arguments: &[&str], code: i32| {
            let mut environment = on(database).to_vec();
            environment.push(("CONVOKE_CATALOGUE", catalogue.as_str()));
            ended(&convoke(arguments, &environment, None), code)
        };
        let listed = |arguments: &[&str]| -> Vec<Value> {
            let arguments: Vec<&str> = arguments.iter().chain(&["--json"]).copied().collect();
            let list: Value = serde_json::from_str(&run(&arguments, 0).0).unwrap();
            list["items"].as_array().unwrap().clone()
        };
        let all = listed(&["grants", "list"]);
        assert_eq!(all.len(), 2, "{all:?}");
        let user = ["grants", "list", "--user", "ana@northwind.example"];
        assert_eq!(listed(&user), all);
        let desk = listed(&["grants", "list", "--product", "desk"]);
        assert_eq!(desk, all[1..]);
        let account = all[0]["account"]["id"].as_str().unwrap();
        assert_eq!(listed(&["grants", "list", "--account", account]), all);
        let id = desk[0]["id"].as_str().unwrap();
        assert!(run(&["grants", "end", id], 0).0.contains(id));
        run(&["grants", "end", id], 1);
        run(&["grants", "list", "--user", "nobody@northwind.example"], 1);
        run(&["grants", "end", "ses_1"], 2);
        assert_eq!(listed(&["grants", "list"]), all[..1]);
        let ended_grants = listed(&["grants", "list", "--ended"]);
        assert_eq!(ended_grants[1]["reason"], "ended_by_operator");
        let deliveries = listed(&["grants", "deliveries"]);
        assert_eq!(
            (&deliveries[0]["grant"], &deliveries[0]["state"]),
            (&json!(id), &json!("pending"))
        );
        assert!(listed(&["grants", "deliveries", "--failed"]).is_empty());
        let (table, _) = run(&["grants", "deliveries"], 0);
        assert!(table.starts_with("grant") && table.contains(id), "{table}");
    }
}
