//! What some dialects cannot say, and what was lost for it.

use std::collections::BTreeSet;

use crate::Client;

macro_rules! features {
    ($($(#[$doc:meta])* $variant:ident: $openai:literal, $responses:literal, $anthropic:literal, $gemini:literal;)*) => {
        /// Something that a client may ask for and not every provider's dialect can say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Feature {
            $($(#[$doc])* $variant,)*
        }

        impl Feature {
            /// What the client calls it.
            pub(crate) fn name(self, client: Client) -> &'static str {
                match (self, client) {
                    $(
                        (Self::$variant, Client::OpenAi) => $openai,
                        (Self::$variant, Client::Responses) => $responses,
                        (Self::$variant, Client::Anthropic) => $anthropic,
                        (Self::$variant, Client::Gemini) => $gemini,
                    )*
                }
            }
        }
    };
}

features! {
    MaxTokens: "max_tokens", "max_output_tokens", "max_tokens", "generationConfig.maxOutputTokens";
    Temperature: "temperature", "temperature", "temperature", "generationConfig.temperature";
    TopP: "top_p", "top_p", "top_p", "generationConfig.topP";
    TopK: "top_k", "top_k", "top_k", "generationConfig.topK";
    FrequencyPenalty: "frequency_penalty", "frequency_penalty", "frequency_penalty", "generationConfig.frequencyPenalty";
    PresencePenalty: "presence_penalty", "presence_penalty", "presence_penalty", "generationConfig.presencePenalty";
    Seed: "seed", "seed", "seed", "generationConfig.seed";
    Stop: "stop", "stop", "stop_sequences", "generationConfig.stopSequences";
    Choices: "n", "n", "n", "generationConfig.candidateCount";
    Logprobs: "logprobs", "top_logprobs", "logprobs", "generationConfig.responseLogprobs";
    Reasoning: "reasoning_effort", "reasoning", "thinking", "generationConfig.thinkingConfig";
    Tools: "tools", "tools", "tools", "tools";
    ToolChoice: "tool_choice", "tool_choice", "tool_choice", "toolConfig.functionCallingConfig";
    ParallelCalls: "parallel_tool_calls", "parallel_tool_calls", "tool_choice.disable_parallel_tool_use",
        "parallel_tool_calls";
    Format: "response_format", "text.format", "output_config.format", "generationConfig.responseJsonSchema";
    User: "user", "safety_identifier", "metadata.user_id", "labels";
    /// A message's `name`.
    SpeakerName: "messages[].name", "input[].name", "messages[].name", "contents[].name";
    /// An image that only a URL says where to find.
    ImageUrl: "messages[].content[].image_url.url (send the image as a data: URL)",
        "input[].content[].image_url (send the image as a data: URL)",
        "messages[].content[].source.url (send the image as base64)",
        "contents[].parts[].fileData (send the image as inlineData)";
    /// How closely an image is to be looked at.
    ImageDetail: "messages[].content[].image_url.detail", "input[].content[].detail", "messages[].content[].source",
        "contents[].parts[].mediaResolution";
    Image: "messages[].content[].image_url", "input[].content[].image_url", "messages[].content[].source",
        "contents[].parts[].inlineData";
    Document: "messages[].content[].file", "input[].content[].file_data", "messages[].content[].source",
        "contents[].parts[].inlineData";
    DocumentName: "messages[].content[].file.filename", "input[].content[].filename", "messages[].content[].title",
        "contents[].parts[].inlineData.displayName";
    Audio: "messages[].content[].input_audio", "input[].content[].input_audio", "messages[].content[].source",
        "contents[].parts[].inlineData";
    /// Something that was uploaded to another provider.
    FileId: "messages[].content[].file.file_id", "input[].content[].file_id", "messages[].content[].source.file_id",
        "contents[].parts[].fileData.fileUri";
    /// Anything but text in the result of a tool.
    ResultMedia: "messages[].content (of a tool's result)", "input[].output", "messages[].content[].content",
        "contents[].parts[].functionResponse.parts";
    /// That the result of a tool is an error.
    ResultError: "messages[].content (of a tool's result)", "input[].output", "messages[].content[].is_error",
        "contents[].parts[].functionResponse.response.error";
    /// A thought of an earlier turn, which only its own provider can take back.
    Thought: "messages[].reasoning_content", "input[] (reasoning)", "messages[].content[] (thinking)",
        "contents[].parts[].thought";
    CacheMark: "messages[].content[].cache_control", "input[].content[].prompt_cache_breakpoint", "cache_control",
        "cachedContent";
    /// What vectors are for; Gemini's clients alone can say it.
    Purpose: "input_type", "input_type", "input_type", "taskType";
    Strict: "tools[].function.strict", "tools[].strict", "tools[].strict", "tools[].functionDeclarations[].strict";
}

/// What cannot be carried over to a provider.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Lost {
    fields: BTreeSet<Feature>,
    hints: BTreeSet<Feature>,
    named: BTreeSet<String>,
}

impl Lost {
    /// Takes note of something that would have changed the answer.
    pub(crate) fn field(&mut self, feature: Feature) {
        self.fields.insert(feature);
    }

    /// As `field`, by the client's own name for it.
    pub(crate) fn named(&mut self, name: &str) {
        self.named.insert(name.to_owned());
    }

    /// Takes note of something that changes no answer: it is dropped, and named, without asking.
    pub(crate) fn hint(&mut self, feature: Feature) {
        self.hints.insert(feature);
    }

    /// What would have changed the answer, in the client's words.
    pub(crate) fn fields(&self, client: Client) -> Vec<String> {
        let known = self.fields.iter().map(|feature| feature.name(client).to_owned());
        self.named.iter().cloned().chain(known).collect()
    }

    /// What changes no answer, in the client's words.
    pub(crate) fn hints(&self, client: Client) -> Vec<String> {
        self.hints.iter().map(|feature| feature.name(client).to_owned()).collect()
    }
}
