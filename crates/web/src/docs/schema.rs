//! Schemas as text.

use serde_json::Value;

/// The type of a value as text, and the object behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// Such as "a list of".
    pub lead: &'static str,
    /// The object's name, or the plain type.
    pub name: String,
    /// Where the object is described.
    pub anchor: Option<String>,
    /// Whether it may be null.
    pub nullable: bool,
}

/// A field of an object.
pub(super) struct FieldRow {
    pub name: String,
    pub kind: Kind,
    pub required: bool,
    pub description: String,
}

const REF: &str = "#/components/schemas/";

/// The displayed name of an object, without the suffix `View`.
pub(super) fn display_name(name: &str) -> String {
    name.strip_suffix("View").unwrap_or(name).to_owned()
}

/// Where an object is described on the page.
pub(super) fn anchor(name: &str) -> String {
    format!("object-{}", super::anchor(name))
}

impl Kind {
    /// A schema as text.
    pub(super) fn of(schema: Option<&Value>) -> Self {
        let Some(schema) = schema else {
            return Self::default();
        };
        if let Some(name) = reference(schema) {
            return Self::object(name);
        }
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            let object = choices.iter().find_map(reference);
            return Self {
                nullable: choices
                    .iter()
                    .any(|choice| super::text(choice, "/type") == "null"),
                ..object.map(Self::object).unwrap_or_default()
            };
        }
        let (plain, nullable) = plain_type(schema);
        if plain == "array" {
            let item = Self::of(schema.get("items"));
            return Self {
                lead: "list of ",
                nullable,
                ..item
            };
        }
        Self {
            name: type_name(plain, schema).to_owned(),
            nullable,
            ..Self::default()
        }
    }

    fn object(name: &str) -> Self {
        // A page of a list is described once, among the conventions.
        match name.strip_prefix("List_") {
            Some(item) => Self {
                lead: "page of ",
                ..Self::object(item)
            },
            None => Self {
                name: display_name(name),
                anchor: Some(anchor(name)),
                ..Self::default()
            },
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(REF)
}

fn plain_type(schema: &Value) -> (&str, bool) {
    match schema.get("type") {
        Some(Value::String(plain)) => (plain, false),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            let plain = kinds.iter().find(|kind| **kind != "null");
            (plain.copied().unwrap_or_default(), kinds.contains(&"null"))
        }
        _ => ("", false),
    }
}

fn type_name<'a>(plain: &'a str, schema: &Value) -> &'a str {
    match (plain, super::text(schema, "/format").as_str()) {
        ("string", "date-time") => "time",
        ("string", _) if schema.get("properties").is_some() => "text or object",
        ("string", _) => "text",
        ("integer", _) => "whole number",
        ("boolean", _) => "true or false",
        ("", _) => "any JSON",
        (other, _) => other,
    }
}

/// The fields of an object, inline ones named with a dot.
pub(super) fn fields(document: &Value, schema: &Value) -> Vec<FieldRow> {
    let object = match reference(schema) {
        Some(name) => document.pointer(&format!("/components/schemas/{name}")),
        None => Some(schema),
    };
    let Some(object) = object else {
        return Vec::new();
    };
    let required: Vec<&str> = super::items(object, "/required")
        .filter_map(Value::as_str)
        .collect();
    let mut rows = Vec::new();
    for (name, field) in super::members(object, "/properties") {
        rows.push(FieldRow {
            name: name.clone(),
            kind: Kind::of(Some(field)),
            required: required.contains(&name.as_str()),
            description: super::text(field, "/description"),
        });
        for inner in fields(document, &Value::Object(inline(field))) {
            rows.push(FieldRow {
                name: format!("{name}.{}", inner.name),
                ..inner
            });
        }
    }
    rows
}

/// An inline object, or the one that a list has inline.
fn inline(field: &Value) -> serde_json::Map<String, Value> {
    let field = field.get("items").unwrap_or(field);
    let whole = field
        .as_object()
        .filter(|_| field.get("properties").is_some());
    whole.cloned().unwrap_or_default()
}

/// Whether responses refer to an object, at any depth.
pub(super) fn is_shown(document: &Value, name: &str) -> bool {
    if name.starts_with("List_") {
        return false;
    }
    // Items of lists are inline, so no reference names them.
    if super::members(document, "/components/schemas")
        .any(|(list, _)| list.strip_prefix("List_") == Some(name))
    {
        return true;
    }
    let wanted = format!("{REF}{name}");
    let in_responses = super::members(document, "/paths").any(|(_, methods)| {
        super::members(methods, "").any(|(_, operation)| {
            operation
                .get("responses")
                .is_some_and(|responses| mentions(responses, &wanted))
        })
    });
    in_responses || {
        let mut schemas = super::members(document, "/components/schemas");
        schemas.any(|(other, schema)| other != name && mentions(schema, &wanted))
    }
}

fn mentions(value: &Value, reference: &str) -> bool {
    match value {
        Value::String(text) => text == reference,
        Value::Array(items) => items.iter().any(|item| mentions(item, reference)),
        Value::Object(map) => map.values().any(|item| mentions(item, reference)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn display(schema: &Value) -> String {
        let kind = Kind::of(Some(schema));
        let or_null = if kind.nullable { " or null" } else { "" };
        format!("{}{}{or_null}", kind.lead, kind.name)
    }

    #[test]
    fn displays_schemas_as_text() {
        assert_eq!(
            display(&json!({"type": ["string", "null"]})),
            "text or null"
        );
        assert_eq!(
            display(&json!({"type": "string", "format": "date-time"})),
            "time"
        );
        assert_eq!(
            display(&json!({"type": "array", "items": {"type": "string"}})),
            "list of text"
        );
        assert_eq!(
            display(&json!({"$ref": "#/components/schemas/List_AccountView"})),
            "page of Account"
        );
        let named =
            json!({"type": ["string", "object"], "properties": {"email": {"type": "string"}}});
        assert_eq!(
            display(&json!({"type": "array", "items": named})),
            "list of text or object"
        );
        let choice =
            json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/UsageView"}]});
        assert_eq!(display(&choice), "Usage or null");
    }

    #[test]
    fn names_fields_of_inline_objects_with_a_dot() {
        let schema = json!({"type": "object", "required": ["a"], "properties":
            {"a": {"type": "object", "properties": {"b": {"type": "boolean"}}}}});
        let rows = fields(&Value::Null, &schema);
        let names: Vec<(&str, bool)> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.required))
            .collect();
        assert_eq!(names, [("a", true), ("a.b", false)]);
        let items = json!({"type": "object", "properties": {"c": {"type": "array", "items":
            {"type": "object", "properties": {"d": {"type": "string"}}}}}});
        let rows = fields(&Value::Null, &items);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["c", "c.d"]);
    }
}
