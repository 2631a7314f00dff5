//! The plans of all statements on a database with many rows, as each database chooses them by its statistics.
//!
//! With `CONVOKE_TEST_PLAN_ACCOUNTS` there are more accounts than 1,000: 20,000 take minutes and 20 GB.

use std::collections::BTreeSet;

use convoke_store::{Kind, STATEMENTS};

use crate::on_both;
use crate::support::{Database, setting};

/// How many members, invitations and activity entries an account has.
const PER_ACCOUNT: usize = 30;

/// Tables that have a handful of rows, whatever the number of accounts is.
const SMALL: [&str; 3] = ["schema_migrations", "signing_keys", "sqlite_master"];

/// Statements that sort what they have found by an index, on both databases: what one user has, the invitations that one member
/// answers for or has accepted, one batch, or a handful of rows.
const SORTING: [&str; 14] = [
    "grants::FIND_LAST_ACCOUNT",
    "grants::LIST_LIVE_OF_USER",
    "idempotency::DELETE_BEYOND",
    "invitations::acceptance::FIND_LATEST_ACCEPTED",
    "invitations::acceptance::LIST_ACCEPTED_BY_ANY",
    "invitations::list::LIST_FOR_EMAIL",
    "invitations::sponsor::LIST",
    "known_devices::DELETE_OLDEST",
    "outbox::MARK_READY",
    "ownership_offers::LIST_LIVE_FROM",
    "ownership_offers::LIST_LIVE_TO",
    "sessions::DELETE_OLDEST",
    "sessions::LIST_LIVE",
    "signing_keys::LIST",
];
/// Those that only SQLite sorts: the accounts of one user.
const SORTING_LITE: [&str; 1] = ["accounts::LIST_OF_USER"];
/// Those that only PostgreSQL sorts: the rows of one insert, and the emails about one subject.
const SORTING_PG: [&str; 2] = ["outbox::FIND_UNTRIED", "outbox::INSERT"];

/// Statements that read a whole partial index: of what waits, once a minute or an hour.
const FULL_INDEX_SCANS: [&str; 2] = ["logout_deliveries::MARK_EXPIRED", "outbox::RELEASE"];

