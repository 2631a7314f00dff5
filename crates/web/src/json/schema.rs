//! Bodies compared with the schema of the API's description.

use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayItems, Object, Schema, SchemaType, Type};

use convoke_domain::FieldError;

/// Finds errors of `value` against `schema` and takes the faulty parts out; returns whether anything is left.
pub(super) fn validate_against_schema(
    value: &mut Value,
    schema: &Schema,
    pointer: &str,
    errors: &mut Vec<FieldError>,
) -> bool {
    let (wanted, fits) = match schema {
        Schema::Object(object) => json_type(&object.schema_type, value),
        Schema::Array(array) => json_type(&array.schema_type, value),
        _ => return true,
    };
    if !fits {
        let detail = format!("This must be {wanted}.");
        errors.push(FieldError::new(pointer, "wrong-type", detail));
        return false;
    }
    match (schema, value) {
        (Schema::Object(object), Value::Object(map)) => {
            validate_object(map, object, pointer, errors);
        }
        (Schema::Array(array), Value::Array(items)) => {
            if let ArrayItems::RefOrSchema(each) = &array.items
                && let RefOr::T(each) = each.as_ref()
            {
                // Places stay as they are, so that later errors point at the right one.
                for (index, item) in items.iter_mut().enumerate() {
                    if !validate_against_schema(item, each, &format!("{pointer}/{index}"), errors) {
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
        let here = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match object.properties.get(name) {
            Some(RefOr::T(schema)) => validate_against_schema(value, schema, &here, errors),
            Some(RefOr::Ref(_)) => true,
            None => {
                let shown: String = name.chars().take(64).collect();
                let detail = format!("There is no field {shown} here. Remove it.");
                let here: String = here.chars().take(256).collect();
                errors.push(FieldError::new(here, "unknown-field", detail));
                false
            }
        }
    });
    for name in &object.required {
        let here = format!("{pointer}/{name}");
        let missing = !map.contains_key(name);
        if missing && !errors.iter().any(|error| error.pointer == here) {
            errors.push(FieldError::new(
                here,
                "required",
                format!("{name} is missing. Add it."),
            ));
        }
    }
}

fn json_type(wanted: &SchemaType, value: &Value) -> (&'static str, bool) {
    let one = |kind: &Type| -> (&'static str, bool) {
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
    match wanted {
        SchemaType::Type(kind) => one(kind),
        SchemaType::Array(kinds) => {
            let known: Vec<(&'static str, bool)> = kinds.iter().map(one).collect();
            let name = known.first().map_or("something else", |(name, _)| name);
            (name, known.iter().any(|(_, fits)| *fits))
        }
        SchemaType::AnyValue => ("anything", true),
    }
}
