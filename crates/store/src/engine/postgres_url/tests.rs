//! URLs as operators write them.

use tokio_postgres::config::TargetSessionAttrs;

use super::*;

fn parsed(url: &str) -> PostgresUrl {
    parse(url, Duration::from_secs(5)).unwrap()
}

#[track_caller]
fn error(url: &str) -> String {
    match parse(url, Duration::from_secs(5)) {
        Err(Error::Misconfigured(message)) => message,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn encryption_follows_mode_and_host() {
    let tls = |url: &str| parsed(url).tls;
    for plain in [
        "postgres://u@localhost/d",
        "postgres://u@127.0.0.1/d?sslmode=prefer",
        "postgres:///d?host=/run/postgresql",
        "postgres://u@db.example.com/d?sslmode=disable",
    ] {
        assert_eq!(tls(plain), None, "{plain}");
    }
    for verified in [
        "postgres://u@db.example.com/d",
        "postgres://u@localhost,db.example.com/d",
        "postgres://u@localhost/d?sslmode=require",
        "postgresql://u@localhost/d?sslmode=verify-full",
    ] {
        assert_eq!(tls(verified), Some(TlsOptions::default()), "{verified}");
    }
    let files = "sslrootcert=/etc/ca%20s.pem&sslcert=/etc/own.pem&sslkey=/etc/own.key";
    let options = tls(&format!(
        "postgres://u@localhost/d?{files}&sslmode=verify-ca"
    ))
    .unwrap();
    assert!(!options.verifies_host_name);
    assert_eq!(
        options.root_certificates,
        Some(PathBuf::from("/etc/ca s.pem"))
    );
    let own = options.client_certificate.unwrap();
    assert_eq!(
        (own.chain, own.key),
        (PathBuf::from("/etc/own.pem"), PathBuf::from("/etc/own.key"))
    );
    // Files that are named are used, on this machine too.
    let options = tls("postgres://u@localhost/d?sslrootcert=/etc/ca.pem").unwrap();
    assert!(options.verifies_host_name);
    let system = tls("postgres://u@db.example.com/d?sslrootcert=system&sslmode=verify-full");
    assert_eq!(system, Some(TlsOptions::default()));
}

#[test]
fn several_hosts_with_their_ports_are_kept_in_order() {
    let url =
        "postgres://u:p@a.example,b.example:5433,[::1]:5434/d?target_session_attrs=read-write";
    let config = parsed(url).config;
    assert_eq!(config.get_hosts().len(), 3);
    assert_eq!(config.get_ports(), [5432, 5433, 5434]);
    assert_eq!(
        config.get_target_session_attrs(),
        TargetSessionAttrs::ReadWrite
    );
    assert_eq!(config.get_dbname(), Some("d"));
}

#[test]
fn passwords_may_contain_what_the_driver_accepts() {
    for (written, password) in [
        ("p%40ss", "p@ss"),
        ("a%3Ab%2Fc%3Fd%23e%25f", "a:b/c?d#e%f"),
        ("a:b", "a:b"),
        ("a/b#c", "a/b#c"),
        ("a?b", "a?b"),
        ("пароль", "пароль"),
    ] {
        let config = parsed(&format!("postgres://u:{written}@localhost:5433/d")).config;
        assert_eq!(
            config.get_password(),
            Some(password.as_bytes()),
            "{written}"
        );
        assert_eq!(config.get_ports(), [5433]);
    }
    let config = parsed("postgres://localhost/d?user=u&application_name=a@b").config;
    assert_eq!(
        (config.get_user(), config.get_application_name()),
        (Some("u"), Some("a@b"))
    );
}

#[test]
fn special_characters_are_explained_where_they_fail_and_never_shown() {
    for (url, part) in [
        ("postgres://u:Geh@im@localhost/d", "password: "),
        ("postgres://u:a@Geh/im@localhost/d", "password: "),
        ("postgres://u:Geheim/d", "port: "),
        ("postgres://u:a@Geh:im@localhost/d", "password: "),
        ("postgres://u:Geh?im=1@localhost/d", "port: "),
    ] {
        let message = error(url);
        assert!(message.starts_with(part), "{url}: {message}");
        assert!(
            message.contains("%40") && !message.contains("Geh"),
            "{url}: {message}"
        );
    }
}

#[test]
fn errors_name_the_part() {
    for (url, part) in [
        ("postgres://u@/d", "host: "),
        ("postgres://", "host: "),
        ("postgres://u@h:x/d", "port: "),
        ("postgres://u@h:0/d", "port: "),
        ("postgres://u@h:70000/d", "port: "),
        ("postgres://u@a,b:x/d", "port: "),
        ("postgres://u@[::1/d", "host: "),
        ("postgres://u@h/d/e", "database: "),
        ("postgres://%FF@h/d", "user: "),
        (
            "postgres://u@h/d?schema=public",
            "schema: there is no such parameter",
        ),
        ("postgres://u@h/d?sslmode=allow", "sslmode: "),
        ("postgres://u@h/d?sslmode=", "sslmode: "),
        ("postgres://u@h/d?sslcert=/a", "sslkey: "),
        ("postgres://u@h/d?sslkey=/a", "sslcert: "),
        (
            "postgres://u@h/d?sslmode=disable&sslrootcert=/a",
            "sslmode: ",
        ),
        (
            "postgres://u@h/d?target_session_attrs=primary",
            "target_session_attrs: ",
        ),
        ("postgres://u@h/d?connect_timeout=soon", "connect_timeout: "),
        ("postgres://u@h/d?connect_timeout", "connect_timeout: "),
        ("postgres://u@h/d?user=%FF", "user: "),
    ] {
        let message = error(url);
        assert!(message.starts_with(part), "{url}: {message}");
    }
    assert!(error("postgres://u@h/d?search_path=x").contains("alter role"));
    assert!(error("postgres://u@h/d?target_session_attrs=primary").contains("read-write"));
}

#[test]
fn the_url_s_own_timeouts_and_name_are_kept() {
    let config = parsed("postgres://u@h/d?connect_timeout=7&application_name=own").config;
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(7)));
    assert_eq!(config.get_application_name(), Some("own"));
    let config = parsed("postgres://u@h/d").config;
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(2)));
    assert_eq!(config.get_application_name(), Some("convoke"));
}
