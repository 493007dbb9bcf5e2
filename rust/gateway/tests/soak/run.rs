//! A call as Python drives it: attempts, one beside another where they are hedged, and pauses between them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tiercel_gateway::{Call, Failure, Incoming, Moment, Next, Step, Ticket};

use crate::client::Client;
use crate::provider::Fault;
use crate::received::Received;
use crate::reply::{Act, Asked, Said};
use crate::rules::Standing;
use crate::scene::milliseconds;
use crate::socket::{Socket, State};
use crate::world::{Event, World};

/// The longest pause that a call may still be in when the drain is over, and a second to connect.
const MAX_PAUSE: Duration = Duration::from_secs(9);
/// How long an attempt waits for a connection of a full pool, and how long a finished answer may take to end.
const BUSY: Duration = Duration::from_millis(500);
const SETTLES: Duration = Duration::from_secs(1);

pub(crate) struct Run {
    client: Client,
    /// `None` once it is settled.
    call: Option<Call>,
    began: Moment,
    generation: usize,
    received: Received,
    /// What providers said to it, by the number of the request.
    said: BTreeMap<usize, Said>,
    attempts: Vec<Attempt>,
    /// What it waits for: attempts side by side, by leg, and the number of its pause.
    legs: [Option<usize>; 2],
    n_pauses: usize,
    is_paused: bool,
    has_left: bool,
}

/// The first attempt of a time, or that beside it.
pub(crate) type Leg = usize;

struct Attempt {
    provider: usize,
    /// Whether each key must be left alone, as of when it was chosen.
    forbidden: Vec<bool>,
    /// Where it goes to find out whether the deployment is well again.
    is_probe: bool,
    is_over: bool,
    hedge_after: Option<Duration>,
    /// What the provider does with it, and with which key it was asked.
    fault: Option<Fault>,
    key: usize,
}

impl Run {
    pub(crate) fn is_settled(&self) -> bool {
        self.call.is_none()
    }

    /// Attempts under way at a deployment.
    pub(crate) fn n_running(&self, deployment: &str) -> usize {
        self.attempts.iter().filter(|it| !it.is_over && format!("p{}/m", it.provider) == deployment).count()
    }
}

impl World {
    pub(crate) fn open(&mut self, client: Client) {
        let at = self.runs.len();
        self.note(format!("call {at}: {client:?}"));
        let patience = client.patience_header();
        let mut headers: Vec<(&[u8], &[u8])> = vec![(b"host", b"localhost"), (b"authorization", b"Bearer sk-shop")];
        headers.extend(patience.iter().map(|it| (&b"x-stainless-timeout"[..], it.as_bytes())));
        let body = client.body();
        let incoming =
            Incoming { method: "POST", path: client.path(), query: b"", headers: &headers, body: body.as_bytes() };
        let call = self.gateway.open(&incoming, self.now);
        if let Some(time) = client.leaves {
            self.after(time, Event::Leaves(at));
        }
        self.runs.push(Run {
            client,
            call: Some(call),
            began: self.now,
            generation: self.generation,
            received: Received::default(),
            said: BTreeMap::new(),
            attempts: Vec::new(),
            legs: [None; 2],
            n_pauses: 0,
            is_paused: false,
            has_left: false,
        });
        self.advance(at);
    }

    /// Does what the call says comes next.
    fn advance(&mut self, at: usize) {
        let rows = self.gateway.registry().health().rows(self.now.monotonic);
        let now = self.now;
        let run = &mut self.runs[at];
        let Some(call) = &mut run.call else { return };
        if run.has_left {
            return self.settle(at);
        }
        match call.next_attempt(now) {
            Next::Over => self.settle(at),
            Next::Pause { time, is_queued } => {
                run.n_pauses += 1;
                run.is_paused = true;
                let pause = run.n_pauses;
                self.note(format!("call {at}: pause of {time:?}{}", if is_queued { ", queued" } else { "" }));
                self.tally.count("pauses", if is_queued { "for room" } else { "before a retry" });
                if is_queued {
                    self.queue.push(at);
                }
                self.after(time, Event::Wakes { call: at, pause });
            }
            Next::Aside => unreachable!("no route of the scene asks a model"),
            Next::Attempt(ticket) if ticket.is_fresh => {
                let attempt = run.attempts.len() - 1;
                run.attempts[attempt].is_over = false;
                self.tally.count("attempts", "made again on a fresh connection");
                self.connect(at, 0, attempt, &ticket);
            }
            Next::Attempt(ticket) => self.attempt(at, 0, &ticket, &rows),
        }
    }

