use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::*;

/// The time limit of every step.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// More than the buffers of two sockets hold.
const LARGE: usize = 16 * 1024 * 1024;

const SHORT: Duration = Duration::from_millis(150);

/// Timeouts that no test reaches.
const NO_TIMEOUTS: Timeouts = Timeouts {
    head: TEST_TIMEOUT,
    idle: TEST_TIMEOUT,
    response: TEST_TIMEOUT,
    close: TEST_TIMEOUT,
};

struct TestServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// One permit for each request to `/held` that has begun.
    held: Arc<Semaphore>,
    /// Each permit releases one of them.
    release: Arc<Semaphore>,
}

impl TestServer {
    fn start(total: usize, per_client: usize, timeouts: Timeouts) -> Self {
        let held = Arc::new(Semaphore::new(0));
        let release = Arc::new(Semaphore::new(0));
        let (held_requests, released) = (held.clone(), release.clone());
        let router = Router::new()
            .route("/", get(|| async { "ok" }))
            .route(
                "/read",
                post(|body: Bytes| async move { body.len().to_string() }),
            )
            .route("/rejected", post(|| async { StatusCode::UNAUTHORIZED }))
            .route("/large", get(|| async { vec![b'x'; LARGE] }))
            .route(
                "/held",
                get(|| async move {
                    held_requests.add_permits(1);
                    released.acquire().await.unwrap().forget();
                    "released"
                }),
            );
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let limits = ConnectionLimits {
            total,
            per_client,
            proxies: vec!["127.0.0.9/32".parse().unwrap()],
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, router, limits, timeouts, stopped));
        Self {
            address,
            stop,
            task,
            held,
            release,
        }
    }

    async fn connect(&self) -> TestClient {
        self.connect_from("127.0.0.1").await
    }

    async fn connect_from(&self, client: &str) -> TestClient {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{client}:0").parse().unwrap()).unwrap();
        TestClient(socket.connect(self.address).await.unwrap())
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        within(self.task).await.unwrap();
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TEST_TIMEOUT, future).await.unwrap()
}

struct TestClient(TcpStream);

impl TestClient {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// A response's head, in lower case, and its body.
    async fn response(&mut self) -> (String, String) {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(within(self.0.read_u8()).await.unwrap());
        }
        let head = String::from_utf8(bytes).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        within(self.0.read_exact(&mut body)).await.unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    async fn get(&mut self, path: &str) -> (String, String) {
        self.send(&get_head(path)).await;
        self.response().await
    }

    /// Whether a request gets a response with 200.
    async fn is_served(&mut self) -> bool {
        self.get("/").await.0.starts_with("http/1.1 200")
    }

    /// Waits until the server closes; returns what it sent before.
    async fn closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset counts as closed too.
        drop(within(self.0.read_to_end(&mut rest)).await);
        rest
    }
}

fn get_head(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

fn post_head(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n")
}

#[test]
fn default_timeouts_are_those_of_the_security_rules() {
    let timeouts = Timeouts::default();
    assert_eq!(timeouts.head, Duration::from_secs(10));
    assert_eq!(timeouts.idle, Duration::from_mins(1));
}

#[tokio::test]
async fn closes_connections_whose_head_is_not_complete_in_time() {
    let server = TestServer::start(
        8,
        8,
        Timeouts {
            head: SHORT,
            ..NO_TIMEOUTS
        },
    );
    let mut silent = server.connect().await;
    let mut second = server.connect().await;
    assert!(second.is_served().await);
    for mut slow in [server.connect().await, second] {
        let started = Instant::now();
        let mut byte = [0];
        loop {
            // One byte, then a pause in which the close is noticed.
            if slow.0.write_all(b"G").await.is_err() {
                break;
            }
            let pause = Duration::from_millis(5);
            match tokio::time::timeout(pause, slow.0.read(&mut byte)).await {
                Ok(Ok(0) | Err(_)) => break,
                _ => assert!(started.elapsed() < TEST_TIMEOUT),
            }
        }
        assert!(started.elapsed() >= SHORT / 2);
    }
    assert_eq!(silent.closed().await, b"");
}

#[tokio::test]
async fn closes_idle_connections_after_the_idle_timeout() {
    let timeouts = Timeouts {
        head: SHORT,
        idle: SHORT * 4,
        ..NO_TIMEOUTS
    };
    let server = TestServer::start(8, 8, timeouts);
    let mut client = server.connect().await;
    assert!(client.is_served().await);
    let idle_since = Instant::now();
    assert_eq!(client.closed().await, b"");
    assert!(
        idle_since.elapsed() >= SHORT * 3,
        "{:?}",
        idle_since.elapsed()
    );
}

#[tokio::test]
async fn closes_connections_that_do_not_read_their_response() {
    let server = TestServer::start(
        8,
        8,
        Timeouts {
            response: SHORT,
            ..NO_TIMEOUTS
        },
    );
    let mut client = server.connect().await;
    client.send(&get_head("/large")).await;
    // Nothing is read until the server has given up; then the response is cut.
    within(server.stop()).await;
    assert!(client.closed().await.len() < LARGE);
}

#[tokio::test]
async fn a_slow_reader_gets_its_whole_response() {
    let server = TestServer::start(
        8,
        8,
        Timeouts {
            response: SHORT,
            idle: SHORT,
            ..NO_TIMEOUTS
        },
    );
    let mut client = server.connect().await;
    client.send(&get_head("/large")).await;
    let (_, body) = client.response().await;
    assert_eq!(body.len(), LARGE);
}

#[tokio::test]
async fn heads_beyond_32_kib_are_answered_431() {
    let server = TestServer::start(8, 8, NO_TIMEOUTS);
    let head = |length: usize| {
        format!(
            "GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
            "x".repeat(length)
        )
    };
    let mut client = server.connect().await;
    client.send(&head(32_000)).await;
    assert!(client.response().await.0.starts_with("http/1.1 200"));
    for length in [32 * 1024, 300_000] {
        let mut client = server.connect().await;
        client.send(&head(length)).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 431"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
    }
}

#[tokio::test]
async fn a_client_with_too_many_connections_loses_the_one_that_waits_longest() {
    let server = TestServer::start(64, 3, NO_TIMEOUTS);
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(server.connect().await);
        assert!(clients.last_mut().unwrap().is_served().await);
    }
    let mut other = server.connect_from("127.0.0.2").await;
    assert!(other.is_served().await);
    let mut fourth = server.connect().await;
    assert!(fourth.is_served().await);
    assert_eq!(clients[0].closed().await, b"");
    for client in [&mut clients[1], &mut fourth, &mut other] {
        assert!(client.is_served().await);
    }
}

