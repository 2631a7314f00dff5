//! Tests of body validation.

use serde::Deserialize;

use super::*;
use crate::problem::field_error::code;

#[derive(Debug, Default, Deserialize, PartialEq, utoipa::ToSchema)]
#[serde(default)]
struct Sample {
    #[schema(required)]
    name: String,
    #[schema(required)]
    tags: Vec<String>,
    note: Option<String>,
    flag: Option<bool>,
}

fn errors(text: &str) -> Vec<(String, &'static str)> {
    let body: JsonBody<Sample> = read(text.as_bytes(), Bytes::new()).unwrap();
    body.errors
        .into_iter()
        .map(|error| (error.pointer, code(&error.kind)))
        .collect()
}

#[test]
fn valid_body_has_no_errors() {
    assert_eq!(errors(r#"{"name":"a","tags":["b"],"note":null}"#), []);
}

#[test]
fn reports_all_schema_errors_at_once() {
    let reported = errors(r#"{"name":1,"tags":["a",2],"note":[],"flag":"x","other":0}"#);
    let expected = [
        ("/name", "wrong-type"),
        ("/tags/1", "wrong-type"),
        ("/note", "wrong-type"),
        ("/flag", "wrong-type"),
        ("/other", "unknown-field"),
    ];
    assert_eq!(reported.len(), expected.len(), "{reported:?}");
    for (pointer, code) in expected {
        assert!(reported.contains(&(pointer.to_owned(), code)), "{pointer}");
    }
}

#[test]
fn leaves_out_content_errors_of_fields_with_schema_errors() {
    let text = r#"{"name":"a","tags":["b",1],"other":0}"#;
    let body: JsonBody<Sample> = read(text.as_bytes(), Bytes::new()).unwrap();
    let content = [
        "/name",
        "/tags",
        "/tags/0",
        "/tags/1",
        "/tags/1/x",
        "/tags/10",
    ];
    let errors = body.check(|_| {
        Err::<(), _>(
            content
                .map(|pointer| FieldError::new(pointer, FieldErrorKind::NoRoles))
                .to_vec(),
        )
    });
    let reported: Vec<String> = errors
        .unwrap_err()
        .into_iter()
        .map(|error| error.pointer)
        .collect();
    assert_eq!(
        reported,
        ["/tags/1", "/other", "/name", "/tags", "/tags/0", "/tags/10"]
    );
}

#[test]
fn reports_missing_fields() {
    assert_eq!(
        errors("{}"),
        [
            ("/name".to_owned(), "required"),
            ("/tags".to_owned(), "required")
        ]
    );
    assert_eq!(errors("[]"), [(String::new(), "wrong-type")]);
}

#[test]
fn rejects_duplicate_keys_invalid_utf8_and_deep_nesting() {
    let deep = "[".repeat(100_000);
    for text in [
        r#"{"name":"a","name":"b"}"#.as_bytes(),
        br#"{"name":"a"}}"#,
        b"{",
        b"\xff",
        b"{\"name\":\"\xff\"}",
        br#"{"name":"\ud800"}"#,
        deep.as_bytes(),
    ] {
        let read: Result<JsonBody<Sample>, _> = read(text, Bytes::new());
        assert_eq!(read.unwrap_err().code.word, "malformed-json");
    }
}
