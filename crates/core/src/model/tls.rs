//! Settings of TLS connections to other servers.

use std::path::PathBuf;

/// How the server of a connection is verified, and the certificate that is sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsOptions {
    /// A PEM file of the certificate authorities that count; those of the system when absent.
    pub root_certificates: Option<PathBuf>,
    /// The certificate of this program; none is sent when absent.
    pub client_certificate: Option<ClientCertificate>,
    /// Whether the server's certificate must be for the name of the host, and not only signed by an authority.
    pub verifies_host_name: bool,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            root_certificates: None,
            client_certificate: None,
            verifies_host_name: true,
        }
    }
}

/// A client certificate, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, followed by those of its intermediate authorities.
    pub chain: PathBuf,
    /// Its private key, not encrypted.
    pub key: PathBuf,
}
