//! An OpenAI-shaped upstream: constants out, as fast as one core can.

mod certificate;
mod connection;
mod request;
mod script;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

pub use tokio_rustls::TlsAcceptor as Acceptor;

pub use certificate::{SelfSigned, self_signed};
pub use script::Script;

use crate::on_this_thread;

/// A pause after a failed `accept`, so that a full table of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Serves `script` to whoever connects, through TLS where there is an acceptor. Returns only when it cannot begin.
///
/// # Errors
/// When the runtime does not start, or the system does not take the socket.
pub fn serve(listener: TcpListener, tls: Option<&Acceptor>, script: Script) -> io::Result<()> {
    on_this_thread(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let script = Arc::new(script);
        loop {
            match listener.accept().await {
                Ok((socket, _)) => {
                    tokio::spawn(connection::run(socket, tls.cloned(), Arc::clone(&script)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    })
}
