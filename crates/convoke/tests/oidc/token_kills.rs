//! `kill -9` while codes and refresh tokens are exchanged: what was acknowledged works after the restart, and what was not
//! gives tokens once or never.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use convoke_core::clock::SystemClock;
use convoke_core::random::{Random as _, SystemRandom};
use serde_json::Value;

use super::flow::{PLATFORM, RelyingParty, VAULT, VERIFIER, relying_parties};
use crate::support::{
    Database, DbProbe, InProcessApp, Process, Program, SeededUser, SocketClient, setting, until,
};

/// How many users are signed in to both products at the same time.
const USERS: usize = 6;
/// How many refresh tokens a grant has before it is revoked.
const REFRESHES: usize = 5;
/// The most responses that a kill waits for.
const MAX_RESPONSES: usize = 64;

/// The environment variable with the number of kills, for long runs.
const KILLS: &str = "CONVOKE_TEST_TOKEN_KILLS";

/// Live grants with two refresh tokens that are not used.
const DOUBLED: &str = "select count(*) from grants g where g.ended_at is null
    and 1 < (select count(*) from refresh_tokens r where r.grant_id = g.id and r.used_at is null)";
/// Live grants whose code was used and whose refresh token is lost.
const LOST: &str = "select count(*) from grants g where g.ended_at is null
    and exists (select 1 from authorization_codes c where c.grant_id = g.id and c.used_at is not null)
    and not exists (select 1 from refresh_tokens r where r.grant_id = g.id and r.used_at is null)";

#[test]
fn tokens_are_given_once_when_killed_during_exchanges_on_sqlite() {
    survive(&Database::sqlite(), setting(KILLS, "15").parse().unwrap());
}

#[test]
fn tokens_are_given_once_when_killed_during_exchanges_on_postgres() {
    survive(&Database::postgres(), setting(KILLS, "10").parse().unwrap());
}

/// A request of a product whose response may be lost.
#[derive(Clone, Debug)]
enum Exchange {
    Code(String),
    Refresh(String),
    Revoke(String),
}

/// What a product knows about a user when the connection breaks.
struct Client {
    party: RelyingParty,
    /// The last tokens that were received, unless they were revoked.
    tokens: Option<Value>,
    refresh_count: usize,
    unanswered: Option<Exchange>,
}

/// How many requests of the kills were stored before their responses were lost, and how many were not; how many grants had
/// no request under way.
#[derive(Debug, Default)]
struct Counts {
    stored: usize,
    not_stored: usize,
    acknowledged: usize,
}

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

impl Client {
    const fn new(party: RelyingParty) -> Self {
        Self {
            party,
            tokens: None,
            refresh_count: 0,
            unanswered: None,
        }
    }

