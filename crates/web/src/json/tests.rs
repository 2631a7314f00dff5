//! Errors of bodies.

use serde::Deserialize;

use super::*;

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
        .map(|error| (error.pointer, error.code))
        .collect()
}

#[test]
fn a_body_of_the_right_shape_has_no_faults() {
    assert_eq!(errors(r#"{"name":"a","tags":["b"],"note":null}"#), []);
}

#[test]
fn all_faults_of_shape_are_found_at_once() {
    let found = errors(r#"{"name":1,"tags":["a",2],"note":[],"flag":"x","other":0}"#);
    let expected = [
        ("/name", "wrong-type"),
        ("/tags/1", "wrong-type"),
        ("/note", "wrong-type"),
        ("/flag", "wrong-type"),
        ("/other", "unknown-field"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (pointer, code) in expected {
        assert!(found.contains(&(pointer.to_owned(), code)), "{pointer}");
    }
}

#[test]
fn content_is_complained_about_unless_its_own_shape_is_wrong() {
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
                .map(|pointer| FieldError::new(pointer, "bad", "Bad."))
                .to_vec(),
        )
    });
    let found: Vec<String> = errors
        .unwrap_err()
        .into_iter()
        .map(|error| error.pointer)
        .collect();
    assert_eq!(
        found,
        ["/tags/1", "/other", "/name", "/tags", "/tags/0", "/tags/10"]
    );
}

#[test]
fn missing_fields_are_named() {
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
fn duplicate_keys_bad_text_and_deep_nesting_are_not_json() {
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
