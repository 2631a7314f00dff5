//! Snapshots of the problems that an API test with default settings and a working database cannot cause. The
//! others are in `crates/convoke/tests/api/problem_snapshots/`.

use serde_json::Value;

use super::Problem;
use convoke_domain::{DatabaseError, Error};

fn document(error: Error) -> Value {
    Problem::from(error).to_json("https://convoke.example", "r1")
}

#[test]
fn problems_of_settings_and_outages_are_as_they_were() {
    insta::assert_json_snapshot!(document(Error::Database(DatabaseError::Corrupt("x".to_owned()))), @r#"
    {
      "type": "https://convoke.example/problems/internal-error",
      "title": "Something broke on our side",
      "status": 500,
      "detail": "Something broke on our side and nothing was changed. Try again, and tell us the request id if it stays.",
      "code": "internal-error",
      "request_id": "r1"
    }
    "#);
    insta::assert_json_snapshot!(document(Error::Database(DatabaseError::Unavailable("x".to_owned()))), @r#"
    {
      "type": "https://convoke.example/problems/unavailable",
      "title": "The service is temporarily unavailable",
      "status": 503,
      "detail": "The database is unavailable or busy, and nothing was acknowledged. Try again in a moment.",
      "code": "unavailable",
      "request_id": "r1"
    }
    "#);
    insta::assert_json_snapshot!(document(Error::LastSignInMethod), @r#"
    {
      "type": "https://convoke.example/problems/last-sign-in-method",
      "title": "This is the last way to sign in",
      "status": 409,
      "detail": "You could not sign in any more without it. Set a password or connect another service first.",
      "code": "last-sign-in-method",
      "request_id": "r1"
    }
    "#);
    insta::assert_json_snapshot!(document(Error::ReauthenticationRequired), @r#"
    {
      "type": "https://convoke.example/problems/fresh-sign-in-required",
      "title": "Sign in again first",
      "status": 403,
      "detail": "This asks for a sign-in within the last 10 minutes. Sign in again and repeat it.",
      "code": "fresh-sign-in-required",
      "request_id": "r1"
    }
    "#);
    insta::assert_json_snapshot!(document(Error::PasswordSignInDisabled), @r#"
    {
      "type": "https://convoke.example/problems/password-sign-in-off",
      "title": "Passwords are not used here",
      "status": 403,
      "detail": "Nobody signs in by password here. Sign in through one of the services that GET /api/v1/providers lists.",
      "code": "password-sign-in-off",
      "request_id": "r1"
    }
    "#);
    insta::assert_json_snapshot!(document(Error::SignUpClosed { by_invitation: false }), @r#"
    {
      "type": "https://convoke.example/problems/sign-up-closed",
      "title": "New users are not taken here",
      "status": 403,
      "detail": "No new users are taken here. Ask the system administrator to create one for you.",
      "code": "sign-up-closed",
      "request_id": "r1"
    }
    "#);
}
