//! Guarantees of one transaction.

use std::sync::{Arc, Barrier, Mutex, mpsc};

use convoke_core::clock::Timestamp;
use convoke_core::ids::UserId;
use convoke_store::{self as store, Conn, Kind, Sql};

use serde_json::json;

use crate::on_both;
use crate::support::{Database, TestApp};

const INSERT: Sql = Sql::same(
    "insert into suppressions (email_canonical, created_at) values ('once@example.com', 1)",
);
const INSERT_OTHER: Sql = Sql::same(
    "insert into suppressions (email_canonical, created_at) values ('other@example.com', 1)",
);
const INSERT_THIRD: Sql = Sql::same(
    "insert into suppressions (email_canonical, created_at) values ('third@example.com', 1)",
);
const INSERT_THIRD_AGAIN: Sql = Sql::same(
    "insert into suppressions (email_canonical, created_at) values ('third@example.com', 2)",
);
const COUNT: Sql = Sql::same("select count(*) from suppressions");

async fn count(test_app: &TestApp) -> i64 {
    let work = |conn: &mut Conn<'_>| conn.query_scalar::<i64>(COUNT, &[]);
    test_app
        .app
        .db
        .read::<_, store::Error, _>(work)
        .await
        .unwrap()
}

/// Causes one of five errors: a unique violation, a missing row, a column of another type, a wrong number of
/// parameters, a violated `not null`.
fn fail(conn: &mut Conn<'_>, way: usize) {
    match way {
        0 => conn.execute(INSERT, &[]).map(drop).unwrap_err(),
        1 => {
            let none = Sql::same("select created_at from suppressions where created_at > 5");
            conn.query_scalar::<i64>(none, &[]).unwrap_err()
        }
        2 => {
            let text = Sql::same("select email_canonical from suppressions");
            conn.query_scalar::<i64>(text, &[]).unwrap_err()
        }
        3 => {
            let two = Sql::same("select created_at from suppressions where created_at > $1");
            conn.query_scalar::<i64>(two, &[]).unwrap_err()
        }
        _ => {
            let none = Sql::same("insert into suppressions (email_canonical) values ('x')");
            conn.execute(none, &[]).map(drop).unwrap_err()
        }
    };
}

