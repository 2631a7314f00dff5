//! Logout tokens of acknowledged changes: begun within a second, and none lost when the program is killed.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use convoke::jobs;
use convoke_app::config::Config;
use convoke_core::clock::SystemClock;
use convoke_core::secret::{Secret, hash_to_text, sha256};
use serde_json::{Value, json};

use super::flow::VERIFIER;
use crate::support::{
    Database, InProcessApp, Process, Program, SeededUser, SocketClient, ahead, setting, until,
};

/// How many members have their roles changed at the same time.
const PAIRS: usize = 4;
const REDIRECT_URI: &str = "https://wiki.example/callback";
const CLIENT_SECRET: &str = "wiki-secret-0123456789-0123456789-0123";

/// The environment variable with the number of kills, for long runs.
const KILLS: &str = "CONVOKE_TEST_LOGOUT_KILLS";

#[test]
fn no_logout_token_is_lost_in_kills_on_sqlite() {
    survive(&Database::sqlite(), setting(KILLS, "8").parse().unwrap());
}

#[test]
fn no_logout_token_is_lost_in_kills_on_postgres() {
    survive(&Database::postgres(), setting(KILLS, "4").parse().unwrap());
}

#[test]
fn logout_tokens_begin_within_a_second() {
    let database = Database::sqlite();
    let fixture = Fixture::new(&database);
    let process = fixture.program.start();
    let changes: Vec<Change> = thread::scope(|scope| {
        let is_enough = || fixture.changes() >= 200;
        joined(fixture.change_roles(scope, &process, is_enough))
    });
    until(Duration::from_secs(20), "all logout tokens", || {
        fixture.receiver.missing(&changes).is_empty()
    });
    let received = fixture.receiver.received();
    let mut delays: Vec<Duration> = changes
        .iter()
        .map(|change| received[&change.grant].saturating_duration_since(change.acknowledged_at))
        .collect();
    delays.sort_unstable();
    let at = |share: usize| delays[delays.len() * share / 100];
    println!(
        "{} logout tokens: median {:?}, 95 of 100 within {:?}, all within {:?}",
        delays.len(),
        at(50),
        at(95),
        delays[delays.len() - 1]
    );
    assert!(at(95) < Duration::from_secs(1), "{:?}", at(95));
}

/// A product that writes down when the token of each grant was received first.
struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl Receiver {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<BTreeMap<String, Instant>>> = Arc::default();
        let stored = received.clone();
        // Ends with the process of the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, stored) = (stream.unwrap(), stored.clone());
                thread::spawn(move || serve(stream, &stored));
            }
        });
        Self { address, received }
    }

    fn received(&self) -> BTreeMap<String, Instant> {
        self.received.lock().unwrap().clone()
    }

    /// The grants that have ended and whose tokens were not received.
    fn missing<'c>(&self, changes: &'c [Change]) -> Vec<&'c str> {
        let received = self.received.lock().unwrap();
        let missing = changes
            .iter()
            .filter(|change| !received.contains_key(&change.grant));
        missing.map(|change| change.grant.as_str()).collect()
    }
}

/// Answers the requests of one connection until it ends; a request that was cut off is none.
fn serve(mut stream: TcpStream, received: &Mutex<BTreeMap<String, Instant>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            if body.len() >= length {
                let token = body[..length].strip_prefix("logout_token=").unwrap();
                let grant = claims(token)["sid"].as_str().unwrap().to_owned();
                received
                    .lock()
                    .unwrap()
                    .entry(grant)
                    .or_insert_with(Instant::now);
                bytes.clear();
                let answered = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                if answered.is_err() {
                    return;
                }
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// A change that was acknowledged and has ended a grant.
struct Change {
    grant: String,
    acknowledged_at: Instant,
}

/// An owner, and a member whose roles change.
struct Pair {
    owner: SeededUser,
    member: SeededUser,
}

struct Fixture {
    receiver: Receiver,
    program: Program,
    pairs: Vec<Pair>,
    change_count: AtomicUsize,
    catalogue: String,
    _folder: tempfile::TempDir,
}

impl Fixture {
    fn new(database: &Database) -> Self {
        let receiver = Receiver::new();
        let folder = tempfile::tempdir().unwrap();
        let catalogue = folder.path().join("catalogue.toml");
        let text = include_str!("logout_catalogue.toml");
        let text = text.replace("127.0.0.1:9/", &format!("{}/", receiver.address));
        std::fs::write(&catalogue, text).unwrap();
        let catalogue = catalogue.to_str().unwrap().to_owned();
        let clock = Arc::new(SystemClock);
        let in_process = InProcessApp::with(database, clock, |config| set(config, &catalogue));
        let pairs = (0..PAIRS).map(|number| pair(&in_process, number)).collect();
        let program = Program::on(database)
            .set("CONVOKE_CATALOGUE", &catalogue)
            .set("CONVOKE_SECRETS__KEY", &"42".repeat(32));
        Self {
            receiver,
            program,
            pairs,
            change_count: AtomicUsize::new(0),
            catalogue,
            _folder: folder,
        }
    }

    fn changes(&self) -> usize {
        self.change_count.load(Ordering::SeqCst)
    }

    /// Changes roles of all members until `is_enough` or until the process has ended; gives the acknowledged changes.
    fn change_roles<'s>(
        &'s self,
        scope: &'s Scope<'s, '_>,
        process: &Process,
        is_enough: impl Fn() -> bool + Copy + Send + 's,
    ) -> Vec<ScopedJoinHandle<'s, Vec<Change>>> {
        let start = |pair: &'s Pair| {
            let (owner, member) = (pair.owner.calling(process), pair.member.calling(process));
            scope.spawn(move || self.stream(pair, owner, member, is_enough))
        };
        self.pairs.iter().map(start).collect()
    }

    fn stream(
        &self,
        pair: &Pair,
        mut owner: SocketClient,
        mut member: SocketClient,
        is_enough: impl Fn() -> bool,
    ) -> Vec<Change> {
        let path = format!(
            "/accounts/{}/members/{}",
            pair.owner.account, pair.member.user
        );
        let mut changes = Vec::new();
        while !is_enough() {
            let Some(grant) = sign_in(&mut member, &pair.owner) else {
                break;
            };
            // A change that was stored without an acknowledgement is followed by its opposite.
            let Ok(stored) = owner.get(&path) else {
                break;
            };
            let is_editor = stored.expect(200).json()["roles"] == json!(["EDITOR"]);
            let roles = if is_editor {
                json!([])
            } else {
                json!(["EDITOR"])
            };
            let Ok(reply) = owner.call("PATCH", &path, &json!({ "roles": roles })) else {
                break;
            };
            reply.expect(200);
            let acknowledged_at = Instant::now();
            changes.push(Change {
                grant,
                acknowledged_at,
            });
            self.change_count.fetch_add(1, Ordering::SeqCst);
        }
        changes
    }
}

