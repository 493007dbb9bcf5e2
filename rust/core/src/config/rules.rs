//! What a rule of a route may say.

use super::hours::{Hours, UtcOffset, Weekday};
use super::routing::Dollars;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// What is to be done with requests of a kind that the operator knows. All that is given of the kind must hold; a rule
/// that says nothing of it holds for every request.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What explanations and logs call it. No two rules of a route have the same name.
    pub name: String,
    /// One of these stands in the last message of the user: in whole words, whatever their case and the space between
    /// them. (Where a script has no space between words, in any place.)
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub any_phrase: Vec<String>,
    /// All of these stand there.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub all_phrases: Vec<String>,
    /// None of these stands there.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub no_phrase: Vec<String>,
    /// One of these regular expressions matches in the last message of the user. They tell upper from lower case,
    /// unless they begin with `(?i)`.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub any_pattern: Vec<String>,
    /// The request's text has at least this many tokens.
    pub min_tokens: Option<u32>,
    /// The request's text has at most this many tokens.
    pub max_tokens: Option<u32>,
    /// The last message of the user has at least this many characters.
    pub min_characters: Option<u32>,
    /// The last message of the user has at most this many characters.
    pub max_characters: Option<u32>,
    /// The user has spoken at least this many times.
    pub min_turns: Option<u32>,
    /// The user has spoken at most this many times.
    pub max_turns: Option<u32>,
    /// Whether the request has images.
    pub has_images: Option<bool>,
    /// Whether the request offers tools.
    pub has_tools: Option<bool>,
    /// Whether there is source code in the last message of the user.
    pub has_code: Option<bool>,
    /// The form in which the answer is wanted.
    pub response_format: Option<ResponseFormat>,
    /// The last message of the user is in one of these languages, by ISO 639-1: `de`, `hi`.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub languages: Vec<String>,
    /// The time of day, such as `09:00-18:00`; the end is not in it. `22:00-06:00` goes over midnight.
    pub hours: Option<Hours>,
    /// The days of the week.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub weekdays: Vec<Weekday>,
    /// The offset from UTC in which the rule tells time, such as `+05:30`.
    #[serde(default)]
    pub timezone: UtcOffset,
    /// The client key's tenant is one of these; `*` stands for any run of characters.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub tenants: Vec<String>,
    /// The client key's name is one of these; `*` stands for any run of characters.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub keys: Vec<String>,
    /// From a header of the request to what it holds; `*` stands for any run of characters.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// From a name in the request's `metadata` to what it holds; `*` stands for any run of characters.
    #[serde(default)]
    pub metadata: IndexMap<String, String>,
    /// The classifier takes the request for one of these tasks.
    #[serde(default, deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub tasks: Vec<String>,
    /// How sure the classifier must be of it, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub min_confidence: Option<f32>,
    /// Anything else, as an expression of CEL: `prompt_tokens > 2000 && tenant == "acme"`.
    pub when: Option<String>,
    /// The tier to take. Any tier may be, whether it is one of the route's or not.
    #[serde(rename = "use")]
    pub tier: Option<String>,
    /// The most that the request may cost, in dollars.
    pub max_cost: Option<Dollars>,
    /// Whether a conversation stays with the deployment that it had; it need not where this is `false`.
    pub session: Option<bool>,
    /// Whether the rules after it are asked too. What they say goes before what this one says.
    #[serde(default, rename = "continue")]
    pub goes_on: bool,
}

/// The form in which an answer is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Free.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON of a given schema.
    JsonSchema,
}

impl ResponseFormat {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::JsonObject => "json_object",
            Self::JsonSchema => "json_schema",
        }
    }
}

/// A list that is there must not be empty: nothing could match it, and its author may think that everything does.
fn filled<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(D::Error::custom("nothing can match an empty list\nhint: leave the field out"));
    }
    Ok(list)
}
