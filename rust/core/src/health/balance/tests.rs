use super::*;

const N: u32 = 10_000;

fn candidate(weight: f64, in_flight: u32, time_to_first_token: f64, price: Option<u32>) -> Candidate {
    Candidate { weight, in_flight, time_to_first_token, price }
}

/// Requests of `N` that each gets, in per cent, where none stays in flight.
fn shares(candidates: &[Candidate]) -> Vec<u32> {
    let mut random = Random::new(1);
    let mut counts = vec![0; candidates.len()];
    for _ in 0..N {
        counts[pick(candidates, &mut random)] += 1;
    }
    counts.into_iter().map(|count: u32| (count + N / 200) / (N / 100)).collect()
}

#[test]
fn what_share_each_gets() {
    let check = |name: &str, candidates: &[Candidate], expected: &[u32]| {
        let shares = shares(candidates);
        let is_near = shares.iter().zip(expected).all(|(share, expected)| share.abs_diff(*expected) <= 1);
        assert!(is_near, "{name}: {shares:?} instead of {expected:?}");
    };
    let weighing = |weight| candidate(weight, 0, 0.5, None);
    let busy = |in_flight| candidate(1.0, in_flight, 0.5, None);
    let taking = |seconds| candidate(1.0, 0, seconds, None);
    let costing = |price| candidate(1.0, 0, 0.5, price);
    check("one gets all", &[weighing(1.0)], &[100]);
    check("equals share equally", &[weighing(1.0); 4], &[25; 4]);
    check("three times the weight is three times the share", &[weighing(1.0), weighing(3.0)], &[25, 75]);
    check("weights of four", &[weighing(1.0), weighing(2.0), weighing(3.0), weighing(4.0)], &[10, 20, 30, 40]);
    check("a hundredth of the weight still gets some", &[weighing(1.0), weighing(99.0)], &[1, 99]);
    check("nothing goes to what has clearly more in flight", &[busy(5), busy(2)], &[0, 100]);
    check("a little more in flight says nothing", &[busy(20), busy(22)], &[50, 50]);
    check("nothing goes to what is clearly slower", &[taking(0.2), taking(0.3)], &[100, 0]);
    check("a little slower says nothing", &[taking(0.2), taking(0.22)], &[50, 50]);
    check(
        "the slowest of three gets nothing, the others the same",
        &[taking(0.2), taking(0.2), taking(2.0)],
        &[50, 50, 0],
    );
    check("nothing goes to what is clearly dearer", &[costing(Some(100)), costing(Some(300))], &[100, 0]);
    check(
        "what is three times dearer and five times as fast gets all",
        &[candidate(1.0, 0, 0.1, Some(300)), candidate(1.0, 0, 0.5, Some(100))],
        &[100, 0],
    );
    check("an unknown price is a usual one", &[costing(None), costing(Some(100))], &[50, 50]);
    check("all are free", &[costing(Some(0)), costing(Some(0))], &[50, 50]);
    check(
        "what is free and thirty times as slow gets nothing",
        &[candidate(1.0, 0, 6.0, Some(0)), candidate(1.0, 0, 0.2, Some(100))],
        &[0, 100],
    );
    check("times of nothing", &[taking(0.0), taking(0.0)], &[50, 50]);
}

#[test]
fn what_serves_at_its_own_pace_gets_as_much_as_it_serves() {
    // One begins and one ends in each step: the three have 30 in flight, in proportion to their weights.
    let mut candidates = [candidate(1.0, 0, 0.5, None), candidate(2.0, 0, 0.5, None), candidate(3.0, 0, 0.5, None)];
    let mut random = Random::new(2);
    let mut in_flight = std::collections::VecDeque::new();
    let mut counts = [0; 3];
    for _ in 0..N {
        let chosen = pick(&candidates, &mut random);
        counts[chosen] += 1;
        candidates[chosen].in_flight += 1;
        in_flight.push_back(chosen);
        if in_flight.len() > 30 {
            candidates[in_flight.pop_front().unwrap()].in_flight -= 1;
        }
    }

    let shares: Vec<_> = counts.iter().map(|count| count * 6 / (N / 100)).collect();
    assert!(
        shares.iter().zip([100, 200, 300]).all(|(share, expected)| u32::abs_diff(*share, expected) < 15),
        "{shares:?}"
    );
}

#[test]
fn what_hangs_gets_little_more_than_its_part_of_those_in_flight() {
    let mut candidates = [candidate(1.0, 0, 0.5, None); 2];
    let mut random = Random::new(3);
    for _ in 0..1_000 {
        // The first never ends, the second at once.
        if pick(&candidates, &mut random) == 0 {
            candidates[0].in_flight += 1;
        }
    }

    assert_eq!(1, candidates[0].in_flight);
}
