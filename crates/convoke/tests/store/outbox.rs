//! Mail is fair: lanes are served in turn, however long the queue of one of them is.

use std::collections::BTreeMap;
use std::time::Duration;

use convoke_app::config::Config;
use convoke_core::clock::Timestamp;
use convoke_core::model::notification::NotificationKind;
use convoke_domain::Error;
use convoke_domain::notifications::{self, Capacity};
use convoke_store::outbox::{self, OutboxEntry};
use serde_json::json;
use uuid::Uuid;

use crate::on_both;
use crate::support::{MILLISECOND, TestApp, capacity, seed_user};

const LEASE: Duration = Duration::from_secs(30);

fn entry(test_app: &TestApp, lane: u8, number: u64) -> OutboxEntry {
    OutboxEntry {
        id: Uuid::from_u128(
            u128::from(test_app.now().millis().unsigned_abs()) << 80 | u128::from(number),
        ),
        kind: NotificationKind::Invitation,
        priority: 1,
        account: None,
        lane: Uuid::from_u128(u128::from(lane) + 10),
        subject: Uuid::from_u128(u128::from(number)),
        detail: "null".to_owned(),
        attempts: 0,
        failures: 0,
        created_at: test_app.now(),
    }
}

/// One step of the worker: due entries become ready, then some are leased.
async fn lease(test_app: &TestApp, limit: i64) -> Vec<OutboxEntry> {
    let step = test_app.app.write(move |tx| {
        while outbox::mark_ready(tx.conn, tx.now, 500)? > 0 {}
        let leased_until = tx.now.plus(LEASE);
        let mut leased = outbox::lease(tx.conn, outbox::URGENT, tx.now, leased_until, limit)?;
        leased.extend(outbox::lease(
            tx.conn,
            outbox::ORDINARY,
            tx.now,
            leased_until,
            limit,
        )?);
        Ok::<_, Error>(leased)
    });
    step.await.unwrap()
}

/// A pseudorandom number generator with a fixed seed.
struct SeededRandom(u64);

impl SeededRandom {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The expected state: lane and due time per entry, and per waiting lane how often the other lanes were served.
#[derive(Default)]
struct Model {
    entries: BTreeMap<Uuid, (u8, Timestamp)>,
    waiting: BTreeMap<u8, BTreeMap<u8, u32>>,
    served: usize,
}

impl Model {
    fn add(&mut self, id: Uuid, lane: u8, due: Timestamp) {
        self.entries.insert(id, (lane, due));
    }

    /// Lanes that have something due wait from now on, others do not.
    fn look(&mut self, now: Timestamp) {
        for lane in 0..LANES {
            let mut entries = self.entries.values();
            if entries.any(|(of, at)| *of == lane && *at <= now) {
                self.waiting.entry(lane).or_default();
            } else {
                self.waiting.remove(&lane);
            }
        }
    }

