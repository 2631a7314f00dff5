//! Invariant V9: no password and no token in the log, the database or the activity, at log level `trace`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Database, DbProbe, FakeSmtpServer, Process, Program, SocketClient, token_in, until,
};

const FIRST: &str = "first correct horse";
const SECOND: &str = "second correct horse";
const THIRD: &str = "third correct horse";

#[test]
fn no_secret_is_logged_or_stored_on_sqlite() {
    let database = Database::sqlite();
    let used = journey(&database);
    // File and write-ahead log as a killed process leaves them, including freed pages.
    for file in std::fs::read_dir(database.folder().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        used.absent_from("the database", &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn no_secret_is_logged_or_stored_on_postgres() {
    let database = Database::postgres();
    let used = journey(&database);
    let mut probe = DbProbe::of(&database.url);
    let tables = probe.texts(
        "select table_name::text from information_schema.tables where table_schema = 'public'",
    );
    assert!(tables.len() > 10);
    for table in tables {
        let rows = probe.texts(&format!("select row_to_json(t)::text from {table} t"));
        used.absent_from(&table, &rows.join("\n"));
    }
}

/// Every secret that was used.
struct Used(Vec<String>);

impl Used {
    fn record(&mut self, secret: &str) -> String {
        assert!(secret.len() > 10, "{secret}");
        self.0.push(secret.to_owned());
        secret.to_owned()
    }

    /// Neither whole nor its recognisable middle.
    #[track_caller]
    fn absent_from(&self, place: &str, text: &str) {
        for secret in &self.0 {
            let middle = &secret[5..secret.len().min(25)];
            assert!(!text.contains(middle), "{secret} is in {place}");
        }
    }
}

struct Fixture {
    smtp: FakeSmtpServer,
    process: Process,
    used: Used,
}

impl Fixture {
    fn caller(&self) -> SocketClient {
        self.process.caller("")
    }

    /// The token of the newest mail to an address that has such a link.
    fn mailed(&mut self, email: &str, part: &str) -> String {
        let mark = format!("/{part}/");
        let newest = || {
            self.smtp
                .newest_to(email)
                .filter(|mail| mail.text.contains(&mark))
        };
        until(Duration::from_secs(20), &mark, || newest().is_some());
        let token = token_in(&newest().unwrap().text, part);
        self.used.record(&token)
    }

    fn sign_up(&mut self, email: &str) -> SocketClient {
        let mut caller = self.caller();
        let body = json!({ "email": email, "password": FIRST, "first_name": "Ada" });
        caller.post("/registrations", &body).unwrap().expect(202);
        let token = self.mailed(email, "confirm");
        let body = json!({ "token": token, "password": FIRST });
        caller
            .post("/registrations/confirm", &body)
            .unwrap()
            .expect(201);
        self.used.record(&caller.cookie);
        caller
    }
}

fn invite(owner: &mut SocketClient, account: &str, email: &str) -> String {
    let path = format!("/accounts/{account}/invitations");
    let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": [email] });
    let response = owner.post(&path, &body).unwrap().expect(201);
    response.text("/results/0/invitation/id")
}

/// Sign-up, invitations, every kind of link, changes of password and address; checks log and activity itself.
fn journey(database: &Database) -> Used {
    let smtp = FakeSmtpServer::new();
    let program = Program::on(database)
        .mailing(&smtp)
        .set("RUST_LOG", "trace");
    let used = Used([FIRST, SECOND, THIRD].map(str::to_owned).to_vec());
    let process = program.start();
    let mut fixture = Fixture {
        smtp,
        process,
        used,
    };
    let mut ada = fixture.sign_up("ada@example.com");
    let account = ada
        .get("/accounts")
        .unwrap()
        .expect(200)
        .text("/items/0/id");
    invitations(&mut fixture, &mut ada, &account);
    passwords_and_addresses(&mut fixture, &mut ada);
    let mut exports = String::new();
    for path in [
        format!("/accounts/{account}/activity"),
        "/me/activity".to_owned(),
    ] {
        exports += &ada.get(&path).unwrap().expect(200).body;
    }
    fixture.used.absent_from("the activity", &exports);
    ada.call("DELETE", "/sessions/current", &Value::Null)
        .unwrap()
        .expect(204);
    let log = program.log();
    assert!(
        log.lines()
            .any(|line| line.contains("TRACE") || line.contains("DEBUG")),
        "the log is not talkative"
    );
    fixture.used.absent_from("the log", &log);
    drop(fixture.process);
    fixture.used
}

fn invitations(fixture: &mut Fixture, ada: &mut SocketClient, account: &str) {
    invite(ada, account, "bob@example.com");
    let token = fixture.mailed("bob@example.com", "invitations");
    // Browsers open link paths, so paths could be logged.
    let _ = fixture.caller().page(&format!("/invitations/{token}"));
    let mut bob = fixture.caller();
    bob.post("/invitations/preview", &json!({ "token": token }))
        .unwrap()
        .expect(200);
    let body = json!({ "email": "bob@example.com", "password": FIRST, "first_name": "Bob",
        "invitation_token": token, "accept_invitation": true });
    bob.post("/registrations", &body).unwrap().expect(201);
    fixture.used.record(&bob.cookie);
    let id = invite(ada, account, "eve@example.com");
    let token = fixture.mailed("eve@example.com", "invitations");
    let path = format!("/accounts/{account}/invitations/{id}/links");
    let link = ada
        .post(&path, &Value::Null)
        .unwrap()
        .expect(201)
        .text("/url");
    fixture.used.record(&token_in(&link, "invitations"));
    fixture
        .caller()
        .post("/invitations/decline", &json!({ "token": token }))
        .unwrap()
        .expect(200);
}

fn passwords_and_addresses(fixture: &mut Fixture, ada: &mut SocketClient) {
    let body = json!({ "current_password": FIRST, "password": SECOND });
    ada.post("/me/password", &body).unwrap().expect(204);
    fixture.used.record(&ada.cookie);
    let body = json!({ "email": "ada@example.org", "password": SECOND });
    ada.post("/me/email", &body).unwrap().expect(202);
    let token = fixture.mailed("ada@example.org", "confirm-email");
    ada.post("/me/email/confirm", &json!({ "token": token }))
        .unwrap()
        .expect(200);
    fixture.used.record(&ada.cookie);
    let body = json!({ "email": "ada@example.org" });
    fixture
        .caller()
        .post("/password-resets", &body)
        .unwrap()
        .expect(202);
    let token = fixture.mailed("ada@example.org", "reset");
    let _ = fixture.caller().page(&format!("/reset/{token}"));
    let body = json!({ "token": token, "password": THIRD });
    fixture
        .caller()
        .post("/password-resets/confirm", &body)
        .unwrap()
        .expect(204);
    let body = json!({ "login": "ada@example.org", "password": SECOND });
    ada.post("/sessions", &body).unwrap().expect(401);
    let body = json!({ "login": "ada@example.org", "password": THIRD });
    ada.post("/sessions", &body).unwrap().expect(201);
    fixture.used.record(&ada.cookie);
}
