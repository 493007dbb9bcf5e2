//! An OpenAI-shaped upstream: constants out, as fast as one core can.

mod certificate;
mod connection;
mod request;
mod script;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub use certificate::{SelfSigned, self_signed};
pub use script::Script;

/// A pause after a failed `accept`, so that a full table of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Serves `script` to whoever connects, through TLS where there is an acceptor. Never returns.
pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, script: Script) {
    let script = Arc::new(script);
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                tokio::spawn(connection::run(socket, tls.clone(), Arc::clone(&script)));
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