    /// The request has been under way for long. As `dispatch.py` does, none is made beside one that still connects.
    pub(crate) fn hedge(&mut self, at: usize, attempt: usize) {
        let rows = self.gateway.registry().health().rows(self.now.monotonic);
        let now = self.now;
        let used = State::Used { call: at, attempt };
        let is_under_way = self.sockets.iter().any(|socket| socket.state == used);
        let run = &mut self.runs[at];
        let Some(call) = run.call.as_mut().filter(|_| is_under_way) else { return };
        if let Some(ticket) = call.hedge(now) {
            self.tally.count("attempts", "beside another");
            self.attempt(at, 1, &ticket, &rows);
        }
    }

    /// A new attempt: whether it may be made, and a connection for it.
    fn attempt(&mut self, at: usize, leg: Leg, ticket: &Ticket, rows: &[tiercel_core::health::Row]) {
        let provider = ticket.origin;
        let n_keys = self.scene.providers[provider].n_keys;
        let generation = self.runs[at].generation;
        let forbidden = self.words.forbidden((at, generation), provider, n_keys, self.now.monotonic);
        let probed: Vec<usize> = self
            .runs
            .iter()
            .flat_map(|run| &run.attempts)
            .filter(|it| it.is_probe && !it.is_over)
            .map(|it| it.provider)
            .collect();
        let run = &self.runs[at];
        let is_half_open = rows.iter().any(|row| {
            row.deployment == format!("p{provider}/m") && row.state == tiercel_core::health::State::HalfOpen
        });
        let is_probe = n_keys == 1 && is_half_open && !probed.contains(&provider);
        let tried: Vec<usize> = run.attempts.iter().map(|it| it.provider).collect();
        let alone = [provider];
        let tier = if run.client.model.starts_with('p') {
            &alone[..]
        } else {
            self.scene.tiers.iter().find(|tier| tier.contains(&provider)).unwrap()
        };
        let standing = Standing { rows, tier, probed: &probed, tried: &tried };
        let since = self.now.since(run.began);
        let call = run.call.as_ref().unwrap();

        assert!(run.attempts.len() < self.scene.max_attempts, "call {at}: one attempt too many");
        assert!(!call.is_decided(), "call {at}: another attempt after the answer was decided");
        assert!(!forbidden.iter().all(|it| *it), "call {at}: p{provider} is asked against its word");
        // What is shown is of the newest configuration's keys; a call of an older one may know its own as refused.
        let is_shown = generation == self.generation;
        assert!(!is_shown || standing.may_ask(provider), "call {at}: p{provider} is asked though it is left out");
        let patience = run.client.patience.map_or(self.scene.total, |it| it.min(self.scene.total));
        assert!(since < patience, "call {at}: an attempt after the client's patience or the call's time is over");
        let attempt = run.attempts.len();
        self.note(format!("call {at}: attempt {attempt} at p{provider}{}", if is_probe { ", a probe" } else { "" }));
        self.tally.count("attempts", "in all");
        if is_probe {
            self.tally.count("attempts", "as a probe");
        }
        let made = Attempt { provider, forbidden, is_probe, is_over: false, hedge_after: None, fault: None, key: 0 };
        self.runs[at].attempts.push(made);
        self.connect(at, leg, attempt, ticket);
    }

