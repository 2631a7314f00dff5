//! Both databases have the same schema: tables, columns, nullability, keys and indexes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::{AccountFixture, Database, DbProbe, TestApp};

/// Per table its columns with their class and whether they may be null, and its indexes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, (String, bool)>,
    /// Columns in order, whether unique, whether partial.
    indexes: BTreeSet<(Vec<String>, bool, bool)>,
    /// Column, table and column it refers to.
    references: BTreeSet<(String, String, String)>,
}

type Schema = BTreeMap<String, Table>;

/// The column type of either database by its name in the migration files.
fn class(declared: &str) -> String {
    match declared.to_ascii_lowercase().as_str() {
        "blob" | "uuid" | "bytea" => "bytes",
        "integer" | "bigint" => "bigint",
        other => other,
    }
    .to_owned()
}

fn lite_schema(connection: &rusqlite::Connection) -> Schema {
    let rows = |sql: &str, name: &str| -> Vec<Vec<String>> {
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let read = statement.query_map([name], |row| {
            (0..width)
                .map(|at| {
                    row.get::<_, Option<String>>(at)
                        .map(Option::unwrap_or_default)
                })
                .collect()
        });
        read.unwrap().map(Result::unwrap).collect()
    };
    let tables = "select name from sqlite_schema where type = 'table' and name not like ?1";
    let mut schema = Schema::new();
    for table in rows(tables, "sqlite_%") {
        let name = table[0].clone();
        let mut table_schema = Table::default();
        // SQLite would let a primary key be null; the program never leaves one out.
        let columns =
            "select name, type, cast(\"notnull\" or pk > 0 as text) from pragma_table_info(?1)";
        for column in rows(columns, &name) {
            let nullable = column[2] == "0";
            table_schema
                .columns
                .insert(column[0].clone(), (class(&column[1]), nullable));
        }
        let indexes = "select name, cast(\"unique\" as text), cast(partial as text) from pragma_index_list(?1)";
        for index in rows(indexes, &name) {
            let columns = rows(
                "select name from pragma_index_info(?1) order by seqno",
                &index[0],
            );
            let columns = columns.into_iter().map(|mut row| row.remove(0)).collect();
            table_schema
                .indexes
                .insert((columns, index[1] == "1", index[2] == "1"));
        }
        let keys =
            "select \"from\", \"table\", coalesce(\"to\", 'id') from pragma_foreign_key_list(?1)";
        for key in rows(keys, &name) {
            table_schema
                .references
                .insert((key[0].clone(), key[1].clone(), key[2].clone()));
        }
        schema.insert(name, table_schema);
    }
    schema
}

fn pg_schema(client: &mut postgres::Client) -> Schema {
    let mut schema = Schema::new();
    let columns = "select table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
        from information_schema.columns where table_schema = 'public'";
    for row in client.query(columns, &[]).unwrap() {
        let table = schema.entry(row.get(0)).or_default();
        let kind: String = row.get(2);
        table.columns.insert(row.get(1), (class(&kind), row.get(3)));
    }
    let indexes = "select t.relname::text, x.indisunique, x.indpred is not null,
            array(select coalesce(a.attname::text, '') from unnest(x.indkey::int2[]) with ordinality k (number, place)
                left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number order by k.place)
        from pg_index x join pg_class t on t.oid = x.indrelid
        join pg_namespace n on n.oid = t.relnamespace where n.nspname = 'public'";
    for row in client.query(indexes, &[]).unwrap() {
        let table = schema.get_mut(&row.get::<_, String>(0)).unwrap();
        table.indexes.insert((row.get(3), row.get(1), row.get(2)));
    }
    let references = "select t.relname::text, a.attname::text, f.relname::text, b.attname::text
        from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class f on f.oid = c.confrelid
        join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
        join pg_attribute b on b.attrelid = f.oid and b.attnum = c.confkey[1] where c.contype = 'f'";
    for row in client.query(references, &[]).unwrap() {
        let table = schema.get_mut(&row.get::<_, String>(0)).unwrap();
        table
            .references
            .insert((row.get(1), row.get(2), row.get(3)));
    }
    schema
}

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let lite = TestApp::new(Database::sqlite()).await;
    let lite = lite.database.with_sqlite(lite_schema);
    let pg = TestApp::new(Database::postgres()).await;
    let pg = pg.database.with_postgres(pg_schema);
    assert!(lite.len() > 12, "{:?}", lite.keys());
    assert_eq!(
        lite.keys().collect::<Vec<_>>(),
        pg.keys().collect::<Vec<_>>()
    );
    for (name, table) in &lite {
        assert_eq!(table.columns, pg[name].columns, "columns of {name}");
        assert_eq!(table.indexes, pg[name].indexes, "indexes of {name}");
        assert_eq!(
            table.references, pg[name].references,
            "references of {name}"
        );
    }
}

