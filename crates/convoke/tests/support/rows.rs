//! Direct database access: every row of every table, and arbitrary statements.

use std::collections::BTreeMap;

use convoke_store::Kind;

use super::Database;

/// Every row of every table as text, sorted.
pub type Rows = BTreeMap<String, Vec<String>>;

impl Database {
    fn lite(&self) -> rusqlite::Connection {
        let path = self.url.trim_start_matches("sqlite://");
        let connection = rusqlite::Connection::open(path).unwrap();
        connection
            .busy_timeout(std::time::Duration::from_secs(10))
            .unwrap();
        connection
    }

    fn is_lite(&self) -> bool {
        self.folder().is_some()
    }

    /// Queries PostgreSQL on a new thread, since tests are asynchronous.
    pub fn with_postgres<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut postgres::Client) -> T + Send + 'static,
    ) -> T {
        let url = self.url.clone();
        let asking = std::thread::spawn(move || {
            ask(&mut postgres::Client::connect(&url, postgres::NoTls).unwrap())
        });
        asking.join().unwrap()
    }

    /// The steps of the plan of a statement of the program, without the sorts that PostgreSQL prefers for the few rows of a test.
    pub fn plan(&self, module: &str, name: &str) -> Vec<String> {
        self.explain(module, name, "set enable_sort = off")
    }

    /// The steps of the plan that the database chooses by its statistics, for any parameters.
    pub fn chosen_plan(&self, module: &str, name: &str) -> Vec<String> {
        self.explain(module, name, "")
    }

    fn explain(&self, module: &str, name: &str, settings: &'static str) -> Vec<String> {
        let (_, statements) = convoke_store::STATEMENTS
            .iter()
            .find(|(file, _)| *file == module)
            .unwrap();
        let (_, sql) = statements.iter().find(|(key, _)| *key == name).unwrap();
        if self.is_lite() {
            let text = sql.text(Kind::Sqlite);
            self.with_sqlite(|lite| {
                let mut explain = lite.prepare(&format!("explain query plan {text}")).unwrap();
                let mut rows = explain.raw_query();
                let mut plan = Vec::new();
                while let Some(row) = rows.next().unwrap() {
                    plan.push(row.get::<_, String>(3).unwrap());
                }
                plan
            })
        } else {
            let text = sql.text(Kind::Postgres);
            self.with_postgres(move |client| pg_plan(client, text, settings))
        }
    }

    /// An expression for the id of a number in a statement of this database.
    pub fn number_as_uuid(&self, prefix: &str, number: &str) -> String {
        if self.is_lite() {
            format!("cast(printf('{prefix}%015d', {number}) as blob)")
        } else {
            format!("cast(md5('{prefix}' || {number}) as uuid)")
        }
    }

    /// An expression for bytes that only this number has.
    pub fn number_as_bytes(&self, number: &str) -> String {
        if self.is_lite() {
            format!("cast(printf('%032d', {number}) as blob)")
        } else {
            format!("decode(md5(cast({number} as text)), 'hex')")
        }
    }

    /// A table of the numbers from 1 to `count` in its column `i`.
    pub fn numbers(&self, count: usize) -> String {
        if self.is_lite() {
            format!(
                "(with recursive n (i) as (select 1 union all select i + 1 from n where i < {count}) select i from n) n"
            )
        } else {
            format!("generate_series(1, {count}) n (i)")
        }
    }

    /// Fails unless a statement reads along one of the indexes, which are given by how their names begin, sorting nothing.
    #[track_caller]
    pub fn walks_along(&self, module: &str, statement: &str, indexes: &[&str]) {
        let plan = self.plan(module, statement);
        let word = if self.is_lite() { "INDEX" } else { "using" };
        assert!(
            indexes.iter().any(|index| {
                // SQLite walks along a primary key without naming an index.
                let used = [format!("{word} {index} "), format!("USING {index} ")];
                plan.iter()
                    .any(|step| used.iter().any(|used| step.contains(used)))
            }),
            "{statement}: {plan:#?}"
        );
        for avoided in ["TEMP B-TREE", "Seq Scan", "Sort"] {
            assert!(
                !plan.iter().any(|step| step.contains(avoided)),
                "{statement}: {plan:#?}"
            );
        }
    }

    /// Asks SQLite.
    pub fn with_sqlite<T>(&self, ask: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        ask(&self.lite())
    }

    /// Runs statements past the program.
    pub fn execute(&self, statements: &str) {
        if self.is_lite() {
            self.lite().execute_batch(statements).unwrap();
        } else {
            let statements = statements.to_owned();
            self.with_postgres(move |client| client.batch_execute(&statements).unwrap());
        }
    }

    /// Every row of every table.
    pub fn rows(&self) -> Rows {
        if self.is_lite() {
            self.lite_rows()
        } else {
            self.with_postgres(pg_rows)
        }
    }

    fn lite_rows(&self) -> Rows {
        let connection = self.lite();
        let list =
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
        let mut names = connection.prepare(list).unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let read = |name: rusqlite::Result<String>| {
            let name = name.unwrap();
            let mut all = connection
                .prepare(&format!("select * from {name}"))
                .unwrap();
            let width = all.column_count();
            let shown = all.query_map([], |row| {
                let cells: Vec<_> = (0..width).map(|at| row.get_ref(at).unwrap()).collect();
                Ok(format!("{cells:?}"))
            });
            let mut shown: Vec<String> = shown.unwrap().map(Result::unwrap).collect();
            shown.sort();
            (name, shown)
        };
        names.map(read).collect()
    }

    /// Saves every row of a PostgreSQL database for `restore_rows`.
    pub fn save_rows(&self) {
        self.with_postgres(|client| {
            client.batch_execute("create schema saved").unwrap();
            for name in pg_tables(client) {
                let copy = format!("create table saved.{name} as table public.{name}");
                client.batch_execute(&copy).unwrap();
            }
        });
    }

    /// Replaces every row of a PostgreSQL database by the saved ones.
    pub fn restore_rows(&self) {
        self.with_postgres(|client| {
            let tables = pg_tables(client);
            // Without foreign keys the order of the tables does not matter.
            let mut transaction = client.transaction().unwrap();
            let setting = "set local session_replication_role = replica";
            transaction.batch_execute(setting).unwrap();
            for name in tables {
                let restore = format!(
                    "delete from public.{name}; insert into public.{name} select * from saved.{name}"
                );
                transaction.batch_execute(&restore).unwrap();
            }
            transaction.commit().unwrap();
        });
    }

    /// A copy of a SQLite file as it is now.
    pub fn copy(&self) -> Self {
        let copy = Self::sqlite();
        let path = copy.url.trim_start_matches("sqlite://");
        self.lite().execute("vacuum into ?1", [path]).unwrap();
        copy
    }
}

