//! The program as a process: `kill -9` between code and tokens, and no secret in its log or its database.

use std::sync::Arc;

use convoke_core::clock::SystemClock;
use serde_json::Value;

use super::flow::{PLATFORM, Request, VERIFIER, relying_parties};
use crate::support::{Database, DbProbe, InProcessApp, Process, Program, SeededUser};

/// How often the program is killed.
const KILLS: usize = 6;

#[test]
fn codes_and_tokens_survive_a_kill_on_sqlite() {
    let database = Database::sqlite();
    let secrets = survive(&database);
    // File and write-ahead log as a killed process leaves them.
    for file in std::fs::read_dir(database.folder().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        secrets.absent_from("the database", &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn codes_and_tokens_survive_a_kill_on_postgres() {
    let database = Database::postgres();
    let secrets = survive(&database);
    let mut probe = DbProbe::of(&database.url);
    for table in [
        "authorization_codes",
        "refresh_tokens",
        "grants",
        "signing_keys",
        "activity",
        "outbox",
    ] {
        let rows = probe.texts(&format!("select row_to_json(t)::text from {table} t"));
        secrets.absent_from(table, &rows.join("\n"));
    }
}

/// Every secret that was used.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn record(&mut self, secret: &str) -> String {
        self.0.push(secret.to_owned());
        secret.to_owned()
    }

    /// Not even its end, which no other secret has.
    #[track_caller]
    fn absent_from(&self, place: &str, text: &str) {
        for secret in &self.0 {
            let end = &secret[secret.len() - 20..];
            assert!(!text.contains(end), "{secret} is in {place}");
        }
    }
}

/// A product and a browser that call the process.
struct Fixture {
    user: SeededUser,
    request: Request,
    secrets: Secrets,
}

impl Fixture {
    /// The code of an authorization request.
    fn code(&mut self, process: &Process) -> String {
        let reply = process
            .caller(&self.user.cookie)
            .page(&self.request.path())
            .unwrap();
        assert_eq!(reply.status, 303, "{}", reply.body);
        let code = reply.redirect_parameter("code");
        self.secrets.record(&code)
    }

    /// Status and body of a call with the client's credentials.
    fn call(process: &Process, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut fields = fields.to_vec();
        fields.push(("client_id", PLATFORM.id));
        fields.push(("client_secret", PLATFORM.secret));
        let reply = process.caller("").submit(path, &fields).unwrap();
        (reply.status, reply.json())
    }

    fn redeem(&mut self, process: &Process, code: &str) -> (u16, Value) {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", PLATFORM.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.tokens(Self::call(process, "/oauth2/token", &fields))
    }

    fn refresh(&mut self, process: &Process, token: &str) -> (u16, Value) {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.tokens(Self::call(process, "/oauth2/token", &fields))
    }

    /// Records the tokens of a response.
    fn tokens(&mut self, (status, body): (u16, Value)) -> (u16, Value) {
        for name in ["access_token", "refresh_token", "id_token"] {
            if let Some(token) = body[name].as_str() {
                self.secrets.record(token);
            }
        }
        (status, body)
    }

    fn is_active(process: &Process, token: &Value) -> bool {
        let fields = [("token", token.as_str().unwrap())];
        let (status, body) = Self::call(process, "/oauth2/introspect", &fields);
        assert_eq!(status, 200);
        body["active"] == true
    }
}

/// Kills the program between code and tokens; returns the secrets, none of which is in its log.
fn survive(database: &Database) -> Secrets {
    let user = {
        let clock = Arc::new(SystemClock);
        let in_process = InProcessApp::with(database, clock, relying_parties);
        in_process.seed_user("eve@contoso.example")
    };
    let catalogue = format!(
        "{}/tests/oidc/relying_parties.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let program = Program::on(database)
        .set("CONVOKE_CATALOGUE", &catalogue)
        .set("CONVOKE_SECRETS__KEY", &"42".repeat(32))
        .set("RUST_LOG", "trace");
    let mut secrets = Secrets::default();
    secrets.record(&user.cookie);
    secrets.record(PLATFORM.secret);
    let mut fixture = Fixture {
        user,
        request: PLATFORM.request().with("scope", "openid offline_access"),
        secrets,
    };
    for _ in 0..KILLS {
        let process = program.start();
        let (first, second) = (fixture.code(&process), fixture.code(&process));
        let (status, tokens) = fixture.redeem(&process, &first);
        assert_eq!(status, 200, "{tokens}");
        process.kill();

        let process = program.start();
        assert!(Fixture::is_active(&process, &tokens["access_token"]));
        let (status, refreshed) =
            fixture.refresh(&process, tokens["refresh_token"].as_str().unwrap());
        assert_eq!(status, 200, "{refreshed}");
        let (status, of_second) = fixture.redeem(&process, &second);
        assert_eq!(status, 200, "{of_second}");
        process.kill();

        // What was used before the kill stays used, and ends the grant.
        let process = program.start();
        assert!(Fixture::is_active(&process, &refreshed["refresh_token"]));
        let (status, body) = fixture.redeem(&process, &first);
        assert_eq!(
            (status, &body["error"]),
            (400, &Value::from("invalid_grant"))
        );
        process.kill();
        let process = program.start();
        assert!(!Fixture::is_active(&process, &refreshed["refresh_token"]));
        assert!(!Fixture::is_active(&process, &of_second["access_token"]));
    }
    let log = program.log();
    assert!(log.contains("/oauth2/token"), "the log has the requests");
    fixture.secrets.absent_from("the log", &log);
    fixture.secrets
}
