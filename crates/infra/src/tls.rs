//! TLS of outbound requests: rustls with the trust store of the machine, which may include a customer's own CA.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use convoke_core::model::tls::TlsOptions;

/// How connections to other servers are protected.
///
/// # Errors
/// When the crypto provider supports no protocol version, which is an error of the build.
pub fn client_config() -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(system_roots())
        .with_no_client_auth())
}

/// How connections to the database are protected. The files are read at each call, so that they can be renewed while the
/// program runs.
///
/// # Errors
/// A sentence that begins with the parameter of the database's URL: `sslrootcert`, `sslcert` or `sslkey`.
pub fn client_config_with(options: &TlsOptions) -> Result<ClientConfig, String> {
    let roots = match &options.root_certificates {
        None => system_roots(),
        Some(file) => roots_of(file)?,
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = verifier.build().map_err(|error| error.to_string())?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = if options.verifies_host_name {
        builder.with_webpki_verifier(verifier)
    } else {
        let verifier = Arc::new(AnyHostName(verifier));
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
    };
    let Some(own) = &options.client_certificate else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates("sslcert", &own.chain)?;
    let key = PrivateKeyDer::from_pem_file(&own.key)
        .map_err(|error| unreadable("sslkey", &own.key, error))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| format!("sslcert and sslkey: they do not fit: {error}"))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots_of(file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("sslrootcert", file)? {
        roots
            .add(certificate)
            .map_err(|error| unreadable("sslrootcert", file, error))?;
    }
    Ok(roots)
}

fn certificates(parameter: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<CertificateDer<'static>>, _>>)
        .map_err(|error| unreadable(parameter, file, error))?;
    if read.is_empty() {
        return Err(unreadable(parameter, file, "it contains no certificate"));
    }
    Ok(read)
}

fn unreadable(parameter: &str, file: &Path, error: impl Display) -> String {
    format!("{parameter}: {} cannot be used: {error}", file.display())
}

/// Verifies a server as the inner one does, but for the name in its certificate (`sslmode=verify-ca`).
#[derive(Debug)]
struct AnyHostName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyHostName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The inner verifier compares the name last, after the chain.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use convoke_core::model::tls::ClientCertificate;

    use super::*;

    #[test]
    fn errors_name_the_parameter_of_the_url() {
        let missing = || PathBuf::from("/nowhere/file.pem");
        let roots = TlsOptions {
            root_certificates: Some(missing()),
            ..TlsOptions::default()
        };
        let error = client_config_with(&roots).unwrap_err();
        assert!(
            error.starts_with("sslrootcert: /nowhere/file.pem"),
            "{error}"
        );
        let own = TlsOptions {
            client_certificate: Some(ClientCertificate {
                chain: missing(),
                key: missing(),
            }),
            ..TlsOptions::default()
        };
        let error = client_config_with(&own).unwrap_err();
        assert!(error.starts_with("sslcert: /nowhere/file.pem"), "{error}");
    }

    #[test]
    fn a_file_without_a_certificate_is_an_error() {
        let options = TlsOptions {
            root_certificates: Some(PathBuf::from("/dev/null")),
            ..TlsOptions::default()
        };
        let error = client_config_with(&options).unwrap_err();
        assert!(error.contains("contains no certificate"), "{error}");
    }
}
