//! Problems of invitations, word for word.

use super::problems;

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a list of documents")]
async fn problems_of_invitations_are_as_they_were() {
    let problems = problems().await;
    insta::assert_json_snapshot!(problems["additional-actions-required"], @r#"
    {
      "type": "http://localhost:8080/problems/additional-actions-required",
      "title": "Additional actions are required",
      "status": 403,
      "detail": "The invitation was sent to bo••••@example.com. Additional actions are required before you can accept it.",
      "code": "additional-actions-required",
      "request_id": "…",
      "reason": "email_mismatch",
      "remedies": [
        "Sign out and come back with bo••••@example.com.",
        "Register with bo••••@example.com and a password.",
        "Ask the inviter for an invitation to ada@example.com, the address you use."
      ],
      "invited_email": "bo••••@example.com",
      "provider": null
    }
    "#);
    insta::assert_json_snapshot!(problems["already-invited"], @r#"
    {
      "type": "http://localhost:8080/problems/already-invited",
      "title": "This address is invited already",
      "status": 409,
      "detail": "This address has another pending invitation to the account. Revoke one of them, or give this one another address.",
      "code": "already-invited",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["already-member"], @r#"
    {
      "type": "http://localhost:8080/problems/already-member",
      "title": "This address belongs to a user here",
      "status": 409,
      "detail": "This address belongs to a user here of the account. Revoke the invitation, or give it another address.",
      "code": "already-member",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["invitation-already-accepted"], @r#"
    {
      "type": "http://localhost:8080/problems/invitation-already-accepted",
      "title": "The invitation was accepted already",
      "status": 409,
      "detail": "You accepted this invitation at 2026-11-22T14:05:00.003Z. Go to the account.",
      "code": "invitation-already-accepted",
      "request_id": "…",
      "ended_at": "2026-11-22T14:05:00.003Z"
    }
    "#);
    insta::assert_json_snapshot!(problems["invitation-declined"], @r#"
    {
      "type": "http://localhost:8080/problems/invitation-declined",
      "title": "The invitation was declined",
      "status": 409,
      "detail": "This invitation was declined at 2026-11-22T14:05:00.003Z. A new one must be sent.",
      "code": "invitation-declined",
      "request_id": "…",
      "ended_at": "2026-11-22T14:05:00.003Z"
    }
    "#);
    insta::assert_json_snapshot!(problems["invitation-expired"], @r#"
    {
      "type": "http://localhost:8080/problems/invitation-expired",
      "title": "The invitation has expired",
      "status": 410,
      "detail": "This invitation expired at 2026-11-29T14:05:00.003Z. A new one must be sent.",
      "code": "invitation-expired",
      "request_id": "…",
      "expired_at": "2026-11-29T14:05:00.003Z",
      "ended_at": "2026-11-29T14:05:00.003Z"
    }
    "#);
    insta::assert_json_snapshot!(problems["invitation-revoked"], @r#"
    {
      "type": "http://localhost:8080/problems/invitation-revoked",
      "title": "The invitation was withdrawn",
      "status": 409,
      "detail": "This invitation was withdrawn at 2026-11-22T14:05:00.003Z. A new one must be sent.",
      "code": "invitation-revoked",
      "request_id": "…",
      "ended_at": "2026-11-22T14:05:00.003Z"
    }
    "#);
    insta::assert_json_snapshot!(problems["registered-users-only"], @r#"
    {
      "type": "http://localhost:8080/problems/registered-users-only",
      "title": "Only registered users can be invited",
      "status": 409,
      "detail": "Only registered users can be invited to this account; these are not: eve@example.com. Nobody was invited.",
      "code": "registered-users-only",
      "request_id": "…",
      "emails": [
        "eve@example.com"
      ],
      "remedies": [
        "Ask them to register, then invite again.",
        "Ask the owner to allow new users in the account's settings."
      ]
    }
    "#);
    insta::assert_json_snapshot!(problems["role-not-grantable"], @r#"
    {
      "type": "http://localhost:8080/problems/role-not-grantable",
      "title": "You may not grant these roles",
      "status": 403,
      "detail": "Only the owner grants these roles. Leave them out, or ask the owner.",
      "code": "role-not-grantable",
      "request_id": "…",
      "roles": [
        "VAULT_KEEPER"
      ]
    }
    "#);
    insta::assert_json_snapshot!(problems["user-limit-exceeded"], @r#"
    {
      "type": "http://localhost:8080/problems/user-limit-exceeded",
      "title": "Too few seats are left",
      "status": 409,
      "detail": "2 seats are left and you are inviting 3. Nobody was invited.",
      "code": "user-limit-exceeded",
      "request_id": "…",
      "limit": 5,
      "members": 2,
      "pending_invitations": 1,
      "available": 2,
      "requested": 3,
      "remedies": [
        "Revoke sent invitations that are no longer needed.",
        "Remove inactive users."
      ]
    }
    "#);
}
