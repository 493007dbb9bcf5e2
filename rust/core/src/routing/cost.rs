//! What a request is expected to cost at a deployment, before it is sent.

use super::lengths::Lengths;
use crate::money::NanoDollars;
use crate::plan::Group;
use crate::prices::PriceTable;
use crate::registry::Deployment;
use crate::settlement::TokenUsage;
use std::sync::Arc;
use std::time::Duration;

/// What a request reads and may write.
#[derive(Debug, Clone, Copy)]
pub struct Spending {
    /// Tokens of its prompt, as far as they are known.
    pub n_input: u64,
    /// Tokens that its answer may have at most.
    pub max_output: Option<u64>,
}

/// Works out what requests are expected to cost now.
pub struct Costs<'a> {
    /// Prices.
    pub prices: &'a PriceTable,
    /// Now, since 1970: some prices change with the time of day.
    pub unix: Duration,
}

impl Costs<'_> {
    /// What `spending` costs at `deployment` where `n_warm` tokens of the prompt are in its cache and the answer has
    /// `n_output`; `None` where nobody knows its prices.
    pub(super) fn of(
        &self,
        deployment: &Deployment,
        spending: Spending,
        n_warm: u64,
        n_output: u64,
    ) -> Option<NanoDollars> {
        let cache_read = n_warm.min(spending.n_input);
        let usage =
            TokenUsage { input: spending.n_input - cache_read, cache_read, output: n_output, ..TokenUsage::default() };
        self.prices.cost(&deployment.provider.name, &deployment.model, &usage, self.unix)
    }

    /// The group without what is expected to cost more than `limit`, or how much the cheapest of it is expected to cost.
    /// What has no price is no reason to leave anything out.
    pub(super) fn within(
        &self,
        group: &Group,
        limit: NanoDollars,
        spending: Spending,
        (lengths, task): (&Lengths, &Arc<str>),
    ) -> Result<Group, NanoDollars> {
        let tier = group.tier.clone().unwrap_or_else(|| "".into());
        let n_output = lengths.expected(task, &tier, spending.max_output);
        let cost = |deployment: &Deployment| self.of(deployment, spending, 0, n_output);
        group
            .only(|deployment| cost(deployment).is_none_or(|cost| cost <= limit))
            .ok_or_else(|| group.deployments.iter().filter_map(|it| cost(it)).min().unwrap_or(NanoDollars::ZERO))
    }
}
