//! Which metrics there are.

use super::buckets;

/// One metric with all its series. In the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Requests,
    Errors,
    Attempts,
    Overhead,
    Duration,
    TimeToFirstToken,
    Tokens,
    Cost,
    PrincipalCost,
    Unpriced,
    Idempotent,
    CacheLookups,
    CacheSaved,
    CacheKept,
    CacheChecks,
    CacheVetoes,
    CacheBound,
    CacheEntries,
    CacheBytes,
    CacheEvicted,
    CacheUnwritten,
    UndecidedRules,
    HealthChanges,
    DeploymentState,
    DeploymentInFlight,
    DeploymentLimit,
    RefusedRetries,
    InFlight,
    QueueLength,
    OpenConnections,
    Reloads,
    ConfigLoaded,
    AccessLogDropped,
    MalformedSnapshots,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Definition {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) labels: Labels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    /// A gauge of which all workers together show the smallest value that is known.
    Least,
    /// A gauge of which they show the greatest.
    Most,
    /// With the upper bounds of its buckets, but for the last, which has none.
    Histogram(&'static [u64]),
}

/// What the integers stand for, and so how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    One,
    /// Billionths of the unit in the metric's name.
    Nano,
}

impl Family {
    pub(super) const ALL: [Self; 34] = [
        Self::Requests,
        Self::Errors,
        Self::Attempts,
        Self::Overhead,
        Self::Duration,
        Self::TimeToFirstToken,
        Self::Tokens,
        Self::Cost,
        Self::PrincipalCost,
        Self::Unpriced,
        Self::Idempotent,
        Self::CacheLookups,
        Self::CacheSaved,
        Self::CacheKept,
        Self::CacheChecks,
        Self::CacheVetoes,
        Self::CacheBound,
        Self::CacheEntries,
        Self::CacheBytes,
        Self::CacheEvicted,
        Self::CacheUnwritten,
        Self::UndecidedRules,
        Self::HealthChanges,
        Self::DeploymentState,
        Self::DeploymentInFlight,
        Self::DeploymentLimit,
        Self::RefusedRetries,
        Self::InFlight,
        Self::QueueLength,
        Self::OpenConnections,
        Self::Reloads,
        Self::ConfigLoaded,
        Self::AccessLogDropped,
        Self::MalformedSnapshots,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.definition().name == name)
    }

    #[expect(clippy::too_many_lines, reason = "a table, one row a metric")]
    pub(super) const fn definition(self) -> Definition {
        match self {
            Self::Requests => counter(
                "tiercel_requests_total",
                "Client calls that have ended.",
                &["endpoint", "route", "tier", "status", "outcome"],
            ),
            Self::Errors => counter(
                "tiercel_errors_total",
                "Client calls that did not end with a whole answer, by reason.",
                &["outcome", "error_type"],
            ),
            Self::Attempts => counter(
                "tiercel_upstream_attempts_total",
                "Attempts to have a call answered by a deployment.",
                &["deployment", "outcome"],
            ),
            Self::Overhead => histogram(
                "tiercel_overhead_seconds",
                "Time that a call spent in the gateway itself.",
                buckets::OVERHEAD,
                &["endpoint"],
            )
            .in_billionths(),
            Self::Duration => histogram(
                "gen_ai_client_operation_duration_seconds",
                "Time from the start of a call to its end.",
                buckets::DURATION,
                &[
                    "gen_ai_operation_name",
                    "gen_ai_provider_name",
                    "gen_ai_request_model",
                    "gen_ai_response_model",
                    "error_type",
                ],
            )
            .in_billionths(),
            Self::TimeToFirstToken => histogram(
                "gen_ai_server_time_to_first_token_seconds",
                "Time from the start of a call to the first content of its answer.",
                buckets::TIME_TO_FIRST_TOKEN,
                &["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_response_model"],
            )
            .in_billionths(),
            Self::Tokens => histogram(
                "gen_ai_client_token_usage",
                "Tokens that a call used; input includes cached tokens.",
                buckets::TOKENS,
                &[
                    "gen_ai_operation_name",
                    "gen_ai_provider_name",
                    "gen_ai_request_model",
                    "gen_ai_response_model",
                    "gen_ai_token_type",
                ],
            ),
            Self::Cost => counter(
                "tiercel_cost_dollars_total",
                "What answers cost, by where they came from.",
                &["route", "tier", "provider", "model"],
            )
            .in_billionths(),
            Self::PrincipalCost => counter(
                "tiercel_principal_cost_dollars_total",
                "What answers cost, by who asked.",
                &["tenant", "principal"],
            )
            .in_billionths(),
            Self::Unpriced => counter(
                "tiercel_unpriced_requests_total",
                "Calls whose cost is unknown because their model has no price.",
                &["provider", "model"],
            ),
            Self::Idempotent => counter(
                "tiercel_idempotent_requests_total",
                "Client calls with an Idempotency-Key, by what came of it.",
                &["outcome"],
            ),
            Self::CacheLookups => counter(
                "tiercel_cache_lookups_total",
                "Client calls that were looked for in the cache, by what came of it.",
                &["route", "outcome"],
            ),
            Self::CacheSaved => counter(
                "tiercel_cache_saved_dollars_total",
                "What answers from the cache had cost when they were bought.",
                &["route"],
            )
            .in_billionths(),
            Self::CacheKept => counter(
                "tiercel_cache_answers_total",
                "Answers that the cache could have kept, by what came of it.",
                &["outcome"],
            ),
            Self::CacheChecks => counter(
                "tiercel_cache_checks_total",
                "Answers of models that were compared with what the cache would have given to other words.",
                &["route", "outcome"],
            ),
            Self::CacheVetoes => counter(
                "tiercel_cache_vetoes_total",
                "Nearest questions whose answer must not serve, by why.",
                &["veto"],
            ),
            Self::CacheBound => most(
                "tiercel_cache_error_bound",
                "At most so many of the answers given to other words are wrong, with 95 % confidence; 1 while none are given.",
                &["model"],
            )
            .in_billionths(),
            Self::CacheEntries => {
                most("tiercel_cache_entries", "Answers in the cache; of workers that share none, of the one with most.", &[])
            }
            Self::CacheBytes => {
                most("tiercel_cache_bytes", "Bytes of answers in the cache; of workers that share none, of one.", &[])
            }
            Self::CacheEvicted => most("tiercel_cache_evicted", "Answers that had to make room for others.", &[]),
            Self::CacheUnwritten => {
                counter("tiercel_cache_unwritten_total", "Answers that could not be kept.", &[])
            }
            Self::UndecidedRules => counter(
                "tiercel_routing_undecided_total",
                "Times that a rule was left out, since its condition could not be evaluated.",
                &["route", "rule"],
            ),
            Self::HealthChanges => counter(
                "tiercel_deployment_changes_total",
                "Changes of whether a deployment is asked.",
                &["deployment", "state"],
            ),
            Self::DeploymentState => gauge_of(
                "tiercel_deployment_state",
                "Workers that find a deployment, asked with this key, in this state.",
                &["deployment", "key", "state"],
            ),
            Self::DeploymentInFlight => {
                gauge_of("tiercel_deployment_in_flight", "Requests in flight at a deployment.", &["deployment"])
            }
            Self::DeploymentLimit => gauge_of(
                "tiercel_deployment_in_flight_limit",
                "Requests that may be in flight at a deployment.",
                &["deployment"],
            ),
            Self::RefusedRetries => counter(
                "tiercel_refused_retries_total",
                "Client calls that were not tried again though they could have been, by reason.",
                &["reason"],
            ),
            Self::InFlight => gauge("tiercel_in_flight", "Client calls that have begun and not ended."),
            Self::QueueLength => gauge("tiercel_queue_length", "Client calls that wait to be admitted."),
            Self::OpenConnections => gauge("tiercel_open_connections", "Open connections to providers."),
            Self::Reloads => counter(
                "tiercel_config_reloads_total",
                "Times that the configuration was read again while the gateway ran.",
                &["outcome"],
            ),
            Self::ConfigLoaded => Definition {
                kind: Kind::Least,
                ..gauge(
                    "tiercel_config_loaded_timestamp_seconds",
                    "Since when every worker serves with its configuration, as Unix time.",
                )
            },
            Self::AccessLogDropped => {
                counter("tiercel_access_log_dropped_total", "Lines of the access log that found no room.", &[])
            }
            Self::MalformedSnapshots => {
                counter("tiercel_malformed_snapshots_total", "Counts of other workers that could not be read.", &[])
            }
        }
    }
}

