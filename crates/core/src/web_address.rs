//! Web addresses as people write them into settings.

use url::Url;

/// Reads an absolute http or https address as browsers read it (WHATWG URL), if it is written so that every reader reads the
/// same: `scheme://host`, without a user, white space, backslashes, or characters that could end an attribute of a page.
#[must_use]
pub fn parse(text: &str) -> Option<Url> {
    let (_, rest) = text.split_once("://")?;
    let is_misread = |c: char| c.is_whitespace() || c.is_control() || "\\\"<>`".contains(c);
    if rest.starts_with('/') || text.contains(is_misread) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let has_host = url
        .host_str()
        .is_some_and(|host| host.split('.').all(|label| !label.is_empty()));
    let has_user = !url.username().is_empty() || url.password().is_some();
    (is_web && has_host && !has_user && url.port() != Some(0)).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_only_addresses_that_all_parsers_read_the_same() {
        for text in [
            "https://a.example",
            "http://a.example:8080/path?query#fragment",
            "HTTPS://A.example",
            "https://[2001:db8::1]:443/",
            "https://bücher.example/",
            "https://127.0.0.1",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "a.example",
            "//a.example",
            "https:a.example",
            "https:///a.example",
            "https:\\\\a.example",
            "https://",
            "https://:443",
            "https://a..example",
            "https://a.example.",
            "https://a:b:c",
            "https://a.example:99999",
            "https://a.example:0",
            "https://a.example:+443",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example\\@b.example",
            " https://a.example",
            "https://a.example\n",
            "https://a .example",
            "https://a.example/\">",
            "https://[::1",
            "https://[a.example]",
            "https://1.2.3.400",
            "ftp://a.example",
            "javascript://a.example/%0aalert(1)",
            "data:text/html,x",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_parsed_address_is_one_again(text in "(https?://)?[a-z0-9.:@/?#\\[\\]\\\\% -]{0,24}") {
            if let Some(url) = parse(&text) {
                prop_assert_eq!(parse(url.as_str()), Some(url));
            }
        }
    }
}
