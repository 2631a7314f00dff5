//! Problems of accounts and members, word for word.

use super::problems;

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a list of documents")]
async fn problems_of_accounts_are_as_they_were() {
    let problems = problems().await;
    insta::assert_json_snapshot!(problems["account-limit-exceeded"], @r#"
    {
      "type": "http://localhost:8080/problems/account-limit-exceeded",
      "title": "No more accounts can be created",
      "status": 409,
      "detail": "You own 2 accounts, as many as one may. Transfer one to somebody else first.",
      "code": "account-limit-exceeded",
      "request_id": "…",
      "limit": 2
    }
    "#);
    insta::assert_json_snapshot!(problems["cannot-edit-own-roles"], @r#"
    {
      "type": "http://localhost:8080/problems/cannot-edit-own-roles",
      "title": "Nobody edits their own roles",
      "status": 403,
      "detail": "You cannot edit your own roles. Ask the owner or another user administrator.",
      "code": "cannot-edit-own-roles",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["cannot-remove-self"], @r#"
    {
      "type": "http://localhost:8080/problems/cannot-remove-self",
      "title": "Nobody removes themselves",
      "status": 409,
      "detail": "You cannot remove yourself. Leave the account instead.",
      "code": "cannot-remove-self",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["changed-meanwhile"], @r#"
    {
      "type": "http://localhost:8080/problems/changed-meanwhile",
      "title": "Somebody else changed this meanwhile",
      "status": 412,
      "detail": "Somebody else changed this meanwhile. Load it again and repeat your change.",
      "code": "changed-meanwhile",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["default-account"], @r#"
    {
      "type": "http://localhost:8080/problems/default-account",
      "title": "A user's own account cannot change hands",
      "status": 409,
      "detail": "This account came with its user and stays theirs. Create another account and transfer that one.",
      "code": "default-account",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["not-found"], @r#"
    {
      "type": "http://localhost:8080/problems/not-found",
      "title": "Not found",
      "status": 404,
      "detail": "There is nothing here, or nothing that you may know of. Check the address.",
      "code": "not-found",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["owner-cannot-leave"], @r#"
    {
      "type": "http://localhost:8080/problems/owner-cannot-leave",
      "title": "The owner cannot leave",
      "status": 409,
      "detail": "The owner cannot leave. Transfer the ownership to another member first.",
      "code": "owner-cannot-leave",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["owner-is-protected"], @r#"
    {
      "type": "http://localhost:8080/problems/owner-is-protected",
      "title": "The owner cannot be edited or removed by others",
      "status": 403,
      "detail": "The owner holds every permission and cannot be edited or removed by anyone else.",
      "code": "owner-is-protected",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["permission-denied"], @r#"
    {
      "type": "http://localhost:8080/problems/permission-denied",
      "title": "You may not do this",
      "status": 403,
      "detail": "Only the owner of this account may do this. Ask them.",
      "code": "permission-denied",
      "request_id": "…",
      "permission": "owner"
    }
    "#);
    insta::assert_json_snapshot!(problems["wrong-password"], @r#"
    {
      "type": "http://localhost:8080/problems/wrong-password",
      "title": "The password is not right",
      "status": 403,
      "detail": "The password is not right. Type it again.",
      "code": "wrong-password",
      "request_id": "…"
    }
    "#);
}
