//! Searching a long history: bounded work per page, nothing lost between pages, and no other request waits.

use std::collections::BTreeSet;
use std::sync::mpsc;

use convoke_domain::Error;
use serde_json::Value;

use crate::on_both;
use crate::support::{Client, DbProbe, TestApp, seed_user};

/// Ten times the entries that one page scans.
const ENTRIES: usize = 20_000;

/// Entries before everything else in an account: of every ten, nine are `member.left` and one is `member.removed`, all by
/// one user. One `account.updated` is the oldest.
fn seed(test_app: &TestApp, account: &str, actor: &str) {
    let account: convoke_core::ids::AccountId = account.parse().unwrap();
    let actor: convoke_core::ids::UserId = actor.parse().unwrap();
    let begun = test_app.now().millis() - 100_000_000;
    DbProbe::ask(&test_app.database.url, |probe| {
        let (account, actor) = (probe.id(account), probe.id(actor));
        let columns = "insert into activity (id, at, account_id, actor_kind, actor_id, action)";
        let action = "case when n = 0 then 'account.updated' when n % 10 = 0 then 'member.removed' else 'member.left' end";
        // A version 7 UUID starts with its Unix time in milliseconds.
        match probe {
            DbProbe::Lite(lite) => lite
                .execute_batch(&format!(
                    "with recursive s(n) as (select 0 union all select n + 1 from s where n < {ENTRIES})
                    {columns} select unhex(printf('%012x%020x', {begun} + n * 1000, n)), {begun} + n * 1000, {account},
                    'user', {actor}, {action} from s"
                ))
                .unwrap(),
            DbProbe::Pg(pg) => pg
                .batch_execute(&format!(
                    "{columns} select (lpad(to_hex({begun}::bigint + n * 1000), 12, '0') || lpad(to_hex(n), 20, '0'))::uuid,
                    {begun}::bigint + n * 1000, {account}, 'user', {actor}, {action}
                    from generate_series(0::bigint, {ENTRIES}) n; analyze activity"
                ))
                .unwrap(),
        }
    });
}

/// Every entry that a search finds, and how many pages that took.
async fn search(client: &mut Client, path: &str, query: &str) -> (Vec<String>, usize) {
    let (mut entries, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = client
            .get(&format!("{path}?limit=100&{query}{cursor}"))
            .await;
        let page = page.expect(200).json();
        pages += 1;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 100);
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        entries.extend(items.iter().map(|item| text(item, "id")));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (entries, pages),
        }
    }
}

