//! Properties of the parsers of untrusted input, for property tests and fuzz targets: each function panics where one does not
//! hold.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::extract::cookies as read_cookies;
use crate::json;

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
struct Body {
    #[schema(required)]
    name: String,
    tags: Vec<String>,
    note: Option<String>,
}

/// A body is read, or rejected with errors that have a pointer or with one problem; a body without errors is what was sent.
///
/// # Panics
/// When it does not hold.
pub fn json_body(bytes: &[u8]) {
    let Ok(body) = json::read::<Body>(bytes, Bytes::new()) else {
        return;
    };
    for error in &body.errors {
        assert!(error.pointer.is_empty() || error.pointer.starts_with('/'));
        assert!(!crate::problem::field_error::detail(error).is_empty());
    }
    if body.errors.is_empty() {
        let sent: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        assert_eq!(
            sent.get("name").and_then(|name| name.as_str()),
            Some(body.value.name.as_str())
        );
    }
}

/// Cookies of a request have no separators in their names and values, and one that is not text hides no other.
///
/// # Panics
/// When it does not hold.
pub fn cookies(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    headers.append(header::COOKIE, value);
    headers.append(header::COOKIE, HeaderValue::from_static("last=1"));
    let read: Vec<_> = read_cookies(&headers).collect();
    assert_eq!(read.last(), Some(&("last", "1")));
    for (name, value) in read {
        assert!(!name.contains(['=', ';']) && !value.contains(';'));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bodies(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            r#"\{("name":("[a-z]{0,9}"|1|null),?)?("tags":\[("a",?|2,?){0,3}\],?)?("[a-z]{1,4}":true)?\}"#.prop_map(String::into_bytes),
        ]) {
            super::json_body(&bytes);
        }

        #[test]
        fn cookies(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "[a-z=; \"]{0,60}".prop_map(String::into_bytes),
        ]) {
            super::cookies(&bytes);
        }
    }
}
