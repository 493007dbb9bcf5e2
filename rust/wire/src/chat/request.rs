//! What is asked.

use std::borrow::Cow;

use super::{CacheMark, Feature, Lost, Message, Role};

/// A conversation to be continued.
#[derive(Clone, PartialEq, Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Request<'a> {
    /// In order. Instructions stand where the client put them, as messages of `Role::System`.
    pub(crate) messages: Vec<Message<'a>>,
    pub(crate) tools: Vec<Tool<'a>>,
    pub(crate) tool_choice: Option<ToolChoice<'a>>,
    /// Whether several tools may be called at once; `None` leaves it to the provider.
    pub(crate) parallel_calls: Option<bool>,
    /// What the text of the answer must be; `None` for anything.
    pub(crate) format: Option<Format<'a>>,
    pub(crate) max_tokens: Option<u64>,
    /// Numbers as they are spelt.
    pub(crate) temperature: Option<&'a str>,
    pub(crate) top_p: Option<&'a str>,
    pub(crate) top_k: Option<&'a str>,
    pub(crate) frequency_penalty: Option<&'a str>,
    pub(crate) presence_penalty: Option<&'a str>,
    pub(crate) seed: Option<&'a str>,
    pub(crate) stop: Vec<Cow<'a, str>>,
    /// How many answers; 0 means that nothing was said, which is one.
    pub(crate) n: u32,
    pub(crate) logprobs: Option<Logprobs>,
    pub(crate) reasoning: Option<Reasoning>,
    /// The client's own user, by a name that says nothing.
    pub(crate) user: Option<Cow<'a, str>>,
    pub(crate) is_stream: bool,
    /// Fields of the client's body, by their paths there, that change the answer and have no place in this form.
    pub(crate) unknown: Vec<String>,
    /// As `unknown`, of fields that do not change the answer: bookkeeping, caching, priorities.
    pub(crate) hints: Vec<String>,
}

/// A function that the model may call.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Tool<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) description: Option<Cow<'a, str>>,
    /// The JSON Schema of the arguments, as the client spelt it but for Gemini's own kind of schema.
    pub(crate) parameters: Option<Cow<'a, str>>,
    /// Whether the arguments must follow the schema to the letter.
    pub(crate) strict: Option<bool>,
    pub(crate) cache: Option<CacheMark>,
}

/// Which tools are to be called.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum ToolChoice<'a> {
    Auto,
    None,
    Required,
    Named(Cow<'a, str>),
}

/// What the text of the answer must be.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Format<'a> {
    /// Some JSON.
    Json,
    /// JSON of a schema, which stands as the client spelt it.
    Schema { name: Option<Cow<'a, str>>, description: Option<Cow<'a, str>>, schema: Cow<'a, str>, strict: Option<bool> },
}

/// Log probabilities of the tokens of the answer, with those of the `n_top` likeliest ones.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Logprobs {
    pub(crate) n_top: u32,
}

/// How much the model is to think before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Reasoning {
    /// In words; `None` where the client gave tokens, or left it to the model.
    pub(crate) effort: Option<Effort>,
    /// In tokens.
    pub(crate) budget: Option<u64>,
    /// Whether the client wants to read thoughts: `None` leaves it to the provider.
    pub(crate) is_shown: Option<bool>,
}

/// In ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    ExtraHigh,
    Max,
}

impl Effort {
    /// OpenAI's word, which the others borrowed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::ExtraHigh => "xhigh",
            Self::Max => "max",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        let all = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::ExtraHigh, Self::Max];
        all.into_iter().find(|effort| effort.word() == word)
    }

    /// Tokens of thought, where a provider wants a number: LiteLLM's equivalents for the first four, doubled on.
    pub(crate) fn budget(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Minimal => 512,
            Self::Low => 1_024,
            Self::Medium => 2_048,
            Self::High => 4_096,
            Self::ExtraHigh => 8_192,
            Self::Max => 16_384,
        }
    }

    /// The effort whose budget comes next to `budget`, rounded up.
    pub(crate) fn of_budget(budget: u64) -> Self {
        let all = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::ExtraHigh];
        all.into_iter().find(|effort| budget <= effort.budget()).unwrap_or(Self::Max)
    }
}

impl Reasoning {
    /// The effort in words, whichever way it was told; `None` leaves it to the model.
    pub(crate) fn effort(self) -> Option<Effort> {
        self.effort.or(self.budget.map(Effort::of_budget))
    }

    /// The same in tokens.
    pub(crate) fn budget(self) -> Option<u64> {
        self.budget.or(self.effort.map(Effort::budget))
    }
}

impl Request<'_> {
    /// Whether nobody says anything. Where a provider demands that someone does, the instructions are the question.
    pub(crate) fn has_only_instructions(&self) -> bool {
        self.messages.iter().all(|message| message.role == Role::System)
    }

    /// Whether the model must call a tool.
    pub(crate) fn forces_call(&self) -> bool {
        !self.tools.is_empty() && matches!(self.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)))
    }

    /// Takes note that a provider cannot be kept to one call at a time, if that was asked for.
    ///
    /// Where the only tool must be called it is a hint: so frameworks ask for structured output, and read the first call.
    pub(crate) fn lose_single_calls(&self, lost: &mut Lost) {
        if self.parallel_calls != Some(false) || self.tools.is_empty() {
            return;
        }
        if self.forces_call() && (self.tools.len() == 1 || self.tool_choice != Some(ToolChoice::Required)) {
            lost.hint(Feature::ParallelCalls);
        } else {
            lost.field(Feature::ParallelCalls);
        }
    }

    /// All text that the model reads, tools included.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut push = |piece: &str| {
            text.push_str(piece);
            text.push('\n');
        };
        for tool in &self.tools {
            push(&tool.name);
            push(tool.description.as_deref().unwrap_or_default());
            push(tool.parameters.as_deref().unwrap_or_default());
        }
        for part in self.messages.iter().flat_map(|message| &message.parts) {
            part.content.texts(&mut push);
        }
        text
    }
}
