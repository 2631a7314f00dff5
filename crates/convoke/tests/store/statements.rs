//! Every statement of the code base is understood by both databases, and both have the same schema.

use convoke_store::{self as store, STATEMENTS};

use crate::on_both;

on_both! {
    async fn every_statement_can_be_prepared(test_app: TestApp) {
        let mut count = 0;
        for (module, statements) in STATEMENTS {
            for (name, sql) in *statements {
                let prepared: Result<(), store::Error> =
                    test_app.app.db.read(move |conn| conn.prepare(*sql)).await;
                prepared.unwrap_or_else(|error| panic!("{module}::{name}: {error}"));
                count += 1;
            }
        }
        assert!(count > 60, "{count}");
    }

    async fn no_statement_scans_a_whole_table(test_app: TestApp) {
        let mut scans = Vec::new();
        for (module, statements) in STATEMENTS {
            for (name, _) in *statements {
                let plan = test_app.database.plan(module, name);
                if let Some(step) = plan.iter().find(|step| is_whole_scan(step)) {
                    scans.push(format!("{module}::{name}: {step}"));
                }
            }
        }
        assert!(scans.is_empty(), "{scans:#?}");
    }
}

/// Whether a step of a plan reads all rows of a table. The other names in such steps are of subqueries, whose own steps are
/// looked at too; the table of migrations has a row for each, and SQLite's own one for each table.
fn is_whole_scan(step: &str) -> bool {
    const OTHERS: [&str; 13] = [
        "schema_migrations",
        // One or two for each algorithm.
        "signing_keys",
        // "CONSTANT ROW" is of a select without a table.
        "CONSTANT",
        "sqlite_master",
        "(subquery",
        "few",
        // The one account of a list.
        "a",
        "base",
        "d",
        "k",
        "l",
        "newer",
        "t",
    ];
    let scanned = step
        .split_once("Seq Scan on ")
        .or_else(|| step.strip_prefix("SCAN ").map(|rest| ("", rest)));
    scanned.is_some_and(|(_, rest)| {
        let name = rest.split([' ', '-']).next().unwrap_or(rest);
        !rest.contains("INDEX") && !OTHERS.contains(&name)
    })
}
