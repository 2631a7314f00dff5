//! Connections to PostgreSQL as its URL asks for them: TLS, client certificates, several hosts.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};

use super::operator::ended;
use crate::support::{Cluster, convoke};

/// Certificates of a test's own authority, as PEM files in a folder.
struct Certificates {
    folder: tempfile::TempDir,
    server: (String, String),
}

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let sign = |name: &str, hosts: &[&str], usage| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            let mut params = CertificateParams::new(hosts).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages = vec![usage];
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        let server = sign(
            "server",
            &["localhost"],
            ExtendedKeyUsagePurpose::ServerAuth,
        );
        let (own, key) = sign("postgres", &[], ExtendedKeyUsagePurpose::ClientAuth);
        for (file, text) in [
            ("ca.pem", authority.pem()),
            ("own.pem", own),
            ("own.key", key),
        ] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        Self { folder, server }
    }

    fn path(&self, file: &str) -> String {
        self.folder.path().join(file).display().to_string()
    }

    /// A server that takes TLS alone, from clients with a certificate.
    fn cluster(&self) -> Cluster {
        Cluster::with(|cluster| {
            cluster.write("server.crt", &self.server.0);
            cluster.write("server.key", &self.server.1);
            cluster.write(
                "ca.crt",
                &std::fs::read_to_string(self.path("ca.pem")).unwrap(),
            );
            let files =
                "ssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.crt'";
            cluster.append("postgresql.conf", &format!("ssl = on\n{files}"));
            cluster.write("pg_hba.conf", "hostssl all all all cert\n");
        })
    }
}

/// What a check says about the database of this URL.
#[track_caller]
fn database(url: &str, code: i32) -> String {
    let environment = [("CONVOKE_DATABASE__URL", url)];
    let (stdout, _) = ended(&convoke(&["check"], &environment, None), code);
    let line = stdout.lines().find(|line| line.contains(" database: "));
    line.unwrap().to_owned()
}

#[test]
fn tls_verifies_authority_host_name_and_client() {
    let certificates = Certificates::new();
    let cluster = certificates.cluster();
    let url = |host: &str, parameters: &[(&str, &str)]| {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(key, file)| match *key {
                "sslmode" => format!("{key}={file}"),
                _ => format!("{key}={}", certificates.path(file)),
            })
            .collect();
        format!(
            "postgres://postgres@{host}:{}/postgres?{}",
            cluster.port(),
            parameters.join("&")
        )
    };
    let roots = ("sslrootcert", "ca.pem");
    let own = [("sslcert", "own.pem"), ("sslkey", "own.key")];
    for (host, mode) in [
        ("localhost", "verify-full"),
        ("localhost", "require"),
        ("localhost", "verify-ca"),
        ("127.0.0.1", "verify-ca"),
    ] {
        let found = database(&url(host, &[("sslmode", mode), roots, own[0], own[1]]), 0);
        assert!(
            found.contains("is reachable, empty"),
            "{host} {mode}: {found}"
        );
    }
    // The files alone ask for TLS.
    database(&url("localhost", &[roots, own[0], own[1]]), 0);
    let full = ("sslmode", "verify-full");
    for (url, reason) in [
        (
            url("127.0.0.1", &[full, roots, own[0], own[1]]),
            "not valid for name",
        ),
        (url("localhost", &[full, own[0], own[1]]), "sslrootcert"),
        (
            url("localhost", &[("sslmode", "verify-ca"), own[0], own[1]]),
            "sslrootcert",
        ),
        (url("localhost", &[full, roots]), "certificate"),
        (
            url("localhost", &[full, ("sslrootcert", "no.pem")]),
            "sslrootcert: ",
        ),
        (
            url("localhost", &[full, roots, ("sslcert", "own.key"), own[1]]),
            "sslcert: ",
        ),
        (url("localhost", &[("sslmode", "disable")]), "no encryption"),
    ] {
        let found = database(&url, 1);
        assert!(found.contains(reason), "{url}: {found}");
    }
    let url = url("localhost", &[full, roots, own[0], own[1]]);
    ended(
        &convoke(&["migrate"], &[("CONVOKE_DATABASE__URL", &url)], None),
        0,
    );
    assert!(database(&url, 0).contains("its schema is current"));
}

#[test]
fn of_several_hosts_the_writable_one_is_used() {
    let standby = Cluster::with(|cluster| {
        cluster.append("postgresql.conf", "default_transaction_read_only = on");
    });
    let primary = Cluster::new();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", standby.port(), primary.port());
    let url = format!("postgres://postgres@{hosts}/postgres?target_session_attrs=read-write");
    ended(
        &convoke(&["migrate"], &[("CONVOKE_DATABASE__URL", &url)], None),
        0,
    );
    assert!(database(&primary.database().url, 0).contains("its schema is current"));
    assert!(database(&standby.database().url, 0).contains("is reachable, empty"));
    // Also while the first host is down.
    standby.stop();
    assert!(database(&url, 0).contains("its schema is current"));
    primary.stop();
    assert!(database(&url, 1).contains("error database"));
}

#[test]
fn a_rejected_password_explains_percent_encoding() {
    let cluster =
        Cluster::with(|cluster| cluster.write("pg_hba.conf", "host all all all scram-sha-256\n"));
    let url = format!(
        "postgres://postgres:100%41@127.0.0.1:{}/postgres",
        cluster.port()
    );
    let found = database(&url, 1);
    assert!(
        found.contains("authentication failed") && found.contains("% as %25"),
        "{found}"
    );
}
