//! Emails to inviters about answers: the first at once, those of the next hour in one email, none lost and none twice.

use std::time::Duration;

use convoke::jobs::Jobs;
use convoke_app::config::Config;
use convoke_core::model::email::{DeliveryError, DeliveryOutcome};
use convoke_domain::notifications;
use serde_json::Value;

use super::{DAY, MILLISECOND, by_link, mail_server, mine};
use crate::on_both;
use crate::support::{AccountFixture, Client, DbProbe, TestApp, capacity, until_async};

const HOUR: Duration = Duration::from_hours(1);
const LEASE: Duration = Duration::from_secs(30);

fn many_seats(config: &mut Config) {
    config.limits.users_per_account = 100;
}

fn limited(config: &mut Config) {
    many_seats(config);
    config.rate_limits.enabled = true;
}

/// A new user with an invitation.
async fn invitee(test_app: &TestApp, team: &mut AccountFixture, name: &str) -> (Client, String) {
    let email = format!("{name}@example.com");
    let id = team.invite(&email).await;
    (test_app.user(&email, name).await, id)
}

/// Invites a new user, who accepts.
async fn join(test_app: &TestApp, team: &mut AccountFixture, name: &str) {
    let (mut user, id) = invitee(test_app, team, name).await;
    mine(&mut user, &id, "accept").await.expect(200);
}

async fn decline(test_app: &TestApp, team: &mut AccountFixture, name: &str) {
    let id = team.invite(&format!("{name}@example.com")).await;
    let token = team.copied_token(&id).await;
    by_link(&mut test_app.anonymous(), "decline", &token)
        .await
        .expect(200);
}

/// The subjects of the emails to the inviter about answers, oldest first.
async fn subjects(test_app: &TestApp) -> Vec<String> {
    test_app.deliver().await;
    let mut subjects = test_app.subjects_to("ada@example.com").await;
    subjects.retain(|subject| subject.contains("joined") || subject.contains("declined"));
    subjects.reverse();
    subjects
}

/// How often the emails to the inviter name an address.
fn times_named(test_app: &TestApp, email: &str) -> usize {
    let mails = test_app.mails_to("ada@example.com");
    let joined_emails = mails.iter().filter(|mail| mail.subject.contains("joined"));
    joined_emails
        .filter(|mail| mail.text.contains(email))
        .count()
}

/// How many outbox entries of a kind there are.
fn outbox(test_app: &TestApp, kind: &str) -> i64 {
    DbProbe::ask(&test_app.database.url, |probe| {
        probe.number(&format!(
            "select count(*) from outbox where kind = '{kind}'"
        ))
    })
}

