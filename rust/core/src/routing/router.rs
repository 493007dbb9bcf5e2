//! The stages in their order.

use super::cost::{Costs, Spending};
use super::finding::{By, Finding};
use super::glance::Glance;
use super::rejection::{Discontent, discontent};
use super::sessions::Session;
use super::threshold::Target;
use super::{Memory, tasks};
use crate::classifier::Classifier;
use crate::config::{Config, ConfigError, LlmSettings, Mode, Route, Strategy};
use crate::models::Capability;
use crate::money::NanoDollars;
use crate::nearest;
use crate::plan::Group;
use crate::rules::{Facts, Heeds, Rules};
use indexmap::IndexMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// By how much a cheaper tier must undercut the one that a conversation is at before it moves there: what peers measured
/// that moving cost, 2.3 times (the specification of routing, "stickiness"), turned round.
const MARGIN: f64 = 1.0 / 2.3;
/// What an answer is counted under whose kind is not known.
pub(crate) const UNKNOWN_TASK: &str = "unknown";

/// How one route chooses.
#[derive(Debug)]
pub struct Router {
    name: Arc<str>,
    /// Each tier that there is, with what follows it: the route's fallbacks. The route's own come first, the cheapest
    /// of them before the others.
    chains: IndexMap<Arc<str>, Arc<[Group]>>,
    n_own: usize,
    default: usize,
    /// From the operator's and the usual tasks to positions among the route's own tiers.
    tasks: IndexMap<Arc<str>, usize>,
    strategy: Strategy,
    target: Option<Target>,
    mode: Mode,
    min_confidence: f32,
    labels: IndexMap<Arc<str>, String>,
    llm: Option<LlmSettings>,
    rules: Rules,
    /// What they look at.
    heeds: Heeds,
    /// The operator's own weights, where there are some.
    classifier: Option<Arc<Classifier>>,
    max_cost: Option<NanoDollars>,
    is_sticky: bool,
    escalates: bool,
    is_normalised: bool,
    prefaces: IndexMap<String, String>,
}

/// How answers of all tiers are made alike.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style<'a> {
    /// What goes before the conversation for the system.
    pub preface: Option<&'a str>,
    /// Whether answers are brought into one outer form.
    pub is_normalised: bool,
}

/// What the stages look at.
pub struct Input<'a> {
    /// What rules ask.
    pub facts: &'a Facts<'a>,
    /// What the classifier sees in it.
    pub glance: &'a Glance<'a>,
    /// The user's words before the last.
    pub previous: Option<&'a str>,
    /// What identifies the conversation; `None` for its first turn.
    pub session: Option<u64>,
    /// Whether it is in the middle of calling tools.
    pub is_in_tool_loop: bool,
    /// The tier that the client asks for, and may.
    pub tier: Option<&'a str>,
    /// What holds whatever is decided.
    pub limits: &'a Limits,
    /// Whether somebody wants to read why, at length.
    pub explains: bool,
    /// The monotonic clock.
    pub now: Duration,
}

/// What holds for a request whatever is decided.
#[derive(Debug, Clone)]
pub struct Limits {
    /// What whoever answers must be able to do.
    pub needs: Vec<Capability>,
    /// What the client allows it to cost.
    pub max_cost: Option<NanoDollars>,
    /// What it reads and writes.
    pub spending: Spending,
    /// The hash of the user's last words: who says the same again need not be classified again.
    pub text: u64,
}

/// Where a request goes, and why.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The tier, with what follows it.
    pub groups: Arc<[Group]>,
    /// What the stages found.
    pub findings: Vec<Finding>,
    /// The kind of request, as far as somebody told.
    pub task: Arc<str>,
    /// The deployment that has the conversation's prompt in its cache.
    pub stays_at: Option<Arc<str>>,
    /// Whether the conversation stays where it is.
    keeps_session: bool,
    /// What the rules allow it to cost.
    max_cost: Option<NanoDollars>,
    /// Whether a model should be asked for the kind of request before this decision stands.
    pub asks_llm: bool,
}