    fn connect(&mut self, at: usize, leg: Leg, attempt: usize, ticket: &Ticket) {
        self.runs[at].legs[leg] = Some(attempt);
        let generation = self.runs[at].generation;
        let is_fit =
            |it: &&Socket| it.state == State::Idle && it.provider == ticket.origin && it.generation == generation;
        self.runs[at].attempts[attempt].hedge_after = ticket.hedge_after;
        if let Some(socket) = self.sockets.iter().rposition(|it| is_fit(&it)).filter(|_| !ticket.is_fresh) {
            return self.begin(at, leg, attempt, socket);
        }
        let fault = self.scene.providers[ticket.origin].moods.fault(self.now.monotonic, &mut self.random);
        let fault = fault.filter(|fault| fault.is_of_connecting());
        if let Some(fault) = fault {
            self.tally.count("faults", &fault.word());
        }
        let delay = milliseconds(&mut self.random, 40);
        let (delay, failure) = match fault {
            Some(Fault::Refuses) => (delay, Some(Failure::Connect)),
            Some(Fault::Busy) => (BUSY, Some(Failure::Busy)),
            None if delay < ticket.connect_timeout => (delay, None),
            _ => (ticket.connect_timeout, Some(Failure::Timeout(tiercel_gateway::Wait::Connect))),
        };
        self.after(delay, Event::Connects { call: at, leg, attempt, failure });
    }

    pub(crate) fn connected(&mut self, at: usize, leg: Leg, attempt: usize, failure: Option<Failure>) {
        let now = self.now;
        let run = &mut self.runs[at];
        let provider = run.attempts[attempt].provider;
        let call = run.call.as_mut().unwrap();
        if let Some(failure) = failure {
            self.trace.note(now.monotonic, format!("call {at}: attempt {attempt}: {failure:?}"));
            call.fail_connection(failure, now);
            return self.end_leg(at, leg);
        }
        let is_wanted = !run.has_left && (leg == 0 || !call.is_decided());
        let connection = self.gateway.connect(provider).unwrap();
        let generation = run.generation;
        self.sockets.push(Socket { provider, generation, connection, state: State::Idle, n_requests: 0 });
        if is_wanted { self.begin(at, leg, attempt, self.sockets.len() - 1) } else { self.end_leg(at, leg) }
    }

    /// Sends the request; the provider has it at once, and begins to answer.
    fn begin(&mut self, at: usize, leg: Leg, attempt: usize, number: usize) {
        let now = self.now;
        let socket = &mut self.sockets[number];
        socket.state = State::Used { call: at, attempt };
        socket.n_requests += 1;
        let (provider, request) = (socket.provider, socket.n_requests);
        let step = socket.connection.begin(self.runs[at].call.as_mut().unwrap(), now);
        let asked = Asked {
            number: self.n_sent,
            is_anthropic: self.scene.providers[provider].is_anthropic,
            is_stream: self.runs[at].client.is_stream,
        };
        self.n_sent += 1;
        let sent = String::from_utf8(step.to_socket.clone()).unwrap();
        if !step.is_over {
            let key = (0..2).find(|key| sent.contains(&format!("sk-p{provider}k{key}"))).unwrap();
            let made = &mut self.runs[at].attempts[attempt];
            assert!(!made.forbidden[key], "call {at}: p{provider} is asked with key {key} against its word");
            let fault = self.scene.providers[provider].moods.fault(now.monotonic, &mut self.random);
            let fault = match fault {
                Some(fault) if fault.is_of_connecting() => Some(Fault::HangsUp),
                other => other,
            };
            (made.fault, made.key) = (fault, key);
            self.trace.note(
                now.monotonic,
                format!("call {at}: request {} to p{provider}, key {key}: {fault:?}", asked.number),
            );
            self.tally.count("faults", &fault.map_or("none".to_owned(), Fault::word));
            let (said, reads) = asked.answer(fault, &mut self.random);
            self.runs[at].said.insert(asked.number, said);
            let turn = self.random.next();
            let mut when = now.monotonic;
            for (delay, act) in reads {
                when += delay;
                self.schedule.put_in_order(when, turn, Event::Comes { socket: number, request, act });
            }
            let patience = self.sockets[number].connection.patience(now);
            self.after(patience, Event::Expires { socket: number, request });
            if let Some(hedge_after) = self.runs[at].attempts[attempt].hedge_after {
                self.after(hedge_after, Event::HedgeIsDue { call: at, attempt });
            }
        }
        self.take(at, leg, number, step);
    }