    /// Status and body of a call with the client's credentials; none when the connection breaks.
    fn call(
        &self,
        server: &mut SocketClient,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Option<(u16, Value)> {
        let mut fields = fields.to_vec();
        fields.push(("client_id", self.party.id));
        fields.push(("client_secret", self.party.secret));
        let reply = server.submit(path, &fields).ok()?;
        let body = serde_json::from_str(&reply.body).unwrap_or_default();
        Some((reply.status, body))
    }

    fn send(&self, server: &mut SocketClient, exchange: &Exchange) -> Option<(u16, Value)> {
        match exchange {
            Exchange::Code(code) => {
                let fields = [
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", self.party.redirect_uri),
                    ("code_verifier", VERIFIER),
                ];
                self.call(server, "/oauth2/token", &fields)
            }
            Exchange::Refresh(token) => {
                let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
                self.call(server, "/oauth2/token", &fields)
            }
            Exchange::Revoke(token) => self.call(server, "/oauth2/revoke", &[("token", token)]),
        }
    }

    /// The next request: a code, then refreshes, then a revocation, so that each code has a grant of its own. None when the
    /// connection breaks.
    fn step(&mut self, browser: &mut SocketClient, server: &mut SocketClient) -> Option<()> {
        let exchange = match &self.tokens {
            None => {
                let request = self.party.request().with("scope", "openid offline_access");
                let reply = browser.page(&request.path()).ok()?.expect(303);
                Exchange::Code(reply.redirect_parameter("code"))
            }
            Some(tokens) if self.refresh_count < REFRESHES => {
                Exchange::Refresh(refresh_token(tokens).to_owned())
            }
            Some(tokens) => Exchange::Revoke(refresh_token(tokens).to_owned()),
        };
        self.unanswered = Some(exchange.clone());
        let (status, body) = self.send(server, &exchange)?;
        assert_eq!(status, 200, "{exchange:?} {body}");
        self.unanswered = None;
        (self.tokens, self.refresh_count) = match exchange {
            Exchange::Code(_) => (Some(body), 0),
            Exchange::Refresh(_) => (Some(body), self.refresh_count + 1),
            Exchange::Revoke(_) => (None, 0),
        };
        Some(())
    }

    /// Whether introspection and userinfo accept these tokens; they agree.
    fn is_active(&self, server: &mut SocketClient, tokens: &Value) -> bool {
        let access_token = tokens["access_token"].as_str().unwrap();
        let mut introspect = |token: &str| {
            let called = self.call(server, "/oauth2/introspect", &[("token", token)]);
            let (status, body) = called.unwrap();
            assert_eq!(status, 200, "{body}");
            body["active"] == true
        };
        let is_active = introspect(access_token);
        assert_eq!(introspect(refresh_token(tokens)), is_active);
        let user_info = server.submit("/oauth2/userinfo", &[("access_token", access_token)]);
        assert_eq!(user_info.unwrap().status, if is_active { 200 } else { 401 });
        is_active
    }

    /// What must be true after the restart; ends the grant.
    fn check(mut self, server: &mut SocketClient, counts: &mut Counts) {
        let Some(exchange) = self.unanswered.take() else {
            if let Some(tokens) = &self.tokens {
                counts.acknowledged += 1;
                self.check_acknowledged(server, tokens);
            }
            return;
        };
        let (status, body) = self.send(server, &exchange).unwrap();
        match (&exchange, status) {
            (Exchange::Revoke(_), 200) => {}
            (_, 200) => {
                counts.not_stored += 1;
                assert!(self.is_active(server, &body), "{exchange:?} {body}");
                self.check_used(server, &exchange, &body);
            }
            _ => {
                counts.stored += 1;
                assert_eq!((status, &body["error"]), (400, &"invalid_grant".into()));
            }
        }
        // The retry of what was stored, and the revocation, have ended the grant.
        if let Some(tokens) = &self.tokens {
            let access_token = tokens["access_token"].as_str().unwrap();
            let fields = [("token", access_token)];
            let (_, body) = self.call(server, "/oauth2/introspect", &fields).unwrap();
            assert_eq!(body["active"], false, "{exchange:?}");
        }
    }

    /// Tokens that were received work, and refresh once.
    fn check_acknowledged(&self, server: &mut SocketClient, tokens: &Value) {
        assert!(self.is_active(server, tokens), "{tokens}");
        let exchange = Exchange::Refresh(refresh_token(tokens).to_owned());
        let (status, next) = self.send(server, &exchange).unwrap();
        assert_eq!(status, 200, "{next}");
        assert!(self.is_active(server, &next), "{next}");
        self.check_used(server, &exchange, &next);
    }

    /// A code or a token that has given `tokens` gives no others, and ends these.
    fn check_used(&self, server: &mut SocketClient, exchange: &Exchange, tokens: &Value) {
        let (status, body) = self.send(server, exchange).unwrap();
        assert_eq!((status, &body["error"]), (400, &"invalid_grant".into()));
        assert!(!self.is_active(server, tokens), "{exchange:?}");
    }
}

/// Lets one user's products exchange tokens, in turn and on one connection, until it breaks: the response before the one
/// that is lost was received by the other product.
fn stream(
    mut browser: SocketClient,
    mut server: SocketClient,
    responses: &AtomicUsize,
) -> [Client; 2] {
    let mut clients = [PLATFORM, VAULT].map(Client::new);
    for turn in 0_usize.. {
        let client = &mut clients[turn % 2];
        if client.step(&mut browser, &mut server).is_none() {
            break;
        }
        responses.fetch_add(1, Ordering::SeqCst);
    }
    clients
}

/// Kills the process after a random number of responses, while others are under way.
fn kill_during_exchanges(users: &[SeededUser], process: Process) -> Vec<Client> {
    let responses = AtomicUsize::new(0);
    let mut random = [0];
    SystemRandom.fill(&mut random);
    let enough = 1 + usize::from(random[0]) % MAX_RESPONSES;
    thread::scope(|scope| {
        let responses = &responses;
        let start = |user: &SeededUser| {
            let (browser, server) = (user.calling(&process), process.caller(""));
            scope.spawn(move || stream(browser, server, responses))
        };
        let streams: Vec<_> = users.iter().map(start).collect();
        until(Duration::from_secs(20), "enough responses", || {
            responses.load(Ordering::SeqCst) >= enough
        });
        process.kill();
        let streams = streams.into_iter();
        streams.flat_map(|stream| stream.join().unwrap()).collect()
    })
}

fn survive(database: &Database, kills: usize) {
    let users: Vec<SeededUser> = {
        let clock = Arc::new(SystemClock);
        let in_process = InProcessApp::with(database, clock, relying_parties);
        let seed = |number| in_process.seed_user(&format!("user{number}@example.com"));
        (0..USERS).map(seed).collect()
    };
    let catalogue = format!(
        "{}/tests/oidc/relying_parties.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let program = Program::on(database)
        .set("CONVOKE_CATALOGUE", &catalogue)
        .set("CONVOKE_SECRETS__KEY", &"42".repeat(32));
    let mut probe = DbProbe::of(&database.url);
    let mut counts = Counts::default();
    let mut process = program.start();
    for _ in 0..kills {
        let clients = kill_during_exchanges(&users, process);
        process = program.start();
        assert_eq!((probe.number(DOUBLED), probe.number(LOST)), (0, 0));
        let mut server = process.caller("");
        for client in clients {
            client.check(&mut server, &mut counts);
        }
        assert_eq!((probe.number(DOUBLED), probe.number(LOST)), (0, 0));
    }
    println!("{kills} kills: {counts:?}");
    assert!(counts.acknowledged >= kills && counts.stored + counts.not_stored >= kills);
}
