//! What each limit is keyed by, without a database.

use uuid::Uuid;

use std::net::IpAddr;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_793_000_000_000);

fn limits(change: impl FnOnce(&mut Settings)) -> RateLimits {
    let mut settings = Settings::default();
    change(&mut settings);
    RateLimits::new(settings)
}

fn client(number: u8) -> Client {
    Client::from(Some(IpAddr::from([203, 0, 113, number])))
}

fn try_sign_in(limits: &RateLimits, number: u8, login: &str) -> Result<Duration, Error> {
    let attempt = SignInAttempt {
        client: client(number),
        login,
        device: None,
    };
    limits.sign_in(&attempt, NOW).map(|admitted| admitted.delay)
}

#[test]
fn a_client_fails_a_hundred_times_in_ten_minutes_whatever_the_login() {
    let limits = limits(|_| ());
    for number in 0..100 {
        assert!(try_sign_in(&limits, 1, &format!("made-up-{number}")).is_ok());
    }
    assert!(try_sign_in(&limits, 1, "another").is_err());
    assert!(try_sign_in(&limits, 2, "another").is_ok());
}

#[test]
fn failures_of_one_login_delay_unknown_devices_and_reject_none() {
    let limits = limits(|_| ());
    for number in 0..30 {
        for _ in 0..10 {
            assert_eq!(try_sign_in(&limits, number, "ada").unwrap(), Duration::ZERO);
        }
    }
    for number in 30..250 {
        let delay = try_sign_in(&limits, number, "ada").unwrap();
        assert_eq!(delay, Duration::from_secs(2));
    }
    let device = Some((UserId::from(Uuid::from_u128(1)), [7; 32]));
    let known = SignInAttempt {
        client: client(0),
        login: "ada",
        device,
    };
    for _ in 0..10 {
        assert_eq!(limits.sign_in(&known, NOW).unwrap().delay, Duration::ZERO);
    }
    assert!(limits.sign_in(&known, NOW).is_err());
}

#[test]
fn one_count_per_recipient_over_every_cause() {
    let limits = limits(|_| ());
    let account = |number: u128| EmailCause::Account(AccountId::from(Uuid::from_u128(number)));
    for _ in 0..3 {
        assert!(limits.email(&account(1), "bob", NOW).is_ok());
    }
    assert_eq!(limits.email(&account(1), "bob", NOW).unwrap_err(), DAY / 3);
    let user = EmailCause::User(UserId::from(Uuid::from_u128(1)));
    assert!(limits.email(&account(2), "bob", NOW).is_ok());
    assert!(limits.email(&user, "bob", NOW).is_ok());
    assert_eq!(limits.email(&account(3), "bob", NOW).unwrap_err(), DAY / 5);
    // Confirmations have a few of their own, each kind apart.
    for kind in [Confirmation::SignUp, Confirmation::AddressChange] {
        let confirm = |number: u8| {
            let cause = EmailCause::Client(client(number).to_string());
            limits.confirmation_email(kind, &cause, "bob", NOW)
        };
        assert!(confirm(1).is_ok());
        assert!(confirm(2).is_ok());
        assert_eq!(confirm(3).unwrap_err(), DAY / 2);
    }
    assert!(limits.email(&account(3), "eve", NOW).is_ok());
    // Resets count among all, and are not delayed by them.
    for _ in 0..3 {
        assert!(limits.reset_email("bob", NOW).is_ok());
        assert!(limits.reset_email("carl", NOW).is_ok());
    }
    assert!(limits.reset_email("bob", NOW).is_err());
    assert!(limits.email(&account(1), "carl", NOW).is_ok());
    assert!(limits.email(&account(2), "carl", NOW).is_ok());
    assert_eq!(limits.email(&account(3), "carl", NOW).unwrap_err(), DAY / 5);
}

#[test]
fn an_email_that_waits_uses_nothing_up() {
    let limits = limits(|settings| settings.mails_per_address = 1);
    let account = AccountId::from(Uuid::from_u128(1));
    let member = UserId::from(Uuid::from_u128(1));
    let cause = EmailCause::Account(account);
    limits.email(&cause, "bob", NOW).unwrap().refund();
    assert!(limits.role_email(account, member, "bob", NOW).is_ok());
    for _ in 0..5 {
        // The one in ten minutes.
        let wait = limits.role_email(account, member, "bob", NOW).unwrap_err();
        assert_eq!(wait, 10 * MINUTE);
    }
    // Still only one of the account's three is used.
    let cause = EmailCause::Account(account);
    for recipient in ["bob"; 5] {
        assert_eq!(limits.email(&cause, recipient, NOW).unwrap_err(), DAY);
    }
}

