//! A certificate for one run of the benchmark.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server's side of TLS, and what its clients have to trust.
pub struct SelfSigned {
    /// Speaks TLS 1.2 and 1.3 and HTTP/1.1, with session tickets.
    pub acceptor: TlsAcceptor,
    /// The certificate, for `localhost` and `127.0.0.1`.
    pub pem: String,
}

/// Makes a key and signs it with itself.
///
/// # Errors
/// When the machine has no randomness to make a key from.
pub fn self_signed() -> io::Result<SelfSigned> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(io::Error::other)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(SelfSigned { acceptor: TlsAcceptor::from(Arc::new(config)), pem: made.cert.pem() })
}
