//! What a model of Anthropic's takes, told from its name.
//!
//! # Why a table
//! `max_tokens` must be there, and each generation has refused what the one before took: budgets and sampling from 4.7
//! on, thinking turned off by some of the fifth. The provider's models page, "Thinking support by model" and the
//! migration guides (`platform.claude.com/docs`, November 2026) are the source. A model that is newer than this table is
//! taken for one of the newest that it knows, and one of another maker for the plainest form of the dialect.

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// The most that it can write.
    pub(crate) max_tokens: u64,
    pub(crate) thinking: Thinking,
    pub(crate) off: Off,
    pub(crate) sampling: Sampling,
    /// Whether it can be made to call a tool.
    pub(crate) is_forced: bool,
    /// Whether the schemas of answers and tools are kept to the letter.
    pub(crate) has_schemas: bool,
    pub(crate) efforts: Efforts,
}

/// How it is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    Never,
    /// In tokens.
    Budget,
    /// In tokens or in words.
    Either,
    /// In words.
    Effort,
}

/// How it is told not to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Off {
    /// It does not unless it is told to.
    Default,
    Disabled,
    /// It thinks at least between calls of tools.
    BetweenTools,
    /// It always thinks.
    Never,
}

/// Which of `temperature`, `top_p` and `top_k` it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sampling {
    All,
    /// Not both of `temperature` and `top_p`.
    OneOfTwo,
    Nothing,
}

/// The highest effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Efforts {
    High,
    /// Without `xhigh` in between.
    Max,
    All,
}

/// Of another maker, who offers the dialect for clients of Anthropic's.
const OTHER: Model = Model {
    max_tokens: 8_192,
    thinking: Thinking::Budget,
    off: Off::Disabled,
    sampling: Sampling::All,
    is_forced: true,
    has_schemas: true,
    efforts: Efforts::High,
};

impl Model {
    /// The model of this name at any provider: `claude-3-5-sonnet-20241022`, `anthropic.claude-opus-4-6-v1:0`,
    /// `claude-haiku-4.5`, `claude-opus-4-1@20250805`.
    pub(crate) fn of(name: &str) -> Self {
        let Some((_, rest)) = name.split_once("claude") else { return OTHER };
        let words: Vec<&str> = rest.split(|character: char| !character.is_ascii_alphanumeric()).collect();
        // A date has more digits than a version.
        let mut numbers = words.iter().filter(|word| word.len() <= 2).filter_map(|word| word.parse::<u32>().ok());
        // 4.6 as 406.
        let version = match (numbers.next(), numbers.next()) {
            (Some(major), minor) => major * 100 + minor.unwrap_or_default(),
            // An alias of the latest.
            (None, _) => u32::MAX,
        };
        let is = |family| words.contains(&family);
        let always_thinks = is("fable") || is("mythos");
        Self {
            max_tokens: match version {
                ..305 => 4_096,
                305..307 => 8_192,
                400..=401 if is("opus") => 32_000,
                307..406 => 64_000,
                _ => 128_000,
            },
            thinking: match version {
                ..307 => Thinking::Never,
                307..406 => Thinking::Budget,
                406 => Thinking::Either,
                _ => Thinking::Effort,
            },
            off: match version {
                _ if always_thinks => Off::Never,
                ..500 => Off::Default,
                500..505 => Off::Disabled,
                _ if is("opus") => Off::Never,
                _ if is("sonnet") => Off::BetweenTools,
                _ => Off::Disabled,
            },
            sampling: match version {
                ..401 => Sampling::All,
                401..407 => Sampling::OneOfTwo,
                _ => Sampling::Nothing,
            },
            is_forced: version < 501 || is("haiku"),
            has_schemas: version >= 401,
            efforts: match version {
                ..406 => Efforts::High,
                406 => Efforts::Max,
                _ => Efforts::All,
            },
        }
    }
}
