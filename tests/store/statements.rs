//! Every statement of the code base is understood by both databases, and both have the same schema.

use convoke::store::{self, STATEMENTS};

use crate::on_both;

on_both! {
    async fn every_statement_is_understood(test_app: TestApp) {
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
}
