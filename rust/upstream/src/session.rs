//! TLS between the socket and the answers.

use std::io::{self, BufRead, IoSlice, Write};
use std::sync::Arc;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use crate::answer::{Answers, Event};
use crate::error::{Error, Kind};
use crate::tls::ClientConfig;

/// One TLS session.
pub(crate) struct Session {
    tls: ClientConnection,
}

impl Session {
    pub(crate) fn new(config: &Arc<ClientConfig>, host: &str) -> Result<Self, Error> {
        let name = ServerName::try_from(host.to_owned()).map_err(|source| {
            Error::because(Kind::Configuration, "the host is neither a name nor an address", source)
        })?;
        let mut tls = ClientConnection::new(Arc::clone(config), name).map_err(failed)?;
        // A request waits here whole until the handshake is done; the gateway has bounded it.
        tls.set_buffer_limit(None);
        Ok(Self { tls })
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Sends `head` and `body`, sharing records, and appends to `output` what may go now.
    pub(crate) fn write(&mut self, head: &[u8], body: &[u8], output: &mut Vec<u8>) -> Result<(), Error> {
        let n_written = self.tls.writer().write_vectored(&[IoSlice::new(head), IoSlice::new(body)]).map_err(failed)?;
        if n_written != head.len() + body.len() {
            return Err(Error::new(Kind::Tls, "TLS did not take the whole request"));
        }
        self.flush(output)
    }

    /// Decrypts `data` into `answers`; empty `data` is the end of file.
    pub(crate) fn receive(
        &mut self,
        data: &[u8],
        output: &mut Vec<u8>,
        answers: &mut Answers,
        on_event: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Error> {
        let mut unread = data;
        loop {
            let n_read = self.tls.read_tls(&mut unread).map_err(failed)?;
            let processed = self.tls.process_new_packets();
            // An alert that says what was wrong goes out even when the session has failed.
            self.flush(output)?;
            processed.map_err(failed)?;
            self.drain(answers, on_event)?;
            // Nothing is read at the end of file, nor after the peer has said goodbye.
            if unread.is_empty() || n_read == 0 {
                return Ok(());
            }
        }
    }

    /// Hands over everything that is decrypted.
    fn drain(&mut self, answers: &mut Answers, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), Error> {
        let mut reader = self.tls.reader();
        loop {
            match reader.fill_buf() {
                Ok([]) => return answers.end(on_event),
                Ok(decrypted) => {
                    let n_decrypted = decrypted.len();
                    answers.feed(decrypted, on_event)?;
                    reader.consume(n_decrypted);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // End of file without a goodbye: anyone on the way could have cut the answer short here.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return answers.cut(),
                Err(error) => return Err(failed(error)),
            }
        }
    }

    fn flush(&mut self, output: &mut Vec<u8>) -> Result<(), Error> {
        while self.tls.wants_write() {
            self.tls.write_tls(output).map_err(failed)?;
        }
        Ok(())
    }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::because(Kind::Tls, "TLS failed", source)
}
