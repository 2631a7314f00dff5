//! JSON bodies: strict reading, and every error of shape at once, found by the very schema that documents them.

use std::collections::HashSet;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayItems, Object, Schema, SchemaType, Type};

use super::extract::{idempotency_key, single_header};
use super::problem::{self, Problem};
use super::response::IdempotencyKey;
use convoke_core::secret::sha256;
use convoke_domain::{Error, FieldError};

/// The largest body (HTTP contract, rate limits).
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A body of the documented shape, or what is wrong with its shape.
#[derive(Debug)]
pub(super) struct JsonBody<T> {
    /// What could be read; the default where a field was absent or of the wrong type.
    pub value: T,
    /// Errors of shape.
    pub errors: Vec<FieldError>,
    raw: Bytes,
}

/// A body of a request that can be repeated under an idempotency key.
#[derive(Debug)]
pub(super) struct IdempotentJson<T> {
    /// The body.
    pub body: JsonBody<T>,
    /// What identifies this request.
    pub once: IdempotencyKey,
}

impl<S, T> FromRequest<S> for IdempotentJson<T>
where
    S: Send + Sync,
    T: DeserializeOwned + PartialSchema + Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = idempotency_key(request.headers())?;
        let mut same = format!("{} {}\n", request.method(), request.uri()).into_bytes();
        let body = JsonBody::from_request(request, state).await?;
        same.extend_from_slice(&body.raw);
        let once = IdempotencyKey {
            key,
            request: sha256(&same),
        };
        Ok(Self { body, once })
    }
}

impl<T> JsonBody<T> {
    /// The value, if its shape has no errors.
    pub fn valid(self) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty() {
            Ok(self.value)
        } else {
            Err(self.errors)
        }
    }

    /// The value after a check of its content, or all errors of shape and content at once. Content is not
    /// complained about where the shape was wrong already.
    pub fn check<U>(
        self,
        check: impl FnOnce(T) -> Result<U, Vec<FieldError>>,
    ) -> Result<U, Vec<FieldError>> {
        let mut errors = self.errors;
        match check(self.value) {
            Ok(checked) if errors.is_empty() => Ok(checked),
            Ok(_) => Err(errors),
            Err(more) => {
                // A set, since comparing each with each would take minutes for a body of many errors.
                let misshapen: HashSet<String> = errors
                    .iter()
                    .filter(|error| error.code != "unknown-field")
                    .map(|error| error.pointer.clone())
                    .collect();
                errors.extend(more.into_iter().filter(|error| {
                    !with_ancestors(&error.pointer).any(|pointer| misshapen.contains(pointer))
                }));
                Err(errors)
            }
        }
    }
}

/// A JSON pointer and those of everything it is in, up to the whole document.
fn with_ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |pointer| {
        pointer.rsplit_once('/').map(|(parent, _)| parent)
    })
}

/// Rejects errors of shape.
pub(super) fn reject_invalid<T>(valid: Result<T, Vec<FieldError>>) -> Result<T, Error> {
    valid.map_err(Error::Invalid)
}

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned + PartialSchema + Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let typed = is_json(&request);
        let raw = collect(request).await?;
        if raw.is_empty() {
            return read(b"{}", raw.clone());
        }
        if !typed {
            return Err(Problem::new(
                problem::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON. Send Content-Type: application/json.",
            ));
        }
        let bytes = raw.clone();
        read(&bytes, raw)
    }
}

fn is_json(request: &Request) -> bool {
    let kind = single_header(request.headers(), &header::CONTENT_TYPE).unwrap_or_default();
    let mut parts = kind.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    let utf8 = parts.all(|part| {
        let part = part.trim().to_ascii_lowercase();
        !part.starts_with("charset=")
            || part.trim_start_matches("charset=").trim_matches('"') == "utf-8"
    });
    essence.eq_ignore_ascii_case("application/json") && utf8
}

/// The whole body, as far as it is not too large.
pub(super) async fn collect(request: Request) -> Result<Bytes, Problem> {
    let too_large = "The body is larger than 256 KiB. Send less at once.";
    read_limited(MAX_BODY_BYTES, too_large, request).await
}

async fn read_limited(most: usize, too_large: &str, request: Request) -> Result<Bytes, Problem> {
    match Limited::new(request.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Problem::new(problem::BODY_TOO_LARGE, too_large))
        }
        Err(_) => Err(malformed("it did not arrive whole")),
    }
}

/// A picture's file; whether it is one shows when it is read.
#[derive(Debug)]
pub(super) struct PictureFile(pub Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for PictureFile {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        const KINDS: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];
        let kind = request.headers().get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| KINDS.iter().any(|it| kind == it)) {
            return Err(Problem::new(
                problem::UNSUPPORTED_MEDIA_TYPE,
                "A picture is sent as image/png, image/jpeg or image/webp. Set Content-Type to what it is.",
            ));
        }
        let too_large = "The picture is larger than 2 MiB. Send a smaller one.";
        let bytes =
            read_limited(convoke_infra::avatar::MAX_UPLOAD_BYTES, too_large, request).await?;
        Ok(Self(bytes.to_vec()))
    }
}

fn malformed(why: impl fmt::Display) -> Problem {
    Problem::new(
        problem::MALFORMED_JSON,
        format!("The body cannot be read as JSON: {why}. Mend it and send it again."),
    )
}

fn read<T>(bytes: &[u8], raw: Bytes) -> Result<JsonBody<T>, Problem>
where
    T: DeserializeOwned + PartialSchema + Default,
{
    let Strict(mut value) = serde_json::from_slice(bytes).map_err(malformed)?;
    let mut errors = Vec::new();
    if let RefOr::T(schema) = T::schema() {
        validate_against_schema(&mut value, &schema, "", &mut errors);
    }
    let value = serde_json::from_value(value).unwrap_or_else(|error| {
        if errors.is_empty() {
            errors.push(FieldError::new("", "wrong-type", format!("{error}.")));
        }
        T::default()
    });
    Ok(JsonBody { value, errors, raw })
}

/// Finds errors of `value` against `schema` and takes the faulty parts out; returns whether anything is left.
fn validate_against_schema(
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

/// JSON that rejects an object with the same key twice, which readers would understand differently.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom("an object has the same key twice"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
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
}