fn set(config: &mut Config, catalogue: &str) {
    config.catalogue = Some(catalogue.to_owned());
    config.secrets.key = Some(Secret::new("42".repeat(32)));
}

fn pair(in_process: &InProcessApp, number: usize) -> Pair {
    let owner = in_process.seed_user(&format!("owner{number}@example.com"));
    let member = in_process.seed_user(&format!("member{number}@example.com"));
    let router = convoke_web::router(in_process.app.clone());
    let (mut inviting, mut invited) = (owner.at(&router), member.at(&router));
    in_process.runtime.block_on(async {
        let body = json!({ "product": "wiki", "roles": ["EDITOR"], "emails": [member.email] });
        let path = format!("/accounts/{}/invitations", owner.account);
        let created = inviting.post(&path, &body).await.expect(201);
        let id = created.text("/results/0/invitation/id");
        let accept = format!("/me/invitations/{id}/accept");
        invited.post(&accept, &Value::Null).await.expect(200);
    });
    Pair { owner, member }
}

/// Signs a member in to the product in the owner's account, and returns the grant; none when the connection breaks.
fn sign_in(member: &mut SocketClient, owner: &SeededUser) -> Option<String> {
    let challenge = hash_to_text(&sha256(VERIFIER.as_bytes()));
    let account = owner.account.to_string();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", "wiki"),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", "openid"),
            ("account", account.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let reply = member.page(&format!("/oauth2/authorize?{query}")).ok()?;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let code = reply.redirect_parameter("code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
        ("client_id", "wiki"),
        ("client_secret", CLIENT_SECRET),
    ];
    let reply = member.submit("/oauth2/token", &fields).ok()?;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let tokens = reply.json();
    let claims = claims(tokens["id_token"].as_str().unwrap());
    Some(claims["sid"].as_str().unwrap().to_owned())
}

fn survive(database: &Database, kills: usize) {
    let fixture = Fixture::new(database);
    let mut changes = Vec::new();
    for kill in 0..kills {
        let process = fixture.program.start();
        let before = fixture.changes();
        // After a different number of changes each time, so that the kill happens at different moments.
        let enough = 3 + kill * 7 % 20;
        changes.extend(thread::scope(|scope| {
            let streams = fixture.change_roles(scope, &process, || false);
            until(Duration::from_secs(20), "enough changes", || {
                fixture.changes() - before >= enough
            });
            process.kill();
            joined(streams)
        }));
    }
    // What the killed processes had leased is due once their leases have ended, and is tried again after a delay.
    for minutes in [1, 10, 60] {
        let ahead = ahead(Duration::from_secs(minutes * 60));
        let later = InProcessApp::with(database, ahead, |config| set(config, &fixture.catalogue));
        later.runtime.block_on(async {
            later.app.refresh_signing_keys().await.unwrap();
            jobs::deliver_logouts(&later.app).await.unwrap();
        });
    }
    println!("{kills} kills, {} changes", changes.len());
    assert!(changes.len() >= kills * 3);
    assert_eq!(fixture.receiver.missing(&changes), Vec::<&str>::new());
}

fn joined(streams: Vec<ScopedJoinHandle<'_, Vec<Change>>>) -> Vec<Change> {
    let streams = streams.into_iter();
    streams.flat_map(|stream| stream.join().unwrap()).collect()
}