fn pg_tables(client: &mut postgres::Client) -> Vec<String> {
    let list = "select tablename::text from pg_tables where schemaname = 'public'";
    let names = client.query(list, &[]).unwrap();
    names.iter().map(|name| name.get(0)).collect()
}

fn pg_rows(client: &mut postgres::Client) -> Rows {
    let mut rows = Rows::new();
    for name in pg_tables(client) {
        let all = format!("select t::text from {name} t order by 1");
        let shown = client.query(&all, &[]).unwrap();
        rows.insert(name, shown.iter().map(|row| row.get(0)).collect());
    }
    rows
}

/// The plan of a prepared statement whatever its parameters are.
fn pg_plan(client: &mut postgres::Client, text: &str, settings: &str) -> Vec<String> {
    client
        .batch_execute(convoke_store::PLANNER_SETTINGS)
        .unwrap();
    client.batch_execute(settings).unwrap();
    client
        .batch_execute(&format!("prepare explained as {text}"))
        .unwrap();
    let parameters = client.prepare(text).unwrap().params().len();
    let nulls = match parameters {
        0 => String::new(),
        count => format!("({})", vec!["null"; count].join(", ")),
    };
    let explain = format!("explain (costs off) execute explained{nulls}");
    let messages = client.simple_query(&explain).unwrap();
    let lines = messages.iter().filter_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    lines.collect()
}
