//! Constraints of fields, parameters and ids by their names: lengths, patterns and formats that the derives do not set.
//!
//! A value that satisfies the document may still be rejected: a common password, a name that contains a link, an unknown time
//! zone.

use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, SchemaFormat};
use utoipa::openapi::{KnownFormat, Object, OpenApi, RefOr, Required, Schema};

use crate::parameters::max_length;
use convoke_core::{email_address, names};

/// A character that is no control character.
const PRINTABLE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// The suffix of a TypeID.
const TYPE_ID: &str = "_[0-7][0-9a-hjkmnp-tv-z]{25}$";

/// The constraints of a string.
#[derive(Clone, Copy, Default)]
struct Text {
    min: usize,
    max: Option<usize>,
    pattern: Option<&'static str>,
    format: Option<&'static str>,
    values: &'static [&'static str],
}

const fn length(min: usize, max: usize) -> Text {
    Text {
        min,
        max: Some(max),
        pattern: None,
        format: None,
        values: &[],
    }
}

const fn pattern(pattern: &'static str) -> Text {
    Text {
        min: 0,
        max: None,
        pattern: Some(pattern),
        format: None,
        values: &[],
    }
}

const fn one_of(values: &'static [&'static str]) -> Text {
    Text {
        min: 0,
        max: None,
        pattern: None,
        format: None,
        values,
    }
}

const EMAIL: Text = Text {
    format: Some("email"),
    ..length(3, email_address::MAX_LENGTH)
};

/// Names without links (rules U6 and A2).
const NAME: Text = Text {
    pattern: Some(PRINTABLE),
    format: Some("name"),
    ..length(1, names::MAX_LENGTH)
};

/// New passwords; the configuration may set another minimum.
const NEW_PASSWORD: Text = Text {
    format: Some("password"),
    ..length(12, 256)
};

/// Fields of bodies; a name with a dot applies to one body and comes first.
const FIELDS: &[(&str, Text)] = &[
    ("Confirmation.token", pattern("^cvc_[A-Za-z0-9_-]{43}$")),
    (
        "EmailConfirmation.token",
        pattern("^cvc_[A-Za-z0-9_-]{43}$"),
    ),
    ("Reset.token", pattern("^cvr_[A-Za-z0-9_-]{43}$")),
    ("Link.token", pattern("^cvi_[A-Za-z0-9_-]{43}$")),
    ("NewRegistration.password", NEW_PASSWORD),
    ("PasswordChange.password", NEW_PASSWORD),
    ("Reset.password", NEW_PASSWORD),
    ("account_name", NAME),
    ("email", EMAIL),
    ("emails", EMAIL),
    ("first_name", NAME),
    ("locale", one_of(&["en", "ru"])),
    ("name", NAME),
    ("product", pattern("^[a-z][a-z0-9-]*$")),
    ("roles", pattern("^[A-Z][A-Z0-9_]*$")),
    ("sent_invitations", one_of(&["revoke", "keep"])),
    (
        "time_zone",
        Text {
            format: Some("iana-time-zone"),
            ..length(1, 64)
        },
    ),
    ("user_id", pattern("^usr_[0-7][0-9a-hjkmnp-tv-z]{25}$")),
];

/// The prefix of the id that a path parameter is.
const IDS: &[(&str, &str)] = &[
    ("account", "acc"),
    ("grant", "grt"),
    ("identity", "idn"),
    ("invitation", "inv"),
    ("session", "ses"),
    ("user", "usr"),
];

/// Query parameters with a fixed set of values.
const CHOICES: &[(&str, &[&str])] = &[
    ("delivery", &["queued", "waiting", "sent", "failed"]),
    ("format", &["csv", "xlsx", "ndjson"]),
    ("sent_invitations", &["revoke", "keep"]),
    ("sort", &["name", "last_active_at"]),
    (
        "status",
        &["pending", "accepted", "declined", "revoked", "expired"],
    ),
];

/// Adds the constraints of all bodies and parameters.
pub(super) fn add(openapi: &mut OpenApi) {
    let bodies = request_bodies(openapi);
    if let Some(components) = &mut openapi.components {
        for name in &bodies {
            if let Some(RefOr::T(Schema::Object(body))) = components.schemas.get_mut(name) {
                constrain_body(name, body);
            }
        }
    }
    let optional: Vec<String> = bodies
        .into_iter()
        .filter(|name| is_empty_allowed(openapi, name))
        .collect();
    for operation in super::operations(openapi) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                constrain_parameter(parameter);
            }
        }
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            let name = body_name(body);
            if name.is_some_and(|name| optional.contains(&name)) {
                body.required = Some(Required::False);
                body.description = Some("No body is the same as {}: nothing changes.".to_owned());
            } else {
                body.required = Some(Required::True);
            }
        }
    }
}