on_both! {
    async fn a_filter_of_a_long_history_scans_bounded_pages_and_finds_every_match(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let ada_id = ada.id().await;
        let path = format!("/accounts/{account}/activity");
        seed(&test_app, &account, &ada_id);
        // Uses an index, so one page is enough wherever the entry is.
        let (ids, pages) = search(&mut ada, &path, "action=account.updated").await;
        assert_eq!((ids.len(), pages), (1, 1));
        let (ids, _) = search(&mut ada, &path, "action=member.removed").await;
        assert_eq!(ids.len(), ENTRIES / 10);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        let mut sorted = ids.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(ids, sorted, "newest first");
        // Two conditions: one uses an index, the other is checked for a bounded number of entries per page.
        let both = format!("actor={ada_id}&action=account.updated");
        let first = ada.get(&format!("{path}?{both}")).await.expect(200).json();
        assert_eq!(first["items"], serde_json::json!([]), "it has looked at everything");
        assert!(first["next_cursor"].is_string(), "the search ends too early");
        let (ids, pages) = search(&mut ada, &path, &both).await;
        assert_eq!(ids.len(), 1);
        assert!((10..=12).contains(&pages), "{pages} pages");
        // A period is found without reading newer entries.
        let (ids, pages) = search(&mut ada, &path, "to=2026-11-21T10:20:00Z&action=account.updated").await;
        assert_eq!((ids.len(), pages), (1, 1));
        let day = "from=2026-11-21T10:19:00Z&to=2026-11-21T10:20:00Z";
        let (ids, pages) = search(&mut ada, &path, day).await;
        assert_eq!((ids.len(), pages), (60, 1));
        // An export contains all matches.
        let csv = ada.with("accept", "text/csv").get(&format!("{path}?{both}")).await.expect(200);
        assert_eq!(String::from_utf8(csv.bytes).unwrap().lines().count(), 2);
        // The page says that there may be more matches and links to them.
        let page = ada.page(&format!("/accounts/{account}/activity?q=anything")).await;
        let page = String::from_utf8(page.bytes).unwrap();
        assert!(page.contains("Search further back") && page.contains("cursor="), "{page}");
    }

    async fn a_filter_of_many_old_invitations_scans_bounded_pages_and_finds_every_match(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        test_app.invite(&mut ada, &account, "oldest@example.org", &["DEVELOPER"]).await;
        test_app.invite(&mut ada, &account, "revoked@example.org", &["DEVELOPER"]).await;
        // Equivalent to sending and revoking the second invitation a few thousand times.
        let later = |hex: &str| format!("insert into invitations (id, account_id, email, email_canonical, product, roles, locale,
            status, invited_by, sponsor_id, created_at, expires_at, ended_at, delivery) select {hex}, i.account_id,
            i.email, i.email_canonical, i.product, i.roles, i.locale, 'revoked', i.invited_by, i.sponsor_id,
            i.created_at, i.expires_at, i.created_at, i.delivery");
        let statement = if test_app.database.folder().is_some() {
            format!("with recursive s(n) as (select 1 union all select n + 1 from s where n < 5000) {} from s, invitations i
                where i.email = 'revoked@example.org'", later("unhex(printf('7fffffff%024x', n))"))
        } else {
            format!("{} from generate_series(1, 5000) n, invitations i where i.email = 'revoked@example.org'",
                later("('7fffffff' || lpad(to_hex(n), 24, '0'))::uuid"))
        };
        test_app.database.execute(&statement);
        let path = format!("/accounts/{account}/invitations");
        let first = ada.get(&format!("{path}?q=oldest")).await.expect(200).json();
        assert_eq!(first["items"], serde_json::json!([]), "it has looked at everything");
        for query in ["q=oldest", "q=oldest&role=DEVELOPER", "q=oldest&status=pending&status=expired"] {
            let (ids, pages) = search(&mut ada, &path, query).await;
            assert_eq!((ids.len(), pages), (1, 3), "{query}");
        }
        for query in ["status=pending&q=oldest", "product=platform&status=pending&q=old"] {
            let (ids, pages) = search(&mut ada, &path, query).await;
            assert_eq!((ids.len(), pages), (1, 1), "{query}");
        }
        let (ids, _) = search(&mut ada, &path, "status=revoked&q=revoked").await;
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 5000);
        let page = ada.page(&format!("{path}?status=revoked&q=oldest")).await;
        assert!(String::from_utf8(page.bytes).unwrap().contains("Search further back"));
    }

    async fn a_filter_of_many_members_scans_bounded_pages_and_finds_every_match(test_app: TestApp) {
        let mut ada = test_app.user("ada@example.com", "Ada").await;
        let account = test_app.account(&mut ada, "Engines").await;
        let zoe = ("zoe@example.com", "Zoe");
        test_app.joiner(&mut ada, &account, zoe, &["DEVELOPER"]).await;
        // 5,000 other members sort between the two, by name and by activity.
        let numbers = if test_app.database.folder().is_some() {
            "with recursive s(n) as (select 1 union all select n + 1 from s where n < 5000)"
        } else {
            "with s as (select generate_series(1, 5000) n)"
        };
        let id = if test_app.database.folder().is_some() {
            "unhex(printf('7fffffff%024x', n))"
        } else {
            "('7fffffff' || lpad(to_hex(n), 24, '0'))::uuid"
        };
        let columns = "login, login_canonical, first_name, locale, time_zone, theme, created_at";
        for statement in [
            format!("insert into users (id, {columns}) {numbers} select {id}, 'm' || n, 'm' || n, 'M', u.locale, u.time_zone,
                u.theme, u.created_at from s, users u where u.login = 'ada@example.com'"),
            format!("insert into members (account_id, user_id, roles, name_key, joined_at, last_active_at, version) {numbers}
                select m.account_id, {id}, 'LINGUIST', 'm', m.joined_at, m.last_active_at + 1, 1
                from s, members m where m.roles = 'DEVELOPER'"),
            "update members set last_active_at = last_active_at + 2 where roles = 'DEVELOPER'".to_owned(),
        ] {
            test_app.database.execute(&statement);
        }
        let path = format!("/accounts/{account}/members");
        for query in ["q=zoe", "role=DEVELOPER", "q=zoe&sort=last_active_at", "role=DEVELOPER&sort=last_active_at"] {
            let first = ada.get(&format!("{path}?{query}")).await.expect(200).json();
            assert_eq!(first["items"], serde_json::json!([]), "{query} has looked at everything");
            let mut address = format!("{path}?{query}");
            let mut pages = 1;
            let names = loop {
                let page = ada.get(&address).await.expect(200).json();
                let names: Vec<String> = page["items"].as_array().unwrap().iter()
                    .map(|item| item["user"]["name"].as_str().unwrap().to_owned()).collect();
                let Some(cursor) = page["next_cursor"].as_str() else { break names };
                assert!(names.is_empty(), "{query}");
                address = format!("{path}?{query}&cursor={cursor}");
                pages += 1;
            };
            assert_eq!((names, pages), (vec!["Zoe".to_owned()], 3), "{query}");
            let members = ada.list_all(&format!("{path}?role=LINGUIST&{}", query.split('&').nth(1).unwrap_or("q=")), 100).await;
            assert_eq!(members.len(), 5000);
        }
        let users = format!("/accounts/{account}/users?q=zoe");
        let page = ada.page(&users).await.expect(200).shows("A part of the users was searched.").hides("No users match");
        let (_, rest) = page.body().split_once("cursor=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let cursor = rest.split(['&', '"']).next().unwrap();
        ada.page(&format!("{users}&cursor={cursor}")).await.expect(200).hides("No users match");
    }

    async fn short_reads_and_writes_do_not_wait_for_long_reads(test_app: TestApp) {
        let owner = seed_user(&test_app.app, "owner@example.com").await;
        let mut ends = Vec::new();
        let mut under_way = Vec::new();
        let (begun, has_begun) = mpsc::channel();
        for _ in 0..8 {
            let (end, ended) = mpsc::channel::<()>();
            let (app, begun) = (test_app.app.clone(), begun.clone());
            ends.push(end);
            let ended = std::sync::Mutex::new(ended);
            under_way.push(tokio::spawn(async move {
                let work = move |_: &mut convoke_domain::ReadTx<'_, '_>| {
                    begun.send(()).unwrap();
                    ended.lock().unwrap().recv().unwrap_err();
                    Ok::<_, Error>(())
                };
                app.read_long(work).await
            }));
            tokio::task::yield_now().await;
        }
        // At least one request holds its connection; the others wait for one.
        has_begun.recv().unwrap();
        let mut owner = owner.at(&test_app.router);
        owner.get("/me").await.expect(200);
        owner.patch("/me", &serde_json::json!({ "first_name": "Grace" })).await.expect(200);
        drop(ends);
        for task in under_way {
            task.await.unwrap().unwrap();
        }
    }
}

on_both! {
    async fn every_filter_uses_its_index(test_app: TestApp) {
        for (module, statement, index) in [
            ("activity", "LIST_OF_ACCOUNT", "activity_of_account"),
            ("activity", "LIST_OF_ACTION", "activity_of_action"),
            ("activity", "LIST_OF_ACTOR", "activity_of_actor"),
            ("activity", "LIST_OF_TARGET", "activity_of_target"),
            ("activity", "LIST_OF_MEMBER", "activity_in_accounts_of_user"),
            ("invitations::acceptance", "LIST_ACCEPTED_BY", "invitations_of_acceptor"),
            ("members", "LIST_BY_NAME", "members_by_name"),
            ("members", "LIST_BY_NAME_UNTIL", "members_by_name"),
            ("members", "LIST_BY_ACTIVITY", "members_by_last_activity"),
            ("members", "LIST_BY_ACTIVITY_UNTIL", "members_by_last_activity"),
            ("members", "FIND_SCAN_END_BY_NAME", "members_by_name"),
            ("members", "FIND_SCAN_END_BY_ACTIVITY", "members_by_last_activity"),
        ] {
            test_app.database.walks_along(module, statement, &[index]);
        }
        test_app.database.walks_along("activity", "LIST_OF_MEMBERS",
            &["activity_in_accounts_pkey", "PRIMARY KEY"]);
    }
}