type Labels = &'static [&'static str];

const fn counter(name: &'static str, help: &'static str, labels: Labels) -> Definition {
    Definition { name, help, kind: Kind::Counter, unit: Unit::One, labels }
}

const fn gauge(name: &'static str, help: &'static str) -> Definition {
    gauge_of(name, help, &[])
}

const fn gauge_of(name: &'static str, help: &'static str, labels: Labels) -> Definition {
    Definition { name, help, kind: Kind::Gauge, unit: Unit::One, labels }
}

const fn most(name: &'static str, help: &'static str, labels: Labels) -> Definition {
    Definition { name, help, kind: Kind::Most, unit: Unit::One, labels }
}

const fn histogram(name: &'static str, help: &'static str, bounds: &'static [u64], labels: Labels) -> Definition {
    Definition { name, help, kind: Kind::Histogram(bounds), unit: Unit::One, labels }
}

impl Definition {
    const fn in_billionths(self) -> Self {
        Self { unit: Unit::Nano, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_listed_in_the_order_of_their_declaration() {
        for (index, family) in Family::ALL.into_iter().enumerate() {
            assert_eq!(index, family as usize);
        }
    }

    #[test]
    fn bounds_ascend() {
        for family in Family::ALL {
            if let Kind::Histogram(bounds) = family.definition().kind {
                assert!(bounds.is_sorted_by(|lower, upper| lower < upper), "{family:?}");
            }
        }
    }

    #[test]
    fn names_are_unique() {
        for family in Family::ALL {
            assert_eq!(Some(family), Family::named(family.definition().name));
        }
    }
}