/// The names of the schemas that bodies of requests have.
fn request_bodies(openapi: &mut OpenApi) -> Vec<String> {
    let body = |operation: &mut Operation| match &operation.request_body {
        Some(RefOr::T(body)) => body_name(body),
        _ => None,
    };
    super::operations(openapi).filter_map(body).collect()
}

fn body_name(body: &RequestBody) -> Option<String> {
    let RefOr::T(content) = body.content.get("application/json")? else {
        return None;
    };
    match content.schema.as_ref()? {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            Some(name.to_owned())
        }
        RefOr::T(_) => None,
    }
}

/// Whether a body has no required field.
fn is_empty_allowed(openapi: &OpenApi, name: &str) -> bool {
    let components = openapi.components.as_ref();
    match components.and_then(|components| components.schemas.get(name)) {
        Some(RefOr::T(Schema::Object(body))) => body.required.is_empty(),
        _ => false,
    }
}

fn constrain_body(body: &str, schema: &mut Object) {
    schema.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    for (field, property) in &mut schema.properties {
        remove_default(property);
        let qualified_name = format!("{body}.{field}");
        let entry = FIELDS
            .iter()
            .find(|(name, _)| *name == qualified_name || name == field);
        let text = entry.map(|(_, text)| text);
        match property {
            RefOr::T(Schema::Object(object)) => constrain_value(body, object, text),
            RefOr::T(Schema::Array(array)) => {
                if let ArrayItems::RefOrSchema(items) = &mut array.items
                    && let RefOr::T(Schema::Object(object)) = items.as_mut()
                {
                    constrain_value(body, object, text);
                }
            }
            _ => {}
        }
    }
}

/// Constrains a field, an item of a list, and the fields of objects inside.
fn constrain_value(body: &str, object: &mut Object, text: Option<&Text>) {
    if let Some(text) = text {
        constrain_text(object, text);
    }
    if !object.properties.is_empty() {
        constrain_body(body, object);
    }
}

/// Removes the defaults that the derives set for absent fields; they are not part of the contract.
fn remove_default(property: &mut RefOr<Schema>) {
    match property {
        RefOr::T(Schema::Object(object)) => object.default = None,
        RefOr::T(Schema::Array(array)) => array.default = None,
        _ => {}
    }
}

fn constrain_text(object: &mut Object, text: &Text) {
    object.min_length = (text.min > 0).then_some(text.min);
    object.max_length = text.max;
    object.pattern = text.pattern.map(str::to_owned);
    object.format = text.format.map(format);
    if !text.values.is_empty() {
        let mut values: Vec<serde_json::Value> =
            text.values.iter().map(|value| (*value).into()).collect();
        if is_nullable(object) {
            values.push(serde_json::Value::Null);
        }
        object.enum_values = Some(values);
    }
}

fn is_nullable(object: &Object) -> bool {
    use utoipa::openapi::schema::{SchemaType, Type};
    matches!(&object.schema_type, SchemaType::Array(kinds) if kinds.contains(&Type::Null))
}

fn format(name: &str) -> SchemaFormat {
    match name {
        "email" => SchemaFormat::KnownFormat(KnownFormat::Email),
        "password" => SchemaFormat::KnownFormat(KnownFormat::Password),
        other => SchemaFormat::Custom(other.to_owned()),
    }
}

fn constrain_parameter(parameter: &mut Parameter) {
    let name = parameter.name.clone();
    let Some(RefOr::T(schema)) = &mut parameter.schema else {
        return;
    };
    let object = match schema {
        Schema::Object(object) => object,
        Schema::Array(array) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => match items.as_mut() {
                RefOr::T(Schema::Object(object)) => object,
                _ => return,
            },
            ArrayItems::False => return,
        },
        _ => return,
    };
    if parameter.parameter_in == ParameterIn::Path
        && let Some((_, prefix)) = IDS.iter().find(|(known, _)| *known == name)
    {
        object.pattern = Some(format!("^{prefix}{TYPE_ID}"));
        return;
    }
    match name.as_str() {
        "limit" => {
            object.minimum = Some(1.into());
            object.maximum = Some(100.into());
        }
        "dry_run" => {}
        "from" | "to" => {
            object.format = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
        }
        "Idempotency-Key" => {
            object.pattern = Some(format!("^[!-~]{{1,{}}}$", max_length(&name)));
            object.format = Some(SchemaFormat::Custom("idempotency-key".to_owned()));
        }
        _ => {
            if let Some((_, values)) = CHOICES.iter().find(|(known, _)| *known == name) {
                let values = values.iter().map(|value| (*value).into());
                object.enum_values = Some(values.collect());
            } else {
                object.max_length = Some(max_length(&name));
            }
        }
    }
}
