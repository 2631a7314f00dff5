//! Security rule 9: a flood of sign-ins slows sign-in only, and takes no more memory than its pool.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Database, InProcessApp, Process, Program, SeededUser};

/// One argon2id hash (security rule 9), in KiB.
const HASH: u64 = 19 * 1024;

/// For connections, their buffers, and what the allocator keeps.
const MARGIN: u64 = 24 * 1024;

#[test]
fn other_requests_are_served_in_bounded_memory_during_a_flood_of_sign_ins() {
    let database = Database::sqlite();
    let owner = InProcessApp::into(&database).seed_user("owner@example.com");
    let process = Program::on(&database).start();
    let before = reads(&process, &owner, 400);
    let base = process.kib("VmHWM");
    let (end, tries, busy) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let during = thread::scope(|scope| {
        for attacker in 0..96 {
            let (process, end, tries, busy) = (&process, &end, &tries, &busy);
            scope.spawn(move || {
                let mut caller = process.caller("");
                let body = json!({ "login": format!("u{attacker}@example.com"), "password": "wrong wrong wrong" });
                while !end.load(Ordering::SeqCst) {
                    match caller.post("/sessions", &body).unwrap().status {
                        401 => tries.fetch_add(1, Ordering::SeqCst),
                        503 => busy.fetch_add(1, Ordering::SeqCst),
                        other => panic!("{other}"),
                    };
                }
            });
        }
        let during = catch_unwind(|| reads(&process, &owner, 400));
        end.store(true, Ordering::SeqCst);
        during.unwrap()
    });
    let peak = process.kib("VmHWM");
    println!(
        "{} sign-ins and {} turned away; p99 of GET /me {before:?} before, {during:?} during; \
         memory at most {base} KiB before, {peak} KiB during",
        tries.into_inner(),
        busy.into_inner()
    );
    let pool = thread::available_parallelism().unwrap().get() as u64;
    assert!(
        peak < base + pool * HASH + MARGIN,
        "{base} KiB grew to {peak} KiB"
    );
    assert!(during < Duration::from_secs(1), "{during:?}");
}

/// Sends so many reads and returns the 99th percentile of their times.
fn reads(process: &Process, owner: &SeededUser, count: usize) -> Duration {
    let mut caller = owner.calling(process);
    let mut took: Vec<Duration> = (0..count)
        .map(|_| {
            let begun = Instant::now();
            caller.get("/me").unwrap().expect(200);
            begun.elapsed()
        })
        .collect();
    took.sort();
    took[count * 99 / 100]
}
