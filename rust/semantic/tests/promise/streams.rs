//! Made-up traffic whose truth is known: who asks what, what lies nearest, and whether its answer would be wrong.

/// How requests come about. The nearest entry is that of the same intent, or, where there is none or it is missed, another's.
#[derive(Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) name: &'static str,
    pub(crate) n_intents: usize,
    /// Of Zipf's law by which intents are asked.
    pub(crate) exponent: f64,
    /// Mean and deviation of scores where the nearest entry is right, and where it is not.
    pub(crate) right: (f64, f64),
    pub(crate) wrong: (f64, f64),
    /// How often the nearest is not of the intent that is asked, though that has an entry.
    pub(crate) confusion: f64,
    /// How often what looks right in every way is wrong, as a function of how much of the stream is over.
    pub(crate) traps: fn(f64) -> f64,
    /// Whether the guard promises anything of it: not where it gets worse slower than a sample can show.
    pub(crate) is_promised: bool,
}

/// A request whose nearest entry was found.
pub(crate) struct Candidate {
    pub(crate) entry: usize,
    pub(crate) score: f32,
    pub(crate) is_wrong: bool,
}

const EASY: Stream = Stream {
    name: "apart",
    n_intents: 1_000,
    exponent: 1.0,
    right: (0.92, 0.03),
    wrong: (0.72, 0.06),
    confusion: 0.02,
    traps: |_| 0.0,
    is_promised: true,
};

/// Those by which the guard's numbers were chosen.
pub(crate) const SEEN: [Stream; 9] = [
    EASY,
    Stream { name: "overlapping", right: (0.90, 0.04), wrong: (0.80, 0.05), confusion: 0.05, ..EASY },
    Stream { name: "long tail", n_intents: 30_000, exponent: 0.7, wrong: (0.78, 0.06), ..EASY },
    Stream { name: "just below 1 %", traps: |_| 0.009, ..EASY },
    Stream { name: "just above 1 %", traps: |_| 0.012, ..EASY },
    Stream { name: "just above 5 %", traps: |_| 0.06, ..EASY },
    Stream { name: "breaks half-way", traps: |done| if done < 0.5 { 0.001 } else { 0.2 }, ..EASY },
    Stream { name: "slowly worse", traps: |done| 0.1 * done, is_promised: false, ..EASY },
    Stream { name: "comes and goes", traps: |done| if (done * 8.0) % 2.0 < 1.0 { 0.001 } else { 0.1 }, ..EASY },
];

/// Those that were written when the guard was done.
pub(crate) const NEW: [Stream; 10] = [
    Stream { name: "few intents", n_intents: 150, exponent: 1.3, right: (0.95, 0.02), wrong: (0.62, 0.10), ..EASY },
    Stream { name: "hardly apart", right: (0.88, 0.05), wrong: (0.84, 0.04), confusion: 0.10, ..EASY },
    Stream { name: "wide scores", right: (0.85, 0.08), wrong: (0.76, 0.08), confusion: 0.03, ..EASY },
    Stream { name: "longer tail", n_intents: 100_000, exponent: 0.5, wrong: (0.80, 0.05), ..EASY },
    Stream { name: "half of 1 %", traps: |_| 0.005, ..EASY },
    Stream { name: "twice 1 %", traps: |_| 0.02, ..EASY },
    Stream { name: "just below 5 %", traps: |_| 0.046, ..EASY },
    Stream { name: "breaks late", traps: |done| if done < 0.8 { 0.002 } else { 0.1 }, ..EASY },
    Stream { name: "a bad hour", traps: |done| if (0.4..0.45).contains(&done) { 0.5 } else { 0.001 }, ..EASY },
    Stream { name: "a little worse", traps: |done| 0.04 * done, is_promised: false, ..EASY },
];

/// What decides, and learns.
pub(crate) trait Policy {
    fn decide(&mut self, candidate: &Candidate, draw: f64) -> Step;
    fn learn(&mut self, candidate: &Candidate);
}

pub(crate) enum Step {
    Serve,
    Check,
    Ask,
}

/// How many there were.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: u32,
    pub(crate) hits: u32,
    pub(crate) wrong: u32,
}

impl Tally {
    pub(crate) fn is_over(&self, max_error: f64) -> bool {
        f64::from(self.wrong) > max_error * f64::from(self.hits)
    }
}

pub(crate) fn run(stream: &Stream, policy: &mut impl Policy, n_requests: u32, seed: u64) -> Tally {
    let mut random = Random(seed);
    let mut total = 0.0;
    let weights = (1..=stream.n_intents).map(|rank| f64::from(u32::try_from(rank).unwrap()).powf(-stream.exponent));
    let sums: Vec<f64> = weights
        .map(|weight| {
            total += weight;
            total
        })
        .collect();
    let (mut entry_of, mut entries) = (vec![None; stream.n_intents], Vec::new());
    let mut tally = Tally { requests: n_requests, ..Tally::default() };
    for request in 0..n_requests {
        let intent = sums.partition_point(|sum| *sum < random.unit() * total).min(stream.n_intents - 1);
        let own = entry_of[intent].filter(|_| random.unit() >= stream.confusion);
        let is_trap = random.unit() < (stream.traps)(f64::from(request) / f64::from(n_requests));
        let other = random.next() as usize;
        let (mean, deviation) = if own.is_some() { stream.right } else { stream.wrong };
        let score = (mean + deviation * random.normal()).min(1.0) as f32;
        let draw = random.unit();
        let candidate = own.or((!entries.is_empty()).then(|| other % entries.len())).map(|entry| Candidate {
            entry,
            score,
            is_wrong: entries[entry] != intent || is_trap,
        });
        match candidate.as_ref().map(|candidate| policy.decide(candidate, draw)) {
            Some(Step::Serve) => {
                tally.hits += 1;
                tally.wrong += u32::from(candidate.is_some_and(|it| it.is_wrong));
                continue;
            }
            Some(Step::Check) => candidate.iter().for_each(|it| policy.learn(it)),
            Some(Step::Ask) | None => {}
        }
        if entry_of[intent].is_none() {
            entry_of[intent] = Some(entries.len());
            entries.push(intent);
        }
    }
    tally
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// By Box and Muller.
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}
