//! Which of several deployments that are well gets a request.
//!
//! # Why two at random, and not the best
//! What is known of the deployments is a little old, and every request and every worker knows the same. If all went to
//! the best, it would be the worst a moment later. The better of two at random avoids that and comes close to the best
//! (Mitzenmacher, "The power of two choices in randomized load balancing", 2001). Two are compared by what a request
//! would wait there (time to first token, for each one in flight) and by what it would cost.
//!
//! # Why weights say who is drawn, and not who is better
//! With little in flight the heavier of two would always be better, and get all instead of its share. So the first is
//! drawn by weight, and the second takes its place only if it is clearly better. That the two differ matters: one that
//! hangs has requests in flight, and gets no more than the others until it fails.

use super::random::Random;

/// So many times better is clearly better. The average that times to first token are compared by wavers by an eighth,
/// if they spread by half of their mean: one part in eight of each counts.
const CLEARLY: f64 = 1.25;
/// A price weighs as much as the same factor in waiting, within these bounds: a free model must not get everything.
const PRICE_BOUNDS: (f64, f64) = (0.1, 10.0);

/// A deployment that may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Above 0.
    pub(super) weight: f64,
    pub(super) in_flight: u32,
    /// In seconds.
    pub(super) time_to_first_token: f64,
    /// In any unit; `None` when not known.
    pub(super) price: Option<u32>,
}

/// The position of the one to ask; 0 where there is none.
pub(super) fn pick(candidates: &[Candidate], random: &mut Random) -> usize {
    let first = draw(candidates, None, random);
    let second = draw(candidates, Some(first), random);
    let load = Load::of(candidates);
    let is_better = |first, second| load.at(second) * CLEARLY < load.at(first);
    match (candidates.get(first), candidates.get(second)) {
        (Some(one), Some(other)) if is_better(one, other) => second,
        _ => first,
    }
}

/// Draws one by weight that is not the one at `but`, unless it is the only one.
fn draw(candidates: &[Candidate], but: Option<usize>, random: &mut Random) -> usize {
    let others = || candidates.iter().enumerate().filter(|&(position, _)| Some(position) != but);
    let mut point = random.fraction() * others().map(|(_, it)| it.weight).sum::<f64>();
    let found = others().find(|(_, candidate)| {
        point -= candidate.weight;
        point < 0.0
    });
    // By rounding the point may lie a little behind the last.
    found.or_else(|| others().next_back()).map_or(0, |(position, _)| position)
}

/// How much the candidates have to do.
struct Load {
    mean_weight: f64,
    /// Of those whose price is known; `None` where all are free.
    mean_price: Option<f64>,
}

impl Load {
    fn of(candidates: &[Candidate]) -> Self {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
            (sum > 0.0).then(|| sum / n)
        };
        Self {
            mean_weight: mean(&mut candidates.iter().map(|it| it.weight)).unwrap_or(1.0),
            mean_price: mean(&mut candidates.iter().filter_map(|it| it.price).map(f64::from)),
        }
    }

    /// What a request would wait and cost there, in no unit. Who weighs twice as much has twice as many in flight.
    fn at(&self, candidate: &Candidate) -> f64 {
        let queue = 1.0 + f64::from(candidate.in_flight) * self.mean_weight / candidate.weight;
        let price = match (candidate.price, self.mean_price) {
            (Some(price), Some(mean)) => (f64::from(price) / mean).clamp(PRICE_BOUNDS.0, PRICE_BOUNDS.1),
            _ => 1.0,
        };
        queue * candidate.time_to_first_token * price
    }
}

#[cfg(test)]
mod tests;
