//! The gateway, its clock, its connections and its clients: what happens next, and what must hold at the end.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tiercel_core::health::Random;
use tiercel_core::secrets::{Environment, SecretFile};
use tiercel_gateway::{Failure, Gateway, Moment};
use tiercel_upstream::tls::{TimeProvider, UnixTime};

use crate::client::Client;
use crate::reply::Act;
use crate::rules::Words;
use crate::run::{Leg, Run};
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::socket::{Socket, State};
use crate::trace::{Tally, Trace};

/// The first of November 2026.
const START: Duration = Duration::from_secs(1_793_491_200);

pub(crate) struct World {
    pub(crate) scene: Scene,
    pub(crate) random: Random,
    pub(crate) now: Moment,
    pub(crate) schedule: Schedule<Event>,
    pub(crate) gateway: Arc<Gateway>,
    /// Counts the configurations.
    pub(crate) generation: usize,
    pub(crate) runs: Vec<Run>,
    pub(crate) sockets: Vec<Socket>,
    /// Calls that wait for room, the first to be woken first.
    pub(crate) queue: Vec<usize>,
    pub(crate) words: Words,
    /// Requests sent so far.
    pub(crate) n_sent: usize,
    pub(crate) trace: Trace,
    pub(crate) tally: Tally,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Arrives(Client),
    Leaves(usize),
    /// A pause of the call is over, if it is still that one.
    Wakes {
        call: usize,
        pause: usize,
    },
    Connects {
        call: usize,
        leg: Leg,
        attempt: usize,
        failure: Option<Failure>,
    },
    HedgeIsDue {
        call: usize,
        attempt: usize,
    },
    Comes {
        socket: usize,
        request: usize,
        act: Act,
    },
    Expires {
        socket: usize,
        request: usize,
    },
    Settled {
        socket: usize,
        request: usize,
    },
    Reloads,
    Drains(Duration),
    Interrupts,
    IsStopped,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let scene = Scene::draw(&mut random);
        let time: Arc<dyn TimeProvider> = Arc::new(Standstill);
        let gateway = Arc::new(Gateway::new(&scene.config(), &Keys, &time, seed).unwrap());
        let mut schedule = Schedule::new();
        for _ in 0..scene.n_calls {
            let client = Client::draw(&scene, &mut random);
            schedule.put(client.arrives, Event::Arrives(client), &mut random);
        }
        for &at in &scene.reloads {
            schedule.put(at, Event::Reloads, &mut random);
        }
        if let Some((at, time)) = scene.drain {
            schedule.put(at, Event::Drains(time), &mut random);
        }
        Self {
            scene,
            random,
            now: Moment { monotonic: Duration::ZERO, unix: START },
            schedule,
            gateway,
            generation: 0,
            runs: Vec::new(),
            sockets: Vec::new(),
            queue: Vec::new(),
            words: Words::default(),
            n_sent: 0,
            trace: Trace::default(),
            tally: Tally::default(),
        }
    }

    pub(crate) fn run(&mut self) {
        while let Some((at, event)) = self.schedule.next() {
            self.now = Moment { monotonic: at, unix: START + at };
            self.happen(event);
        }
        self.tally.time = self.now.monotonic;
        self.check_end();
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.note(self.now.monotonic, line);
    }

    pub(crate) fn after(&mut self, time: Duration, event: Event) {
        self.schedule.put(self.now.monotonic + time, event, &mut self.random);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives(client) => self.open(client),
            Event::Leaves(call) => self.leave(call),
            Event::Wakes { call, pause } => self.wake(call, pause),
            Event::Connects { call, leg, attempt, failure } => self.connected(call, leg, attempt, failure),
            Event::HedgeIsDue { call, attempt } => self.hedge(call, attempt),
            Event::Comes { socket, request, act } => self.come(socket, request, &act),
            Event::Expires { socket, request } => self.expire(socket, request),
            Event::Settled { socket, request } => {
                if self.sockets[socket].n_requests == request && self.sockets[socket].state == State::Settling {
                    self.sockets[socket].state = State::Closed;
                }
            }
            Event::Reloads => self.reload(),
            Event::Drains(time) => {
                self.note("the gateway is told to stop".to_owned());
                self.gateway.drain();
                self.after(time, Event::Interrupts);
            }
            Event::Interrupts => self.interrupt(),
            Event::IsStopped => {
                assert!(self.runs.iter().all(Run::is_settled), "a call outlives the end of the drain");
            }
        }
    }

    fn reload(&mut self) {
        self.note("reload".to_owned());
        let time: Arc<dyn TimeProvider> = Arc::new(Standstill);
        self.gateway = Arc::new(self.gateway.renew(&self.scene.config(), &Keys, &time).unwrap());
        self.generation += 1;
        for socket in self.sockets.iter_mut().filter(|socket| socket.state == State::Idle) {
            socket.state = State::Closed;
        }
    }

    // What must hold.

    fn check_end(&self) {
        assert!(self.runs.iter().all(Run::is_settled), "a call without an end");
        for (number, socket) in self.sockets.iter().enumerate() {
            let is_free = matches!(socket.state, State::Idle | State::Closed);
            assert!(is_free, "connection {number} is left {:?}", socket.state);
            assert!(socket.state == State::Closed || socket.connection.is_reusable(), "connection {number} is kept");
        }
        self.check_in_flight();
        assert_eq!(0, self.metric("tiercel_in_flight"), "calls in flight at the end");
        assert_eq!(0, self.metric("tiercel_queue_length"), "calls in the queue at the end");
        assert_eq!(self.runs.len() as u64, self.metric("tiercel_requests_total"), "calls that were counted");
    }

    /// Each deployment has as many requests in flight as there are attempts at it.
    pub(crate) fn check_in_flight(&self) {
        for row in self.gateway.registry().health().rows(self.now.monotonic) {
            let n_running = self.runs.iter().map(|run| run.n_running(&row.deployment)).sum::<usize>();
            assert_eq!(n_running, row.in_flight as usize, "requests in flight at {}", row.deployment);
        }
    }

    fn metric(&self, name: &str) -> u64 {
        let snapshot: Value = serde_json::from_slice(&self.gateway.metrics_snapshot(self.now)).unwrap();
        let series = snapshot["families"][name].as_object();
        series.map_or(0, |series| series.values().map(|cells| cells[0].as_u64().unwrap()).sum())
    }
}

#[derive(Debug)]
struct Standstill;

impl TimeProvider for Standstill {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(START))
    }
}

struct Keys;

impl Environment for Keys {
    fn variable(&self, name: &str) -> Option<String> {
        Some(format!("sk-{}", name.to_lowercase()))
    }

    fn secret_file(&self, _: &str) -> Result<SecretFile, String> {
        Err("there are no files".to_owned())
    }

    fn file(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there are no files".to_owned())
    }
}
