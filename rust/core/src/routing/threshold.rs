//! How probable it must be that a cheap answer does, for it to be given.
//!
//! # Why it moves
//! A threshold that was calibrated on one kind of traffic gives 1-15 % where 20-50 % was asked for on another (measured
//! before this was written; the specification of routing, "Layer 3 in numbers"). So after each request it takes a
//! step towards what was asked for, as in adaptive conformal inference (Gibbs and Candès, 2021).

use crate::config;

/// How far one request moves it: it finds its place anew within some hundred requests, and wavers by about a percent.
const STEP: f32 = 0.02;
/// By how much the quality aimed at is lowered for each request that is kept away: else a threshold above all that
/// comes would stay there, since nothing goes by it.
const LEAK: f32 = 0.01;
/// Where it begins, and what it may come to: beyond the ends nothing would bring it back.
const BEGIN: f32 = 0.5;

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// So large a share of requests is to go to the cheapest tier.
    Share(f32),
    /// Of those that go there, so many are to get an answer that does.
    Quality(f32),
}

impl Target {
    /// What the configuration says, which has one of the two.
    pub(super) fn new(settings: &config::Threshold) -> Option<Self> {
        settings.share.map(Self::Share).or(settings.quality.map(Self::Quality))
    }
}

/// A threshold of one route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Threshold(f32);

impl Default for Threshold {
    fn default() -> Self {
        Self(BEGIN)
    }
}

impl Threshold {
    pub(super) fn value(self) -> f32 {
        self.0
    }

    /// Whether a request goes to the cheapest tier, whose answer does with probability `p_cheap`.
    pub(super) fn decide(&mut self, p_cheap: f32, target: Target) -> bool {
        let is_cheap = p_cheap >= self.0;
        let error = match target {
            Target::Share(share) => f32::from(u8::from(is_cheap)) - share,
            Target::Quality(quality) if is_cheap => quality - p_cheap,
            Target::Quality(_) => -LEAK,
        };
        self.0 = (self.0 + STEP * error).clamp(0.0, 1.0);
        is_cheap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The share that goes to the cheapest tier, and the mean of their probabilities, once the threshold has settled.
    fn run(target: Target, probabilities: &[f32]) -> (f32, f32) {
        let mut threshold = Threshold::default();
        for p_cheap in probabilities.iter().cycle().take(5_000) {
            threshold.decide(*p_cheap, target);
        }
        let cheap: Vec<f32> =
            probabilities.iter().copied().filter(|p_cheap| threshold.decide(*p_cheap, target)).collect();
        let count = |list: &[f32]| f32::from(u16::try_from(list.len()).unwrap());
        (count(&cheap) / count(probabilities), cheap.iter().sum::<f32>() / count(&cheap).max(1.0))
    }

    /// Evenly from `low` to `high`, in a mixed order.
    fn spread(low: f32, high: f32) -> Vec<f32> {
        (0..1_000_u16).map(|i| low + (high - low) * f32::from(i.wrapping_mul(367) % 1_000) / 1_000.0).collect()
    }

    #[test]
    fn the_share_is_met_whatever_the_traffic() {
        for (low, high) in [(0.0, 1.0), (0.2, 0.4), (0.9, 1.0)] {
            for share in [0.2, 0.5, 0.8] {
                let (met, _) = run(Target::Share(share), &spread(low, high));
                assert!((met - share).abs() < 0.05, "{low} to {high}: {met} for {share}");
            }
        }
    }

    #[test]
    fn the_quality_is_met_where_it_can_be() {
        let (share, quality) = run(Target::Quality(0.8), &spread(0.0, 1.0));
        assert!((quality - 0.8).abs() < 0.05 && share > 0.2, "{share} {quality}");

        let (share, quality) = run(Target::Quality(0.9), &spread(0.95, 1.0));
        assert!(share > 0.95 && quality > 0.95, "{share} {quality}");
    }

    proptest! {
        #[test]
        fn it_stays_a_probability(steps in proptest::collection::vec((0.0f32..=1.0, any::<bool>(), 0.0f32..=1.0), 0..200)) {
            let mut threshold = Threshold::default();
            for (p_cheap, is_share, aim) in steps {
                threshold.decide(p_cheap, if is_share { Target::Share(aim) } else { Target::Quality(aim) });
                prop_assert!((0.0..=1.0).contains(&threshold.value()));
            }
        }
    }
}
