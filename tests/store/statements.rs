//! Every statement of the house is understood by both databases, and both have the same schema.

use convoke::store::{self, STATEMENTS};

use crate::on_both;

on_both! {
    async fn every_statement_is_understood(house: House) {
        let mut count = 0;
        for (module, statements) in STATEMENTS {
            for (name, sql) in *statements {
                let prepared: Result<(), store::Error> =
                    house.app.db.read(move |conn| conn.prepare(*sql)).await;
                prepared.unwrap_or_else(|fault| panic!("{module}::{name}: {fault}"));
                count += 1;
            }
        }
        assert!(count > 60, "{count}");
    }
}
