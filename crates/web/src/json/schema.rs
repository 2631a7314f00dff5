//! Validation of bodies against the schema of the OpenAPI document.

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
        let detail = format!("This must be {expected}.");
        errors.push(FieldError::new(pointer, "wrong-type", detail));
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
                for (index, item) in items.iter_mut().enumerate() {
                    if !validate_against_schema(
                        item,
                        item_schema,
                        &format!("{pointer}/{index}"),
                        errors,
                    ) {
                        *item = Value::String(String::new());
                    }
                }
            }
        }
        _ => {}
    }
    true
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
                let detail = format!("There is no field {field} here. Remove it.");
                let field_pointer: String = field_pointer.chars().take(256).collect();
                errors.push(FieldError::new(field_pointer, "unknown-field", detail));
                false
            }
        }
    });
    for name in &object.required {
        let field_pointer = format!("{pointer}/{name}");
        let missing = !map.contains_key(name);
        if missing && !errors.iter().any(|error| error.pointer == field_pointer) {
            errors.push(FieldError::new(
                field_pointer,
                "required",
                format!("{name} is missing. Add it."),
            ));
        }
    }
}

fn json_type(expected: &SchemaType, value: &Value) -> (&'static str, bool) {
    let matches_type = |kind: &Type| -> (&'static str, bool) {
        match kind {
            Type::Object => ("an object", value.is_object()),
            Type::String => ("text", value.is_string()),
            Type::Boolean => ("true or false", value.is_boolean()),
            Type::Array => ("a list", value.is_array()),
            Type::Integer => ("a whole number", value.is_i64()),
            Type::Number => ("a number", value.is_number()),
            Type::Null => ("null", value.is_null()),
        }
    };
    match expected {
        SchemaType::Type(kind) => matches_type(kind),
        SchemaType::Array(kinds) => {
            let known: Vec<(&'static str, bool)> = kinds.iter().map(matches_type).collect();
            let name = known.first().map_or("something else", |(name, _)| name);
            (name, known.iter().any(|(_, fits)| *fits))
        }
        SchemaType::AnyValue => ("anything", true),
    }
}
