//! The load driver; it prints a report in JSON.
//!
//! ```text
//! bench_load closed --address HOST:PORT [--connections C] [--seconds S] [--requests N] [--stream]
//! bench_load open   --address HOST:PORT [--connections C] [--seconds S] --rate R       [--stream]
//! bench_load hold   --address HOST:PORT [--connections C] [--stream]
//! ```
//! All take `--path`, `--model` and `--key`, which say what is asked for. `hold` keeps its connections until standard
//! input ends.

use std::error::Error;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use lexopt::ValueExt;
use tiercel_benches::load::{Prompt, Shape, Target, closed, hold, open};
use tokio::task::LocalSet;

struct Flags {
    mode: String,
    address: String,
    path: String,
    model: String,
    key: String,
    n_connections: usize,
    duration: Duration,
    max_requests: u64,
    rate: u32,
    stream: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let flags = flags()?;
    let shape = match (flags.stream, flags.mode.as_str()) {
        (false, _) => Shape::Unary,
        (true, "hold") => Shape::Held,
        (true, _) => Shape::Stream,
    };
    let prompt = Prompt::new(&flags.address, &flags.path, &flags.model, &flags.key, shape);
    let target = Rc::new(Target { address: flags.address, prompt });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = LocalSet::new().block_on(&runtime, async {
        match flags.mode.as_str() {
            "closed" => closed(target, flags.n_connections, flags.duration, flags.max_requests).await.map(Some),
            "open" if flags.rate > 0 => open(target, flags.n_connections, flags.duration, flags.rate).await.map(Some),
            "hold" => hold(&target, flags.n_connections).await.map(|()| None),
            _ => Err("the first word has to be closed, open (with a --rate) or hold".into()),
        }
    })?;
    if let Some(report) = report {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    }
    Ok(())
}

fn flags() -> Result<Flags, lexopt::Error> {
    let mut flags = Flags {
        mode: String::new(),
        address: String::new(),
        path: "/v1/chat/completions".to_owned(),
        model: "gpt-4o-mini".to_owned(),
        key: "sk-bench".to_owned(),
        n_connections: 1,
        duration: Duration::from_secs(3),
        max_requests: u64::MAX,
        rate: 0,
        stream: false,
    };
    let mut given = lexopt::Parser::from_env();
    while let Some(flag) = given.next()? {
        match flag {
            lexopt::Arg::Value(mode) => flags.mode = mode.string()?,
            lexopt::Arg::Long("address") => flags.address = given.value()?.string()?,
            lexopt::Arg::Long("path") => flags.path = given.value()?.string()?,
            lexopt::Arg::Long("model") => flags.model = given.value()?.string()?,
            lexopt::Arg::Long("key") => flags.key = given.value()?.string()?,
            lexopt::Arg::Long("connections") => flags.n_connections = given.value()?.parse()?,
            lexopt::Arg::Long("seconds") => flags.duration = given.value()?.parse_with(seconds)?,
            lexopt::Arg::Long("requests") => flags.max_requests = given.value()?.parse()?,
            lexopt::Arg::Long("rate") => flags.rate = given.value()?.parse()?,
            lexopt::Arg::Long("stream") => flags.stream = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(flags)
}

fn seconds(text: &str) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}