    pub(crate) fn come(&mut self, number: usize, request: usize, act: &Act) {
        let now = self.now;
        let socket = &mut self.sockets[number];
        if socket.n_requests != request {
            return;
        }
        match (socket.state, act) {
            (State::Used { call, attempt }, act) => {
                let inner = self.runs[call].call.as_mut().unwrap();
                let step = match act {
                    Act::Send(bytes) => socket.connection.feed(inner, bytes, now),
                    Act::Close => socket.connection.feed(inner, b"", now),
                    Act::Reset => socket.connection.lost(inner, now),
                };
                let leg = self.leg(call, attempt);
                let Attempt { provider, key, fault, .. } = self.runs[call].attempts[attempt];
                if step.is_over {
                    self.words.hear((call, self.runs[call].generation), (provider, key), fault, now.monotonic);
                }
                assert!(
                    matches!(act, Act::Send(_)) || step.is_over,
                    "call {call}: attempt {attempt} outlives its connection"
                );
                self.take(call, leg, number, step);
                if matches!(act, Act::Close | Act::Reset) {
                    self.sockets[number].state = State::Closed;
                }
            }
            (State::Idle | State::Settling, Act::Send(bytes)) => {
                socket.connection.drain(bytes, &mut Vec::new());
                self.keep(number);
            }
            (State::Idle | State::Settling, Act::Close | Act::Reset) => socket.state = State::Closed,
            (State::Closed, _) => {}
        }
    }

    pub(crate) fn expire(&mut self, number: usize, request: usize) {
        let now = self.now;
        let socket = &mut self.sockets[number];
        let State::Used { call, attempt } = socket.state else { return };
        if socket.n_requests != request {
            return;
        }
        let step = socket.connection.expire(self.runs[call].call.as_mut().unwrap(), now);
        if step.is_over {
            self.note(format!("call {call}: attempt {attempt}: its time is up"));
        } else {
            let patience = socket.connection.patience(now);
            assert!(!patience.is_zero(), "call {call}: a timer that goes off for ever");
            self.after(patience, Event::Expires { socket: number, request });
        }
        let leg = self.leg(call, attempt);
        self.take(call, leg, number, step);
    }

    pub(crate) fn interrupt(&mut self) {
        self.note("the gateway waits no longer".to_owned());
        self.gateway.interrupt();
        for number in 0..self.sockets.len() {
            if let State::Used { call, attempt } = self.sockets[number].state {
                let inner = self.runs[call].call.as_mut().unwrap();
                let step = self.sockets[number].connection.interrupt(inner, self.now);
                let leg = self.leg(call, attempt);
                self.take(call, leg, number, step);
            }
        }
        self.after(MAX_PAUSE, Event::IsStopped);
    }

    /// Gives on what a step brought, and ends what it ends.
    fn take(&mut self, at: usize, leg: Leg, number: usize, mut step: Step) {
        let run = &mut self.runs[at];
        run.received.take(&mut step);
        if step.is_decided {
            for (index, attempt) in run.attempts.iter_mut().enumerate() {
                attempt.is_over |= run.legs[leg] != Some(index);
            }
            self.hang_up(at, 1 - leg);
        }
        if step.is_over {
            self.keep(number);
            self.end_leg(at, leg);
        }
    }