#[tokio::test]
async fn texts_sort_by_their_bytes_on_postgresql() {
    let test_app = TestApp::new(Database::postgres()).await;
    let others: Vec<String> = test_app.database.with_postgres(|client| {
        let sql = "select table_name || '.' || column_name from information_schema.columns
            where table_schema = 'public' and data_type = 'text' and collation_name is distinct from 'C'";
        client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    });
    assert_eq!(others, Vec::<String>::new());
}

#[tokio::test]
async fn a_migration_that_changed_after_it_was_applied_is_detected() {
    for database in [Database::sqlite(), Database::postgres()] {
        let test_app = TestApp::new(database).await;
        let files = std::fs::read_dir("../../migrations").unwrap();
        let applied = test_app.database.rows()["schema_migrations"].len();
        assert_eq!(applied, files.count());
        let change = "update schema_migrations set checksum = replace(checksum, substr(checksum, 1, 1), 'x') where version = 3";
        test_app.database.execute(change);
        let error = test_app.app.migrate().await.unwrap_err().to_string();
        assert!(
            error.contains("migration 3 is not the one that was applied"),
            "{error}"
        );
        assert!(test_app.app.schema().await.is_err());
        assert!(test_app.app.check_write().await.is_err());
    }
}

/// The statements that migrate the rows of an earlier version are run on rows as that version wrote them.
#[tokio::test]
async fn delivery_details_of_earlier_versions_become_reasons() {
    let migration = include_str!("../../../../migrations/0015_delivery_states.sql");
    for database in [Database::sqlite(), Database::postgres()] {
        let test_app = TestApp::new(database).await;
        let mut team = AccountFixture::new(&test_app).await;
        let mut expected = Vec::new();
        for (number, (old, detail, state, reason, kept)) in [
            ("queued", None, "queued", None, None),
            (
                "queued",
                Some("451 later"),
                "waiting",
                Some("server_reply"),
                Some("451 later"),
            ),
            (
                "queued",
                Some("mx port 25: refused"),
                "waiting",
                Some("connection"),
                Some("mx port 25: refused"),
            ),
            (
                "queued",
                Some("The mail server did not answer."),
                "waiting",
                Some("timeout"),
                None,
            ),
            (
                "failed",
                Some("550 no"),
                "failed",
                Some("server_reply"),
                Some("550 no"),
            ),
            (
                "failed",
                Some("suppressed"),
                "failed",
                Some("suppressed"),
                None,
            ),
            ("sent", None, "sent", None, None),
        ]
        .into_iter()
        .enumerate()
        {
            let id = team.invite(&format!("p{number}@example.com")).await;
            let detail = detail.map_or("null".to_owned(), |text| format!("'{text}'"));
            test_app.database.execute(&format!(
                "update invitations set delivery = '{old}', delivery_detail = {detail} where email = 'p{number}@example.com'"
            ));
            expected.push((id, state, reason, kept));
        }
        for statement in migration.split(";\n") {
            if let Some((_, update)) = statement.split_once("update invitations") {
                test_app
                    .database
                    .execute(&format!("update invitations{update}"));
            }
        }
        for (id, state, reason, kept) in expected {
            let delivery = team.shown(&id).await["delivery"].clone();
            assert_eq!(
                (&delivery["state"], &delivery["reason"]),
                (&json!(state), &json!(reason)),
                "{delivery}"
            );
            if let Some(kept) = kept {
                assert_eq!(delivery["detail"], kept);
            }
            assert_eq!(
                delivery["next_attempt_at"].is_null(),
                state != "waiting",
                "{delivery}"
            );
        }
    }
}

#[tokio::test]
async fn links_of_earlier_versions_get_the_address_that_they_were_mailed_to() {
    let migration = include_str!("../../../../migrations/0018_mailed_links.sql");
    let (_, update) = migration.split_once("update invitation_tokens").unwrap();
    for database in [Database::sqlite(), Database::postgres()] {
        let test_app = TestApp::new(database).await;
        let mut team = AccountFixture::new(&test_app).await;
        let (id, _) = team.invite_by_mail(&test_app, "Bob@example.com").await;
        team.copied_token(&id).await;
        let clear = "update invitation_tokens set email_canonical = null";
        test_app.database.execute(clear);
        test_app
            .database
            .execute(&format!("update invitation_tokens{update}"));
        let emails = DbProbe::ask(&test_app.database.url, |probe| {
            probe
                .texts("select coalesce(email_canonical, 'none') from invitation_tokens order by 1")
        });
        assert_eq!(emails, ["bob@example.com", "none"]);
    }
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    for database in [Database::sqlite(), Database::postgres()] {
        let test_app = TestApp::new(database).await;
        let before = test_app.database.rows();
        assert_eq!(test_app.app.migrate().await.unwrap(), 0);
        assert_eq!(test_app.database.rows(), before);
    }
}
