//! Mailed links with what mail programs add to them: a slash, punctuation or white space at the end, a doubled slash.

use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use percent_encoding::percent_decode_str;

/// The first parts of the paths of mailed links.
const KINDS: [&str; 4] = ["invitations", "confirm", "reset", "confirm-email"];

/// The length of a token: a prefix of four characters and 256 bits in base64url (security rule 1).
const TOKEN_LENGTH: usize = 47;

/// Redirects a request for a mailed link with additions to the link as it was mailed. Nothing is changed or disclosed: the path is
/// the one that was requested, without the additions.
pub(super) fn redirect_to_clean(request: &Request) -> Option<Response> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let path = request.uri().path();
    let clean = clean_path(path).filter(|clean| clean != path)?;
    let query = request.uri().query();
    let target = match query {
        Some(query) => format!("{clean}?{query}"),
        None => clean,
    };
    Some(Redirect::to(&target).into_response())
}

/// The path of a mailed link without additions; none for other paths.
fn clean_path(path: &str) -> Option<String> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let kind = parts.next().filter(|part| KINDS.contains(part))?;
    let token = token(parts.next()?)?;
    let rest: Vec<String> = parts
        .map(|part| {
            decode(part)
                .trim_end_matches(|c| !is_token_character(c))
                .to_owned()
        })
        .filter(|part| !part.is_empty())
        .collect();
    match rest.as_slice() {
        [] => Some(format!("/{kind}/{token}")),
        // The page below the link, such as that which stops invitations by mail.
        [page] if page.chars().all(is_token_character) => Some(format!("/{kind}/{token}/{page}")),
        _ => None,
    }
}

/// The token at the beginning of a part, if nothing but additions follow.
fn token(part: &str) -> Option<String> {
    let decoded = decode(part);
    let token = decoded.get(..TOKEN_LENGTH)?;
    let additions = decoded.get(TOKEN_LENGTH..)?;
    let is_whole = token.starts_with("cv") && token.chars().all(is_token_character);
    (is_whole && !additions.starts_with(is_token_character)).then(|| token.to_owned())
}

fn decode(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "cvi_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    #[test]
    fn additions_are_removed() {
        assert_eq!(TOKEN.len(), TOKEN_LENGTH);
        for kind in KINDS {
            let clean = format!("/{kind}/{TOKEN}");
            for added in [
                format!("{clean}/"),
                format!("{clean}."),
                format!("{clean},"),
                format!("{clean})."),
                format!("{clean}%3E"),
                format!("{clean}%20"),
                format!("{clean}%0D"),
                format!("{clean}%0D%0A"),
                format!("{clean}%C2%A0"),
                format!("{clean}*%E2%80%9D"),
                format!("{clean}/."),
                format!("/{clean}"),
                format!("/{kind}//{TOKEN}"),
                format!("//{kind}//{TOKEN}//"),
                format!("{clean}=3D"),
            ] {
                assert_eq!(
                    clean_path(&added).as_deref(),
                    Some(clean.as_str()),
                    "{added}"
                );
            }
            assert_eq!(clean_path(&clean), Some(clean));
        }
        let page = format!("/invitations/{TOKEN}/unsubscribe");
        assert_eq!(clean_path(&format!("{page}/")), Some(page.clone()));
        assert_eq!(clean_path(&format!("{page}.")), Some(page));
    }

    #[test]
    fn other_paths_stay_as_they_are() {
        for path in [
            "/".to_owned(),
            "/accounts/".to_owned(),
            "/invitations/".to_owned(),
            "/invitations/cvi_short.".to_owned(),
            format!("/invitations/{TOKEN}x"),
            format!("/invitations/{TOKEN}-."),
            format!("/invitations/xx{}", TOKEN.get(2..).unwrap()),
            format!("/invitations/{TOKEN}/a/b"),
            format!("/accounts/{TOKEN}."),
            format!("/api/v1/invitations/{TOKEN}."),
        ] {
            assert_eq!(clean_path(&path), None, "{path}");
        }
    }
}
