//! Who asks, for what, and how long they wait.

use std::time::Duration;

use tiercel_core::health::Random;

use crate::scene::{Scene, milliseconds, moment};

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) arrives: Duration,
    pub(crate) is_anthropic: bool,
    pub(crate) is_stream: bool,
    pub(crate) model: String,
    /// What it says of how long it waits, in seconds.
    pub(crate) patience: Option<Duration>,
    /// After how long it leaves, if it still waits then.
    pub(crate) leaves: Option<Duration>,
}

impl Client {
    pub(crate) fn draw(scene: &Scene, random: &mut Random) -> Self {
        let one = format!("p{}/m", random.below(scene.providers.len()));
        let model = if random.below(5) == 0 { one } else { ["auto", "main"][random.below(2)].to_owned() };
        Self {
            arrives: moment(random),
            is_anthropic: random.below(2) == 0,
            is_stream: random.below(3) > 0,
            model,
            patience: (random.below(4) == 0).then(|| Duration::from_millis(200) + milliseconds(random, 8_000)),
            leaves: (random.below(6) == 0).then(|| milliseconds(random, 8_000)),
        }
    }

    pub(crate) fn path(&self) -> &'static str {
        if self.is_anthropic { "/v1/messages" } else { "/v1/chat/completions" }
    }

    pub(crate) fn patience_header(&self) -> Option<String> {
        self.patience.map(|patience| patience.as_secs_f64().to_string())
    }

    pub(crate) fn body(&self) -> String {
        let Self { model, is_stream, .. } = self;
        format!(
            r#"{{"model":"{model}","max_tokens":50,"stream":{is_stream},"messages":[{{"role":"user","content":"Hi"}}]}}"#
        )
    }
}
