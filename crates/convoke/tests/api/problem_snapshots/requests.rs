//! Problems of requests and sessions, word for word.

use super::problems;

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a list of documents")]
async fn problems_of_requests_are_as_they_were() {
    let problems = problems().await;
    insta::assert_json_snapshot!(problems["body-too-large"], @r#"
    {
      "type": "http://localhost:8080/problems/body-too-large",
      "title": "The body is too large",
      "status": 413,
      "detail": "The body is larger than 256 KiB. Send less at once.",
      "code": "body-too-large",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["cross-site-request"], @r#"
    {
      "type": "http://localhost:8080/problems/cross-site-request",
      "title": "The request comes from another site",
      "status": 403,
      "detail": "A page of another site sent this request, so it was not carried out. Repeat it from our own pages, at http://localhost:8080.",
      "code": "cross-site-request",
      "request_id": "…",
      "public_url": "http://localhost:8080"
    }
    "#);
    insta::assert_json_snapshot!(problems["idempotency-key-in-use"], @r#"
    {
      "type": "http://localhost:8080/problems/idempotency-key-in-use",
      "title": "A request with this key is still running",
      "status": 409,
      "detail": "A request with this Idempotency-Key is still running. Wait for its answer and repeat the request.",
      "code": "idempotency-key-in-use",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["idempotency-key-reused"], @r#"
    {
      "type": "http://localhost:8080/problems/idempotency-key-reused",
      "title": "The key came with another request before",
      "status": 422,
      "detail": "This Idempotency-Key came with another request within 24 hours. Use a new key.",
      "code": "idempotency-key-reused",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["invalid-credentials"], @r#"
    {
      "type": "http://localhost:8080/problems/invalid-credentials",
      "title": "The email or password is not right",
      "status": 401,
      "detail": "The email or password is not right. Try again, or reset your password.",
      "code": "invalid-credentials",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["link-no-longer-valid"], @r#"
    {
      "type": "http://localhost:8080/problems/link-no-longer-valid",
      "title": "This link no longer works",
      "status": 410,
      "detail": "This link was used, is too old, or was replaced by a newer one. Ask for another.",
      "code": "link-no-longer-valid",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["malformed-json"], @r#"
    {
      "type": "http://localhost:8080/problems/malformed-json",
      "title": "The body is not JSON",
      "status": 400,
      "detail": "The body cannot be read as JSON: EOF while parsing an object at line 1 column 1. Correct it and send it again.",
      "code": "malformed-json",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["method-not-allowed"], @r#"
    {
      "type": "http://localhost:8080/problems/method-not-allowed",
      "title": "This cannot be done here",
      "status": 405,
      "detail": "PUT does nothing here. The Allow header lists what does.",
      "code": "method-not-allowed",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["misdirected-request"], @r#"
    {
      "type": "http://localhost:8080/problems/misdirected-request",
      "title": "This address is not ours",
      "status": 421,
      "detail": "This installation is not reached under this name. Use http://localhost:8080 instead.",
      "code": "misdirected-request",
      "request_id": "…",
      "public_url": "http://localhost:8080"
    }
    "#);
    insta::assert_json_snapshot!(problems["rate-limited"], @r#"
    {
      "type": "http://localhost:8080/problems/rate-limited",
      "title": "Too many requests",
      "status": 429,
      "detail": "That was too much at once. Try again in 1200 seconds.",
      "code": "rate-limited",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["sign-in-required"], @r#"
    {
      "type": "http://localhost:8080/problems/sign-in-required",
      "title": "Sign in first",
      "status": 401,
      "detail": "You are not signed in, or the session has ended. Sign in and try again.",
      "code": "sign-in-required",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["unsupported-media-type"], @r#"
    {
      "type": "http://localhost:8080/problems/unsupported-media-type",
      "title": "The body is of another type",
      "status": 415,
      "detail": "The body must be JSON. Send Content-Type: application/json.",
      "code": "unsupported-media-type",
      "request_id": "…"
    }
    "#);
    insta::assert_json_snapshot!(problems["validation-failed"], @r#"
    {
      "type": "http://localhost:8080/problems/validation-failed",
      "title": "The request has errors",
      "status": 422,
      "detail": "The request has 2 errors; errors lists them.",
      "code": "validation-failed",
      "request_id": "…",
      "errors": [
        {
          "pointer": "/login",
          "code": "required",
          "detail": "login is missing. Add it."
        },
        {
          "pointer": "/password",
          "code": "required",
          "detail": "password is missing. Add it."
        }
      ]
    }
    "#);
}
