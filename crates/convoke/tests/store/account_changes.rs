//! Changes of one account that wait for each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};

use convoke_core::clock::Timestamp;
use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::notification::NotificationKind;
use convoke_domain::Error;
use convoke_store::outbox::OutboxEntry;
use convoke_store::{self as store, Conn, Kind, Sql};
use futures_util::future::{join_all, poll_immediate};
use serde_json::json;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::on_both;
use crate::support::{Database, TestApp};

/// Violates `not null`.
const INVALID: Sql = Sql::same("insert into suppressions (email_canonical) values ('invalid')");
/// Transactions of SQLite have no number.
const TRANSACTION: Sql = Sql::differs("select 0", "select pg_current_xact_id()::text::bigint");

/// How a change ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Succeeds,
    IsRefusedAtOnce,
    IsRefusedAfterAll,
    Panics,
    FailsByStatement,
    FailsByLastStatement,
}

use Ending::*;

fn entry(name: &str) -> OutboxEntry {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = Uuid::from_u128(COUNT.fetch_add(1, Ordering::Relaxed).into());
    OutboxEntry {
        id,
        kind: NotificationKind::Invitation,
        priority: store::outbox::ORDINARY,
        account: None,
        lane: id,
        subject: id,
        detail: name.to_owned(),
        attempts: 0,
        failures: 0,
        created_at: Timestamp::from_millis(1),
    }
}

/// Stores a name in two tables, and returns the number of the transaction.
fn change(conn: &mut Conn<'_>, name: &str, ending: Ending) -> Result<i64, Error> {
    if ending == IsRefusedAtOnce {
        return Err(Error::NotFound);
    }
    let transaction = conn.query_scalar::<i64>(TRANSACTION, &[])?;
    store::suppressions::insert(conn, name, Timestamp::from_millis(1))?;
    // PostgreSQL gets it before the next statement, or before the next change or the commit.
    store::outbox::insert(conn, &[entry(name)])?;
    match ending {
        Succeeds => {}
        IsRefusedAtOnce | IsRefusedAfterAll => return Err(Error::NotFound),
        Panics => panic!("a change panics"),
        FailsByStatement => drop(conn.execute(INVALID, &[])?),
        // PostgreSQL gets it with the commit, or with a statement of the next change.
        FailsByLastStatement => conn.execute_later(INVALID, &[])?,
    }
    Ok(transaction)
}

async fn names(test_app: &TestApp) -> Vec<String> {
    const ALL: Sql = Sql::same("select email_canonical from suppressions order by email_canonical");
    const OTHERS: Sql = Sql::same("select detail from outbox order by detail");
    let read = |conn: &mut Conn<'_>| {
        [ALL, OTHERS]
            .into_iter()
            .map(|sql| conn.query_all(sql, &[], |row| Ok([row.get::<String>()?])))
            .collect::<Result<Vec<_>, _>>()
    };
    let names = test_app.app.db.read::<_, store::Error, _>(read).await;
    let [names, others] = names.unwrap().try_into().unwrap();
    assert_eq!(names, others);
    names.concat()
}

/// Runs changes of one account, named by their numbers, that wait for one under way; even ones are of one user, odd ones of another.
async fn run_changes(
    test_app: &TestApp,
    endings: &[Ending],
    users: [UserId; 2],
) -> Vec<Result<i64, Error>> {
    let account = AccountId::from(Uuid::from_u128(1));
    let (begun, has_begun) = mpsc::channel();
    let (opened, is_open) = mpsc::channel::<()>();
    let is_open = Mutex::new(is_open);
    let first = test_app.app.write_in_account(account, users[0], move |_| {
        begun.send(()).unwrap();
        is_open.lock().unwrap().recv().unwrap();
        Ok(())
    });
    let mut first = Box::pin(first);
    assert!(poll_immediate(&mut first).await.is_none());
    spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    let changes = endings.iter().enumerate().map(|(number, &ending)| {
        let name = format!("{number:02}");
        let user = users[number % 2];
        test_app
            .app
            .write_in_account(account, user, move |tx| change(tx.conn, &name, ending))
    });
    let mut changes = Box::pin(join_all(changes));
    assert!(poll_immediate(&mut changes).await.is_none());
    opened.send(()).unwrap();
    first.await.unwrap();
    changes.await
}

