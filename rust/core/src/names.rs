//! What the name of a model stands for.
//!
//! In this order, so that what the operator wrote goes before what is merely known: a route, a tier, `provider/model`,
//! a model of the tiers, a model that a provider is configured to serve, a model that the catalogue ascribes to a
//! configured provider. All but the open-ended ones are looked up in one table.

use crate::catalogue;
use crate::config::{Config, is_model_name};
use crate::keys::Principal;
use crate::nearest::nearest;
use crate::pattern;
use crate::plan::{Plan, PlanError, Reason};
use crate::registry::{Deployment, ModelEntry, Provider};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many names the answer to an unknown one lists.
const MAX_KNOWN: usize = 20;
/// How many names, and of what length, are searched for the one that was meant: a stranger's slip is worth no more.
const MAX_COMPARED: usize = 1_000;
const MAX_ECHO: usize = 64;

type Providers = IndexMap<Arc<str>, Arc<Provider>>;

/// What each configured name stands for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    plans: BTreeMap<Arc<str>, Plan>,
    listed: Vec<ModelEntry>,
}

impl Names {
    pub(crate) fn new(config: &Config, providers: &Providers) -> Self {
        let mut names = Self::default();
        let ours: Arc<str> = "tiercel".into();
        let tiers: IndexMap<Arc<str>, Arc<[Deployment]>> = config
            .tiers
            .iter()
            .map(|(tier, members)| {
                (tier.as_str().into(), members.iter().filter_map(|it| deployment(providers, it)).collect())
            })
            .collect();
        for (name, route) in &config.routes {
            if let Some((tier, deployments)) = tiers.get_key_value(route.default.as_str()) {
                let name: Arc<str> = name.as_str().into();
                let plan = Plan::of(Reason::RouteDefault(name.clone()), deployments.clone());
                names.add_listed(&name, &ours, Plan { route: Some(name.clone()), tier: Some(tier.clone()), ..plan });
            }
        }
        for (name, deployments) in &tiers {
            let plan = Plan::of(Reason::Tier(name.clone()), deployments.clone());
            names.add_listed(name, &ours, Plan { tier: Some(name.clone()), ..plan });
        }
        let in_tiers: Vec<_> = tiers.values().flat_map(|members| members.iter()).collect();
        let in_providers: Vec<_> = config
            .providers
            .iter()
            .flat_map(|(name, provider)| provider.models.iter().map(move |model| format!("{name}/{model}")))
            .filter_map(|name| deployment(providers, &name))
            .collect();
        for deployment in in_tiers.iter().copied().chain(&in_providers) {
            let plan = Plan::of(Reason::Deployment, [deployment.clone()]);
            names.add_listed(&deployment.name, &deployment.provider.name, plan);
        }
        names.add_bare(providers, &Reason::InTiers, in_tiers);
        names.add_bare(providers, &Reason::InProvider, &in_providers);
        names
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

    /// Adds the models of `deployments` without their providers' names. A model that several have is tried on each.
    fn add_bare<'a>(
        &mut self,
        providers: &Providers,
        reason: &Reason,
        deployments: impl IntoIterator<Item = &'a Deployment>,
    ) {
        let mut by_model: IndexMap<&Arc<str>, Vec<Deployment>> = IndexMap::new();
        for deployment in deployments {
            let same = by_model.entry(&deployment.model).or_default();
            if !same.contains(deployment) {
                same.push(deployment.clone());
            }
        }
        for (model, deployments) in by_model {
            // A model called `openai/gpt-oss-20b` is not what that name stands for where OpenAI is configured.
            if deployment(providers, model).is_none() {
                self.add(model, Plan::of(reason.clone(), deployments));
            }
        }
    }

    pub(crate) fn plan(&self, providers: &Providers, principal: &Principal, name: &str) -> Result<Plan, PlanError> {
        let mut plan = self.resolve(providers, name).ok_or_else(|| self.unknown(principal, name))?;
        if principal.may_use(name) {
            return Ok(plan);
        }
        // Who may use a deployment may name it by its model. A tier must be allowed by its own name.
        if plan.tier.is_none() {
            plan.deployments = plan.deployments.iter().filter(|it| principal.may_use(&it.name)).cloned().collect();
            if !plan.deployments.is_empty() {
                return Ok(plan);
            }
        }
        Err(PlanError::NotAllowed { requested: echo(name) })
    }

    pub(crate) fn known_to(&self, principal: &Principal) -> impl Iterator<Item = &ModelEntry> {
        self.listed.iter().filter(|entry| principal.may_use(&entry.id))
    }

    fn resolve(&self, providers: &Providers, name: &str) -> Option<Plan> {
        if let Some(plan) = self.plans.get(name) {
            return Some(plan.clone());
        }
        if let Some(deployment) = deployment(providers, name) {
            return Some(Plan::of(Reason::Deployment, [deployment]));
        }
        if !is_model_name(name) {
            return None;
        }
        let claims = |provider: &str| {
            catalogue::entry(provider).is_some_and(|entry| entry.models.iter().any(|it| pattern::matches(it, name)))
        };
        let (provider, _) = providers.iter().find(|(provider, _)| claims(provider))?;
        let deployment = deployment(providers, &format!("{provider}/{name}"))?;
        Some(Plan::of(Reason::InCatalogue, [deployment]))
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
    fn of(reason: Reason, deployments: impl Into<Arc<[Deployment]>>) -> Self {
        Self { route: None, tier: None, reason, deployments: deployments.into(), is_configured: false }
    }
}

/// The deployment called `name`, which is `provider/model`: any model of a configured provider.
fn deployment(providers: &Providers, name: &str) -> Option<Deployment> {
    let (provider, model) = name.split_once('/')?;
    let provider = providers.get(provider)?.clone();
    is_model_name(model).then(|| Deployment { provider, model: model.into(), name: name.into() })
}

fn echo(name: &str) -> String {
    name.chars().take(MAX_ECHO).collect()
}
