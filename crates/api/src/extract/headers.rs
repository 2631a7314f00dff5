//! Headers with one value or a list of them.

use axum::http::{HeaderMap, HeaderName};
use convoke_domain::FieldErrorKind;
use convoke_domain::ParameterError;

use crate::parameters;
use convoke_core::secret::sha256;
use convoke_domain::{Error, FieldError};

/// The value of a header that is a list; its lines are joined (RFC 9110 section 5.3). Empty when there is none.
pub fn list_header(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines = headers.get_all(name).iter();
    let lines: Vec<_> = lines
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    lines.join(", ")
}

/// The value of a header that is not a list: none when it is absent, repeated or not visible ASCII.
pub fn single_header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The `Idempotency-Key` of a request, hashed, if it has one.
///
/// # Errors
/// [`Error::Invalid`].
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<[u8; 32]>, Error> {
    const NAME: HeaderName = HeaderName::from_static("idempotency-key");
    if !headers.contains_key(NAME) {
        return Ok(None);
    }
    let key = single_header(headers, &NAME).unwrap_or_default().as_bytes();
    let visible = key.iter().all(|byte| (0x21..=0x7e).contains(byte));
    if visible && (1..=parameters::max_length("Idempotency-Key")).contains(&key.len()) {
        return Ok(Some(sha256(key)));
    }
    let kind = FieldErrorKind::Parameter(ParameterError::NotIdempotencyKey);
    Err(Error::Invalid(vec![FieldError::new(
        "Idempotency-Key",
        kind,
    )]))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;
    use crate::extract::cookies;

    fn headers(name: &HeaderName, values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn skips_cookies_that_are_not_utf8() {
        let headers = headers(&header::COOKIE, &[b"a=1; b=\xff; c=3", b"\xfe; d=4"]);
        let pairs: Vec<_> = cookies(&headers).collect();
        assert_eq!(pairs, [("a", "1"), ("c", "3"), ("d", "4")]);
    }

    #[test]
    fn joins_lines_of_a_list_header() {
        let headers = headers(&header::ACCEPT, &[b"text/html", b"\xff, text/csv"]);
        let joined = list_header(&headers, &header::ACCEPT);
        assert_eq!(joined, "text/html, \u{fffd}, text/csv");
        assert_eq!(list_header(&headers, &header::COOKIE), "");
    }

    #[test]
    fn rejects_repeated_single_headers() {
        let read = |values: &[&[u8]]| {
            let headers = headers(&header::IF_MATCH, values);
            single_header(&headers, &header::IF_MATCH).map(str::to_owned)
        };
        assert_eq!(read(&[b"1"]), Some("1".to_owned()));
        let rejected: [&[&[u8]]; 4] = [&[], &[b"1", b"1"], &[b"1", b"2"], &[b"\xff"]];
        for values in rejected {
            assert_eq!(read(values), None);
        }
    }

    #[test]
    fn rejects_repeated_and_invalid_idempotency_keys() {
        let name = HeaderName::from_static("idempotency-key");
        let read = |values: &[&[u8]]| idempotency_key(&headers(&name, values));
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[b"k"]).unwrap(), Some(sha256(b"k")));
        let long = [b'k'; 256];
        let rejected: [&[&[u8]]; 5] = [&[b""], &[b"k", b"k"], &[b"a b"], &[b"\xff"], &[&long]];
        for values in rejected {
            assert!(read(values).is_err());
        }
    }
}
