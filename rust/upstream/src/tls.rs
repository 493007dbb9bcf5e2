//! Whom to trust, and how to encrypt.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, Kind};

pub use rustls::ClientConfig;
pub use rustls::pki_types::UnixTime;
pub use rustls::time_provider::TimeProvider;

/// The authorities that may vouch for a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those that Mozilla trusts, compiled in: the same on every machine.
    Mozilla,
    /// Those that the machine trusts. Reads its files, and the variables `SSL_CERT_FILE` and `SSL_CERT_DIR` that name
    /// them by convention.
    System,
}

/// What all connections share: TLS 1.2 and 1.3, HTTP/1.1, the trusted authorities, and tickets that shorten the next
/// handshake with a provider. `extra_ca_pem` adds authorities; `time` tells whether a certificate has expired.
///
/// # Errors
/// `Kind::Configuration` when the machine trusts no authority, or an extra one is not a certificate in PEM.
pub fn client_config(
    roots: Roots,
    extra_ca_pem: Option<&[u8]>,
    time: Arc<dyn TimeProvider>,
) -> Result<Arc<ClientConfig>, Error> {
    let mut store = match roots {
        Roots::Mozilla => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
        Roots::System => system_roots()?,
    };
    if let Some(pem) = extra_ca_pem {
        add(&mut store, pem)?;
    }
    let mut config = ClientConfig::builder_with_details(Arc::new(ring::default_provider()), time)
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::because(Kind::Configuration, "TLS has no protocol version in common", source))?
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn system_roots() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // Machines carry old certificates that nobody can parse; those that can be used are enough.
    let (n_added, _) = store.add_parsable_certificates(found.certs);
    if n_added > 0 {
        return Ok(store);
    }
    let reason = "this machine trusts no certificate authority";
    Err(match found.errors.into_iter().next() {
        Some(source) => Error::because(Kind::Configuration, reason, source),
        None => Error::new(Kind::Configuration, reason),
    })
}

fn add(store: &mut RootCertStore, pem: &[u8]) -> Result<(), Error> {
    let n_before = store.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|source| {
            Error::because(Kind::Configuration, "the extra certificate authority is not PEM", source)
        })?;
        store.add(certificate).map_err(|source| {
            Error::because(Kind::Configuration, "the extra certificate authority is not a certificate", source)
        })?;
    }
    if store.len() == n_before {
        return Err(Error::new(Kind::Configuration, "the extra certificate authority holds no certificate"));
    }
    Ok(())
}
