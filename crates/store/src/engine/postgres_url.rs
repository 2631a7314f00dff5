//! The URL of a PostgreSQL database. Errors name the part that is wrong, and never contain a part of the password.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio_postgres::config::Host;

use super::Error;
use convoke_core::model::tls::{ClientCertificate, TlsOptions};

/// How a URL is written, for errors.
const EXAMPLE: &str = "postgres://user:password@host:5432/database";

/// How user and password are written, for errors. Also shown where the server rejects them.
pub(super) const PERCENT_ENCODING: &str = "special characters in user and password must be percent-encoded: \
     % as %25, @ as %40, / as %2F, : as %3A, ? as %3F, # as %23";

/// The parameters that the driver understands, with the values of those that have a list.
const DRIVER_PARAMETERS: [(&str, &str); 19] = [
    ("application_name", "a text"),
    ("channel_binding", "disable, prefer or require"),
    ("connect_timeout", "seconds"),
    ("dbname", "a name"),
    ("host", "a name, an address or the folder of a socket"),
    ("hostaddr", "an IP address"),
    ("keepalives", "0 or 1"),
    ("keepalives_idle", "seconds"),
    ("keepalives_interval", "seconds"),
    ("keepalives_retries", "a number"),
    ("load_balance_hosts", "disable or random"),
    ("options", "options of the server"),
    ("password", "a text"),
    ("port", "a number"),
    (
        "sslmode",
        "disable, prefer, require, verify-ca or verify-full",
    ),
    ("sslnegotiation", "postgres or direct"),
    ("target_session_attrs", "any, read-write or read-only"),
    ("tcp_user_timeout", "seconds"),
    ("user", "a name"),
];

/// The parameters that name files, which this program reads itself.
const FILE_PARAMETERS: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];

/// Where a PostgreSQL is, and how connections to it are protected.
#[derive(Clone, Debug)]
pub(super) struct PostgresUrl {
    /// For the driver.
    pub config: tokio_postgres::Config,
    /// Nothing for plain connections.
    pub tls: Option<TlsOptions>,
}

/// Parses a URL that begins with `postgres://` or `postgresql://`.
///
/// # Errors
/// [`Error::Misconfigured`] names the first part that is wrong.
pub(super) fn parse(url: &str, timeout: Duration) -> Result<PostgresUrl, Error> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .unwrap_or(url);
    let (credentials, rest) = split_credentials(rest);
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    check_credentials(credentials)?;
    check_address(address)?;
    let mut parameters = parameters(query).map_err(|error| {
        // Without user and password before the host, what looks like a parameter may be a part of them.
        let is_ambiguous = credentials.is_none() && query.contains('@');
        if is_ambiguous {
            wrong(format!("password: {PERCENT_ENCODING}"))
        } else {
            error
        }
    })?;
    let mut take = |key: &str| {
        let at = parameters.iter().position(|(known, _)| known == key)?;
        Some(parameters.remove(at).1)
    };
    let mode = take("sslmode");
    let [roots, certificate, key] = FILE_PARAMETERS.map(&mut take);
    let mut config = driver_config(credentials, address, &parameters)?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(wrong(format!(
            "host: it is missing; write {EXAMPLE}, or ?host=/run/postgresql for the socket in that folder"
        )));
    }
    let is_local = config.get_hosts().iter().all(is_local)
        && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    let tls = tls_options(mode.as_deref(), is_local, roots, certificate, key)?;
    set_defaults(&mut config, &parameters, timeout);
    Ok(PostgresUrl { config, tls })
}

/// User and password, and what follows them. As for the driver they end at the first `@`, unless that is in the query.
fn split_credentials(rest: &str) -> (Option<&str>, &str) {
    match rest.split_once('@') {
        Some((before, after))
            if !before
                .split_once('?')
                .is_some_and(|(_, query)| query.contains('=')) =>
        {
            (Some(before), after)
        }
        _ => (None, rest),
    }
}

fn check_credentials(credentials: Option<&str>) -> Result<(), Error> {
    let user = credentials.and_then(|credentials| credentials.split(':').next());
    match user.map(|user| percent_decode_str(user).decode_utf8()) {
        Some(Err(_)) => Err(wrong("user: it is not UTF-8".to_owned())),
        _ => Ok(()),
    }
}

/// Host, port and database.
fn check_address(address: &str) -> Result<(), Error> {
    if address.contains('@') {
        return Err(wrong(format!(
            "password: the first @ ends it, but another @ follows; {PERCENT_ENCODING}"
        )));
    }
    let (hosts, database) = address.split_once('/').unwrap_or((address, ""));
    for host in hosts.split(',') {
        let port = match host.strip_prefix('[') {
            Some(literal) => {
                let Some((_, rest)) = literal.split_once(']') else {
                    return Err(wrong("host: an IPv6 address ends with ]".to_owned()));
                };
                rest.strip_prefix(':')
            }
            None => host.split_once(':').map(|(_, port)| port),
        };
        let is_port =
            |port: &str| port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
        if port.is_some_and(|port| !is_port(port)) {
            // What stands in its place may be a password.
            return Err(wrong(format!(
                "port: it is not a number from 1 to 65535; write {EXAMPLE}; {PERCENT_ENCODING}"
            )));
        }
    }
    if database.contains('/') {
        return Err(wrong(format!(
            "database: it contains a /; write {EXAMPLE}, and / in a name as %2F"
        )));
    }
    Ok(())
}

