//! The OpenAPI document: snapshot and completeness.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use crate::support::document::{document, operations, resolve};
use crate::support::{Database, TestApp};

#[test]
fn the_document_is_as_it_was() {
    let text = serde_json::to_string_pretty(&document()).unwrap();
    insta::assert_snapshot!("openapi", text);
}

#[test]
fn the_document_is_openapi_3_1() {
    let version = document()["openapi"].as_str().unwrap().to_owned();
    assert!(version.starts_with("3.1."), "{version}");
}

#[test]
fn every_operation_has_a_unique_id_a_summary_and_a_tag() {
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let name = operation.name();
        let id = operation.value["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} has no operationId"));
        assert!(ids.insert(id.to_owned()), "{id} is taken when {name} comes");
        let summary = operation.value["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{name} has no summary");
        let tags = operation.value["tags"].as_array().unwrap();
        assert_eq!(tags.len(), 1, "{name}");
        assert_ne!(tags[0], "", "{name}");
    }
}

/// Otherwise the document allows paths that are too long for a request line.
#[test]
fn every_parameter_of_a_path_has_a_pattern() {
    for operation in operations() {
        let parameters = operation.value["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let fits = parameter["in"] != "path" || parameter["schema"]["pattern"].is_string();
            assert!(fits, "{} {parameter}", operation.name());
        }
    }
}

#[test]
fn every_operation_lists_its_parameters_and_responses() {
    for operation in operations() {
        let name = operation.name();
        let in_path = operation.path.matches('{').count();
        assert_eq!(operation.parameters("path").len(), in_path, "{name}");
        for parameter in operation.value["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let required = parameter["required"].as_bool().unwrap_or(false);
            assert_eq!(required, parameter["in"] == "path", "{name} {parameter}");
        }
        let responses = operation.value["responses"].as_object().unwrap();
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        assert!(
            responses["default"]["content"]["application/problem+json"].is_object(),
            "{name}"
        );
    }
}

#[test]
fn every_reference_resolves() {
    fn walk(document: &Value, value: &Value, count: &mut usize) {
        match value {
            Value::Object(map) => {
                if map.get("$ref").is_some_and(Value::is_string) {
                    resolve(document, value);
                    *count += 1;
                }
                map.values().for_each(|value| walk(document, value, count));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(document, value, count)),
            _ => {}
        }
    }
    let document = document();
    let mut count = 0;
    walk(&document, &document, &mut count);
    assert!(count > 40, "{count}");
}

#[tokio::test]
async fn the_served_document_differs_only_in_the_cookie_name() {
    let test_app = TestApp::new(Database::sqlite()).await;
    let response = test_app
        .anonymous()
        .raw(Method::GET, "/api/v1/openapi.json", None, Vec::new())
        .await;
    let response = response.expect(200);
    assert_eq!(response.headers["content-type"], "application/json");
    let mut expected = document();
    let name = &mut expected["components"]["securitySchemes"]["session"]["name"];
    assert_eq!(*name, "__Host-convoke");
    // The test app uses http.
    *name = "convoke".into();
    assert_eq!(response.json(), expected);
}

#[test]
fn request_bodies_allow_no_additional_fields_and_declare_whether_they_are_required() {
    let document = document();
    let mut count = 0;
    for operation in operations() {
        let body = &operation.value["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        if !schema.is_object() {
            continue;
        }
        count += 1;
        let schema = resolve(&document, schema);
        assert_eq!(
            schema["additionalProperties"],
            false,
            "{}",
            operation.name()
        );
        let needs_fields = schema["required"]
            .as_array()
            .is_some_and(|fields| !fields.is_empty());
        assert_eq!(body["required"], needs_fields, "{}", operation.name());
    }
    assert!(count > 12, "{count}");
}

#[test]
fn every_parameter_is_bounded() {
    for operation in operations() {
        for parameter in operation.value["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let schema = &parameter["schema"];
            let schema = if schema["type"] == "array" {
                &schema["items"]
            } else {
                schema
            };
            let is_bounded = ["maxLength", "pattern", "enum", "maximum", "format"]
                .iter()
                .any(|bound| !schema[bound].is_null());
            assert!(
                is_bounded || schema["type"] == "boolean",
                "{} {parameter}",
                operation.name()
            );
        }
    }
}
