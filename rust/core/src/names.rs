//! What the name of a model stands for.
//!
//! In this order, so that what the operator wrote goes before what is merely known: a route, a tier, `provider/model`,
//! a model of the tiers, a model that a provider is configured to serve, a model that the catalogue ascribes to a
//! configured provider. All but the open-ended ones are looked up in one table.

use crate::catalogue;
use crate::classifier::Classifier;
use crate::config::{Config, ConfigError, is_model_name};
use crate::keys::Principal;
use crate::nearest::nearest;
use crate::pattern;
use crate::plan::{Group, Plan, PlanError, Reason};
use crate::registry::{Deployment, Deployments, ModelEntry};
use crate::routing::Router;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many names the answer to an unknown one lists.
const MAX_KNOWN: usize = 20;
/// How many names, and of what length, are searched for the one that was meant: a stranger's slip is worth no more.
const MAX_COMPARED: usize = 1_000;
const MAX_ECHO: usize = 64;

/// What each configured name stands for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    plans: BTreeMap<Arc<str>, Plan>,
    listed: Vec<ModelEntry>,
}

impl Names {
    /// # Errors
    /// A rule that cannot be used, or a task that there is not.
    pub(crate) fn new(
        config: &Config,
        deployments: &Deployments,
        classifiers: &BTreeMap<Arc<str>, Arc<Classifier>>,
    ) -> Result<Self, ConfigError> {
        let mut names = Self::default();
        let ours: Arc<str> = "tiercel".into();
        let tiers: IndexMap<Arc<str>, Group> = config
            .tiers
            .iter()
            .map(|(tier, members)| {
                let tier: Arc<str> = tier.as_str().into();
                let members = members.iter().filter_map(|it| deployments.find(it));
                (tier.clone(), Group { tier: Some(tier.clone()), ..group(deployments, &tier, members) })
            })
            .collect();
        for (name, route) in &config.routes {
            let name: Arc<str> = name.as_str().into();
            let classifier = classifiers.get(&name).cloned();
            let router = Router::new(config, (&name, route), &tiers, classifier)?;
            let long_context = route.long_context.as_deref().and_then(|tier| tiers.get(tier)).cloned();
            let reason = Reason::Route { route: name.clone(), findings: Vec::new() };
            let plan = Plan::of(reason, router.default_groups());
            let router = Some(Arc::new(router));
            names.add_listed(&name, &ours, Plan { route: Some(name.clone()), long_context, router, ..plan });
        }
        for (name, group) in &tiers {
            names.add_listed(name, &ours, Plan::of(Reason::Tier(name.clone()), [group.clone()]));
        }
        let in_tiers: Vec<_> = tiers.values().flat_map(|group| group.deployments.iter().cloned()).collect();
        let in_providers: Vec<_> = config
            .providers
            .iter()
            .flat_map(|(name, provider)| provider.models.iter().map(move |model| format!("{name}/{model}")))
            .filter_map(|name| deployments.find(&name))
            .collect();
        for deployment in in_tiers.iter().chain(&in_providers) {
            let group = group(deployments, &deployment.name, [deployment.clone()]);
            names.add_listed(&deployment.name, &deployment.provider.name, Plan::of(Reason::Deployment, [group]));
        }
        names.add_bare(deployments, &Reason::InTiers, &in_tiers);
        names.add_bare(deployments, &Reason::InProvider, &in_providers);
        Ok(names)
    }

    /// Adds what `name` stands for, unless it stands for something already; whether it did not.
    fn add(&mut self, name: &Arc<str>, plan: Plan) -> bool {
        let is_new = !self.plans.contains_key(name);
        if is_new {
            self.plans.insert(name.clone(), Plan { is_configured: true, ..plan });
        }
        is_new
    }

    fn add_listed(&mut self, id: &Arc<str>, owned_by: &Arc<str>, plan: Plan) {
        if self.add(id, plan) {
            self.listed.push(ModelEntry { id: id.clone(), owned_by: owned_by.clone() });
        }
    }

