//! Properties of the parsers of untrusted input, for property tests and fuzz targets: each function panics where one does not
//! hold.

use std::net::IpAddr;

use crate::client_address::client_address;
use crate::console::return_to::local_path;

/// A prefix of the header does not change the client's address; without a trusted proxy it is the peer's.
///
/// # Panics
/// When it does not hold.
pub fn forwarded_for(prefix: &[u8], header: &[u8]) {
    let peer = IpAddr::from([10, 0, 0, 1]);
    let is_trusted = |ip: IpAddr| ip == peer;
    let address = |lines: &[&[u8]]| client_address(peer, lines.iter().copied(), is_trusted);
    if address(&[header]) != peer {
        assert_eq!(address(&[prefix, header]), address(&[header]));
    }
    let untrusted = client_address(peer, [header].into_iter(), |_| false);
    assert_eq!(untrusted, peer);
}

/// A local path cannot resolve to another origin.
///
/// # Panics
/// When it does not hold.
pub fn return_to(text: &str) {
    let Some(path) = local_path(text) else { return };
    assert_eq!(path, text);
    let base = url::Url::parse("https://accounts.example.com/");
    if let Ok(base) = base
        && let Ok(joined) = base.join(path)
    {
        assert_eq!(joined.origin(), base.origin());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn addresses(
            prefix in "[0-9a-f.:, \\[\\]x]{0,60}",
            header in prop_oneof!["[0-9a-f.:, \\[\\]x]{0,60}", "[0-9]{1,3}(\\.[0-9]{1,3}){3}(:[0-9]{1,5})?(, 10\\.0\\.0\\.1)?"],
        ) {
            super::forwarded_for(prefix.as_bytes(), header.as_bytes());
        }

        #[test]
        fn paths(text in prop_oneof!["\\PC{0,40}", "/[/\\\\a-z.:@?#%\t\n]{0,20}"]) {
            super::return_to(&text);
        }
    }
}
