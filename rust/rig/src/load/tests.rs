//! What the driver makes of an upstream that is there, and of servers that are wrong.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use super::closed::ask;
use super::tally::Tally;
use super::{Prompt, Report, Shape, Target, closed, hold, open};
use crate::on_this_thread;
use crate::upstream::{Script, serve};

/// Longer than any run here takes: what ends it is the count.
const LONG: Duration = Duration::from_secs(600);
const N_DELTAS: usize = 3;

fn target(address: String, shape: Shape) -> Arc<Target> {
    let prompt = Prompt::new("POST / HTTP/1.1\r\nhost: x\r\n", "auto", "Order {number}?", shape, u64::MAX).unwrap();
    Arc::new(Target::new(address, prompt))
}

/// The upstream, for as long as the tests run.
fn upstream() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || serve(listener, None, Script::new(N_DELTAS, Duration::ZERO)));
    address
}

/// A server that says `answer` to whoever connects, and hangs up.
fn saying(answer: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let n_read = socket.read(&mut [0; 4096]).unwrap();
            assert_ne!(0, n_read);
            socket.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

fn failures(report: &Report) -> Vec<(&str, u64)> {
    report.errors.iter().map(|(failure, count)| (failure.as_str(), *count)).collect()
}

#[test]
fn every_answer_of_the_upstream_counts() {
    let address = upstream();
    let unary = closed(&target(address.clone(), Shape::Unary), 4, LONG, 100).unwrap();
    let streams = closed(&target(address, Shape::Stream), 4, LONG, 100).unwrap();

    assert_eq!((100, 0, BTreeMap::new()), (unary.requests, unary.events, unary.errors));
    assert_eq!((100, 100 * (N_DELTAS as u64 + 2), BTreeMap::new()), (streams.requests, streams.events, streams.errors));
    assert!(streams.first_event_us.unwrap().p50 <= streams.latency_us.unwrap().max);
}

#[test]
fn as_many_are_sent_as_are_due() {
    let report = open(&target(upstream(), Shape::Unary), 2, Duration::from_millis(50), 1_000).unwrap();

    assert_eq!((50, BTreeMap::new()), (report.requests, report.errors));
}

#[test]
fn a_time_counts_from_when_the_request_was_due() {
    let target = target(upstream(), Shape::Stream);
    let report = on_this_thread(async {
        let tally = Tally::new()?;
        ask(&mut Client::new(&target), &tally, 0, Instant::now() - Duration::from_secs(5)).await.unwrap();
        Ok(tally.report(LONG))
    })
    .unwrap();

    let [latency, first_event] = [report.latency_us, report.first_event_us].map(Option::unwrap);
    // What is kept is right to three digits.
    assert!(latency.p50 >= 4_990_000.0 && first_event.p50 >= 4_990_000.0, "{latency:?} {first_event:?}");
    assert!(report.gap_us.is_none_or(|gap| gap.max < first_event.p50));
}

#[test]
fn what_is_not_whole_is_a_failure() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let answers = [
        ("cut", &*format!("{head}9\r\ndata: 1\n\n\r\n").leak()),
        ("incomplete", &*format!("{head}9\r\ndata: 1\n\n\r\n0\r\n\r\n").leak()),
        ("error event", &*format!("{head}14\r\ndata: {{\"error\":{{}}}}\n\n\r\n").leak()),
        ("status 500", "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"),
        ("malformed", "What?\r\n\r\n"),
    ];
    for (expected, answer) in answers {
        let report = closed(&target(saying(answer), Shape::Stream), 1, LONG, 2).unwrap();

        assert_eq!((0, vec![(expected, 2)]), (report.requests, failures(&report)), "{answer}");
        assert!(report.latency_us.is_none());
    }
}

#[test]
fn what_is_said_of_a_cache_is_counted() {
    let body = "{\"content\":\"choose Request refund.\"}";
    let head = "HTTP/1.1 200 OK\r\nx-tiercel-cache: exact;age=4\r\nconnection: close\r\ncontent-length:";
    let answer = format!("{head} {}\r\n\r\n{body}", body.len()).leak();
    let report = closed(&target(saying(answer), Shape::Unary), 1, LONG, 3).unwrap();

    assert_eq!(BTreeMap::from([("exact", 3)]), report.cache);
}

#[test]
fn connections_are_held() {
    let address = upstream();
    for shape in [Shape::Unary, Shape::Held] {
        assert_eq!(5, hold(&target(address.clone(), shape), 5).unwrap().len());
    }
    assert!(hold(&target(saying("What?\r\n\r\n"), Shape::Held), 1).is_err());
}
