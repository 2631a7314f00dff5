//! Validation of bodies against the schema of the OpenAPI document.

use convoke_domain::FieldErrorKind;
use convoke_domain::JsonType;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayItems, Object, Schema, SchemaType, Type};

use convoke_domain::FieldError;

/// Collects errors of `value` against `schema` and removes invalid parts; returns whether `value` itself is valid.
pub(super) fn validate_against_schema(
    value: &mut Value,
    schema: &Schema,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) -> bool {
    let (expected, fits) = match schema {
        Schema::Object(object) => json_type(&object.schema_type, value),
        Schema::Array(array) => json_type(&array.schema_type, value),
        _ => return true,
    };
    if !fits {
        errors.push(FieldError::new(
            pointer,
            FieldErrorKind::WrongType(expected),
        ));
        return false;
    }
    match (schema, value) {
        (Schema::Object(object), Value::Object(map)) => {
            validate_object(map, object, pointer, errors);
        }
        (Schema::Array(array), Value::Array(items)) => {
            if let ArrayItems::RefOrSchema(item_schema) = &array.items
                && let RefOr::T(item_schema) = item_schema.as_ref()
            {
                // Invalid items are replaced, not removed, so that indices of later errors stay right.
                let blank = blank(item_schema);
                for (index, item) in items.iter_mut().enumerate() {
                    if !validate_against_schema(
                        item,
                        item_schema,
                        &format!("{pointer}/{index}"),
                        errors,
                    ) {
                        *item = blank.clone();
                    }
                }
            }
        }
        _ => {}
    }
    true
}

/// The value in place of an invalid item: one of the type that the schema names first.
fn blank(schema: &Schema) -> Value {
    match schema {
        Schema::Object(Object {
            schema_type: SchemaType::Type(Type::Object),
            ..
        }) => Value::Object(Map::new()),
        Schema::Array(_) => Value::Array(Vec::new()),
        _ => Value::String(String::new()),
    }
}

fn validate_object(
    map: &mut Map<String, Value>,
    object: &Object,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) {
    map.retain(|name, value| {
        let field_pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match object.properties.get(name) {
            Some(RefOr::T(schema)) => {
                validate_against_schema(value, schema, &field_pointer, errors)
            }
            Some(RefOr::Ref(_)) => true,
            None => {
                let field: String = name.chars().take(64).collect();
                let field_pointer: String = field_pointer.chars().take(256).collect();
                let kind = FieldErrorKind::UnknownField(field);
                errors.push(FieldError::new(field_pointer, kind));
                false
            }
        }
    });
    for name in &object.required {
        let field_pointer = format!("{pointer}/{name}");
        let missing = !map.contains_key(name);
        if missing && !errors.iter().any(|error| error.pointer == field_pointer) {
            let kind = FieldErrorKind::MissingField(name.clone());
            errors.push(FieldError::new(field_pointer, kind));
        }
    }
}

fn json_type(expected: &SchemaType, value: &Value) -> (JsonType, bool) {
    let matches_type = |kind: &Type| -> (JsonType, bool) {
        match kind {
            Type::Object => (JsonType::Object, value.is_object()),
            Type::String => (JsonType::String, value.is_string()),
            Type::Boolean => (JsonType::Boolean, value.is_boolean()),
            Type::Array => (JsonType::Array, value.is_array()),
            Type::Integer => (JsonType::Integer, value.is_i64()),
            Type::Number => (JsonType::Number, value.is_number()),
            Type::Null => (JsonType::Null, value.is_null()),
        }
    };
    match expected {
        SchemaType::Type(kind) => matches_type(kind),
        SchemaType::Array(kinds) => {
            let known: Vec<(JsonType, bool)> = kinds.iter().map(matches_type).collect();
            let name = known.first().map_or(JsonType::Any, |(name, _)| *name);
            (name, known.iter().any(|(_, fits)| *fits))
        }
        SchemaType::AnyValue => (JsonType::Any, true),
    }
}
