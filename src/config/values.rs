//! Values of the configuration that are more than text and numbers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::core::secret::Secret;

/// The absolute address people reach the installation at: scheme and host, maybe a port, no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    host: String,
    authority: String,
}

impl PublicUrl {
    /// The address of a listener on this machine.
    #[must_use]
    pub fn of_listener(listen: SocketAddr) -> Self {
        Self {
            https: false,
            host: listen.ip().to_string(),
            authority: listen.to_string(),
        }
    }

    /// Reads `https://host[:port][/]`; plain http only for this machine (HTTP contract, configuration).
    ///
    /// # Errors
    /// A sentence that says what is wrong and how to mend it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(format!("\"{text}\" must start with https:// or http://")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let host = host_of(authority).to_owned();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if host.is_empty() || !authority.chars().all(allowed) {
            return Err(format!(
                "\"{text}\" must be a scheme and a host without a path, such as https://accounts.example.com"
            ));
        }
        let url = Self {
            https,
            host,
            authority: authority.to_ascii_lowercase(),
        };
        if !https && !url.is_loopback() {
            return Err(format!(
                "\"{text}\" is plain http; use https, since sign-ins travel over it"
            ));
        }
        Ok(url)
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether it is https.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Host name without port, as the right side of message ids (RFC 5322 section 3.6.4).
    #[must_use]
    pub fn message_host(&self) -> String {
        match self.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
            Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Err(_) => self.host.clone(),
        }
    }

    /// Scheme, host and port, as browsers send it in `Origin`; also what links begin with.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

fn host_of(authority: &str) -> &str {
    if let Some(end) = authority.find(']') {
        return authority.get(..=end).unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A range of addresses such as `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `address` or `address/prefix`.
    ///
    /// # Errors
    /// A sentence that says what is wrong and how to mend it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let fault = || format!("\"{text}\" is not an address or range such as 10.0.0.0/8");
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = if prefix.is_empty() {
            most
        } else {
            prefix.parse().map_err(|_| fault())?
        };
        if prefix > most {
            return Err(fault());
        }
        Ok(Self { address, prefix })
    }

    /// Whether `ip` is in the range; an IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == ip.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == ip.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

pub(super) fn optional_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "\"{text}\" is not a length of time such as \"7d\", \"12h\", \"30m\" or \"90s\""
        ))
    })
}

/// A whole number and a unit: `d`, `h`, `m` or `s`; at most ten years.
fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let total = count.checked_mul(seconds)?;
    (total <= 10 * 366 * 86_400).then_some(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(parse_duration("7d"), Some(Duration::from_hours(168)));
        assert_eq!(parse_duration("90s"), Some(Duration::from_secs(90)));
        for text in [
            "",
            "7",
            "d",
            "-1d",
            "1.5h",
            "7 d",
            "99999999999999999999d",
            "9999999d",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(PublicUrl::parse("http://accounts.example.com").is_err());
        assert!(PublicUrl::parse("http://10.0.0.1:8080").is_err());
        for text in [
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://[::1]:80/",
        ] {
            assert!(PublicUrl::parse(text).unwrap().is_loopback(), "{text}");
        }
        let url = PublicUrl::parse("https://Accounts.Example.com/").unwrap();
        assert_eq!(url.origin(), "https://accounts.example.com");
    }

    #[test]
    fn a_public_url_has_no_path_and_no_user() {
        for text in [
            "https://a.example/path",
            "https://u:p@a.example",
            "ftp://a.example",
            "https://",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_contain_their_addresses() {
        let network = Network::parse("10.1.0.0/16").unwrap();
        assert!(network.contains("10.1.2.3".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(
            Network::parse("0.0.0.0/0")
                .unwrap()
                .contains("1.2.3.4".parse().unwrap())
        );
        assert!(Network::parse("10.0.0.0/33").is_err());
    }
}
