//! TLS between our client and a server in memory: no socket, no clock, certificates made on the spot.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Seen, request};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, SupportedProtocolVersion};
use tiercel_upstream::tls::{ClientConfig, Roots, TimeProvider, UnixTime, client_config};
use tiercel_upstream::{Connection, Error, Kind, Limits, Phase};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// Certificates of these tests are good for the year 2026.
const IN_2025: u64 = 1_750_000_000;
const IN_2026: u64 = 1_780_000_000;
const IN_2027: u64 = 1_810_000_000;

#[derive(Debug)]
struct At(u64);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0)))
    }
}

/// An authority that no machine trusts.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server for `provider.test` that speaks only `version`.
fn server(
    authority: &CertifiedIssuer<'_, KeyPair>,
    version: &'static SupportedProtocolVersion,
    protocol: &str,
) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["provider.test".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
    let certificate = params.signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(At(IN_2026)))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    Arc::new(config)
}

fn client(authority: &CertifiedIssuer<'_, KeyPair>, unix_seconds: u64) -> Arc<ClientConfig> {
    client_config(Roots::Mozilla, Some(authority.pem().as_bytes()), Arc::new(At(unix_seconds))).unwrap()
}

/// Both ends, and what the client has seen.
struct Conversation {
    client: Connection,
    server: ServerConnection,
    /// What the client has to send.
    output: Vec<u8>,
    seen: Seen,
    /// What the server has received.
    received: Vec<u8>,
    refused_by_client: bool,
}

impl Conversation {
    fn new(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>, host: &str) -> Self {
        Self {
            client: Connection::tls(client, host).unwrap(),
            server: ServerConnection::new(Arc::clone(server)).unwrap(),
            output: Vec::new(),
            seen: Seen::default(),
            received: Vec::new(),
            refused_by_client: false,
        }
    }

    /// Sends a request with `body` and passes bytes to and fro until neither end has more to say.
    fn ask(&mut self, body: &[u8]) -> Result<(), Error> {
        self.client.send(&request("POST", body), Limits::default(), &mut self.output)?;
        while !self.output.is_empty() {
            let sent = std::mem::take(&mut self.output);
            self.serve(&sent);
            self.deliver(usize::MAX)?;
        }
        Ok(())
    }

    fn serve(&mut self, sent: &[u8]) {
        let mut unread = sent;
        while !unread.is_empty() && !self.refused_by_client {
            self.server.read_tls(&mut unread).unwrap();
            self.refused_by_client = self.server.process_new_packets().is_err();
            let mut plain = [0; 4096];
            while let Ok(n_read @ 1..) = self.server.reader().read(&mut plain) {
                self.received.extend_from_slice(&plain[..n_read]);
            }
        }
    }

    fn answer(&mut self, answer: &[u8]) -> Result<(), Error> {
        self.server.writer().write_all(answer).unwrap();
        self.deliver(usize::MAX)
    }

    /// The server's bytes to the client, `n_bytes` at a time.
    fn deliver(&mut self, n_bytes: usize) -> Result<(), Error> {
        let mut wire = Vec::new();
        while self.server.wants_write() {
            self.server.write_tls(&mut wire).unwrap();
        }
        wire.chunks(n_bytes.min(wire.len()).max(1)).try_for_each(|data| self.receive(data))
    }

    fn receive(&mut self, data: &[u8]) -> Result<(), Error> {
        self.client.receive(data, &mut self.output, |event| self.seen.note(&event))
    }
}

#[test]
fn both_versions_carry_an_answer_and_shorten_the_second_handshake() {
    for version in [&TLS12, &TLS13] {
        let authority = authority();
        let (client, server) = (client(&authority, IN_2026), server(&authority, version, "http/1.1"));
        for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let mut conversation = Conversation::new(&client, &server, "provider.test");
            assert_eq!(Phase::Handshake, conversation.client.phase());
            conversation.ask(b"{}").unwrap();
            assert!(conversation.received.ends_with(b"\r\n\r\n{}"));
            assert_eq!((Phase::Head, false), (conversation.client.phase(), conversation.client.has_answered()));
            conversation.answer(ANSWER).unwrap();

            assert_eq!(Some(version.version), conversation.server.protocol_version());
            assert_eq!(Some(expected), conversation.server.handshake_kind(), "{version:?}");
            let whole = Seen { statuses: vec![200], body: b"{}".into(), n_ends: 1, failure: None };
            assert_eq!(whole, conversation.seen);
            assert!(conversation.client.is_reusable());

            conversation.ask(b"{}").unwrap();
            conversation.answer(ANSWER).unwrap();
            assert_eq!((2, 2), (conversation.seen.n_ends, conversation.client.n_requests()));
        }
    }
}

#[test]
fn a_large_request_waits_for_the_handshake_and_arrives_whole() {
    let authority = authority();
    let mut conversation =
        Conversation::new(&client(&authority, IN_2026), &server(&authority, &TLS13, "http/1.1"), "127.0.0.1");
    let body = vec![7; 300_000];
    conversation.ask(&body).unwrap();

    assert!(conversation.received.ends_with(&body));
}

