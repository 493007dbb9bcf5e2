//! Which deployments a request is tried on, in which order, and why.

use crate::health::GroupHealth;
use crate::registry::Deployment;
use crate::routing::{Decision, Finding, Router, UNKNOWN_TASK};
use std::fmt;
use std::sync::Arc;

/// What will be tried for one request. How many of the deployments, and what is a reason to go on to the next one, is
/// for the caller to say.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The route that was asked for, if it was one.
    pub route: Option<Arc<str>>,
    /// What the choice rests on.
    pub reason: Reason,
    /// What to try, one after another: the deployments that were asked for, or the tier that the route chose, and then
    /// the route's fallbacks. Never empty.
    pub groups: Arc<[Group]>,
    /// Where to go with a request that is too long.
    pub long_context: Option<Group>,
    /// What chooses the tier, where a route was asked for.
    pub router: Option<Arc<Router>>,
    /// The kind of request, as far as somebody told.
    pub task: Option<Arc<str>>,
    /// The deployment that is to be asked first, if it is well: it knows the conversation.
    pub stays_at: Option<Arc<str>>,
    /// Whether the name stands in the configuration. Any other comes from the client alone, and is no metric label.
    pub is_configured: bool,
}

/// Deployments that stand in for one another.
#[derive(Debug, Clone)]
pub struct Group {
    /// The tier that they are.
    pub tier: Option<Arc<str>>,
    /// In the order of the configuration. Never empty.
    pub deployments: Arc<[Arc<Deployment>]>,
    /// How they do together.
    pub health: GroupHealth,
}

impl Group {
    /// The same of only those deployments; `None` where there are none.
    pub fn only(&self, may: impl Fn(&Deployment) -> bool) -> Option<Self> {
        if self.deployments.iter().all(|deployment| may(deployment)) {
            return Some(self.clone());
        }
        let deployments: Arc<[_]> = self.deployments.iter().filter(|deployment| may(deployment)).cloned().collect();
        (!deployments.is_empty()).then(|| Self { deployments, ..self.clone() })
    }
}

impl Plan {
    /// Sends the request where `decision` says.
    pub fn take(&mut self, decision: Decision) {
        self.groups = decision.groups;
        self.task = Some(decision.task);
        self.stays_at = decision.stays_at;
        if let Reason::Route { findings, .. } = &mut self.reason {
            *findings = decision.findings;
        }
    }

    /// The tier that was asked for, or that the route chose.
    pub fn tier(&self) -> Option<&Arc<str>> {
        self.groups.first().and_then(|group| group.tier.as_ref())
    }

    /// The kind of request, where somebody told.
    pub fn known_task(&self) -> Option<&str> {
        self.task.as_deref().filter(|task| *task != UNKNOWN_TASK)
    }

    /// The rules of the route that were left out, since their condition could not be evaluated.
    pub fn undecided_rules(&self) -> impl Iterator<Item = &str> {
        let findings = if let Reason::Route { findings, .. } = &self.reason { &**findings } else { &[] };
        findings.iter().filter_map(|finding| if let Finding::Undecided(rule) = finding { Some(&**rule) } else { None })
    }

    /// All that may be tried.
    pub fn deployments(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        self.groups.iter().flat_map(|group| group.deployments.iter())
    }
}

/// What a choice rests on. `Display` is short and stable, for a header: `route:auto:task:code:0.93,max_cost`.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// A route was asked for.
    Route {
        /// Its name.
        route: Arc<str>,
        /// What its stages found, in their order; nothing where there was nothing to choose by.
        findings: Vec<Finding>,
    },
    /// A tier was asked for.
    Tier(Arc<str>),
    /// A deployment was asked for.
    Deployment,
    /// A model was asked for that some tier holds.
    InTiers,
    /// A model was asked for that a provider is configured to serve.
    InProvider,
    /// A model was asked for whose name the catalogue ascribes to a configured provider.
    InCatalogue,
    /// The answer was given before; how it was found.
    Cache(&'static str),
    /// No model was asked for, but something that this provider keeps.
    Provider,
}

impl Reason {
    /// The same as a sentence, for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::Route { route, findings } if findings.is_empty() => format!("route `{route}` takes its default tier"),
            Self::Route { findings, .. } => findings.iter().map(Finding::sentence).collect::<Vec<_>>().join("; "),
            Self::Tier(tier) => format!("tier `{tier}` was asked for"),
            Self::Deployment => "the deployment was asked for".to_owned(),
            Self::InTiers => "the model is in the tiers".to_owned(),
            Self::InProvider => "the model is among those that the provider is configured to serve".to_owned(),
            Self::InCatalogue => "the catalogue ascribes the model's name to the provider".to_owned(),
            Self::Cache(how) => format!("the answer was kept, and found by the {how} question"),
            Self::Provider => "the provider keeps what was asked for".to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route { route, findings } if findings.is_empty() => write!(f, "route:{route}:default"),
            Self::Route { route, findings } => {
                write!(f, "route:{route}")?;
                findings
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, finding)| write!(f, "{}{finding}", if index == 0 { ':' } else { ',' }))
            }
            Self::Tier(tier) => write!(f, "tier:{tier}"),
            Self::Deployment => f.write_str("name:deployment"),
            Self::InTiers => f.write_str("name:tiers"),
            Self::InProvider => f.write_str("name:provider"),
            Self::InCatalogue => f.write_str("name:catalogue"),
            Self::Cache(how) => write!(f, "cache:{how}"),
            Self::Provider => f.write_str("provider"),
        }
    }
}

/// Why nothing can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// There is no such model.
    UnknownModel {
        /// What was asked for, cut to 64 characters.
        requested: String,
        /// Up to twenty names that the principal may ask for.
        known: Vec<Arc<str>>,
        /// The one of all such names that was probably meant.
        did_you_mean: Option<Arc<str>>,
    },
    /// There is, but not for this principal.
    NotAllowed {
        /// What was asked for.
        requested: String,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownModel { requested, known, did_you_mean } => {
                write!(f, "the model `{requested}` does not exist")?;
                if let Some(near) = did_you_mean {
                    write!(f, "; did you mean `{near}`?")?;
                }
                if !known.is_empty() {
                    write!(f, " (there are: {})", known.join(", "))?;
                }
                Ok(())
            }
            Self::NotAllowed { requested } => write!(f, "this API key may not use the model `{requested}`"),
        }
    }
}

impl std::error::Error for PlanError {}
