"""One provider a dialect, all of them played by one simulator, and the models that they serve there."""

import json
from collections import defaultdict
from dataclasses import dataclass, replace

from tests import gateways
from tiercel.simulator.models import MODELS as SIMULATED

HAIKU = "claude-haiku-4-5"
# Small enough for a prompt of a few sentences to be kept in the prompt cache.
CACHE_FROM = 200


@dataclass(frozen=True)
class Upstream:
    """A provider.

    Attributes:
        path: What its base URL ends with.
        settings: The rest of its table.
        model: What is asked for there.
        thinker: The same where it is to think.
        embeds: Whether it has embeddings.
        counts_thoughts: Whether its usage tells how many tokens were thought.
    """

    path: str
    settings: str
    model: str
    thinker: str = ""
    embeds: bool = False
    counts_thoughts: bool = True

    def name(self, provider, *, thinks=False):
        """What clients ask the gateway for."""
        return f"{provider.partition(' ')[0]}/{self.bare(thinks=thinks)}"

    def bare(self, *, thinks=False):
        """The model's name at the provider."""
        return (thinks and self.thinker) or self.model


ON_VERTEX = 'authentication = "bearer"\nparameters = { project = "p", location = "l" }'
UPSTREAMS = {
    # OpenAI hides reasoning in this dialect; who shows it, shows it as DeepSeek does.
    "openai": Upstream("/v1", "", "gpt-4.1", "deepseek-reasoner", embeds=True),
    "responses": Upstream("/v1", 'dialect = "responses"\nembeddings = true', "gpt-5.1", embeds=True),
    "anthropic": Upstream("", "", HAIKU),
    "gemini": Upstream("", "", "gemini-2.5-flash", embeds=True),
    "bedrock": Upstream("", 'parameters = { region = "us-east-1" }', f"anthropic.{HAIKU}-20251001-v1:0", counts_thoughts=False),
    "cohere": Upstream("", "", "command-a-reasoning-08-2025", embeds=True, counts_thoughts=False),
    "azure": Upstream("", 'api_version = "2024-10-21"', "gpt-4.1", "deepseek-reasoner", embeds=True),
    "vertex gemini": Upstream("", ON_VERTEX, "gemini-2.5-pro"),
    "vertex claude": Upstream("", ON_VERTEX, f"{HAIKU}@20251001"),
}
MODELS = {
    name: replace(SIMULATED["medium"], reasons=name == "deepseek-reasoner")
    for upstream in UPSTREAMS.values()
    for name in (upstream.model, upstream.thinker)
    if name
}
# One of each of four dialects.
FOUR = [UPSTREAMS[name].name(name) for name in ("openai", "anthropic", "gemini", "bedrock")]


def configuration(origin):
    """The tables of the providers before a simulator at `origin`."""
    models = defaultdict(list)
    for provider, upstream in UPSTREAMS.items():
        models[provider.partition(" ")[0]].append(upstream.model)
    return "".join(
        gateways.provider(name, origin + upstream.path, f"models = {json.dumps(models[name])}\n{upstream.settings}")
        for name, upstream in {name.partition(" ")[0]: upstream for name, upstream in UPSTREAMS.items()}.items()
    )
