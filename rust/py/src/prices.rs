//! What calls would cost, for reports on what they did cost.

use std::time::Duration;

use pyo3::prelude::*;
use tiercel_core::config::{Config, Overrides};
use tiercel_core::prices::PriceTable;
use tiercel_core::settlement::TokenUsage;

use crate::core::read_config;

/// The prices of a configuration, or those that everybody has.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Prices {
    table: PriceTable,
    config: Option<Config>,
}

#[pymethods]
impl Prices {
    #[new]
    #[pyo3(signature = (path=None))]
    fn new(path: Option<&str>) -> PyResult<Self> {
        let Some(path) = path else { return Ok(Self { table: PriceTable::bundled(), config: None }) };
        let (config, _) = read_config(Some(path), None, &Overrides::default())?;
        Ok(Self { table: PriceTable::new(&config), config: Some(config) })
    }

    #[getter]
    fn version(&self) -> &'static str {
        self.table.version()
    }

    #[getter]
    fn tiers(&self) -> Vec<(&str, Vec<&str>)> {
        let tiers = self.config.iter().flat_map(|config| &config.tiers);
        tiers.map(|(tier, deployments)| (tier.as_str(), deployments.iter().map(String::as_str).collect())).collect()
    }

    #[getter]
    fn routes(&self) -> Vec<(&str, Vec<&str>)> {
        let routes = self.config.iter().flat_map(|config| &config.routes);
        routes.map(|(name, route)| (name.as_str(), route.tiers.iter().map(String::as_str).collect())).collect()
    }

    #[pyo3(signature = (deployment, unix_us, *, input=0, cache_read=0, cache_write=0, cache_write_1h=0, input_audio=0,
                        output=0, reasoning=0, output_audio=0))]
    #[expect(clippy::too_many_arguments, reason = "tokens of each kind that has a price of its own")]
    fn cost(
        &self,
        deployment: &str,
        unix_us: u64,
        input: u64,
        cache_read: u64,
        cache_write: u64,
        cache_write_1h: u64,
        input_audio: u64,
        output: u64,
        reasoning: u64,
        output_audio: u64,
    ) -> Option<u64> {
        let (provider, model) = deployment.split_once('/')?;
        let usage = TokenUsage {
            input,
            cache_read,
            cache_write,
            cache_write_1h,
            input_audio,
            output,
            reasoning,
            output_audio,
            ..TokenUsage::default()
        };
        self.table.cost(provider, model, &usage, Duration::from_micros(unix_us)).map(|cost| cost.0)
    }
}