#[test]
fn emails_about_answers_wait_for_each_other_and_for_nothing_else() {
    let limits = limits(|_| ());
    let account = AccountId::from(Uuid::from_u128(1));
    let inviter = UserId::from(Uuid::from_u128(1));
    for number in 0..5 {
        let cause = EmailCause::Account(AccountId::from(Uuid::from_u128(10 + number)));
        limits.email(&cause, "ada", NOW).unwrap();
    }
    let answer_email = |kind, now| limits.answer_email(kind, account, inviter, "ada", now);
    assert!(answer_email(NotificationKind::Joined, NOW).is_ok());
    assert!(answer_email(NotificationKind::Declined, NOW).is_ok());
    assert_eq!(
        answer_email(NotificationKind::Joined, NOW).unwrap_err(),
        HOUR
    );
    assert!(answer_email(NotificationKind::Joined, NOW.plus(HOUR)).is_ok());
}

#[test]
fn keys_of_every_limit_are_bounded() {
    let limits = limits(|settings| settings.max_keys = 50);
    for number in 0..1_000_u128 {
        let email = format!("p{number}@example.com");
        let ip = IpAddr::from((number << 64).to_be_bytes());
        let client = Client::from(Some(ip));
        let user = UserId::from(Uuid::from_u128(number));
        let account = AccountId::from(Uuid::from_u128(number));
        let device = Some((user, [1; 32]));
        drop(limits.invitations(user, account, NOW, 1, NOW));
        drop(limits.invitations(user, account, NOW.minus(YOUNG), 1, NOW));
        drop(limits.dry_run(user, NOW));
        drop(limits.email(&EmailCause::User(user), &email, NOW));
        let cause = EmailCause::Client(client.to_string());
        for _ in 0..7 {
            drop(limits.confirmation_email(Confirmation::SignUp, &cause, &email, NOW));
        }
        drop(limits.role_email(account, user, &email, NOW));
        drop(limits.answer_email(NotificationKind::Joined, account, user, &email, NOW));
        drop(limits.reset_email(&email, NOW));
        for device in [None, device] {
            let login = email.as_str();
            let attempt = SignInAttempt {
                client,
                login,
                device,
            };
            drop(limits.sign_in(&attempt, NOW));
        }
        let _ = limits.try_record_lock(client, &email, NOW);
        drop(limits.reset(client, NOW));
        drop(limits.email_change(user, NOW));
        drop(limits.registration(client, &email, NOW));
        drop(limits.client_authentication(client, "desk", NOW));
    }
    let keys = limits.keys();
    assert!(keys.len() > 1);
    for (name, keys) in keys {
        assert!((1..=50).contains(&keys), "{name}: {keys}");
    }
}

#[test]
fn an_account_may_invite_more_once_it_is_seven_days_old() {
    let user = UserId::from(Uuid::from_u128(1));
    let account = AccountId::from(Uuid::from_u128(1));
    let invited_at = |age: Duration| {
        let limits = limits(|settings| {
            settings.mails_per_young_account_and_day = 1;
            settings.mails_per_account_and_day = 2;
        });
        let invite = || limits.invitations(user, account, NOW.minus(age), 1, NOW);
        (0..5).filter(|_| invite().is_ok()).count()
    };
    let week = Duration::from_hours(168);
    assert_eq!(invited_at(Duration::ZERO), 1);
    assert_eq!(invited_at(week.saturating_sub(Duration::from_millis(1))), 1);
    assert_eq!(invited_at(week), 2);
}

#[test]
fn links_to_hand_over_count_among_the_invitations_of_their_maker() {
    let limits = limits(|settings| settings.invitations_per_10_minutes = 2);
    let user = UserId::from(Uuid::from_u128(1));
    let account = AccountId::from(Uuid::from_u128(1));
    assert!(limits.invitations(user, account, NOW, 1, NOW).is_ok());
    assert!(limits.invitation_link(user, NOW).is_ok());
    assert!(limits.invitation_link(user, NOW).is_err());
    assert!(limits.invitations(user, account, NOW, 1, NOW).is_err());
}

#[test]
fn a_rejected_sign_in_is_recorded_once_per_client_login_and_hour() {
    let limits = limits(|_| ());
    assert!(limits.try_record_lock(client(1), "ada", NOW));
    assert!(!limits.try_record_lock(client(1), "ada", NOW));
    assert!(limits.try_record_lock(client(2), "ada", NOW));
    assert!(limits.try_record_lock(client(1), "bob", NOW));
    assert!(limits.try_record_lock(client(1), "ada", NOW.plus(HOUR)));
}

#[test]
fn one_switch_turns_all_limits_off() {
    let limits = limits(|settings| {
        settings.enabled = false;
        settings.failed_sign_ins = 0;
        settings.password_resets_per_client = 0;
    });
    assert!(try_sign_in(&limits, 1, "ada").is_ok());
    assert!(limits.reset(client(1), NOW).is_ok());
}
