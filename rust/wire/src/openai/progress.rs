//! Which choices of a stream have begun, and which have told why they ended.

/// Choices watched where the client asked for fewer, or more: upstreams may count oddly, but not at any price. Those
/// beyond never count as ended. The lower figure is OpenAI's bound on `n`, the upper one takes its 2,048 prompts.
const N_WATCHED: std::ops::RangeInclusive<u32> = 128..=65_536;

pub(super) struct Progress {
    n_wanted: u32,
    n_begun: u32,
    n_finished: u32,
    /// By index.
    choices: Vec<Choice>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Unseen,
    Begun,
    Finished,
}

impl Progress {
    pub(super) fn new(n_wanted: u32) -> Self {
        Self { n_wanted, n_begun: 0, n_finished: 0, choices: Vec::new() }
    }

    pub(super) fn note(&mut self, index: u32, is_finished: bool) {
        let n_watched = self.n_wanted.clamp(*N_WATCHED.start(), *N_WATCHED.end());
        let index = index.min(n_watched) as usize;
        if index >= self.choices.len() {
            self.choices.resize(index + 1, Choice::Unseen);
        }
        let choice = &mut self.choices[index];
        if *choice == Choice::Unseen {
            *choice = Choice::Begun;
            self.n_begun += 1;
        }
        if *choice == Choice::Begun && is_finished && index < n_watched as usize {
            *choice = Choice::Finished;
            self.n_finished += 1;
        }
    }

    /// Whether there was a choice and each that began has ended.
    pub(super) fn is_each_finished(&self) -> bool {
        self.n_begun > 0 && self.n_begun == self.n_finished
    }

    /// Whether, besides, there were as many as were asked for.
    pub(super) fn is_all_finished(&self) -> bool {
        self.is_each_finished() && self.n_finished >= self.n_wanted
    }
}
