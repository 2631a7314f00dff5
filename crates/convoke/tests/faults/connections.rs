//! Security rule 20: idle or slow connections do not block other clients.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::support::{Database, InProcessApp, Process, Program, SocketClient, until};

/// `GET /healthz` responds within this time.
const MAX_LATENCY: Duration = Duration::from_millis(50);

/// Connections to open; fewer if the open-file limit is lower.
const CONNECTIONS: usize = 10_000;

/// Connections from one client address.
const PER_CLIENT: usize = 100;

/// How a connection is held open: no data, a partial head, a partial body, or idle after a response.
const HELD: [&str; 4] = [
    "",
    "GET /healthz HTTP/1.1\r\nhost: local",
    "POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{",
    "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
];

/// Raises this process's limit of open files and returns it.
fn raise_open_files() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    usize::try_from(limit.maximum.unwrap_or(u64::MAX)).unwrap()
}

/// Opens connections from many addresses of this machine.
fn hold(process: &Process, count: usize) -> Vec<TcpStream> {
    let server: SocketAddr = process.address.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let open = async |number: usize| {
        let client = u32::try_from(number / PER_CLIENT).unwrap();
        let client = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + client);
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((client, 0).into()).unwrap();
        let stream = socket.connect(server).await.unwrap();
        let stream = stream.into_std().unwrap();
        // The server may have closed it already.
        drop((&stream).write_all(HELD[number % HELD.len()].as_bytes()));
        stream
    };
    let mut held = Vec::new();
    while held.len() < count {
        let end = count.min(held.len() + PER_CLIENT);
        let batch = (held.len()..end).map(&open);
        held.extend(runtime.block_on(futures_util::future::join_all(batch)));
    }
    held
}

/// Times of `GET /healthz`, each on a connection of its own, the shortest first.
fn latencies(process: &Process) -> Vec<Duration> {
    let mut latencies: Vec<Duration> = (0..100)
        .map(|_| {
            let started = Instant::now();
            assert_eq!(process.caller("").status_of("/healthz"), 200);
            started.elapsed()
        })
        .collect();
    latencies.sort();
    latencies
}

#[test]
fn ten_thousand_idle_and_slow_connections_do_not_delay_requests() {
    let count = CONNECTIONS.min(raise_open_files().saturating_sub(2_000));
    let database = Database::sqlite();
    drop(InProcessApp::into(&database));
    let process = Program::on(&database).start();
    let before = process.kib("VmRSS");
    let started = Instant::now();
    let held = hold(&process, count);
    let opened = started.elapsed();
    let latencies = latencies(&process);
    let (median, most) = (latencies[50], latencies[90]);
    println!(
        "{count} connections in {opened:?}; GET /healthz takes {median:?}, 9 of 10 times at most {most:?}; \
         {} KiB per connection",
        process.kib("VmRSS").saturating_sub(before) / count as u64
    );
    assert!(most < MAX_LATENCY, "{latencies:?}");
    drop(held);
}

#[test]
fn the_open_file_limit_is_raised_at_start() {
    let database = Database::sqlite();
    drop(InProcessApp::into(&database));
    let process = Program::on(&database).start();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", process.pid())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let values: Vec<&str> = line.unwrap().split_whitespace().skip(3).take(2).collect();
    assert_eq!(values[0], values[1], "{limits}");
}

#[test]
fn a_client_with_many_connections_and_other_clients_are_served() {
    let database = Database::sqlite();
    drop(InProcessApp::into(&database));
    let program = Program::on(&database).set("CONVOKE_HTTP__CONNECTIONS_PER_CLIENT", "8");
    let process = program.start();
    let mut held: Vec<SocketClient> = (0..32).map(|_| process.caller("")).collect();
    for caller in &mut held {
        assert_eq!(caller.status_of("/healthz"), 200);
    }
    // Closed connections return no response. A request that is received while its connection is being closed is still served.
    until(Duration::from_secs(5), "no more than 8 are open", || {
        held.retain_mut(|caller| caller.status_of("/healthz") == 200);
        held.len() <= 8
    });
    assert!(latencies(&process)[90] < MAX_LATENCY);
}

#[test]
fn exhausted_file_descriptors_close_waiting_connections_and_recover() {
    let database = Database::sqlite();
    drop(InProcessApp::into(&database));
    let program = Program::on(&database);
    let process = program.start();
    // Lower than the limit at the start.
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", process.pid()))
        .arg("--nofile=128:128")
        .status();
    assert!(limited.unwrap().success());
    let held = hold(&process, 400);
    for _ in 0..20 {
        assert_eq!(
            process.caller("").status_of("/healthz"),
            200,
            "{}",
            program.log()
        );
    }
    drop(held);
    assert_eq!(process.caller("").status_of("/healthz"), 200);
}
