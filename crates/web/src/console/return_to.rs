//! Targets of redirects after a form: only local paths (security rule 12).

use super::urls;
use convoke_api::oauth2::paths;
use convoke_api::parameters::MAX_RETURN_TO_LENGTH;

/// The maximum length of a path that a cookie holds beside other values.
const MAX_COOKIE_LENGTH: usize = 1_024;

/// The text, if browsers can only resolve it to our own origin: one leading slash, visible ASCII, no backslash.
pub(crate) fn local_path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    // Browsers remove tabs and line breaks from URLs and treat a backslash as a slash (WHATWG URL).
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_plain && !rest.starts_with('/') && text.len() <= MAX_RETURN_TO_LENGTH).then_some(text)
}

/// The sign-in page that redirects to a local path afterwards.
pub(super) fn sign_in_path(path: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    format!(
        "{}?return_to={}",
        urls::SIGN_IN,
        encoded.replace("%2F", "/")
    )
}

/// The sign-in page for a user who has a session and signs in again, or as another user.
pub(super) fn reauthentication_path(path: &str) -> String {
    format!("{}&prompt=login", sign_in_path(path))
}

/// The path as a cookie can hold it: a longer authorization request is found by the cookie of its own.
pub(super) fn for_cookie(path: &str) -> &str {
    if path.len() <= MAX_COOKIE_LENGTH {
        path
    } else {
        paths::AUTHORIZE_CONTINUE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_local_paths() {
        for path in [
            "/",
            "/accounts",
            "/invitations/cvi_a-b?x=1&y=%2F#z",
            "/%5Cevil",
        ] {
            assert_eq!(local_path(path), Some(path));
        }
    }

    #[test]
    fn rejects_paths_that_lead_to_another_host() {
        let long = format!("/{}", "a".repeat(MAX_RETURN_TO_LENGTH));
        let foreign = [
            "",
            "accounts",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            " /accounts",
            "/a b",
            "/é",
            "/a\\b",
            &long,
        ];
        for text in foreign {
            assert_eq!(local_path(text), None, "{text:?}");
        }
    }

    #[test]
    fn sign_in_path_encodes_the_query() {
        assert_eq!(
            sign_in_path("/invitations/cvi_x"),
            "/sign-in?return_to=/invitations/cvi_x"
        );
        assert_eq!(
            sign_in_path("/a?b=c&d"),
            "/sign-in?return_to=/a%3Fb%3Dc%26d"
        );
    }
}
