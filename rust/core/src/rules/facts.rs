//! What is known of a request, for rules to ask.

use crate::config::ResponseFormat;
use std::fmt;
use std::time::Duration;

/// What is known of a request. `count_tokens`, `task` and `p_cheap`, which are dear, are called at most once, and only
/// where what a rule says depends on them.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The last message of the user.
    pub text: &'a str,
    /// The bytes of all text that is sent to the model.
    pub n_text_bytes: usize,
    /// The tokens of that text: at most one a byte, and at least one for each [`MAX_TOKEN_BYTES`] bytes.
    ///
    /// [`MAX_TOKEN_BYTES`]: super::MAX_TOKEN_BYTES
    pub count_tokens: &'a dyn Fn() -> u64,
    /// How many messages the conversation has.
    pub n_messages: u32,
    /// How many of them are the user's.
    pub n_turns: u32,
    /// How many images it has.
    pub n_images: u32,
    /// How many tools the request offers.
    pub n_tools: u32,
    /// The form in which the answer is wanted.
    pub response_format: ResponseFormat,
    /// The client key's name.
    pub key: &'a str,
    /// Whom the use is accounted to.
    pub tenant: Option<&'a str>,
    /// From a header's name in lower case to its value.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The request's own names and values.
    pub metadata: &'a [(&'a str, &'a str)],
    /// What the classifier takes the request for, and how sure it is, from 0 to 1.
    pub task: &'a dyn Fn() -> Option<(&'a str, f32)>,
    /// How likely the cheapest tier's answer will do, from 0 to 1.
    pub p_cheap: &'a dyn Fn() -> Option<f32>,
    /// The time since the Unix epoch.
    pub unix: Duration,
    /// What is left of the budget, in dollars, where there is one.
    pub budget_left: Option<f64>,
}

impl<'a> Facts<'a> {
    pub(super) fn metadata(&self, name: &str) -> Option<&'a str> {
        self.metadata.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }
}

impl fmt::Debug for Facts<'_> {
    /// Without the text and what the client said of itself: nobody should find them in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").field("n_text_bytes", &self.n_text_bytes).finish_non_exhaustive()
    }
}