/// Keys and values of the query, decoded.
fn parameters(query: &str) -> Result<Vec<(String, String)>, Error> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(parameter).collect()
}

fn parameter(pair: &str) -> Result<(String, String), Error> {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
    let (Ok(key), Ok(value)) = (decode(key), decode(value)) else {
        return Err(wrong(format!("{key}: it is not UTF-8")));
    };
    if FILE_PARAMETERS.contains(&key.as_str()) || key == "sslmode" {
        return Ok((key, value));
    }
    let Some((_, values)) = DRIVER_PARAMETERS.iter().find(|(known, _)| *known == key) else {
        return Err(wrong(unknown(&key)));
    };
    let parameter = (key, value);
    match driver_config(None, "", std::slice::from_ref(&parameter)) {
        Ok(_) => Ok(parameter),
        Err(_) => Err(wrong(format!(
            "{}: its value must be {values}",
            parameter.0
        ))),
    }
}

fn unknown(key: &str) -> String {
    let remedy = match key {
        "schema" | "currentSchema" | "search_path" | "searchpath" => {
            "; Convoke uses the first schema of the user's search_path, which you set by \
             alter role … set search_path = …"
        }
        "sslpassword" => "; store the key without a password, readable by Convoke's user alone",
        "ssl" => "; write sslmode=require",
        "pool_size" | "connection_limit" | "max_connections" => {
            "; set database.connections instead"
        }
        "pgbouncer" => "; remove it: Convoke needs a pooler in session mode",
        _ => "",
    };
    let known = DRIVER_PARAMETERS.iter().map(|(known, _)| *known);
    let known: Vec<&str> = known.chain(FILE_PARAMETERS).collect();
    format!(
        "{key}: there is no such parameter{remedy}. There are {}",
        known.join(", ")
    )
}

/// The driver's configuration of these parts.
fn driver_config(
    credentials: Option<&str>,
    address: &str,
    parameters: &[(String, String)],
) -> Result<tokio_postgres::Config, Error> {
    let query: Vec<String> = parameters
        .iter()
        .map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let credentials = credentials
        .map(|text| format!("{text}@"))
        .unwrap_or_default();
    let url = format!("postgres://{credentials}{address}?{}", query.join("&"));
    url.parse()
        .map_err(|error: tokio_postgres::Error| wrong(error.to_string()))
}

fn tls_options(
    mode: Option<&str>,
    is_local: bool,
    roots: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
) -> Result<Option<TlsOptions>, Error> {
    let client_certificate = match (certificate, key) {
        (Some(chain), Some(key)) => Some(ClientCertificate {
            chain: PathBuf::from(chain),
            key: PathBuf::from(key),
        }),
        (Some(_), None) => return Err(wrong("sslkey: it is missing beside sslcert".to_owned())),
        (None, Some(_)) => return Err(wrong("sslcert: it is missing beside sslkey".to_owned())),
        (None, None) => None,
    };
    let options = TlsOptions {
        root_certificates: roots.filter(|file| file != "system").map(PathBuf::from),
        client_certificate,
        verifies_host_name: mode != Some("verify-ca"),
    };
    let names_files = options != TlsOptions::default();
    match mode {
        Some("disable") if names_files => Err(wrong(
            "sslmode: disable uses none of sslrootcert, sslcert and sslkey; remove them, or write verify-full".to_owned(),
        )),
        Some("disable") => Ok(None),
        // Plain on this machine, where a distribution's PostgreSQL has a self-signed certificate.
        None | Some("prefer") if is_local && !names_files => Ok(None),
        None | Some("prefer" | "require" | "verify-ca" | "verify-full") => Ok(Some(options)),
        Some(_) => Err(wrong(
            "sslmode: its value must be disable, prefer, require, verify-ca or verify-full".to_owned(),
        )),
    }
}

/// What the URL leaves out.
fn set_defaults(
    config: &mut tokio_postgres::Config,
    parameters: &[(String, String)],
    timeout: Duration,
) {
    let is_given = |key: &str| parameters.iter().any(|(given, _)| given == key);
    if !is_given("application_name") {
        config.application_name("convoke");
    }
    if !is_given("connect_timeout") {
        config.connect_timeout(timeout.min(Duration::from_secs(2)));
    }
    // Detects a server that is gone without closing its connections, so that they are reopened.
    if !is_given("keepalives_idle") {
        config.keepalives_idle(Duration::from_secs(15));
    }
    if !is_given("keepalives_interval") {
        config.keepalives_interval(Duration::from_secs(5));
    }
    if !is_given("keepalives_retries") {
        config.keepalives_retries(3);
    }
    if !is_given("tcp_user_timeout") {
        config.tcp_user_timeout(timeout * 2);
    }
}

fn wrong(message: String) -> Error {
    Error::Misconfigured(message)
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests;
