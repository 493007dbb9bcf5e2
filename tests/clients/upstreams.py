"""One provider a dialect, all of them played by one simulator, and the models that they serve there."""

import json
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
        thinker: What is asked to think, if that is another.
        embedder: What embeds there, if anything does.
        counts_thoughts: Whether its usage tells how many tokens were thought.
    """

    path: str
    settings: str
    model: str
    thinker: str = ""
    embedder: str = ""
    counts_thoughts: bool = True


def named(upstream, model=""):
    """What clients ask the gateway for: the model, or the usual one, of a provider."""
    return f"{upstream.partition(' ')[0]}/{model or UPSTREAMS[upstream].model}"


ADA = "text-embedding-ada-002"
ON_AZURE = 'api_version = "2024-10-21"\nresponses = false'
ON_VERTEX = 'authentication = "bearer"\nparameters = { project = "p", location = "l" }'
UPSTREAMS = {
    # OpenAI hides reasoning in this dialect; who shows it, shows it as DeepSeek does.
    "openai": Upstream("/v1", "responses = false", "gpt-4.1", "deepseek-reasoner", embedder=ADA),
    "responses": Upstream("/v1", 'dialect = "responses"\nembeddings = true', "gpt-5.1", embedder=ADA),
    "anthropic": Upstream("", "", HAIKU),
    "gemini": Upstream("", "", "gemini-2.5-flash", embedder="gemini-embedding-001"),
    "bedrock": Upstream(
        "", 'parameters = { region = "us-east-1" }', f"anthropic.{HAIKU}-20251001-v1:0", counts_thoughts=False
    ),
    "cohere": Upstream("", "", "command-a-reasoning-08-2025", embedder="embed-v4.0", counts_thoughts=False),
    "azure": Upstream("", ON_AZURE, "gpt-4.1", "deepseek-reasoner", embedder=ADA),
    "vertex gemini": Upstream("", ON_VERTEX, "gemini-2.5-pro", embedder="text-embedding-005"),
    "vertex claude": Upstream("", ON_VERTEX, f"{HAIKU}@20251001"),
}
MODELS = {
    name: replace(SIMULATED["medium"], reasons=name == "deepseek-reasoner")
    for upstream in UPSTREAMS.values()
    for name in (upstream.model, upstream.thinker, upstream.embedder)
    if name
}
# One of each of four dialects.
FOUR = [named(name) for name in ("openai", "anthropic", "gemini", "bedrock")]


def configuration(origin):
    """The tables of the providers before a simulator at `origin`."""
    tables: dict[str, tuple[Upstream, list[str]]] = {}
    for name, upstream in UPSTREAMS.items():
        _, models = tables.setdefault(name.partition(" ")[0], (upstream, []))
        models.append(upstream.model)
    return "".join(
        gateways.provider(name, origin + upstream.path, f"models = {json.dumps(models)}\n{upstream.settings}")
        for name, (upstream, models) in tables.items()
    )
