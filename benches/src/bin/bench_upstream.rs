//! `bench_upstream [--port P] [--events N] [--delay-ms D] [--tls-cert-out PATH]`: prints `listening PORT`, then serves.
//!
//! A stream is N words, D milliseconds apart, then the finish reason, then `[DONE]`. With `--tls-cert-out` the port
//! speaks TLS, under a certificate that is written to PATH first.

use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::time::Duration;

use lexopt::ValueExt;
use tiercel_benches::upstream::{Script, self_signed, serve};
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut port, mut n_deltas, mut delay_ms, mut certificate) = (0, 50, 10, None::<OsString>);
    let mut flags = lexopt::Parser::from_env();
    while let Some(flag) = flags.next()? {
        match flag {
            lexopt::Arg::Long("port") => port = flags.value()?.parse()?,
            lexopt::Arg::Long("events") => n_deltas = flags.value()?.parse()?,
            lexopt::Arg::Long("delay-ms") => delay_ms = flags.value()?.parse()?,
            lexopt::Arg::Long("tls-cert-out") => certificate = Some(flags.value()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let acceptor = match certificate {
        Some(path) => {
            let made = self_signed()?;
            std::fs::write(path, made.pem)?;
            Some(made.acceptor)
        }
        None => None,
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let mut output = std::io::stdout().lock();
        writeln!(output, "listening {}", listener.local_addr()?.port())?;
        drop(output);
        serve(listener, acceptor, Script::new(n_deltas, Duration::from_millis(delay_ms))).await;
        Ok(())
    })
}
