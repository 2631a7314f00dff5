//! TLS of outbound requests: rustls with the trust store of the machine, which may include a customer's own CA.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// How connections to other servers are protected.
///
/// # Errors
/// When the crypto provider supports no protocol version, which is an error of the build.
pub fn client_config() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