on_both! {
    async fn plans_fit_many_accounts(test_app: TestApp) {
        let accounts = setting("CONVOKE_TEST_PLAN_ACCOUNTS", "1000").parse().unwrap();
        seed(&test_app.database, accounts);
        let (mut sorting, mut scanning, mut plans) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for (module, statements) in STATEMENTS {
            for (name, _) in *statements {
                let plan = test_app.database.chosen_plan(module, name);
                let name = format!("{module}::{name}");
                let joins_whole = plan.iter().any(|step| ["Hash", "Merge"].iter().any(|kind| step.contains(&format!("{kind} ")) && step.contains("Join")));
                assert!(!joins_whole, "{name}\n{}", plan.join("\n"));
                let (is_sorted, is_scan) = (plan.iter().any(|step| sorts(step)), scans(&plan));
                if is_sorted || is_scan {
                    plans.push(format!("{name}\n{}", plan.join("\n")));
                }
                sorting.extend(is_sorted.then(|| name.clone()));
                scanning.extend(is_scan.then_some(name));
            }
        }
        let of_one: &[&str] = match test_app.app.db.kind() {
            Kind::Sqlite => &SORTING_LITE,
            Kind::Postgres => &SORTING_PG,
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(sorting, &names(&SORTING) | &names(of_one), "{}", plans.join("\n\n"));
        assert_eq!(scanning, names(&FULL_INDEX_SCANS), "{}", plans.join("\n\n"));
    }
}

fn sorts(step: &str) -> bool {
    step.contains("TEMP B-TREE") || step.trim_start_matches([' ', '-', '>']).ends_with("Sort")
}

/// Whether a plan reads all rows of a table or of an index.
fn scans(plan: &[String]) -> bool {
    plan.iter().enumerate().any(|(at, step)| {
        if let Some((_, name)) = step.split_once("Seq Scan on ") {
            return !is_small(name, plan);
        }
        if let Some((_, name)) = step.split_once("SCAN ") {
            return !is_small(name, plan);
        }
        let is_bounded = || {
            plan.get(at + 1)
                .is_some_and(|next| next.contains("Index Cond"))
        };
        let name = ["Scan using ", "Scan Backward using "]
            .iter()
            .find_map(|words| {
                let (_, rest) = step.split_once(words)?;
                rest.split_once(" on ")
            });
        name.is_some_and(|(_, name)| !is_small(name, plan) && !is_bounded())
    })
}

/// Whether what a step reads is a small table, a list of parameters, or the result of another step.
fn is_small(name: &str, plan: &[String]) -> bool {
    let name = name.split(' ').next().unwrap_or(name);
    let results = ["MATERIALIZE", "CO-ROUTINE"].map(|word| format!("{word} {name}"));
    SMALL.contains(&name)
        || ["CONSTANT", "json_each"].contains(&name)
        || plan.iter().any(|step| results.contains(step))
}

/// Expressions for the row with the number `i`: members are numbered account by account.
struct Row {
    user: String,
    account: String,
    /// The account with this number.
    numbered: String,
    owner: String,
    /// The owner of the account with this number.
    first: String,
    hash: String,
}

impl Row {
    fn new(database: &Database) -> Self {
        let id = |prefix: &str, number: &str| database.number_as_uuid(prefix, number);
        let account = format!("(i - 1) / {PER_ACCOUNT}");
        Self {
            user: id("u", "i"),
            account: id("a", &format!("({account} + 1)")),
            numbered: id("a", "i"),
            owner: id("u", &format!("({account} * {PER_ACCOUNT} + 1)")),
            first: id("u", &format!("((i - 1) * {PER_ACCOUNT} + 1)")),
            hash: database.number_as_bytes("i"),
        }
    }
}

/// Inserts accounts with owners, members, invitations, activity, mail that waits, sessions and grants.
fn seed(database: &Database, accounts: usize) {
    let mut statements = people_and_invitations(database, accounts);
    statements.extend(what_they_have(database, accounts));
    for (count, statement) in statements {
        database.execute(&format!("{statement} {}", database.numbers(count)));
    }
    database.execute("analyze");
}

fn people_and_invitations(database: &Database, accounts: usize) -> Vec<(usize, String)> {
    let members = accounts * PER_ACCOUNT;
    let id = |prefix: &str, number: &str| database.number_as_uuid(prefix, number);
    let Row {
        user: u,
        account,
        numbered: a,
        owner,
        first,
        hash,
    } = Row::new(database);
    let status = "case i % 5 when 0 then 'pending' when 1 then 'accepted' when 2 then 'expired' when 3 then 'revoked'
        else 'declined' end";
    vec![
        (members, format!(
            "insert into users (id, login, login_canonical, email, email_canonical, first_name, locale, time_zone, created_at)
             select {u}, 'u' || i, 'u' || i, 'u' || i || '@a.example', 'u' || i || '@a.example', 'U', 'en', 'UTC', i from")),
        (accounts, format!(
            "insert into accounts (id, name, owner_id, is_default, registered_users_only, created_at)
             select {a}, 'Account ' || i, {first}, true, false, i from")),
        (members, format!(
            "insert into members (account_id, user_id, roles, name_key, joined_at, last_active_at, version)
             select {account}, {u}, 'DEVELOPER', 'u' || i, i, i, 1 from")),
        (members, format!(
            "insert into invitations (id, account_id, email, email_canonical, product, roles, locale, status,
                invited_by, sponsor_id,
                 created_at, sent_at, expires_at, ended_at, accepted_by, delivery)
             select {}, {account}, 'i' || i || '@a.example', 'i' || i || '@a.example', 'platform', 'DEVELOPER', 'en', {status},
                 {owner}, {owner}, i, i, i + 1000, case when i % 5 = 0 then null else i end,
                 case when i % 5 = 1 then {u} end, 'sent' from", id("i", "i"))),
        (members, format!(
            "insert into invitation_tokens (token_hash, invitation_id, proves_mailbox, created_at)
             select {hash}, {}, true, i from", id("i", "i"))),
        (members, format!(
            "insert into sessions (id, token_hash, user_id, created_at, last_used_at) select {}, {hash}, {u}, i,
                i from", id("s", "i"))),
        (members * 5, format!(
            "insert into activity (id, at, account_id, actor_kind, actor_id, action, target_kind, target_id)
             select {}, i, {}, 'user', {}, 'invitation.created', 'invitation', {} from",
            id("e", "i"),
            id("a", &format!("(i % {accounts} + 1)")),
            id("u", &format!("(i % {members} + 1)")),
            id("i", &format!("(i % {members} + 1)")))),
        (members, format!(
            "insert into activity (id, at, user_id, actor_kind, actor_id, action) select {}, i, {u}, 'user', {u},
                'session.created' from",
            id("f", "i"))),
        (members, format!(
            "insert into activity_in_accounts (account_id, activity_id, user_id) select {account}, {}, {u} from",
                id("f", "i"))),
    ]
}

fn what_they_have(database: &Database, accounts: usize) -> Vec<(usize, String)> {
    let members = accounts * PER_ACCOUNT;
    let id = |prefix: &str, number: &str| database.number_as_uuid(prefix, number);
    let Row {
        user: u,
        account,
        numbered: a,
        first,
        hash,
        ..
    } = Row::new(database);
    vec![
        (members, format!(
            "insert into outbox (id, kind, priority, account_id, subject_id, detail, attempts, available_at,
                leased_until, created_at,
                 lane, turn, ready)
             select {}, 'invitation', i % 3, {account}, {}, '', 0, i, 0, i, {account}, i / {PER_ACCOUNT}, true from",
            id("o", "i"), id("i", "i"))),
        (members, format!(
            "insert into grants (id, client, user_id, session_id, account_id, scope, created_at, last_used_at, ended_at)
             select {}, 'platform', {u}, {}, {account}, 'openid', i, i, case when i % 4 = 0 then i end from",
            id("g", "i"), id("s", "i"))),
        (members, format!(
            "insert into refresh_tokens (token_hash, family_hash, grant_id, scope, authenticated_at, created_at, used_at)
             select {hash}, {hash}, {}, 'openid', i, i, case when i % 4 = 0 then null else i end from", id("g", "i"))),
        (members, format!(
            "insert into authorization_codes (code_hash, grant_id, redirect_uri, scope, authenticated_at, expires_at, used_at)
             select {hash}, {}, 'https://a.example', 'openid', i, i, i from", id("g", "i"))),
        (members, format!(
            "insert into identities (id, user_id, provider, issuer, subject, created_at)
             select {}, {u}, 'google', 'https://a.example', 'u' || i, i from", id("p", "i"))),
        (members, format!(
            "insert into known_devices (user_id, token_hash, last_used_at) select {u}, {hash}, i from")),
        (members, format!(
            "insert into idempotency_keys (user_id, key_hash, request_hash, status, body, created_at)
             select {u}, {hash}, {hash}, 201, '', i from")),
        (members, format!(
            "insert into registrations (id, email, email_canonical, password_hash, first_name, locale, time_zone,
                token_hash, created_at,
                 expires_at, client)
             select {}, 'u' || i, 'u' || i, '', '', 'en', 'UTC', case when i % 2 = 0 then {hash} end, i, i,
                 'c' from", id("r", "i"))),
        (members, format!(
            "insert into password_resets (id, email_canonical, user_id, token_hash, created_at, expires_at)
             select {}, 'u' || i, {u}, {hash}, i, i from", id("w", "i"))),
        (accounts, format!(
            "insert into ownership_offers (account_id, from_user, to_user, created_at, expires_at) select {a},
                {first}, {}, i, i from",
            id("u", &format!("((i - 1) * {PER_ACCOUNT} + 2)")))),
        (members, format!(
            "insert into email_changes (user_id, id, email, email_canonical, token_hash, created_at, expires_at)
             select {u}, {}, 'u' || i, 'u' || i, {hash}, i, i from", id("c", "i"))),
        (members, "insert into suppressions (email_canonical, created_at) select 'u' || i, i from".to_owned()),
        (members, format!("insert into used_states (state_hash, created_at) select {hash}, i from")),
        (members, format!(
            "insert into submitted_forms (key_hash, user_id, outcome, created_at) select {hash}, {u}, '', i from")),
        (accounts * 10, format!(
            "insert into logout_deliveries (id, grant_id, client, user_id, created_at, available_at, attempts,
                delivered_at, account_id)
             select {}, {}, 'platform', {u}, i, i, 1, case when i % 10 = 0 then null else i end, {account} from",
            id("l", "i"), id("g", "i"))),
    ]
}
