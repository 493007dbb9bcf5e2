//! Clients that are there and do nothing: what their connections cost in memory can be read meanwhile.

use std::io;
use std::net::TcpStream;

use super::Target;
use super::client::Client;
use crate::on_this_thread;

/// Connections that stay open for as long as this is kept.
pub struct Held(Vec<TcpStream>);

impl Held {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Opens `n_connections`, each of which is answered once, or has an open stream if the prompt asks for that.
///
/// # Errors
/// When one of them could not be opened, or was closed by the server.
pub fn run(target: &Target, n_connections: usize) -> io::Result<Held> {
    on_this_thread(async {
        let mut sockets = Vec::new();
        for _ in 0..n_connections {
            let mut client = Client::new(target);
            let asked = client.ask(target.take_number(), |_| {}).await;
            asked.map_err(|failure| io::Error::other(format!("a connection could not be opened: {failure}")))?;
            let socket = client.into_socket().ok_or_else(|| io::Error::other("the server closes its connections"))?;
            sockets.push(socket.into_std()?);
        }
        Ok(Held(sockets))
    })
}
