//! Invariant V6: what was answered is there after `kill -9`, and nothing is half there.

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

const WRITERS: usize = 4;

/// One request: its addresses and whether it was answered.
struct Sent {
    emails: Vec<String>,
    answered: bool,
}

#[test]
fn nothing_answered_is_lost_in_fifty_kills_on_sqlite() {
    survive(&Database::sqlite(), 50);
}

#[test]
fn nothing_answered_is_lost_in_twenty_kills_on_postgres() {
    survive(&Database::postgres(), 20);
}

fn survive(database: &Database, kills: usize) {
    let smtp = FakeSmtpServer::new();
    let program = Program::on(database).mailing(&smtp);
    let owners = {
        let backdoor = InProcessApp::into(database);
        let owner = |number| backdoor.seed_user(&format!("owner{number}@example.com"));
        (0..WRITERS).map(owner).collect::<Vec<SeededUser>>()
    };
    let mut sent = Vec::new();
    let mut slowest = Duration::ZERO;
    for kill in 0..kills {
        let process = program.start();
        slowest = slowest.max(process.ready_after);
        let answers = AtomicUsize::new(0);
        thread::scope(|scope| {
            let streams: Vec<_> = owners
                .iter()
                .enumerate()
                .map(|(writer, owner)| {
                    let (caller, answers) = (owner.calling(&process), &answers);
                    let tag = format!("k{kill}w{writer}");
                    scope.spawn(move || stream(caller, owner, &tag, answers))
                })
                .collect();
            // Each time after another number of answers, so that the kill falls on another moment.
            let enough = 5 + kill * 7 % 40;
            until(Duration::from_secs(20), "enough answers", || {
                answers.load(Ordering::SeqCst) >= enough
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
    nothing_is_half_there(&mut DbProbe::of(&database.url), &sent);
    deliver_the_rest(database, &smtp, program.port);
    everyone_got_one_letter(&smtp, &sent);
}

/// Invites until the connection breaks.
fn stream(
    mut caller: SocketClient,
    owner: &SeededUser,
    tag: &str,
    answers: &AtomicUsize,
) -> Vec<Sent> {
    let path = format!("/accounts/{}/invitations", owner.account);
    let mut sent = Vec::new();
    for number in 0_usize.. {
        let address = |part| format!("{tag}n{number}p{part}@example.org");
        let emails: Vec<String> = (0..=number % 3).map(address).collect();
        let body = json!({ "product": "platform", "roles": ["DEVELOPER"], "emails": emails });
        let reply = caller.post(&path, &body);
        let answered = reply.is_ok();
        sent.push(Sent { emails, answered });
        match reply {
            Ok(reply) => drop(reply.expect(201)),
            Err(_) => break,
        }
        answers.fetch_add(1, Ordering::SeqCst);
    }
    sent
}

fn nothing_is_half_there(probe: &mut DbProbe, sent: &[Sent]) {
    let there: BTreeSet<String> = probe
        .texts("select email from invitations")
        .into_iter()
        .collect();
    for one in sent {
        let found = one
            .emails
            .iter()
            .filter(|email| there.contains(*email))
            .count();
        let whole = found == one.emails.len();
        assert!(
            whole || !one.answered,
            "answered and lost: {:?}",
            one.emails
        );
        assert!(whole || found == 0, "half there: {:?}", one.emails);
    }
    let without_entry =
        "select count(*) from invitations i where 1 <> (select count(*) from activity a
        where a.target_id = i.id and a.action = 'invitation.created')";
    assert_eq!(probe.number(without_entry), 0);
    let entries = "select count(*) from activity where action = 'invitation.created'";
    assert_eq!(probe.number(entries), i64::try_from(there.len()).unwrap());
    let never_mailed = "select count(*) from invitations i where i.sent_at is null
        and not exists (select 1 from outbox o where o.subject_id = i.id)";
    assert_eq!(probe.number(never_mailed), 0);
    if let DbProbe::Lite(_) = probe {
        assert_eq!(probe.texts("pragma integrity_check"), ["ok"]);
    }
}

/// Delivers what the killed processes had leased, once their leases are over.
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

/// Invariant V7: at least one letter each, and a second one only as the very same letter.
fn everyone_got_one_letter(smtp: &FakeSmtpServer, sent: &[Sent]) {
    let mut letters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in smtp.arrived() {
        letters.entry(mail.to).or_default().push(mail.message_id);
    }
    for email in sent
        .iter()
        .filter(|one| one.answered)
        .flat_map(|one| &one.emails)
    {
        assert!(letters.contains_key(email), "no mail to {email}");
    }
    let mut doubled = 0;
    for (email, ids) in &letters {
        assert!(
            ids.iter().all(|id| *id == ids[0]),
            "two letters to {email}: {ids:?}"
        );
        doubled += ids.len() - 1;
    }
    println!("{} letters, {doubled} of them sent twice", letters.len());
}