/// Why a request goes nowhere: a sentence for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No tier of the route can do what is asked.
    Incapable(String),
    /// Every one is expected to cost more than may be spent.
    TooDear(String),
}

impl Router {
    /// # Errors
    /// A rule that cannot be used, or a task that there is not.
    pub(crate) fn new(
        config: &Config,
        (name, route): (&Arc<str>, &Route),
        tiers: &IndexMap<Arc<str>, Group>,
        classifier: Option<Arc<Classifier>>,
    ) -> Result<Self, ConfigError> {
        let chain = |group: &Group| -> Arc<[Group]> {
            let fallbacks: IndexMap<_, _> =
                route.fallbacks.iter().filter_map(|it| tiers.get_key_value(&**it)).collect();
            let fallbacks = fallbacks.into_values().filter(|it| it.tier != group.tier);
            std::iter::once(group).chain(fallbacks).cloned().collect()
        };
        let is_own = |tier: &Arc<str>| route.tiers.iter().any(|own| **own == **tier);
        let (own, other): (Vec<_>, Vec<_>) = tiers.iter().partition(|(tier, _)| is_own(tier));
        let n_own = own.len();
        let chains: IndexMap<_, _> =
            own.into_iter().chain(other).map(|(tier, group)| (Arc::clone(tier), chain(group))).collect();
        let usual = tasks::names().filter_map(|task| Some((Arc::from(task), tasks::usual_tier(task, n_own)?)));
        let written = route.classifier.tasks.iter();
        let written =
            written.filter_map(|(task, tier)| Some((Arc::from(&**task), chains.get_index_of(tier.as_str())?)));
        let labels = route.classifier.labels.iter();
        let labels: IndexMap<_, _> = labels.map(|(label, sentence)| (Arc::from(&**label), sentence.clone())).collect();
        // Asked for now even where nothing is checked: the first request must not wait until the weights are read.
        let local = classifier.as_deref().unwrap_or_else(|| Classifier::shipped());
        let labels = if labels.is_empty() { tasks::labels(local) } else { labels };
        if let Some(task) = route.classifier.tasks.keys().find(|task| !labels.contains_key(task.as_str())) {
            let error = config.error(&["routes", name, "classifier", "tasks", task], format!("unknown task `{task}`"));
            return Err(error.hint(nearest::hint(task, labels.keys().map(|label| &**label))));
        }
        let rules = Rules::compile(config, name, local.labels())?;
        Ok(Self {
            heeds: rules.heeds(),
            rules,
            classifier,
            name: Arc::clone(name),
            tasks: usual.chain(written).collect(),
            default: chains.get_index_of(route.default.as_str()).unwrap_or_default(),
            n_own,
            chains,
            strategy: route.strategy,
            target: route.threshold.as_ref().and_then(Target::new),
            mode: route.classifier.mode,
            min_confidence: route.classifier.min_confidence,
            labels,
            llm: route.classifier.llm.clone(),
            max_cost: route.max_cost.map(NanoDollars::from),
            is_sticky: route.sticky,
            escalates: route.escalate,
            is_normalised: route.normalise,
            prefaces: route.preface.clone(),
        })
    }

    /// What this route's classifier sees in a text.
    pub fn glance<'a>(&'a self, text: &'a str) -> Glance<'a> {
        Glance::new(self.classifier.as_deref().unwrap_or_else(|| Classifier::shipped()), text)
    }

    /// What its rules look at beside the body.
    pub fn heeds(&self) -> &Heeds {
        &self.heeds
    }

    /// The groups of the default tier.
    pub(crate) fn default_groups(&self) -> Arc<[Group]> {
        self.chain(self.default)
    }

