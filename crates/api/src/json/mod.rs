//! JSON bodies: strict parsing, then validation against the schema of the OpenAPI document, with all errors at once.

mod picture;
mod schema;
mod strict;

use convoke_domain::FieldErrorKind;
use convoke_domain::JsonType;
use std::collections::HashSet;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use schema::validate_against_schema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use strict::Strict;
use utoipa::openapi::RefOr;
use utoipa::{PartialSchema, ToSchema};

use crate::extract::{idempotency_key, single_header};
use crate::problem::{self, Problem};
use crate::response::IdempotencyKey;
use convoke_core::secret::sha256;
use convoke_domain::{Error, FieldError};

pub(crate) use picture::PictureFile;

/// The maximum size of a body (HTTP contract, rate limits).
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A parsed body and its schema errors.
#[derive(Debug)]
pub(crate) struct JsonBody<T> {
    /// The parsed value; defaults where a field was absent or of the wrong type.
    pub value: T,
    /// Schema errors.
    pub errors: Vec<FieldError>,
    raw: Bytes,
}

/// A body without fields.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct EmptyBody {}

/// A body of a request that may have an idempotency key.
#[derive(Debug)]
pub(crate) struct IdempotentJson<T> {
    /// The body.
    pub body: JsonBody<T>,
    /// The idempotency key and the hash of the request.
    pub key: IdempotencyKey,
}

impl<S, T> FromRequest<S> for IdempotentJson<T>
where
    S: Send + Sync,
    T: DeserializeOwned + PartialSchema + Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = idempotency_key(request.headers())?;
        let mut content = format!("{} {}\n", request.method(), request.uri()).into_bytes();
        let body = JsonBody::from_request(request, state).await?;
        content.extend_from_slice(&body.raw);
        let key = IdempotencyKey {
            key,
            request: sha256(&content),
        };
        Ok(Self { body, key })
    }
}

impl<T> JsonBody<T> {
    /// The value, if there are no schema errors.
    pub(crate) fn valid(self) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty() {
            Ok(self.value)
        } else {
            Err(self.errors)
        }
    }

    /// The value after a check of its content, or all errors of schema and content at once. Errors of content are left out
    /// for fields with schema errors.
    pub(crate) fn check<U>(
        self,
        check: impl FnOnce(T) -> Result<U, Vec<FieldError>>,
    ) -> Result<U, Vec<FieldError>> {
        let mut errors = self.errors;
        match check(self.value) {
            Ok(checked) if errors.is_empty() => Ok(checked),
            Ok(_) => Err(errors),
            Err(content_errors) => {
                // A set, since comparing every pair would take quadratic time for a body of many errors.
                let invalid_pointers: HashSet<String> = errors
                    .iter()
                    .filter(|error| !matches!(error.kind, FieldErrorKind::UnknownField(_)))
                    .map(|error| error.pointer.clone())
                    .collect();
                errors.extend(content_errors.into_iter().filter(|error| {
                    !with_ancestors(&error.pointer)
                        .any(|pointer| invalid_pointers.contains(pointer))
                }));
                Err(errors)
            }
        }
    }
}

/// A JSON pointer and its ancestors, up to the whole document.
fn with_ancestors(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |pointer| {
        pointer.rsplit_once('/').map(|(parent, _)| parent)
    })
}

/// Turns field errors into [`Error::Invalid`].
pub(crate) fn reject_invalid<T>(valid: Result<T, Vec<FieldError>>) -> Result<T, Error> {
    valid.map_err(Error::Invalid)
}

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned + PartialSchema + Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let has_json_type = is_json(&request);
        let raw = collect(request).await?;
        if raw.is_empty() {
            return read(b"{}", raw.clone());
        }
        if !has_json_type {
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

/// Reads the whole body, up to [`MAX_BODY_BYTES`].
///
/// # Errors
/// `body-too-large` beyond the limit; a problem when the body cannot be read.
pub async fn collect(request: Request) -> Result<Bytes, Problem> {
    let too_large = "The body is larger than 256 KiB. Send less at once.";
    read_limited(MAX_BODY_BYTES, too_large, request).await
}

async fn read_limited(
    max_bytes: usize,
    too_large: &str,
    request: Request,
) -> Result<Bytes, Problem> {
    match Limited::new(request.into_body(), max_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Problem::new(problem::BODY_TOO_LARGE, too_large))
        }
        Err(_) => Err(malformed("it was not received whole")),
    }
}

fn malformed(reason: impl fmt::Display) -> Problem {
    Problem::new(
        problem::MALFORMED_JSON,
        format!("The body cannot be read as JSON: {reason}. Correct it and send it again."),
    )
}

/// Reads a body with every error of its schema.
///
/// # Errors
/// `malformed-json` when it is not JSON, or has a key twice.
pub(crate) fn read<T>(bytes: &[u8], raw: Bytes) -> Result<JsonBody<T>, Problem>
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
            tracing::debug!(%error, "body passes its schema and cannot be deserialized");
            errors.push(FieldError::new(
                "",
                FieldErrorKind::WrongType(JsonType::Any),
            ));
        }
        T::default()
    });
    Ok(JsonBody { value, errors, raw })
}

#[cfg(test)]
mod tests;
