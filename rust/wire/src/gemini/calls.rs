//! The ids of calls, which Gemini's clients may leave out: then a result belongs to the first call of its name that has
//! none.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The calls of a conversation up to where it is read.
#[derive(Default)]
pub(super) struct Calls<'a> {
    n_made: u32,
    ids: BTreeSet<Cow<'a, str>>,
    /// The ids of calls by the function's name, in order; some may be answered.
    called: BTreeMap<Cow<'a, str>, VecDeque<Cow<'a, str>>>,
    answered: BTreeSet<Cow<'a, str>>,
}

impl<'a> Calls<'a> {
    /// Takes note of a call; its id.
    pub(super) fn call(&mut self, name: &Cow<'a, str>, id: Option<Cow<'a, str>>) -> Cow<'a, str> {
        let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| self.make());
        self.ids.insert(id.clone());
        self.called.entry(name.clone()).or_default().push_back(id.clone());
        id
    }

    /// Takes note of a result; the id of its call.
    pub(super) fn answer(&mut self, name: &str, id: Option<Cow<'a, str>>) -> Cow<'a, str> {
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            self.answered.insert(id.clone());
            return id;
        }
        while let Some(id) = self.called.get_mut(name).and_then(VecDeque::pop_front) {
            if !self.answered.contains(&id) {
                return id;
            }
        }
        self.make()
    }

    fn make(&mut self) -> Cow<'a, str> {
        loop {
            let id = format!("call_{}", self.n_made);
            self.n_made += 1;
            if !self.ids.contains(&*id) {
                return id.into();
            }
        }
    }
}
