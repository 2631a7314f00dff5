//! The stored number of an account's members is the number of its rows.

use convoke_core::ids::{AccountId, UserId};
use convoke_core::model::roles::StoredRoles;
use convoke_domain::Error;
use convoke_store::{Conn, Sql, accounts, members};

use crate::on_both;
use crate::support::{TestApp, seed_user};

const LIST: Sql = Sql::same(
    "select a.member_count, (select count(*) from members m where m.account_id = a.id) from accounts a",
);

/// The stored and the counted numbers of all accounts.
fn counts(conn: &mut Conn<'_>) -> Result<Vec<(i64, i64)>, convoke_store::Error> {
    conn.query_all(LIST, &[], |row| Ok((row.get()?, row.get()?)))
}

async fn assert_counted(test_app: &TestApp) -> i64 {
    let counts = test_app.app.db.read(counts).await.unwrap();
    for (stored, counted) in &counts {
        assert_eq!(stored, counted, "{counts:?}");
    }
    counts.iter().map(|(stored, _)| stored).sum()
}

on_both! {
    async fn a_member_count_follows_every_insert_and_delete(test_app: TestApp) {
        let mut people: Vec<(AccountId, UserId)> = Vec::new();
        for number in 0..6 {
            let seeded = seed_user(&test_app.app, &format!("m{number}@example.com")).await;
            people.push((seeded.account, seeded.user));
        }
        assert_eq!(assert_counted(&test_app).await, 6);
        // A pseudorandom sequence; members are added who are members already, and removed who are none.
        let mut state = 7_usize;
        let mut changes = 0;
        for _ in 0..120 {
            state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
            let (account, _) = people[(state >> 8) % 3];
            let (_, user) = people[(state >> 12) % 6];
            let is_added = !(state >> 16).is_multiple_of(3);
            let step = test_app.app.write(move |tx| {
                Ok::<_, Error>(if is_added {
                    let roles = StoredRoles::default();
                    members::insert(tx.conn, account, user, "Name", &roles, tx.now)?
                } else {
                    members::delete(tx.conn, account, user)?
                })
            });
            changes += usize::from(step.await.unwrap());
            assert_counted(&test_app).await;
        }
        assert!((30..110).contains(&changes), "{changes}");
        let (account, _) = people[0];
        let seats = test_app.app.db.read(move |conn| accounts::count_seats_of_many(conn, [account], convoke_core::clock::Timestamp::from_millis(0)));
        let listed = test_app.app.db.read(move |conn| members::find_roles_of_many(conn, account, people.iter().map(|(_, user)| *user)));
        let listed: Result<_, convoke_store::Error> = listed.await;
        let seats: Result<_, convoke_store::Error> = seats.await;
        assert_eq!(usize::try_from(seats.unwrap()[&account].members).unwrap(), listed.unwrap().len());
    }

    async fn members_of_earlier_versions_are_counted_by_the_migration(test_app: TestApp) {
        for number in 0..4 {
            seed_user(&test_app.app, &format!("m{number}@example.com")).await;
        }
        test_app.database.execute("update accounts set member_count = 0");
        let migration = include_str!("../../../../migrations/0026_member_counts.sql");
        let update = migration.split(';').find(|statement| statement.contains("update accounts"));
        test_app.database.execute(update.unwrap());
        assert_eq!(assert_counted(&test_app).await, 4);
    }
}
