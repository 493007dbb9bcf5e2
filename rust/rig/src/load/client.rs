//! One connection that asks one question at a time.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{After, Answer};
use super::{Failure, Shape, Target};

/// How long a client waits for a whole answer: longer than any gateway here takes when it keeps up.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A client that connects when it has to, and keeps its connection for as long as the server does.
pub(super) struct Client<'a> {
    target: &'a Target,
    socket: Option<TcpStream>,
    request: Vec<u8>,
    input: BytesMut,
}

impl<'a> Client<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self { target, socket: None, request: Vec::new(), input: BytesMut::with_capacity(16 << 10) }
    }

    /// Sends request `number` and reads its answer, to the first event where the stream is to be held and to the end
    /// otherwise; gives what it says of a cache. `on_events` hears of every read that completed events.
    pub(super) async fn ask(
        &mut self,
        number: u64,
        on_events: impl FnMut(u64),
    ) -> Result<Option<&'static str>, Failure> {
        let asked = timeout(PATIENCE, self.exchange(number, on_events)).await.unwrap_or(Err(Failure::Timeout));
        if asked.is_err() {
            // What is left of the answer must not be taken for the next one.
            self.socket = None;
        }
        asked
    }

    /// The connection, where there is one that takes another request.
    pub(super) fn into_socket(self) -> Option<TcpStream> {
        self.socket
    }

    async fn exchange(&mut self, number: u64, mut on_events: impl FnMut(u64)) -> Result<Option<&'static str>, Failure> {
        let shape = self.target.prompt.shape;
        self.target.prompt.write(number, &mut self.request);
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => connect(&self.target.address).await?,
        };
        self.input.clear();
        socket.write_all(&self.request).await.map_err(|_| Failure::Cut)?;
        let mut answer = Answer::new(shape);
        let after = loop {
            if socket.read_buf(&mut self.input).await.map_err(|_| Failure::Cut)? == 0 {
                return Err(Failure::Cut);
            }
            let progress = answer.take(&mut self.input)?;
            if progress.n_events > 0 {
                on_events(progress.n_events);
            }
            if shape == Shape::Held && progress.n_events > 0 {
                break After::Reuse;
            }
            if let Some(after) = progress.whole {
                break after;
            }
        };
        self.socket = (after == After::Reuse).then_some(socket);
        Ok(answer.cache)
    }
}

async fn connect(address: &str) -> Result<TcpStream, Failure> {
    let socket = TcpStream::connect(address).await.map_err(|_| Failure::Connect)?;
    socket.set_nodelay(true).map_err(|_| Failure::Connect)?;
    Ok(socket)
}
