//! What a configuration may say of a route: among which tiers it chooses, and by what.

use super::rules::Rule;
use super::values::Interval;
use crate::money::NanoDollars;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A name that clients may ask for, behind which Tiercel chooses the tier.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The tiers to choose from.
    #[schemars(length(min = 1))]
    pub tiers: Vec<String>,
    /// The tier to take when nothing speaks for another; one of `tiers`.
    pub default: String,
    /// The tiers to turn to, one after another, when no deployment of the chosen tier answers.
    #[serde(default)]
    pub fallbacks: Vec<String>,
    /// The tier for requests that are too long for the chosen one's deployments.
    pub long_context: Option<String>,
    /// What the operator knows of some requests: the first rule that holds decides.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What decides where no rule does.
    #[serde(default)]
    pub strategy: Strategy,
    /// How the classifier is used.
    #[serde(default)]
    pub classifier: ClassifierSettings,
    /// What `strategy = "threshold"` aims at.
    pub threshold: Option<Threshold>,
    /// What a request may be expected to cost, in dollars. A dearer one goes to a cheaper tier; where none is cheap
    /// enough, it is refused.
    pub max_cost: Option<Dollars>,
    /// Whether a conversation stays with the deployment that it began at, unless another is much cheaper: who moves
    /// throws away what the provider has cached of it.
    #[serde(default = "yes")]
    pub sticky: bool,
    /// Whether a user who asks the same again, or says that an answer was wrong, gets the next better tier.
    #[serde(default = "yes")]
    pub escalate: bool,
    /// Whether answers are brought into one outer form whoever gave them: without "Sure!", and JSON without a fence.
    #[serde(default)]
    pub normalise: bool,
    /// What goes before the conversation for the system, by tier, so that all tiers answer alike.
    #[serde(default)]
    pub preface: IndexMap<String, String>,
}

/// What decides where no rule does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The kind of task, by `classifier.tasks`.
    #[default]
    Tasks,
    /// Whether the route's cheapest tier will probably do: it, or the default tier.
    Threshold,
}

/// How a route uses the classifier.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierSettings {
    /// Who classifies.
    pub mode: Mode,
    /// Below that confidence, from 0 to 1, the local classifier is unsure.
    #[schemars(range(min = 0, max = 1))]
    pub min_confidence: f32,
    /// A model that is asked when the local classifier is unsure.
    pub llm: Option<LlmSettings>,
    /// From a task to its tier. For those of Tiercel's own tasks that it leaves out, the usual one of three tiers.
    pub tasks: IndexMap<String, String>,
    /// The operator's own tasks, with a sentence on each. Only a model can tell them apart: `mode = "llm"`.
    pub labels: IndexMap<String, String>,
    /// Weights that `tiercel train classifier` has written, instead of Tiercel's own.
    pub weights: Option<String>,
}

impl Default for ClassifierSettings {
    fn default() -> Self {
        Self {
            mode: Mode::Local,
            min_confidence: 0.6,
            llm: None,
            tasks: IndexMap::new(),
            labels: IndexMap::new(),
            weights: None,
        }
    }
}

/// Who classifies a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Nobody.
    Off,
    /// The classifier in the gateway, in microseconds.
    #[default]
    Local,
    /// A model.
    Llm,
    /// The classifier in the gateway, and a model where that is unsure.
    LocalThenLlm,
}

/// A model that classifies.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LlmSettings {
    /// As `provider/model`.
    pub model: String,
    /// How long it may take; then the local classifier's answer stands.
    #[serde(default = "llm_timeout")]
    pub timeout: Interval,
    /// What asking it may be expected to cost, in dollars. A prompt for which it would be more is not asked about.
    #[serde(default = "llm_cost")]
    pub max_cost: Dollars,
}

/// What `strategy = "threshold"` aims at: one of the two.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The share of requests that go to the cheapest tier, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub share: Option<f32>,
    /// How probable it is, on the average of what goes to the cheapest tier, that its answer does; from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub quality: Option<f32>,
}

/// Dollars, from a nano-dollar to a million.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
pub struct Dollars(f64);

impl TryFrom<f64> for Dollars {
    type Error = &'static str;

    fn try_from(dollars: f64) -> Result<Self, Self::Error> {
        if (1e-9..=1e6).contains(&dollars) {
            Ok(Self(dollars))
        } else {
            Err("a cost is more than 0 and at most a million dollars")
        }
    }
}

impl From<Dollars> for NanoDollars {
    fn from(dollars: Dollars) -> Self {
        Self::from_dollars(dollars.0)
    }
}

impl From<Dollars> for f64 {
    fn from(dollars: Dollars) -> Self {
        dollars.0
    }
}

fn yes() -> bool {
    true
}

/// The specification of routing, "What is decided" 2; and that of a call of a small model for a prompt of 500 tokens.
fn llm_timeout() -> Interval {
    Interval::from_millis(800)
}

fn llm_cost() -> Dollars {
    Dollars(0.0002)
}