    /// Takes a request through the stages.
    ///
    /// # Errors
    /// No tier of the route can do what is asked, or for so little.
    pub fn decide(&self, input: &Input<'_>, memory: &Memory, costs: &Costs<'_>) -> Result<Decision, Refusal> {
        let session = input.session.and_then(|id| memory.sessions.get(id, input.now));
        let mut decision = Decision {
            groups: Arc::default(),
            findings: Vec::with_capacity(4),
            task: UNKNOWN_TASK.into(),
            stays_at: None,
            keeps_session: self.is_sticky,
            max_cost: None,
            asks_llm: false,
        };
        let position = self.choose(input, session.as_ref(), memory, costs, &mut decision);
        self.send_to(position, input.limits, memory, costs, &mut decision)?;
        let tier = decision.groups.first().and_then(|group| group.tier.as_ref());
        let stays = session.filter(|session| decision.keeps_session && Some(&session.tier) == tier);
        decision.stays_at = stays.map(|session| session.deployment);
        Ok(decision)
    }

    /// Decides anew, now that a model was asked for the kind of request: what it said, or why it did not.
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn resume(
        &self,
        mut decision: Decision,
        label: Result<Arc<str>, &'static str>,
        limits: &Limits,
        memory: &Memory,
        costs: &Costs<'_>,
    ) -> Result<Decision, Refusal> {
        decision.asks_llm = false;
        decision.findings.retain(Finding::is_lasting);
        let position = match label {
            Ok(task) => {
                memory.labels.put(self.key(limits.text), Arc::clone(&task));
                self.take_label(task, &mut decision)
            }
            Err(why) => {
                decision.findings.push(Finding::NotClassified(why));
                None
            }
        };
        let position = position.unwrap_or_else(|| self.by_default(&mut decision));
        self.send_to(position, limits, memory, costs, &mut decision)?;
        Ok(decision)
    }

    /// The operator's own kinds of request, or the usual ones: a name, and a sentence where there is one.
    pub fn labels(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        self.labels.iter().map(|(label, sentence)| (label, &**sentence))
    }