    fn serve(&mut self, entry: &OutboxEntry, now: Timestamp) {
        let (lane, due) = self.entries.remove(&entry.id).expect("served twice");
        assert!(due <= now, "served too early");
        self.served += 1;
        self.waiting.remove(&lane);
        for (other, times) in &mut self.waiting {
            let times = times.entry(lane).or_default();
            *times += 1;
            assert!(
                *times <= 2,
                "lane {other} waits while {lane} is served {times} times"
            );
        }
        self.look(now);
    }
}

const LANES: u8 = 6;

on_both! {
    async fn every_lane_is_served_before_another_is_served_three_times(test_app: TestApp) {
        let mut random = SeededRandom(7);
        let mut model = Model::default();
        let mut number = 0;
        for _ in 0..250 {
            test_app.advance(Duration::from_millis(1 + random.below(4_000)));
            match random.below(4) {
                0 | 1 => {
                    // Lane 0 sends in bulk, the others occasionally.
                    let lane = u8::try_from(random.below(u64::from(LANES))).unwrap();
                    let count = if lane == 0 { 40 } else { 1 + random.below(3) };
                    let added: Vec<OutboxEntry> = (0..count)
                        .map(|_| {
                            number += 1;
                            entry(&test_app, lane, number)
                        })
                        .collect();
                    for entry in &added {
                        model.add(entry.id, lane, entry.created_at);
                    }
                    let insert = test_app.app.write(move |tx| {
                        outbox::insert(tx.conn, &added)?;
                        Ok(())
                    });
                    insert.await.unwrap();
                }
                _ => {
                    model.look(test_app.now());
                    let limit = 1 + random.below(16);
                    let leased = lease(&test_app, i64::try_from(limit).unwrap()).await;
                    for entry in &leased {
                        model.serve(entry, test_app.now());
                    }
                    // Some are deferred, some are leased again after their lease ends.
                    let mut deferred = BTreeMap::new();
                    for entry in &leased {
                        let after = Duration::from_millis(500 * random.below(20));
                        let (deferred_until, again) = match random.below(8) {
                            0 => (Some(test_app.now().plus(after)), after),
                            1 => (None, LEASE),
                            _ => continue,
                        };
                        deferred.insert(entry.id, deferred_until);
                        model.add(entry.id, lane_of(entry), test_app.now().plus(again));
                    }
                    let settle = test_app.app.write(move |tx| {
                        for entry in &leased {
                            match deferred.get(&entry.id) {
                                None => assert_eq!(outbox::delete(tx.conn, [entry.id])?, [entry.id]),
                                Some(None) => {}
                                Some(Some(at)) => assert!(outbox::retry_at(tx.conn, entry, *at, 1)?),
                            }
                        }
                        Ok(())
                    });
                    settle.await.unwrap();
                }
            }
        }
        assert!(model.served > 500, "{}", model.served);
    }

    async fn one_invitation_is_not_delayed_by_hundreds_of_another_account(test_app: TestApp, many_seats) {
        let crowd = seed_user(&test_app.app, "crowd@example.com").await;
        let lone = seed_user(&test_app.app, "lone@example.com").await;
        let invite = async |from: &crate::support::SeededUser, emails: Vec<String>| {
            let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
            let path = format!("/accounts/{}/invitations", from.account);
            from.at(&test_app.router).post(&path, &body).await.expect(201);
            test_app.advance(MILLISECOND);
        };
        test_app.deliver().await;
        for request in 0..35 {
            let emails = (0..20).map(|at| format!("p{request}n{at}@example.org"));
            invite(&crowd, emails.collect()).await;
        }
        // Some of them have been served already.
        let lease_emails = || test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(16)).map(Option::unwrap));
        assert_eq!(lease_emails().await.unwrap().len(), 16);
        invite(&lone, vec!["lone@example.org".to_owned()]).await;
        let leased = lease_emails().await.unwrap();
        let account = Some(lone.account);
        let position = leased.iter().position(|email| email.entry.account == account);
        assert!(position.is_some_and(|at| at < 4), "{position:?}");
    }

    async fn urgent_emails_are_first_and_kinds_and_clients_are_independent(test_app: TestApp) {
        let owner = seed_user(&test_app.app, "owner@example.com").await;
        test_app.deliver().await;
        let mut anonymous_client = test_app.anonymous();
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["first@example.org"] });
        let path = format!("/accounts/{}/invitations", owner.account);
        owner.at(&test_app.router).post(&path, &body).await.expect(201);
        for number in 0..40 {
            let body = json!({ "email": format!("n{number}@example.org") });
            anonymous_client.post("/password-resets", &body).await.expect(202);
        }
        test_app.advance(MILLISECOND);
        let mut neighbour = test_app.anonymous().at("203.0.113.9");
        neighbour.post("/password-resets", &json!({ "email": "own@example.org" })).await.expect(202);
        anonymous_client
            .post("/registrations", &json!({
                "email": "new@example.org", "password": crate::support::PASSWORD, "first_name": "New"
            }))
            .await
            .expect(202);
        let leased = lease(&test_app, 100).await;
        let kinds: Vec<&str> = leased.iter().map(|entry| entry.kind.as_str()).collect();
        let registration = kinds.iter().position(|kind| *kind == "registration");
        assert!(registration.is_some_and(|at| at < 6), "{kinds:?}");
        let resets: Vec<&OutboxEntry> = leased.iter().filter(|entry| entry.kind == NotificationKind::PasswordReset).collect();
        let flood = resets.last().unwrap().lane;
        assert!(resets.iter().position(|entry| entry.lane != flood).is_some_and(|at| at < 4));
        assert_eq!(kinds.last(), Some(&"invitation"), "{kinds:?}");
    }

    async fn a_flood_of_urgent_emails_leaves_capacity_for_other_emails(test_app: TestApp) {
        let owner = seed_user(&test_app.app, "owner@example.com").await;
        test_app.deliver().await;
        let mut anonymous_client = test_app.anonymous();
        for number in 0..40 {
            let body = json!({ "email": format!("n{number}@example.org") });
            anonymous_client.post("/password-resets", &body).await.expect(202);
        }
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["first@example.org"] });
        let path = format!("/accounts/{}/invitations", owner.account);
        owner.at(&test_app.router).post(&path, &body).await.expect(201);
        let leased = lease_some(&test_app, 16).await;
        assert_eq!(leased.iter().filter(|entry| entry.is_urgent()).count(), 12);
        assert_eq!(leased.last().map(|entry| entry.kind.as_str()), Some("invitation"));
        // Without other mail no more urgent ones are under way either.
        assert_eq!(lease_some(&test_app, 16).await.len(), 12);
    }
}

/// Leases with a capacity of twelve urgent emails.
async fn lease_some(test_app: &TestApp, total: usize) -> Vec<OutboxEntry> {
    let capacity = Capacity { total, urgent: 12 };
    let leased = test_app
        .app
        .write(move |tx| notifications::lease(tx, LEASE, capacity).map(Option::unwrap));
    leased
        .await
        .unwrap()
        .into_iter()
        .map(|email| email.entry)
        .collect()
}

fn many_seats(config: &mut Config) {
    config.limits.users_per_account = 1_000;
}

fn lane_of(entry: &OutboxEntry) -> u8 {
    u8::try_from(entry.lane.as_u128() - 10).unwrap()
}