#[tokio::test]
async fn keeps_connections_that_process_requests() {
    for (total, per_client) in [(64, 3), (3, 64)] {
        let server = TestServer::start(total, per_client, NO_TIMEOUTS);
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut client = server.connect().await;
            assert!(client.is_served().await);
            client.send(&get_head("/held")).await;
            clients.push(client);
        }
        within(server.held.acquire_many(3)).await.unwrap().forget();
        let mut late = server.connect().await;
        if per_client == 3 {
            // All connections of its client process requests.
            late.closed().await;
        }
        server.release.add_permits(3);
        for client in &mut clients {
            assert_eq!(client.response().await.1, "released");
        }
        if per_client != 3 {
            assert!(late.is_served().await);
        }
    }
}

#[tokio::test]
async fn proxies_may_hold_more_connections_than_a_client() {
    let server = TestServer::start(64, 1, NO_TIMEOUTS);
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(server.connect_from("127.0.0.9").await);
        assert!(clients.last_mut().unwrap().is_served().await);
    }
    for client in &mut clients {
        assert!(client.is_served().await);
    }
}

#[tokio::test]
async fn serves_new_connections_while_others_are_held_open() {
    let begun = post_head("/read", 100);
    for held in [
        "",
        "GET / HTTP/1.1\r\nx: ",
        begun.as_str(),
        &get_head("/large"),
    ] {
        let server = TestServer::start(4, 64, NO_TIMEOUTS);
        let mut holders = Vec::new();
        for number in 0..32 {
            let mut holder = server.connect_from(&format!("127.0.1.{number}")).await;
            // A reset means that it was closed already.
            drop(holder.0.write_all(held.as_bytes()).await);
            holders.push(holder);
            let mut client = server.connect().await;
            assert!(client.is_served().await, "{held:?}");
        }
    }
}

#[tokio::test]
async fn drains_an_unread_body_or_closes_the_connection_with_a_header() {
    let server = TestServer::start(8, 8, NO_TIMEOUTS);
    let mut client = server.connect().await;
    // Small ones are drained, and the connection goes on.
    for length in [1, 1_000, 200_000] {
        client.send(&post_head("/rejected", length)).await;
        client.send(&"x".repeat(length)).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 401"), "{head}");
        assert!(!head.contains("connection: close"), "{head}");
        assert!(client.is_served().await);
    }
    // Large ones are not; the response is received although the body is not read.
    for length in [300_000, 900_000] {
        let mut client = server.connect().await;
        client.send(&post_head("/rejected", length)).await;
        client.send(&"x".repeat(length)).await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 401"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
        assert_eq!(client.closed().await, b"");
    }
    // Nor are those that are not received, or for which the client waits for `100 Continue`.
    for expect in ["", "expect: 100-continue\r\n"] {
        let mut client = server.connect().await;
        client
            .send(&format!(
                "POST /rejected HTTP/1.1\r\nhost: x\r\n{expect}content-length: 9\r\n\r\n"
            ))
            .await;
        let (head, _) = client.response().await;
        assert!(head.starts_with("http/1.1 401"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
        assert_eq!(client.closed().await, b"");
    }
}

#[tokio::test]
async fn drains_chunked_bodies_up_to_the_same_size() {
    let server = TestServer::start(8, 8, NO_TIMEOUTS);
    let chunk = format!("2710\r\n{}\r\n", "x".repeat(10_000));
    for (chunks, is_reused) in [(1, true), (20, true), (60, false)] {
        let mut client = server.connect().await;
        client
            .send("POST /rejected HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        client.send(&chunk.repeat(chunks)).await;
        client.send("0\r\n\r\n").await;
        let (head, _) = client.response().await;
        assert_eq!(
            !head.contains("connection: close"),
            is_reused,
            "{chunks} {head}"
        );
        if is_reused {
            assert!(client.is_served().await);
        }
    }
}

#[tokio::test]
async fn stop_closes_idle_connections_and_finishes_requests_in_flight() {
    let server = TestServer::start(8, 8, NO_TIMEOUTS);
    let (mut idle, mut silent, mut busy) = (
        server.connect().await,
        server.connect().await,
        server.connect().await,
    );
    assert!(idle.is_served().await);
    assert!(busy.is_served().await);
    busy.send(&get_head("/held")).await;
    within(server.held.acquire()).await.unwrap().forget();
    server.stop.send_replace(true);
    assert_eq!(idle.closed().await, b"");
    assert_eq!(silent.closed().await, b"");
    server.release.add_permits(1);
    let (head, body) = busy.response().await;
    assert_eq!(body, "released");
    assert!(head.contains("connection: close"), "{head}");
    within(server.task).await.unwrap();
}
