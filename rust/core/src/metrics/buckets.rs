//! Upper bounds of histogram buckets, ascending. A value equal to a bound is below it.

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;

/// Nanoseconds: from a microsecond, since the aim is a few of them, to the stall that must not happen.
pub(super) const OVERHEAD: &[u64] = &[
    MICRO,
    2 * MICRO,
    5 * MICRO,
    10 * MICRO,
    20 * MICRO,
    50 * MICRO,
    100 * MICRO,
    200 * MICRO,
    500 * MICRO,
    MILLI,
    2 * MILLI,
    5 * MILLI,
    10 * MILLI,
    100 * MILLI,
    1_000 * MILLI,
];

/// Nanoseconds: OpenTelemetry's advice for `gen_ai.client.operation.duration`.
pub(super) const DURATION: &[u64] = &[
    10 * MILLI,
    20 * MILLI,
    40 * MILLI,
    80 * MILLI,
    160 * MILLI,
    320 * MILLI,
    640 * MILLI,
    1_280 * MILLI,
    2_560 * MILLI,
    5_120 * MILLI,
    10_240 * MILLI,
    20_480 * MILLI,
    40_960 * MILLI,
    81_920 * MILLI,
];

/// Nanoseconds: OpenTelemetry's advice for `gen_ai.server.time_to_first_token`.
pub(super) const TIME_TO_FIRST_TOKEN: &[u64] = &[
    MILLI,
    5 * MILLI,
    10 * MILLI,
    20 * MILLI,
    40 * MILLI,
    60 * MILLI,
    80 * MILLI,
    100 * MILLI,
    250 * MILLI,
    500 * MILLI,
    750 * MILLI,
    1_000 * MILLI,
    2_500 * MILLI,
    5_000 * MILLI,
    7_500 * MILLI,
    10_000 * MILLI,
];

/// Tokens: OpenTelemetry's advice for `gen_ai.client.token.usage`.
pub(super) const TOKENS: &[u64] =
    &[1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];