#[test]
fn records_may_be_split_anywhere() {
    let authority = authority();
    let mut conversation =
        Conversation::new(&client(&authority, IN_2026), &server(&authority, &TLS13, "http/1.1"), "provider.test");
    conversation.ask(b"{}").unwrap();
    for piece in ANSWER.chunks(5) {
        conversation.server.writer().write_all(piece).unwrap();
        conversation.deliver(1).unwrap();
    }

    assert_eq!((b"{}".as_slice(), 1), (&*conversation.seen.body, conversation.seen.n_ends));
}

/// The handshake fails, and the server is told why.
fn refuse(name: &str, client: &Arc<ClientConfig>, server: &Arc<ServerConfig>, host: &str) {
    let mut conversation = Conversation::new(client, server, host);
    let error = conversation.ask(b"{}").unwrap_err();
    let last_words = std::mem::take(&mut conversation.output);
    conversation.serve(&last_words);

    assert_eq!((Kind::Tls, Phase::Closed), (error.kind(), conversation.client.phase()), "{name}");
    assert!(conversation.received.is_empty() && conversation.refused_by_client, "{name}");
    assert!(conversation.receive(b"more").is_ok(), "once closed, everything is ignored");
}

#[test]
fn servers_that_are_refused() {
    for version in [&TLS12, &TLS13] {
        let (ours, foreign) = (authority(), authority());
        let good = server(&ours, version, "http/1.1");
        refuse("an unknown authority", &client(&foreign, IN_2026), &good, "provider.test");
        refuse("another name", &client(&ours, IN_2026), &good, "other.test");
        refuse("another address", &client(&ours, IN_2026), &good, "127.0.0.2");
        refuse("a certificate that has expired", &client(&ours, IN_2027), &good, "provider.test");
        refuse("a certificate of the future", &client(&ours, IN_2025), &good, "provider.test");
    }
}

#[test]
fn a_server_without_http_1_is_refused() {
    let authority = authority();
    let mut conversation =
        Conversation::new(&client(&authority, IN_2026), &server(&authority, &TLS13, "h2"), "provider.test");
    conversation.client.send(&request("POST", b""), Limits::default(), &mut conversation.output).unwrap();
    let sent = std::mem::take(&mut conversation.output);
    conversation.serve(&sent);

    assert_eq!(Kind::Tls, conversation.deliver(usize::MAX).unwrap_err().kind());
}

#[test]
fn a_peer_that_does_not_speak_tls_is_refused() {
    let mut connection = Connection::tls(&client(&authority(), IN_2026), "provider.test").unwrap();
    let error = connection.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n", &mut Vec::new(), |_| {}).unwrap_err();

    assert_eq!(Kind::Tls, error.kind());
}

#[test]
fn only_a_goodbye_ends_a_body_of_unknown_length() {
    for says_goodbye in [true, false] {
        let authority = authority();
        let mut conversation =
            Conversation::new(&client(&authority, IN_2026), &server(&authority, &TLS13, "http/1.1"), "provider.test");
        conversation.ask(b"{}").unwrap();
        conversation.answer(b"HTTP/1.1 200 OK\r\n\r\n{}").unwrap();
        if says_goodbye {
            conversation.server.send_close_notify();
        }
        let ended = conversation.deliver(usize::MAX).and_then(|()| conversation.receive(b""));

        assert_eq!(says_goodbye.then_some(()).ok_or(Kind::Truncated), ended.map_err(|error| error.kind()));
        assert_eq!(usize::from(says_goodbye), conversation.seen.n_ends);
        assert_eq!(Phase::Closed, conversation.client.phase());
    }
}

#[test]
fn an_end_of_file_during_the_handshake_is_a_truncated_answer() {
    let mut connection = Connection::tls(&client(&authority(), IN_2026), "provider.test").unwrap();
    connection.send(&request("POST", b""), Limits::default(), &mut Vec::new()).unwrap();
    let error = connection.receive(b"", &mut Vec::new(), |_| {}).unwrap_err();

    assert_eq!((Kind::Truncated, false), (error.kind(), connection.has_answered()));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = client_config(Roots::Mozilla, Some(pem.as_bytes()), Arc::new(At(IN_2026))).unwrap_err();

        assert_eq!(Kind::Configuration, error.kind(), "{pem}");
    }
    for host in ["", "a b", "provider.test:443", "https://provider.test"] {
        let error = Connection::tls(&client(&authority(), IN_2026), host).err().map(|error| error.kind());

        assert_eq!(Some(Kind::Configuration), error, "{host}");
    }
}

/// Slim containers have none.
#[test]
fn the_roots_of_the_machine_are_found_or_missed_aloud() {
    let failure = client_config(Roots::System, None, Arc::new(At(IN_2026))).err().map(|error| error.kind());

    assert!(matches!(failure, None | Some(Kind::Configuration)), "{failure:?}");
}
