//! The address of the client behind reverse proxies (security rule 12).
//!
//! Every proxy appends to `X-Forwarded-For` the address of its peer. So the header is read from its end: as long as an address
//! is that of a trusted proxy, the one before it was appended by that proxy. Addresses further to the left come from an
//! untrusted client and are ignored.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The address that a request comes from: that of the connection, or where that is a trusted proxy the last one in `forwarded`
/// (the values of all `X-Forwarded-For` lines, in their order) that is none. A value that is no address ends the search: the
/// result is then the trusted proxy that wrote it.
pub(super) fn client_address<'h>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'h [u8]>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut hops = forwarded.rev().flat_map(|line| line.rsplit(|b| *b == b','));
    let mut address = peer.to_canonical();
    while is_trusted(address) {
        match hops.next().and_then(parse_hop) {
            Some(hop) => address = hop.to_canonical(),
            None => break,
        }
    }
    address
}

/// Reads `ip`, `ip:port`, `[ipv6]` or `[ipv6]:port`.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let bare = text.strip_prefix('[')?.strip_suffix(']')?;
    bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `10.0.0.0/8` and `fd00::/8` are trusted.
    fn is_trusted(ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => ip.octets()[0] == 10,
            IpAddr::V6(ip) => ip.octets()[0] == 0xfd,
        }
    }

    fn address(peer: &str, lines: &[&[u8]]) -> String {
        let lines = lines.iter().copied();
        client_address(peer.parse().unwrap(), lines, is_trusted).to_string()
    }

    #[test]
    fn reads_only_what_trusted_proxies_appended() {
        for (peer, lines, expected) in [
            ("203.0.113.9", &["6.6.6.6"][..], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            (
                "10.0.0.1",
                &["6.6.6.6,203.0.113.9 , 10.0.0.2"],
                "203.0.113.9",
            ),
            (
                "10.0.0.1",
                &["6.6.6.6", "203.0.113.9\t", "10.0.0.2"],
                "203.0.113.9",
            ),
            ("10.0.0.1", &["6.6.6.6, 203.0.113.9:41234"], "203.0.113.9"),
            ("10.0.0.1", &["6.6.6.6, [2001:db8::9]:443"], "2001:db8::9"),
            ("10.0.0.1", &["6.6.6.6, [2001:db8::9]"], "2001:db8::9"),
            (
                "fd00::1",
                &["6.6.6.6, 2001:db8::9, [fd00::2]:80"],
                "2001:db8::9",
            ),
            // The first address that cannot be parsed ends the search.
            ("10.0.0.1", &["6.6.6.6, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["6.6.6.6, "], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6", ""], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, 203.0.113.9:http"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, [203.0.113.9]"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, 203.0.113.9:99999"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, 0xcb.0.113.9"], "10.0.0.1"),
        ] {
            let bytes: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(address(peer, &bytes), expected, "{peer} {lines:?}");
        }
        assert_eq!(address("10.0.0.1", &[b"6.6.6.6, \xff"]), "10.0.0.1");
    }

    /// What trusted proxies append: an address that is untrusted or cannot be parsed, then addresses of proxies.
    fn appended_by_proxies() -> impl Strategy<Value = Vec<String>> {
        let client = prop_oneof![
            any::<[u8; 4]>()
                .prop_filter("trusted", |ip| ip[0] != 10)
                .prop_map(|ip| IpAddr::from(ip).to_string()),
            any::<u16>().prop_map(|port| format!("203.0.113.9:{port}")),
            any::<u16>().prop_map(|port| format!("[2001:db8::9]:{port}")),
            "[a-z_]{0,8}",
        ];
        let proxy = any::<[u8; 3]>().prop_map(|[a, b, c]| format!("10.{a}.{b}.{c}"));
        (client, prop::collection::vec(proxy, 0..4)).prop_map(|(client, proxies)| {
            let mut hops = vec![client];
            hops.extend(proxies);
            hops
        })
    }

    proptest! {
        #[test]
        fn nothing_in_front_of_it_changes_the_address(
            hops in appended_by_proxies(),
            line in prop::collection::vec(any::<u8>(), 0..40),
            lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..3),
        ) {
            let own = hops.join(", ");
            let expected = address("10.9.9.9", &[own.as_bytes()]);
            // Appended to a header line of the client, or in separate lines.
            let appended = [&line[..], b", ", own.as_bytes()].concat();
            let mut all: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            all.push(&appended);
            prop_assert_eq!(&address("10.9.9.9", &all), &expected);
            all.pop();
            all.extend(hops.iter().map(String::as_bytes));
            prop_assert_eq!(&address("10.9.9.9", &all), &expected);
        }

        #[test]
        fn returns_the_peer_when_it_is_untrusted(
            peer in any::<[u8; 4]>(),
            lines in prop::collection::vec("[0-9a-f.:, \\[\\]]{0,30}", 0..3),
        ) {
            let bytes: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            let peer = IpAddr::from(peer);
            let client = client_address(peer, bytes.iter().copied(), is_trusted);
            if !is_trusted(peer) {
                prop_assert_eq!(client, peer);
            }
        }
    }
}