on_both! {
    async fn each_change_succeeds_or_fails_by_itself(test_app: TestApp) {
        let users = [2, 2].map(|id| UserId::from(Uuid::from_u128(id)));
        let mut endings = vec![
            Succeeds, FailsByLastStatement, IsRefusedAtOnce, Succeeds, IsRefusedAfterAll, Succeeds, Panics, FailsByStatement, Succeeds,
        ];
        for round in 0..endings.len() {
            endings.rotate_left(1);
            for endings in [endings.clone(), endings.iter().copied().filter(|ending| *ending != FailsByStatement).collect()] {
                let results = run_changes(&test_app, &endings, users).await;
                let succeeded = |number: &usize| endings[*number] == Succeeds;
                let stored: Vec<String> = (0..endings.len()).filter(succeeded).map(|number| format!("{number:02}")).collect();
                assert_eq!(names(&test_app).await, stored, "{round}: {endings:?}");
                for (result, ending) in results.iter().zip(&endings) {
                    match ending {
                        Succeeds => assert!(result.is_ok(), "{round}: {result:?}"),
                        IsRefusedAtOnce | IsRefusedAfterAll => assert!(matches!(result, Err(Error::NotFound)), "{round}: {result:?}"),
                        Panics | FailsByStatement | FailsByLastStatement => {
                            assert!(matches!(result, Err(Error::Database(_))), "{round}: {result:?}");
                        }
                    }
                }
                test_app.run_sql("delete from suppressions").await;
                test_app.run_sql("delete from outbox").await;
            }
        }
    }

    async fn changes_of_one_user_share_a_commit(test_app: TestApp) {
        let [ada, bob] = [2, 3].map(|id| UserId::from(Uuid::from_u128(id)));
        let endings = [Succeeds, IsRefusedAfterAll, Succeeds, Panics, IsRefusedAtOnce, Succeeds];
        let transactions = |results: Vec<Result<i64, Error>>| results.into_iter().flatten().collect::<Vec<_>>();
        let of_one = transactions(run_changes(&test_app, &endings, [ada, ada]).await);
        assert_eq!(of_one.len(), 3);
        assert_eq!(names(&test_app).await, ["00", "02", "05"]);
        let of_two = transactions(run_changes(&test_app, &[Succeeds; 4], [ada, bob]).await);
        assert_eq!(of_two.len(), 4);
        if test_app.app.db.kind() == Kind::Postgres {
            assert!(of_one.iter().all(|transaction| *transaction == of_one[0]), "{of_one:?}");
            assert!(of_two.is_sorted_by(|one, next| one < next), "{of_two:?}");
        }
    }

    async fn more_changes_than_share_a_commit_are_all_made(test_app: TestApp) {
        let user = UserId::from(Uuid::from_u128(2));
        let results = run_changes(&test_app, &[Succeeds; 100], [user; 2]).await;
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(names(&test_app).await.len(), 100);
    }
}

/// Rule V15: a lock of one account stops its changes, not those of others.
#[tokio::test]
async fn changes_that_wait_for_an_account_take_one_connection() {
    let test_app = TestApp::new(Database::postgres()).await;
    let mut ada = test_app.user("ada@example.com", "Ada").await;
    let mut eve = test_app.user("eve@example.com", "Eve").await;
    let (of_ada, of_eve) = (ada.default_account().await, eve.default_account().await);
    let (locked, is_locked) = mpsc::channel();
    let (opened, is_open) = mpsc::channel::<()>();
    let (url, held) = (test_app.database.url.clone(), of_ada.clone());
    let holding = spawn_blocking(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        let mut lock = client.transaction().unwrap();
        let id: Uuid = held.parse::<AccountId>().unwrap().into();
        lock.execute("select 1 from accounts where id = $1 for update", &[&id])
            .unwrap();
        locked.send(()).unwrap();
        is_open.recv().unwrap();
    });
    spawn_blocking(move || is_locked.recv().unwrap())
        .await
        .unwrap();
    let path = format!("/accounts/{of_ada}");
    let changes = (0..20).map(|number| {
        let (mut client, path) = (ada.clone(), path.clone());
        async move {
            client
                .patch(&path, &json!({ "name": format!("Name {number}") }))
                .await
                .status
        }
    });
    let changes = tokio::spawn(join_all(changes));
    for number in 0..20 {
        let name = json!({ "name": format!("Other {number}") });
        eve.patch(&format!("/accounts/{of_eve}"), &name)
            .await
            .expect(200);
    }
    assert!(!changes.is_finished());
    opened.send(()).unwrap();
    holding.await.unwrap();
    assert_eq!(changes.await.unwrap(), [200; 20]);
}