on_both! {
    async fn the_first_answer_is_mailed_at_once_and_those_of_the_next_hour_together(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        test_app.advance(DAY);
        join(&test_app, &mut team, "mia").await;
        assert_eq!(subjects(&test_app).await, ["mia joined Analytical Engines as Developer"]);
        for name in ["bob", "eve", "gus"] {
            test_app.advance(HOUR / 10);
            join(&test_app, &mut team, name).await;
            assert_eq!(subjects(&test_app).await.len(), 1);
        }
        assert_eq!(outbox(&test_app, "joined"), 1);
        test_app.advance_just_before(HOUR * 7 / 10);
        assert_eq!(subjects(&test_app).await.len(), 1);
        test_app.advance(MILLISECOND);
        let all = subjects(&test_app).await;
        assert_eq!(all[1..], ["bob and 2 others joined Analytical Engines"]);
        for name in ["mia", "bob", "eve", "gus"] {
            assert_eq!(times_named(&test_app, &format!("{name}@example.com")), 1, "{name}");
        }
        // Nothing waits, so the next hour begins with the next answer.
        assert_eq!(outbox(&test_app, "joined"), 0);
        test_app.advance(HOUR);
        join(&test_app, &mut team, "zoe").await;
        assert_eq!(subjects(&test_app).await.len(), 3);
    }

    async fn refusals_of_invitees_are_mailed_the_same_way_but_apart(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        join(&test_app, &mut team, "mia").await;
        decline(&test_app, &mut team, "bob").await;
        let first = ["mia joined Analytical Engines as Developer", "bob@example.com declined your invitation to Analytical Engines"];
        assert_eq!(subjects(&test_app).await, first);
        decline(&test_app, &mut team, "eve").await;
        decline(&test_app, &mut team, "gus").await;
        assert_eq!(subjects(&test_app).await.len(), 2);
        test_app.advance(HOUR);
        assert_eq!(subjects(&test_app).await[2..], ["2 of your invitations to Analytical Engines were declined"]);
        let text = test_app.last_text_to("ada@example.com").await;
        assert!(text.contains("eve@example.com") && text.contains("gus@example.com"), "{text}");
    }

    async fn an_answer_during_delivery_or_after_a_failed_attempt_gets_an_email_of_its_own(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut invitees = Vec::new();
        for name in ["bob", "eve", "gus"] {
            invitees.push(invitee(&test_app, &mut team, name).await);
        }
        let [bob, eve, gus] = &mut invitees[..] else { unreachable!() };
        test_app.deliver().await;
        mine(&mut bob.0, &bob.1, "accept").await.expect(200);
        let mut leased = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(5)).map(Option::unwrap)).await.unwrap();
        assert_eq!(leased.len(), 1);
        let entry = leased.remove(0).entry;
        mine(&mut eve.0, &eve.1, "accept").await.expect(200);
        assert_eq!(outbox(&test_app, "joined"), 2, "its email may be on the way");
        let deferred = DeliveryOutcome::Deferred(DeliveryError::reply("451 later"));
        test_app.app.write(move |tx| notifications::record_deliveries(tx, [(&entry, &deferred)])).await.unwrap();
        mine(&mut gus.0, &gus.1, "accept").await.expect(200);
        assert_eq!(outbox(&test_app, "joined"), 2, "added to the one that was never tried");
        test_app.deliver().await;
        test_app.advance(HOUR);
        test_app.deliver().await;
        assert_eq!(subjects(&test_app).await, ["eve and 1 other joined Analytical Engines", "bob joined Analytical Engines as Developer"]);
        for name in ["bob", "eve", "gus"] {
            assert_eq!(times_named(&test_app, &format!("{name}@example.com")), 1, "{name}");
        }
    }

    async fn other_emails_do_not_delay_an_answer_and_an_answer_counts_among_them(test_app: TestApp, limited) {
        let mut team = AccountFixture::new(&test_app).await;
        let id = team.invite("mia@example.com").await;
        let mut mia = test_app.user("mia@example.com", "mia").await;
        test_app.advance(2 * DAY);
        // Another account uses up the inviter's emails of the day but one.
        let mut owner = test_app.user("eve@example.com", "Eve").await;
        for number in 0..4 {
            let account = test_app.account(&mut owner, &format!("Number {number}")).await;
            test_app.invite(&mut owner, &account, "ada@example.com", &["DEVELOPER"]).await;
        }
        test_app.deliver().await;
        let before = test_app.mails_to("ada@example.com").len();
        mine(&mut mia, &id, "accept").await.expect(200);
        assert_eq!(subjects(&test_app).await.len(), 1);
        let account = test_app.account(&mut owner, "Number 5").await;
        test_app.invite(&mut owner, &account, "ada@example.com", &["DEVELOPER"]).await;
        test_app.deliver().await;
        assert_eq!(test_app.mails_to("ada@example.com").len(), before + 1, "the answer was the fifth");
        decline(&test_app, &mut team, "bob").await;
        assert_eq!(subjects(&test_app).await.len(), 2, "and none delays another answer");
    }

    async fn concurrent_answers_are_each_mailed_once(test_app: TestApp, many_seats) {
        const COUNT: usize = 20;
        let mut team = AccountFixture::new(&test_app).await;
        let mut invitees = Vec::new();
        for number in 0..COUNT {
            invitees.push(invitee(&test_app, &mut team, &format!("guest{number}.x")).await);
        }
        let jobs = Jobs::start(&test_app.app);
        let acceptances = invitees.into_iter().map(|(mut user, id)| async move {
            let path = format!("/me/invitations/{id}/accept");
            user.post(&path, &Value::Null).await.expect(200);
        });
        futures_util::future::join_all(acceptances).await;
        until_async(Duration::from_mins(1), "the outbox is empty", || {
            test_app.database.rows()["outbox"].is_empty()
        }).await;
        jobs.stop().await;
        for number in 0..COUNT {
            assert_eq!(times_named(&test_app, &format!("guest{number}.x@example.com")), 1, "{number}");
        }
    }

    async fn answers_beyond_what_one_email_names_share_the_next_one(test_app: TestApp) {
        const COUNT: usize = 120;
        let mut team = AccountFixture::new(&test_app).await;
        for number in 0..COUNT {
            decline(&test_app, &mut team, &format!("guest{number}.x")).await;
        }
        assert_eq!(outbox(&test_app, "declined"), 3);
        test_app.deliver().await;
        let mails = test_app.mails_to("ada@example.com");
        for number in 0..COUNT {
            let email = format!("guest{number}.x@example.com");
            assert_eq!(mails.iter().filter(|mail| mail.text.contains(&email)).count(), 1, "{email}");
        }
    }

    async fn an_inviter_who_is_no_member_any_more_gets_no_email(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut carol = team.member(&test_app, "carol@example.com", &["USER_ADMIN"]).await;
        test_app.deliver().await;
        let (mut bob, mut eve) = (test_app.user("bob@example.com", "Bob").await, test_app.user("eve@example.com", "Eve").await);
        for (user, email, act) in [(&mut bob, "bob@example.com", "accept"), (&mut eve, "eve@example.com", "decline")] {
            let id = test_app.invite(&mut carol, &team.account, email, &["DEVELOPER"]).await;
            mine(user, &id, act).await.expect(200);
        }
        let path = team.path(&format!("members/{}", carol.id().await));
        team.owner.delete(&path).await.expect(204);
        test_app.deliver().await;
        let mails = test_app.mails_to("carol@example.com");
        assert!(!mails.iter().any(|mail| mail.text.contains("bob@example.com") || mail.text.contains("eve@example.com")));
        assert_eq!((outbox(&test_app, "joined"), outbox(&test_app, "declined")), (0, 0));
    }

    async fn an_email_takes_as_many_statements_for_many_answers_as_for_two(test_app: TestApp, many_seats) {
        let mut team = AccountFixture::new(&test_app).await;
        let mut counts = Vec::new();
        for (name, answers) in [("few", 2), ("many", 20)] {
            for number in 0..answers {
                join(&test_app, &mut team, &format!("{name}{number}.x")).await;
            }
            // All other emails were delivered at sign-ups.
            let before = test_app.app.db.statement_count();
            let leased = test_app.app.write(|tx| notifications::lease(tx, LEASE, capacity(1)).map(Option::unwrap)).await.unwrap();
            assert!(leased.len() == 1 && leased[0].email.is_some());
            counts.push(test_app.app.db.statement_count() - before);
            test_app.run_sql("delete from outbox").await;
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn an_entry_that_cannot_be_read_stops_no_other(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        join(&test_app, &mut team, "mia").await;
        test_app.run_sql("update outbox set detail = '{' where kind = 'joined'").await;
        team.invite("gus@example.com").await;
        for _ in 0..2 {
            assert!(subjects(&test_app).await.is_empty());
            assert_eq!(test_app.mails_to("gus@example.com").len(), 1);
            assert_eq!(outbox(&test_app, "joined"), 1, "it is there to be repaired");
            test_app.advance(HOUR);
        }
    }

    async fn an_entry_of_an_earlier_version_is_mailed(test_app: TestApp) {
        let mut team = AccountFixture::new(&test_app).await;
        join(&test_app, &mut team, "mia").await;
        test_app.run_sql("update outbox set detail = 'null', subject_id = (select id from invitations where email = 'mia@example.com')
            where kind = 'joined'").await;
        assert_eq!(subjects(&test_app).await, ["mia joined Analytical Engines as Developer"]);
        assert!(!mail_server(&test_app, DeliveryOutcome::Sent).await);
    }
}
