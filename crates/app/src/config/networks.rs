//! Ranges of addresses.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize as _, Deserializer, de::Error as _};

/// Reads ranges of addresses such as `10.0.0.0/8`; a lone address is a range of one.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| network(text))
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| format!("\"{text}\" is not an address or range such as 10.0.0.0/8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_ranges_or_lone_addresses() {
        assert_eq!(network("10.1.0.0/16"), Ok("10.1.0.0/16".parse().unwrap()));
        assert_eq!(network("10.1.0.7"), Ok("10.1.0.7/32".parse().unwrap()));
        assert_eq!(network("::1"), Ok("::1/128".parse().unwrap()));
        for text in ["10.0.0.0/33", "10.0.0", "", "example.com"] {
            assert!(network(text).unwrap_err().contains("10.0.0.0/8"), "{text}");
        }
    }
}
