use convoke_core::language::Locale;
use uuid::Uuid;

use super::*;

fn invitation(status: InvitationStatus, expires_at: Timestamp) -> Invitation {
    let id = Uuid::nil();
    let start = Timestamp::from_millis(0);
    Invitation {
        id: id.into(),
        account: id.into(),
        account_name: String::new(),
        email: String::new(),
        email_canonical: String::new(),
        name: None,
        product: String::new(),
        roles: Vec::new(),
        locale: Locale::default(),
        status,
        invited_by: id.into(),
        inviter_name: String::new(),
        inviter_email: None,
        inviter_time_zone: String::new(),
        sponsor: id.into(),
        created_at: start,
        sent_at: None,
        expires_at,
        ended_at: None,
        accepted_by: None,
        delivery: DeliveryStatus::Queued,
        delivery_reason: None,
        delivery_detail: None,
        address_version: 0,
        requested_email: None,
        next_attempt_at: None,
    }
}

#[test]
fn an_invitation_that_expires_after_it_was_read_is_rejected_as_expired() {
    let end = Timestamp::from_millis(1000);
    let check = |status, millis| {
        let now = Timestamp::from_millis(millis);
        invitation(status, end).ensure_not_expired(now)
    };
    assert!(check(InvitationStatus::Pending, 999).is_ok());
    for (status, millis) in [
        (InvitationStatus::Pending, 1000),
        (InvitationStatus::Expired, 999),
    ] {
        match check(status, millis) {
            Err(Error::InvitationEnded(ended)) => {
                assert_eq!((ended.status, ended.at), (InvitationStatus::Expired, end));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(check(InvitationStatus::Accepted, 1000).is_ok());
}

#[test]
fn an_invitation_expires_the_moment_its_end_is_reached() {
    let end = Timestamp::from_millis(1000);
    let at = |millis| {
        status_at(
            InvitationStatus::Pending,
            end,
            Timestamp::from_millis(millis),
        )
    };
    assert_eq!(at(999), InvitationStatus::Pending);
    assert_eq!(at(1000), InvitationStatus::Expired);
    assert_eq!(
        status_at(
            InvitationStatus::Accepted,
            end,
            Timestamp::from_millis(2000)
        ),
        InvitationStatus::Accepted
    );
}

#[test]
fn states_read_back_as_they_are_written() {
    for status in InvitationStatus::ALL {
        assert_eq!(InvitationStatus::parse(status.as_str()), Some(*status));
    }
    assert_eq!(InvitationStatus::parse("Pending"), None);
}
