//! What the stages of routing found, one after another: the whole of why a request went where it did.

use super::rejection::Discontent;
use crate::models::Capability;
use crate::money::NanoDollars;
use std::fmt;
use std::sync::Arc;

/// What one stage found. `Display` is one word or a few, for a header: `rule:faq`, `task:code:0.93`.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The client named the tier.
    Asked(Arc<str>),
    /// The conversation is in the middle of calling tools, and goes on where it was.
    ToolLoop(Arc<str>),
    /// A rule holds.
    Rule {
        /// Its name.
        name: Arc<str>,
        /// What it saw, as a sentence, where that was asked for.
        why: String,
    },
    /// A rule was left out, since its condition could not be evaluated.
    Undecided(Arc<str>),
    /// The conversation goes on where it began.
    Session(Arc<str>),
    /// The user is not content with the last answer, which this tier gave.
    Escalated(Discontent, Arc<str>),
    /// It is a request of this kind.
    Task {
        /// The kind.
        task: Arc<str>,
        /// How probable it is, from 0 to 1.
        confidence: f32,
        /// Who says so.
        by: By,
    },
    /// The classifier does not know what kind it is; most probably this one.
    Unsure {
        /// The kind.
        task: Arc<str>,
        /// How probable it is, from 0 to 1.
        confidence: f32,
    },
    /// Whether a cheap answer will probably do.
    Threshold {
        /// How probable it is, from 0 to 1.
        p_cheap: f32,
        /// How probable it had to be.
        threshold: f32,
    },
    /// The model that was to classify the request did not; the reason.
    NotClassified(&'static str),
    /// Nothing spoke for any tier.
    Default,
    /// The tier that was chosen so far cannot do this.
    Incapable(Capability),
    /// Dollars that the tier chosen so far was expected to cost, and that may be spent.
    TooDear {
        /// What it was expected to cost.
        expected: NanoDollars,
        /// The limit.
        limit: NanoDollars,
    },
}

/// Who told what kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The one in the gateway.
    Local,
    /// A model.
    Llm,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(tier) => write!(f, "asked:{tier}"),
            Self::ToolLoop(_) => f.write_str("tool_loop"),
            Self::Rule { name, .. } => write!(f, "rule:{name}"),
            Self::Undecided(name) => write!(f, "rule_left_out:{name}"),
            Self::Session(_) => f.write_str("session"),
            Self::Escalated(Discontent::Repeated, _) => f.write_str("repeated"),
            Self::Escalated(Discontent::Rejected, _) => f.write_str("rejected"),
            Self::Task { task, confidence, by: By::Local } => write!(f, "task:{task}:{confidence:.2}"),
            Self::Task { task, by: By::Llm, .. } => write!(f, "llm:{task}"),
            Self::Unsure { task, confidence } => write!(f, "unsure:{task}:{confidence:.2}"),
            Self::Threshold { p_cheap, threshold } => write!(f, "p_cheap:{p_cheap:.2}/{threshold:.2}"),
            Self::NotClassified(why) => write!(f, "llm:{why}"),
            Self::Default => f.write_str("default"),
            Self::Incapable(capability) => write!(f, "no_{}", capability.word()),
            Self::TooDear { .. } => f.write_str("max_cost"),
        }
    }
}

impl Finding {
    /// Whether it stands whatever a model then says of the kind of request.
    pub(super) fn is_lasting(&self) -> bool {
        matches!(self, Self::Rule { .. } | Self::Undecided(_) | Self::Unsure { .. })
    }

    /// The same as a sentence, for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Asked(tier) => format!("x-tiercel-tier asks for `{tier}`"),
            Self::ToolLoop(tier) => format!("tools are being called, so it goes on at `{tier}`"),
            Self::Rule { name, why } if why.is_empty() => format!("rule `{name}` holds"),
            Self::Rule { why, .. } => why.clone(),
            Self::Undecided(name) => format!("rule `{name}` was left out, since its condition could not be evaluated"),
            Self::Session(tier) => format!("the conversation goes on where its prompt may be cached, at `{tier}`"),
            Self::Escalated(Discontent::Repeated, tier) => {
                format!("the same was asked again, so it goes one tier above `{tier}`")
            }
            Self::Escalated(Discontent::Rejected, tier) => {
                format!("the user rejects the answer, so it goes one tier above `{tier}`")
            }
            Self::Task { task, confidence, by: By::Local } => {
                format!("the classifier takes it for {task}, with confidence {confidence:.2}")
            }
            Self::Task { task, by: By::Llm, .. } => format!("the model that was asked takes it for {task}"),
            Self::Unsure { task, confidence } => {
                format!("the classifier is unsure: most probably {task}, with confidence {confidence:.2}")
            }
            Self::Threshold { p_cheap, threshold } => {
                let does = if p_cheap >= threshold { "do" } else { "not do" };
                format!("the cheapest tier will {does}: probability {p_cheap:.2}, threshold {threshold:.2}")
            }
            Self::NotClassified(why) => format!("no model was asked what kind of request it is: {why}"),
            Self::Default => "nothing speaks for another tier, so it is the default".to_owned(),
            Self::Incapable(capability) => format!("that tier cannot do {}, so it is another", capability.word()),
            Self::TooDear { expected, limit } => {
                format!("that tier is expected to cost ${expected}, more than the ${limit} that may be spent")
            }
        }
    }
}