    /// Adds the models of `members` without their providers' names. A model that several have is tried on each.
    fn add_bare(&mut self, deployments: &Deployments, reason: &Reason, members: &[Arc<Deployment>]) {
        let mut by_model: IndexMap<&Arc<str>, Vec<Arc<Deployment>>> = IndexMap::new();
        for deployment in members {
            let same = by_model.entry(&deployment.model).or_default();
            if !same.iter().any(|other| other.name == deployment.name) {
                same.push(deployment.clone());
            }
        }
        for (model, members) in by_model {
            // A model called `openai/gpt-oss-20b` is not what that name stands for where OpenAI is configured.
            if deployments.find(model).is_none() {
                self.add(model, Plan::of(reason.clone(), [group(deployments, model, members)]));
            }
        }
    }

    pub(crate) fn plan(&self, deployments: &Deployments, principal: &Principal, name: &str) -> Result<Plan, PlanError> {
        let mut plan = self.resolve(deployments, name).ok_or_else(|| self.unknown(principal, name))?;
        if principal.may_use(name) {
            return Ok(plan);
        }
        // Who may use a deployment may name it by its model. A tier must be allowed by its own name.
        if let [group] = &*plan.groups
            && group.tier.is_none()
        {
            let allowed: Arc<[_]> =
                group.deployments.iter().filter(|it| principal.may_use(&it.name)).cloned().collect();
            if !allowed.is_empty() {
                plan.groups = [Group { deployments: allowed, ..group.clone() }].into();
                return Ok(plan);
            }
        }
        Err(PlanError::NotAllowed { requested: echo(name) })
    }

    pub(crate) fn known_to(&self, principal: &Principal) -> impl Iterator<Item = &ModelEntry> {
        self.listed.iter().filter(|entry| principal.may_use(&entry.id))
    }

    fn resolve(&self, deployments: &Deployments, name: &str) -> Option<Plan> {
        if let Some(plan) = self.plans.get(name) {
            return Some(plan.clone());
        }
        let alone = |deployment: Arc<Deployment>| group(deployments, &deployment.name.clone(), [deployment]);
        if let Some(deployment) = deployments.find(name) {
            return Some(Plan::of(Reason::Deployment, [alone(deployment)]));
        }
        if !is_model_name(name) {
            return None;
        }
        let claims = |provider: &str| {
            catalogue::entry(provider).is_some_and(|entry| entry.models.iter().any(|it| pattern::matches(it, name)))
        };
        let (provider, _) = deployments.providers().iter().find(|(provider, _)| claims(provider))?;
        let deployment = deployments.find(&format!("{provider}/{name}"))?;
        Some(Plan::of(Reason::InCatalogue, [alone(deployment)]))
    }

    fn unknown(&self, principal: &Principal, name: &str) -> PlanError {
        let comparable = if name.len() <= MAX_ECHO { MAX_COMPARED } else { 0 };
        let near = nearest(name, self.known_to(principal).take(comparable).map(|entry| &*entry.id));
        PlanError::UnknownModel {
            requested: echo(name),
            known: self.known_to(principal).take(MAX_KNOWN).map(|entry| entry.id.clone()).collect(),
            did_you_mean: near.map(Arc::from),
        }
    }
}

impl Plan {
    /// What is tried where a name leaves no choice.
    pub fn of(reason: Reason, groups: impl Into<Arc<[Group]>>) -> Self {
        Self {
            route: None,
            reason,
            groups: groups.into(),
            long_context: None,
            router: None,
            task: None,
            stays_at: None,
            is_configured: false,
        }
    }
}

/// The deployments that `name` stands for.
fn group(deployments: &Deployments, name: &Arc<str>, members: impl IntoIterator<Item = Arc<Deployment>>) -> Group {
    Group { tier: None, deployments: members.into_iter().collect(), health: deployments.health().group(name) }
}

fn echo(name: &str) -> String {
    name.chars().take(MAX_ECHO).collect()
}