    /// An attempt is over, or its connection did not come about.
    fn end_leg(&mut self, at: usize, leg: Leg) {
        let run = &mut self.runs[at];
        if let Some(attempt) = run.legs[leg].take() {
            run.attempts[attempt].is_over = true;
        }
        let is_idle = run.legs == [None; 2];
        for waiting in std::mem::take(&mut self.queue) {
            let pause = self.runs[waiting].n_pauses;
            self.after(Duration::ZERO, Event::Wakes { call: waiting, pause });
        }
        if is_idle {
            self.advance(at);
        }
    }

    /// Closes the connection of a leg, where it has one: nobody waits for its answer.
    fn hang_up(&mut self, at: usize, leg: Leg) {
        let Some(attempt) = self.runs[at].legs[leg] else { return };
        let used = State::Used { call: at, attempt };
        if let Some(socket) = self.sockets.iter_mut().find(|socket| socket.state == used) {
            socket.connection.abandon(self.runs[at].call.as_mut().unwrap(), self.now);
            assert!(!socket.connection.is_reusable(), "call {at}: the rest of an answer is taken for the next one");
            socket.state = State::Closed;
            self.runs[at].legs[leg] = None;
        }
    }

    pub(crate) fn leave(&mut self, at: usize) {
        if self.runs[at].is_settled() {
            return;
        }
        self.note(format!("call {at}: its client leaves"));
        self.runs[at].has_left = true;
        let had = self.runs[at].legs;
        self.hang_up(at, 1);
        self.hang_up(at, 0);
        if had != self.runs[at].legs {
            self.runs[at].attempts.iter_mut().for_each(|it| it.is_over = true);
        }
        if self.runs[at].legs == [None; 2] {
            self.settle(at);
        }
    }

    pub(crate) fn wake(&mut self, at: usize, pause: usize) {
        let run = &mut self.runs[at];
        if run.n_pauses == pause && std::mem::take(&mut run.is_paused) {
            self.queue.retain(|waiting| *waiting != at);
            self.advance(at);
        }
    }

    /// A connection that no attempt uses any more.
    fn keep(&mut self, number: usize) {
        let socket = &mut self.sockets[number];
        let is_current = socket.generation == self.generation;
        let was = socket.state;
        socket.state = if socket.connection.is_reusable() && is_current {
            State::Idle
        } else if socket.connection.is_settling() && is_current {
            State::Settling
        } else {
            State::Closed
        };
        if socket.state == State::Settling && was != State::Settling {
            let request = socket.n_requests;
            self.after(SETTLES, Event::Settled { socket: number, request });
        }
    }

    fn leg(&self, call: usize, attempt: usize) -> Leg {
        self.runs[call].legs.iter().position(|leg| *leg == Some(attempt)).unwrap()
    }

    fn settle(&mut self, at: usize) {
        let now = self.now;
        let run = &mut self.runs[at];
        let Some(mut call) = run.call.take() else { return };
        run.received.reply(call.take_reply(now));
        call.settle(now);
        drop(call);
        run.attempts.iter_mut().for_each(|it| it.is_over = true);
        let lines = self.gateway.take_access_log();
        let lines: Vec<Value> =
            lines.split_inclusive(|&byte| byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect();
        assert_eq!(1, lines.len(), "call {at}: lines in the log");
        let outcome = lines[0]["outcome"].as_str().unwrap();
        let n_logged = lines[0]["attempts"].as_array().map_or(0, Vec::len);
        self.trace.note(now.monotonic, format!("call {at}: {outcome} {}", lines[0]["attempts"]));
        self.tally.count("calls", outcome);
        let run = &self.runs[at];
        assert_eq!(run.attempts.len(), n_logged, "call {at}: attempts in the log");
        run.received.check(&run.said, outcome, run.has_left);
        let longest = run.client.patience.map_or(self.scene.total, |it| it.min(self.scene.total)) + BUSY;
        assert!(now.since(run.began) <= longest, "call {at} took {:?}", now.since(run.began));
        self.check_in_flight();
    }
}
