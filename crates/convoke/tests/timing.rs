//! Tests that measure milliseconds, in a binary of their own: what else runs on the machine at the same time would be
//! measured too. They run one after another.

#![allow(
    dead_code,
    unused_imports,
    reason = "the support of the suite is shared, and this binary uses a part of it"
)]
#![allow(
    unreachable_pub,
    reason = "a test binary has no interface: `pub` is for sibling modules"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::time::Instant;

use support::{TestApp, indistinguishable_calls, seed_known_addresses};

/// Calls of each kind.
const SAMPLES: usize = 200;

/// Two-sided significance of 0.001 of a normal variable.
const CRITICAL_Z: f64 = 3.29;

/// The least difference between two medians that counts, relative to the smaller one.
const MIN_EFFECT: f64 = 0.1;

/// Tests of this binary run one at a time.
static RUNNING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The statistic of Mann and Whitney as a standard normal variable: how often a time of one list exceeds one of the
/// other.
#[expect(clippy::cast_precision_loss, reason = "there are hundreds of samples")]
fn mann_whitney_z(first: &[f64], second: &[f64]) -> f64 {
    let pairs = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| (a, b)));
    let wins: f64 = pairs
        .map(|(a, b)| {
            if a > b {
                1.0
            } else if a < b {
                0.0
            } else {
                0.5
            }
        })
        .sum();
    let (n, m) = (first.len() as f64, second.len() as f64);
    (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// Whether the times differ, by significance and by size.
fn differ(first: &[f64], second: &[f64]) -> bool {
    let (a, b) = (median(first), median(second));
    let effect = (a - b).abs() / a.min(b);
    mann_whitney_z(first, second).abs() > CRITICAL_Z && effect > MIN_EFFECT
}

#[test]
fn the_statistic_detects_a_shift_and_ignores_noise() {
    let noise = |number: u32| f64::from(number.wrapping_mul(2_654_435_761) % 1000) / 1000.0;
    let times = |seed: u32, shift: f64| -> Vec<f64> {
        (0..200)
            .map(|number| 10.0 + shift + noise(seed + number))
            .collect()
    };
    assert!(!differ(&times(0, 0.0), &times(1_000, 0.0)));
    assert!(differ(&times(0, 0.0), &times(1_000, 1.5)));
    // Significant, but too small to count.
    assert!(mann_whitney_z(&times(0, 0.0), &times(1_000, 0.5)).abs() > CRITICAL_Z);
    assert!(!differ(&times(0, 0.0), &times(1_000, 0.5)));
}

on_both! {
    async fn known_and_unknown_addresses_take_the_same_time(test_app: TestApp) {
        let _running = RUNNING.lock().await;
        seed_known_addresses(&test_app).await;
        for calls in indistinguishable_calls() {
            let kinds = calls.bodies.len();
            let mut times = vec![Vec::new(); kinds];
            for round in 0..SAMPLES {
                // Kinds alternate, and each round begins with another, so that other work hits all alike.
                for turn in 0..kinds {
                    let which = (round + turn) % kinds;
                    let started = Instant::now();
                    let response = calls.call(&test_app, which, round).await;
                    times[which].push(started.elapsed().as_secs_f64() * 1_000.0);
                    response.expect(calls.status);
                }
            }
            let medians: Vec<f64> = times.iter().map(|times| median(times)).collect();
            println!("{}: medians {medians:.2?} ms", calls.path);
            for (first, second) in (0..kinds).flat_map(|a| (a + 1..kinds).map(move |b| (a, b))) {
                assert!(
                    !differ(&times[first], &times[second]),
                    "{}: bodies {first} and {second} differ, z = {:.1}, medians {medians:.2?} ms",
                    calls.path,
                    mann_whitney_z(&times[first], &times[second])
                );
            }
        }
    }
}