    /// How answers of that tier are made like those of others.
    pub fn style(&self, tier: Option<&str>) -> Style<'_> {
        let preface = tier.and_then(|tier| self.prefaces.get(tier)).map(String::as_str);
        Style { preface, is_normalised: self.is_normalised }
    }

    /// The model that is asked for the kind of a request.
    pub fn llm(&self) -> Option<&LlmSettings> {
        self.llm.as_ref()
    }

    /// Remembers how a request ended that `decision` had sent.
    pub fn settle(&self, memory: &Memory, task: &Arc<str>, session: u64, answer: Session, n_output: u64) {
        if n_output > 0 {
            memory.lengths.record(task, &answer.tier, n_output);
        }
        if self.is_sticky || self.escalates {
            memory.sessions.put(session, answer);
        }
    }

    /// The position of the tier that the stages choose, before the filters.
    fn choose(
        &self,
        input: &Input<'_>,
        session: Option<&Session>,
        memory: &Memory,
        costs: &Costs<'_>,
        decision: &mut Decision,
    ) -> usize {
        if let Some(position) = input.tier.and_then(|tier| self.chains.get_index_of(tier)) {
            decision.findings.push(Finding::Asked(self.tier(position)));
            return position;
        }
        let at = session.and_then(|session| self.chains.get_index_of(&session.tier));
        if let Some(position) = at.filter(|_| input.is_in_tool_loop) {
            decision.findings.push(Finding::ToolLoop(self.tier(position)));
            return position;
        }
        if let Some(position) = self.by_rules(input, decision) {
            return position;
        }
        let classified = self.classify(input, memory, decision);
        let discontent = if self.escalates { discontent(input.facts.text, input.previous) } else { None };
        match (at, discontent) {
            (Some(at), Some(discontent)) => self.escalate(at, discontent, decision),
            (Some(at), None)
                if decision.keeps_session
                    && self.stays(at, classified, session, input, memory, costs, &decision.task) =>
            {
                decision.asks_llm = false;
                decision.findings.push(Finding::Session(self.tier(at)));
                at
            }
            _ => classified.unwrap_or_else(|| self.by_default(decision)),
        }
    }

    fn by_rules(&self, input: &Input<'_>, decision: &mut Decision) -> Option<usize> {
        let found = self.rules.decide(input.facts);
        let left_out = found.undecided.iter().filter_map(|(index, _)| self.rules.name(*index));
        decision.findings.extend(left_out.cloned().map(Finding::Undecided));
        let mut why = if input.explains { self.rules.why(&found, input.facts) } else { String::new() };
        let held = found.held.iter().filter_map(|index| self.rules.name(*index)).cloned();
        decision.findings.extend(held.map(|name| Finding::Rule { name, why: std::mem::take(&mut why) }));
        decision.max_cost = found.max_cost;
        decision.keeps_session = found.session.unwrap_or(self.is_sticky);
        self.chains.get_index_of(&found.tier?)
    }

    fn classify(&self, input: &Input<'_>, memory: &Memory, decision: &mut Decision) -> Option<usize> {
        if self.n_own < 2 {
            return None;
        }
        if let (Strategy::Threshold, Some(target)) = (self.strategy, self.target) {
            let p_cheap = input.glance.p_cheap();
            let mut thresholds = memory.thresholds.lock().unwrap_or_else(PoisonError::into_inner);
            let threshold = thresholds.entry(Arc::clone(&self.name)).or_default();
            decision.findings.push(Finding::Threshold { p_cheap, threshold: threshold.value() });
            return Some(if threshold.decide(p_cheap, target) { 0 } else { self.default });
        }
        let is_local = matches!(self.mode, Mode::Local | Mode::LocalThenLlm);
        if let Some((task, confidence)) = input.glance.task().filter(|_| is_local) {
            let task: Arc<str> = task.into();
            decision.task = Arc::clone(&task);
            if confidence >= self.min_confidence {
                let position = self.tasks.get(&task).copied();
                decision.findings.push(Finding::Task { task, confidence, by: By::Local });
                return position;
            }
            decision.findings.push(Finding::Unsure { task, confidence });
        }
        if !matches!(self.mode, Mode::Llm | Mode::LocalThenLlm) {
            return None;
        }
        let known = memory.labels.get(self.key(input.limits.text));
        decision.asks_llm = known.is_none();
        self.take_label(known?, decision)
    }

    fn take_label(&self, task: Arc<str>, decision: &mut Decision) -> Option<usize> {
        let position = self.tasks.get(&task).copied();
        decision.task = Arc::clone(&task);
        decision.findings.push(Finding::Task { task, confidence: 1.0, by: By::Llm });
        position
    }

    fn by_default(&self, decision: &mut Decision) -> usize {
        decision.findings.push(Finding::Default);
        self.default
    }

    /// What a model said of a text is kept for this route alone: another has other labels.
    fn key(&self, text: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&*self.name, text).hash(&mut hasher);
        hasher.finish()
    }

    /// The tier above the one that gave an answer which did not please.
    fn escalate(&self, at: usize, discontent: Discontent, decision: &mut Decision) -> usize {
        decision.asks_llm = false;
        decision.findings.push(Finding::Escalated(discontent, self.tier(at)));
        if at < self.n_own { (at + 1).min(self.n_own - 1) } else { at }
    }

    /// Whether a conversation stays at its tier, though its last turn alone would go elsewhere.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the question")]
    fn stays(
        &self,
        at: usize,
        classified: Option<usize>,
        session: Option<&Session>,
        input: &Input<'_>,
        memory: &Memory,
        costs: &Costs<'_>,
        task: &Arc<str>,
    ) -> bool {
        let Some(session) = session else { return false };
        // A harder turn goes to a better tier. One of which nothing is known stays.
        let Some(to) = classified else { return true };
        if to >= at || at >= self.n_own {
            return to == at || at >= self.n_own;
        }
        let cost = |position: usize, n_warm: u64| {
            let group = self.chains.get_index(position).and_then(|(_, chain)| chain.first())?;
            let tier = group.tier.as_ref()?;
            let n_output = memory.lengths.expected(task, tier, input.limits.spending.max_output);
            let deployment = group.deployments.iter().find(|it| it.name == session.deployment);
            costs.of(deployment.or_else(|| group.deployments.first())?, input.limits.spending, n_warm, n_output)
        };
        match (cost(at, session.n_warm(input.now)), cost(to, 0)) {
            #[expect(clippy::cast_precision_loss, reason = "nano-dollars of one request")]
            (Some(stay), Some(go)) => go.0 as f64 >= stay.0 as f64 * MARGIN,
            _ => true,
        }
    }

    /// Sends the request to the tier at `position`, or to the one that the filters leave.
    fn send_to(
        &self,
        position: usize,
        limits: &Limits,
        memory: &Memory,
        costs: &Costs<'_>,
        decision: &mut Decision,
    ) -> Result<(), Refusal> {
        let position = self.capable(position, &limits.needs, decision)?;
        decision.groups = self.affordable(position, limits, memory, costs, decision)?;
        Ok(())
    }

    /// The first tier from `position` upwards, then downwards, of which some deployment can do what is needed.
    fn capable(&self, position: usize, needs: &[Capability], decision: &mut Decision) -> Result<usize, Refusal> {
        let missing = |position: usize| {
            let group = self.chains.get_index(position).and_then(|(_, chain)| chain.first());
            let can = |need| group.is_some_and(|group| group.deployments.iter().any(|it| it.can(need)));
            needs.iter().copied().find(|&need| !can(need))
        };
        let Some(capability) = missing(position) else { return Ok(position) };
        decision.findings.push(Finding::Incapable(capability));
        let others = (position + 1..self.n_own).chain((0..position.min(self.n_own)).rev());
        others.into_iter().find(|&other| missing(other).is_none()).ok_or_else(|| {
            let message = format!("no tier of the route `{}` has a model that can do {}", self.name, capability.word());
            Refusal::Incapable(message)
        })
    }

    /// The tier at `position`, or the next cheaper one that is expected to cost no more than may be spent, without the
    /// deployments that would, or that cannot do what is needed.
    fn affordable(
        &self,
        position: usize,
        limits: &Limits,
        memory: &Memory,
        costs: &Costs<'_>,
        decision: &mut Decision,
    ) -> Result<Arc<[Group]>, Refusal> {
        let limit = self.max_cost.into_iter().chain(limits.max_cost).chain(decision.max_cost).min();
        let can = |group: &Group| group.only(|it| limits.needs.iter().all(|&need| it.can(need)));
        let Some(limit) = limit else {
            let chain = self.chain(position);
            return Ok(if limits.needs.is_empty() { chain } else { chain.iter().filter_map(can).collect() });
        };
        let within = |group: &Group| costs.within(group, limit, limits.spending, (&memory.lengths, &decision.task));
        let below = if position < self.n_own { position } else { self.n_own };
        let mut too_dear = Vec::new();
        let found = std::iter::once(position).chain((0..below).rev()).find_map(|position| {
            let chain = self.chain(position);
            let first = can(chain.first()?)?;
            match within(&first) {
                Ok(first) => {
                    let rest = chain.iter().skip(1).filter_map(can).filter_map(|group| within(&group).ok());
                    Some(std::iter::once(first).chain(rest).collect())
                }
                Err(expected) => {
                    too_dear.push(expected);
                    None
                }
            }
        });
        let least = too_dear.iter().min().copied().unwrap_or(NanoDollars::ZERO);
        decision.findings.extend(too_dear.into_iter().map(|expected| Finding::TooDear { expected, limit }));
        found.ok_or_else(|| {
            let message = format!("the cheapest tier that would do costs about ${least}, and ${limit} may be spent");
            Refusal::TooDear(message)
        })
    }

    fn tier(&self, position: usize) -> Arc<str> {
        self.chains.get_index(position).map(|(tier, _)| Arc::clone(tier)).unwrap_or_default()
    }

    fn chain(&self, position: usize) -> Arc<[Group]> {
        self.chains.get_index(position).map(|(_, chain)| Arc::clone(chain)).unwrap_or_default()
    }
}
