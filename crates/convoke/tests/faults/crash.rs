//! Invariant V6: acknowledged changes survive `kill -9`, and no change is stored partly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use convoke::jobs;
use convoke_core::public_url::PublicUrl;
use convoke_core::secret::Secret;
use serde_json::json;

use crate::support::{
    Database, DbProbe, FakeSmtpServer, InProcessApp, Program, SeededUser, SocketClient, ahead,
    until,
};

const OWNERS: usize = 2;

/// More than one waits for another of the same account: on PostgreSQL they share a commit.
const WRITERS: usize = 4 * OWNERS;

/// One request: its addresses and whether it got a response.
struct Sent {
    emails: Vec<String>,
    answered: bool,
}

#[test]
fn no_acknowledged_change_is_lost_in_50_kills_on_sqlite() {
    survive(&Database::sqlite(), 50);
}

#[test]
fn no_acknowledged_change_is_lost_in_20_kills_on_postgres() {
    survive(&Database::postgres(), 20);
}

fn survive(database: &Database, kills: usize) {
    let smtp = FakeSmtpServer::new();
    let program = Program::on(database).mailing(&smtp);
    let owners = {
        let in_process = InProcessApp::into(database);
        let owner = |number| in_process.seed_user(&format!("owner{number}@example.com"));
        (0..OWNERS).map(owner).collect::<Vec<SeededUser>>()
    };
    let mut sent = Vec::new();
    let mut slowest = Duration::ZERO;
    for kill in 0..kills {
        let process = program.start();
        slowest = slowest.max(process.ready_after);
        let response_count = AtomicUsize::new(0);
        thread::scope(|scope| {
            let streams: Vec<_> = (0..WRITERS)
                .zip(owners.iter().cycle())
                .map(|(writer, owner)| {
                    let (caller, response_count) = (owner.calling(&process), &response_count);
                    let tag = format!("k{kill}w{writer}");
                    scope.spawn(move || stream(caller, owner, &tag, response_count))
                })
                .collect();
            // After a different number of responses each time, so that the kill happens at different moments.
            let enough = 5 + kill * 7 % 40;
            until(Duration::from_secs(20), "enough responses", || {
                response_count.load(Ordering::SeqCst) >= enough
            });
            process.kill();
            for stream in streams {
                sent.extend(stream.join().unwrap());
            }
        });
    }
    println!(
        "{kills} kills, {} requests, ready again after {slowest:?} at most",
        sent.len()
    );
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert_no_partial_write(&mut DbProbe::of(&database.url), &sent);
    deliver_the_rest(database, &smtp, program.port);
    assert_one_email_each(&smtp, &sent);
}

/// Invites until the connection breaks.
fn stream(
    mut caller: SocketClient,
    owner: &SeededUser,
    tag: &str,
    response_count: &AtomicUsize,
) -> Vec<Sent> {
    let path = format!("/accounts/{}/invitations", owner.account);
    let mut sent = Vec::new();
    for number in 0_usize.. {
        let address = |part| format!("{tag}n{number}p{part}@example.org");
        let emails: Vec<String> = (0..=number % 3).map(address).collect();
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
        let response = caller.post(&path, &body);
        let answered = response.is_ok();
        sent.push(Sent { emails, answered });
        match response {
            Ok(response) => drop(response.expect(201)),
            Err(_) => break,
        }
        response_count.fetch_add(1, Ordering::SeqCst);
    }
    sent
}

fn assert_no_partial_write(probe: &mut DbProbe, sent: &[Sent]) {
    let stored: BTreeSet<String> = probe
        .texts("select email from invitations")
        .into_iter()
        .collect();
    for request in sent {
        let stored_count = request
            .emails
            .iter()
            .filter(|email| stored.contains(*email))
            .count();
        let is_complete = stored_count == request.emails.len();
        assert!(
            is_complete || !request.answered,
            "answered and lost: {:?}",
            request.emails
        );
        assert!(
            is_complete || stored_count == 0,
            "partly stored: {:?}",
            request.emails
        );
    }
    let without_entry =
        "select count(*) from invitations i where 1 <> (select count(*) from activity a
        where a.target_id = i.id and a.action = 'invitation.created')";
    assert_eq!(probe.number(without_entry), 0);
    let entries = "select count(*) from activity where action = 'invitation.created'";
    assert_eq!(probe.number(entries), i64::try_from(stored.len()).unwrap());
    let never_mailed = "select count(*) from invitations i where i.sent_at is null
        and not exists (select 1 from outbox o where o.subject_id = i.id)";
    assert_eq!(probe.number(never_mailed), 0);
    if let DbProbe::Lite(_) = probe {
        assert_eq!(probe.texts("pragma integrity_check"), ["ok"]);
    }
}

/// Delivers what the killed processes had leased, after their leases end.
fn deliver_the_rest(database: &Database, smtp: &FakeSmtpServer, port: u16) {
    let later = InProcessApp::with(database, ahead(Duration::from_secs(31)), |config| {
        config.mail.smtp_url = Some(Secret::new(smtp.url()));
        let url = format!("http://127.0.0.1:{port}");
        config.public_url = Some(PublicUrl::parse(&url).unwrap());
    });
    later
        .runtime
        .block_on(jobs::deliver_due(&later.app))
        .unwrap();
    assert_eq!(
        DbProbe::of(&database.url).number("select count(*) from outbox"),
        0
    );
}

/// Invariant V7: at least one email per address, and duplicates only with the same message id.
fn assert_one_email_each(smtp: &FakeSmtpServer, sent: &[Sent]) {
    let mut emails_by_address: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in smtp.received() {
        emails_by_address
            .entry(mail.to)
            .or_default()
            .push(mail.message_id);
    }
    for email in sent
        .iter()
        .filter(|request| request.answered)
        .flat_map(|request| &request.emails)
    {
        assert!(emails_by_address.contains_key(email), "no mail to {email}");
    }
    let mut doubled = 0;
    for (email, ids) in &emails_by_address {
        assert!(
            ids.iter().all(|id| *id == ids[0]),
            "two emails to {email}: {ids:?}"
        );
        doubled += ids.len() - 1;
    }
    println!(
        "{} emails, {doubled} of them sent twice",
        emails_by_address.len()
    );
}
