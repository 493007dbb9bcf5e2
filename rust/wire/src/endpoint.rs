//! Who speaks what: the dialects of clients and of providers, and what clients can ask for.

/// A dialect that clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// OpenAI's chat completions, legacy completions and embeddings.
    OpenAi,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's `generateContent` and its sisters.
    Gemini,
}

/// A dialect that providers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// OpenAI's chat completions, legacy completions and embeddings, and what is compatible with them.
    OpenAi,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's `generateContent` and its sisters.
    Gemini,
    /// Bedrock's Converse.
    Bedrock,
    /// Cohere's second version.
    Cohere,
}

impl Upstream {
    const ALL: [Self; 6] = [Self::OpenAi, Self::Responses, Self::Anthropic, Self::Gemini, Self::Bedrock, Self::Cohere];

    /// Its name in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Responses => "responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Cohere => "cohere",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|upstream| upstream.word() == word)
    }
}

/// What is asked for, in the client's dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// OpenAI: the next message of a conversation.
    ChatCompletions,
    /// OpenAI: the rest of a text, the older form, still what many local servers speak.
    Completions,
    /// OpenAI: vectors.
    Embeddings,
    /// OpenAI: the next items of a conversation.
    Responses,
    /// Anthropic: the next message of a conversation.
    Messages,
    /// Anthropic: how many tokens a conversation has.
    CountMessageTokens,
    /// Gemini: the next message of a conversation.
    GenerateContent,
    /// Gemini: the same as events.
    StreamGenerateContent,
    /// Gemini: how many tokens a conversation has.
    CountTokens,
    /// Gemini: a vector.
    EmbedContent,
    /// Gemini: vectors.
    BatchEmbedContents,
}

/// What a model does for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// It writes.
    Generate,
    /// It turns texts into vectors.
    Embed,
    /// Nothing: tokens are counted.
    Count,
}

impl Endpoint {
    /// Whose dialect it is of.
    pub fn client(self) -> Client {
        match self {
            Self::ChatCompletions | Self::Completions | Self::Embeddings => Client::OpenAi,
            Self::Responses => Client::Responses,
            Self::Messages | Self::CountMessageTokens => Client::Anthropic,
            Self::GenerateContent
            | Self::StreamGenerateContent
            | Self::CountTokens
            | Self::EmbedContent
            | Self::BatchEmbedContents => Client::Gemini,
        }
    }

    /// What a model does for it.
    pub fn task(self) -> Task {
        match self {
            Self::ChatCompletions
            | Self::Completions
            | Self::Responses
            | Self::Messages
            | Self::GenerateContent
            | Self::StreamGenerateContent => Task::Generate,
            Self::Embeddings | Self::EmbedContent | Self::BatchEmbedContents => Task::Embed,
            Self::CountMessageTokens | Self::CountTokens => Task::Count,
        }
    }

    /// Whether a provider of `upstream` is asked in the client's own words.
    pub fn is_native(self, upstream: Upstream) -> bool {
        matches!(
            (self.client(), upstream),
            (Client::OpenAi, Upstream::OpenAi)
                | (Client::Responses, Upstream::Responses)
                | (Client::Anthropic, Upstream::Anthropic)
                | (Client::Gemini, Upstream::Gemini)
        )
    }
}