on_both! {
    async fn all_statements_of_a_read_see_the_same_snapshot(test_app: TestApp) {
        let (counted, has_counted) = mpsc::channel();
        let (written, is_written) = mpsc::channel::<()>();
        let is_written = Mutex::new(is_written);
        let db = test_app.app.db.clone();
        let reading = tokio::spawn(async move {
            let work = move |conn: &mut Conn<'_>| {
                let before = conn.query_scalar::<i64>(COUNT, &[])?;
                counted.send(()).unwrap();
                is_written.lock().unwrap().recv().unwrap();
                Ok::<_, store::Error>((before, conn.query_scalar::<i64>(COUNT, &[])?))
            };
            db.read(work).await
        });
        let waited = tokio::task::spawn_blocking(move || has_counted.recv().unwrap());
        waited.await.unwrap();
        let insert = |conn: &mut Conn<'_>| conn.execute(INSERT, &[]);
        test_app.app.db.write::<_, store::Error, _>(insert).await.unwrap();
        written.send(()).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), (0, 0));
        assert_eq!(count(&test_app).await, 1);
    }

    async fn an_unknown_stored_value_is_an_internal_error(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = ada.default_account().await;
        let path = format!("/accounts/{account}/invitations");
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": ["bob@example.org"] });
        ada.post(&path, &body).await.expect(201);
        test_app.run_sql("update invitations set delivery = 'lost'").await;
        ada.get(&path).await.problem(500, "internal-error");
        test_app.run_sql("update invitations set delivery = 'queued'").await;
        ada.get(&path).await.expect(200);
    }

    async fn a_lock_is_waited_for_before_the_next_statement_runs(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let user: UserId = ada.id().await.parse().unwrap();
        let db = &test_app.app.db;
        // On SQLite the second transaction begins only after the first.
        let waits = db.kind() == Kind::Postgres;
        for number in 1..20 {
            let picture = number.to_string();
            let written = picture.clone();
            let (locked, is_locked) = mpsc::channel();
            let (begun, has_begun) = mpsc::channel();
            let has_begun = Mutex::new(has_begun);
            let holding = db.write::<_, store::Error, _>(move |conn| {
                store::users::lock(conn, user)?;
                locked.send(()).unwrap();
                if waits {
                    has_begun.lock().unwrap().recv().unwrap();
                }
                store::users::update_picture(conn, user, Some(&written), Timestamp::from_millis(0))
            });
            let reading = async {
                tokio::task::spawn_blocking(move || is_locked.recv().unwrap()).await.unwrap();
                let read = db.write::<_, store::Error, _>(move |conn| {
                    store::users::lock_later(conn, user)?;
                    // On SQLite the first transaction does not wait for it.
                    begun.send(()).ok();
                    store::users::find(conn, user)
                });
                read.await.unwrap().unwrap().picture
            };
            let (held, seen) = tokio::join!(holding, reading);
            held.unwrap();
            assert_eq!(seen, Some(picture));
        }
    }

    async fn what_was_sent_is_received_after_the_next_statement(test_app: TestApp) {
        let work = |conn: &mut Conn<'_>| {
            let before = conn.send_query(COUNT, &[], |row| Ok([row.get::<i64>()?]))?;
            let same = conn.query_scalar::<i64>(COUNT, &[])?;
            let before = conn.receive_rows(before)?;
            let (one, other) = (conn.send_execute(INSERT, &[])?, conn.send_execute(INSERT_OTHER, &[])?);
            let after = conn.send_query(COUNT, &[], |row| Ok([row.get::<i64>()?]))?;
            let none = Sql::same("update suppressions set created_at = 2 where created_at = 3");
            let none = conn.send_execute(none, &[])?;
            let counts = [none, other, one].map(|pending| conn.receive_count(pending).unwrap());
            Ok((before, same, conn.receive_optional(after)?, counts))
        };
        let received = test_app.app.db.write::<_, store::Error, _>(work).await.unwrap();
        assert_eq!(received, (vec![[0]], 0, Some([2]), [0, 1, 1]));
    }

    async fn an_error_of_what_was_sent_rolls_back_the_transaction(test_app: TestApp) {
        for is_received in [true, false] {
            let work = move |conn: &mut Conn<'_>| {
                conn.execute(INSERT_OTHER, &[])?;
                conn.execute_later(INSERT, &[])?;
                let again = conn.send_execute(INSERT, &[]);
                if is_received {
                    conn.receive_count(again?)?;
                }
                Ok::<_, store::Error>(())
            };
            test_app.app.db.write(work).await.unwrap_err();
            assert_eq!(count(&test_app).await, 0, "{is_received}");
        }
    }

    async fn the_next_statement_sees_rows_that_were_to_be_inserted_later(test_app: TestApp) {
        let work = |conn: &mut Conn<'_>| {
            conn.insert_later(INSERT, &[])?;
            conn.insert_all_later(INSERT_OTHER, &[[]])?;
            let both = conn.query_scalar::<i64>(COUNT, &[])?;
            conn.insert_later(INSERT_THIRD, &[])?;
            Ok(both)
        };
        let both = test_app.app.db.write::<_, store::Error, _>(work).await.unwrap();
        assert_eq!((both, count(&test_app).await), (2, 3));
    }

    async fn inserts_that_follow_each_other_are_one_statement_on_postgresql(test_app: TestApp) {
        const INSERTS: [Sql; 3] = [
            Sql::differs(
                "insert into suppressions (email_canonical, created_at) values ('a', 1)",
                "insert into suppressions (email_canonical, created_at) select 'a', extract(microseconds from statement_timestamp())",
            ),
            Sql::differs(
                "insert into suppressions (email_canonical, created_at) values ('b', 1)",
                "insert into suppressions (email_canonical, created_at) select 'b', extract(microseconds from statement_timestamp())",
            ),
            Sql::differs(
                "insert into suppressions (email_canonical, created_at) values ('c', 1)",
                "insert into suppressions (email_canonical, created_at) select 'c', extract(microseconds from statement_timestamp())",
            ),
        ];
        let moments = Sql::same("select count(distinct created_at) from suppressions");
        for separated in [false, true] {
            let work = move |conn: &mut Conn<'_>| {
                for insert in INSERTS {
                    conn.insert_later(insert, &[])?;
                    if separated {
                        conn.query_scalar::<i64>(COUNT, &[])?;
                    }
                }
                conn.query_scalar::<i64>(moments, &[])
            };
            let moments = test_app.app.db.write::<_, store::Error, _>(work).await.unwrap();
            let expected = if separated && test_app.app.db.kind() == Kind::Postgres { 3 } else { 1 };
            assert_eq!(moments, expected, "{separated}");
            test_app.run_sql("delete from suppressions").await;
        }
    }

    async fn inserts_of_a_transaction_that_fails_are_not_made_by_the_next(test_app: TestApp) {
        // As often as there are connections, and more.
        for round in 0..20 {
            let fails = async |is_rejected: bool| {
                let work = move |conn: &mut Conn<'_>| {
                    conn.insert_later(INSERT_OTHER, &[])?;
                    conn.insert_later(INSERT_THIRD, &[])?;
                    if is_rejected {
                        // Once more, by another text.
                        return conn.insert_later(INSERT_THIRD_AGAIN, &[]);
                    }
                    Err(store::Error::Panicked)
                };
                test_app.app.db.write::<_, store::Error, _>(work).await.unwrap_err()
            };
            assert!(matches!(fails(true).await, store::Error::Rejected(_)));
            assert!(matches!(fails(false).await, store::Error::Panicked));
            let insert = |conn: &mut Conn<'_>| conn.insert_later(INSERT, &[]);
            test_app.app.db.write::<_, store::Error, _>(insert).await.unwrap();
            assert_eq!(count(&test_app).await, 1, "{round}");
            test_app.run_sql("delete from suppressions").await;
        }
    }

    async fn a_read_writes_nothing(test_app: TestApp) {
        let work = |conn: &mut Conn<'_>| conn.execute(INSERT, &[]);
        let written = test_app.app.db.read::<_, store::Error, _>(work).await;
        written.unwrap_err();
        assert_eq!(count(&test_app).await, 0);
    }

    async fn an_error_ignored_by_the_closure_rolls_back_the_transaction(test_app: TestApp) {
        let insert = |conn: &mut Conn<'_>| conn.execute(INSERT, &[]);
        test_app.app.db.write::<_, store::Error, _>(insert).await.unwrap();
        for way in 0..5 {
            // Before and after the error, alone and among transactions that share a commit on SQLite.
            let ignoring = |before: bool| {
                test_app.app.db.write::<_, store::Error, _>(move |conn| {
                    if before {
                        conn.execute(INSERT_OTHER, &[])?;
                    }
                    fail(conn, way);
                    if !before {
                        drop(conn.execute(INSERT_OTHER, &[]));
                    }
                    Ok(())
                })
            };
            let reading = test_app.app.db.read::<_, store::Error, _>(move |conn| {
                fail(conn, way.clamp(1, 3));
                Ok(())
            });
            let (before, after, reading) = tokio::join!(ignoring(true), ignoring(false), reading);
            assert!(before.is_err(), "{way}: {before:?}");
            assert!(after.is_err(), "{way}: {after:?}");
            assert!(reading.is_err(), "{way}: {reading:?}");
            assert_eq!(count(&test_app).await, 1, "{way}");
        }
        test_app.app.db.write::<_, store::Error, _>(|conn| conn.execute(INSERT_OTHER, &[])).await.unwrap();
        assert_eq!(count(&test_app).await, 2);
    }
}

/// SQLite runs single statements in the thread that asks, unless each connection for them is in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn single_statements_do_not_wait_for_each_other() {
    let test_app = TestApp::new(Database::sqlite()).await;
    // More than there are connections in the threads that ask, each waiting for the last one.
    let count = std::thread::available_parallelism().unwrap().get().min(6);
    let barrier = Arc::new(Barrier::new(count));
    let read = || {
        let (db, barrier) = (test_app.app.db.clone(), barrier.clone());
        tokio::spawn(async move {
            let work = move |conn: &mut Conn<'_>| {
                barrier.wait();
                conn.query_scalar::<i64>(COUNT, &[])
            };
            db.read_one::<_, store::Error, _>(work).await
        })
    };
    let reads: Vec<_> = (0..count).map(|_| read()).collect();
    for read in reads {
        assert_eq!(read.await.unwrap().unwrap(), 0);
    }
}
