//! One client's connection, from its handshake to its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::request::{self, Wanted};
use super::script::{LAST_CHUNK, STREAM_HEAD, Script};

/// No stream is held longer, whatever became of its client.
const MAX_HOLD: Duration = Duration::from_secs(600);

/// Answers until the client leaves. An error ends the connection and is the client's to report: it counts it.
pub(super) async fn run(socket: TcpStream, tls: Option<TlsAcceptor>, script: Arc<Script>) {
    // Without this, an event waits for the acknowledgement of the one before.
    let served = match (socket.set_nodelay(true), tls) {
        (Err(error), _) => Err(error),
        (Ok(()), None) => answer_all(socket, &script).await,
        (Ok(()), Some(tls)) => match tls.accept(socket).await {
            Ok(socket) => answer_all(socket, &script).await,
            Err(error) => Err(error),
        },
    };
    drop(served);
}

async fn answer_all<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, script: &Script) -> io::Result<()> {
    let mut buffer = BytesMut::with_capacity(16 << 10);
    loop {
        match request::take(&mut buffer) {
            Ok(Some(Wanted::Answer)) => send(&mut socket, &script.answer).await?,
            Ok(Some(Wanted::Stream)) => stream(&mut socket, script).await?,
            Ok(Some(Wanted::Hold)) => return hold(&mut socket, script).await,
            Ok(None) if socket.read_buf(&mut buffer).await? > 0 => {}
            Ok(None) => return Ok(()),
            Err(request::Malformed) => {
                return send(&mut socket, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            }
        }
    }
}

async fn stream<S: AsyncWrite + Unpin>(socket: &mut S, script: &Script) -> io::Result<()> {
    send(socket, STREAM_HEAD).await?;
    for (index, event) in script.events.iter().enumerate() {
        if index > 0 && !script.delay.is_zero() {
            tokio::time::sleep(script.delay).await;
        }
        send(socket, event).await?;
    }
    send(socket, LAST_CHUNK).await
}

async fn hold<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S, script: &Script) -> io::Result<()> {
    send(socket, STREAM_HEAD).await?;
    send(socket, &script.events[0]).await?;
    // Whatever comes now is the client's end; nobody sends a second request into an open stream.
    match tokio::time::timeout(MAX_HOLD, socket.read_u8()).await {
        Ok(read) => read.map(drop),
        Err(_) => Ok(()),
    }
}

async fn send<S: AsyncWrite + Unpin>(socket: &mut S, bytes: &[u8]) -> io::Result<()> {
    socket.write_all(bytes).await?;
    // TLS keeps what it could not write at once; on a plain socket this does nothing.
    socket.flush().await
}
