//! The OpenAPI document, walked by tests so that a new route is covered by itself.

use axum::http::Method;
use serde_json::{Map, Value};

/// One operation of the API.
pub struct Operation {
    pub method: Method,
    /// Below `/api/v1`, with its parameters in braces.
    pub path: String,
    /// Its description.
    pub value: Value,
}

/// The document as JSON.
pub fn document() -> Value {
    serde_json::to_value(convoke_api::openapi::document()).unwrap()
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, value) in item.as_object().unwrap() {
            if let Ok(method) = method.to_ascii_uppercase().parse::<Method>()
                && ["GET", "PUT", "POST", "PATCH", "DELETE"].contains(&method.as_str())
            {
                let path = path.strip_prefix("/api/v1").unwrap().to_owned();
                let value = value.clone();
                operations.push(Operation {
                    method,
                    path,
                    value,
                });
            }
        }
    }
    assert!(
        operations.len() > 35,
        "the document lists {} operations",
        operations.len()
    );
    operations
}

impl Operation {
    /// Such as `GET /me`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Names of parameters in `path`, `query` or `header`.
    pub fn parameters(&self, place: &str) -> Vec<String> {
        let all = self.value["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let here = all.iter().filter(|parameter| parameter["in"] == place);
        here.map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The path with its parameters put in.
    pub fn path_with(&self, value: impl Fn(&str) -> String) -> String {
        let mut path = self.path.clone();
        for name in self.parameters("path") {
            path = path.replace(&format!("{{{name}}}"), &value(&name));
        }
        assert!(
            !path.contains('{'),
            "{path} has a parameter that the document does not list"
        );
        path
    }

    /// Whether it reads a JSON body: what changes something and is not described as taking another kind.
    pub fn takes_json(&self) -> bool {
        let writes = [Method::POST, Method::PATCH, Method::PUT].contains(&self.method);
        let content = &self.value["requestBody"]["content"];
        writes && (content.is_null() || content.get("application/json").is_some())
    }

    /// The fields of its JSON body with their schemas, references resolved.
    pub fn fields(&self, document: &Value) -> Map<String, Value> {
        let schema = &self.value["requestBody"]["content"]["application/json"]["schema"];
        resolve(document, schema)["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    }
}

/// What a schema or a reference to one stands for.
pub fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let schema = document.pointer(reference.trim_start_matches('#'));
            schema.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => schema,
    }
}
