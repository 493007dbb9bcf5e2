"""`docs/compatibility.md`: read, brought up to date with what the tests found, and written.

What a run did not try stays on the page as it is, since not everyone has every client's tools. Where the page is made
anew, a client that was tried keeps nothing but what was found of it.
"""

import json
import tomllib
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, takewhile
from pathlib import Path

from tests.clients.upstreams import UPSTREAMS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/compatibility.md"

HEAD = """# Which client works with which provider

Made by the tests (`tests/clients`, and `make bless` to make it anew): the official SDKs, older ones and frameworks, each
as it comes from its registry, in front of Tiercel, behind which a provider of each dialect is simulated. The version is
the one that was tried. In the cells stand the providers' dialects with which something works; the sections at the end
say what does not, and why.
"""
ALL = tuple(UPSTREAMS)
SOME = ("openai", "anthropic", "gemini")
FEATURES = (
    "text",
    "stream",
    "conversation",
    "tools",
    "image",
    "structured",
    "thinking",
    "prompt cache",
    "stop",
    "limit",
    "count",
    "embeddings",
    "models",
    "errors",
    "interruption",
)
SMOKE = ("text", "stream", "tools", "structured", "errors")

MAIN, JAVASCRIPT = "uv.lock", "tests/clients/javascript/package-lock.json"
OLDER, FRAMEWORKS = (f"tests/clients/environments/{name}/uv.lock" for name in ("older", "frameworks"))


@dataclass(frozen=True)
class Table:
    """Clients that are tried alike.

    Attributes:
        upstreams: Those that they are tried with.
        clients: By the name that the tests have for each, the package whose version is told and the file that locks it.
    """

    title: str
    features: tuple[str, ...]
    upstreams: tuple[str, ...]
    clients: dict[str, tuple[str, str]]


TABLES = (
    Table(
        "Official SDKs",
        FEATURES,
        ALL,
        {
            "openai chat completions": ("openai", MAIN),
            "openai responses": ("openai", MAIN),
            "anthropic messages": ("anthropic", MAIN),
            "google-genai": ("google-genai", MAIN),
        },
    ),
    Table(
        "JavaScript",
        SMOKE,
        ALL,
        {
            "openai chat": ("openai", JAVASCRIPT),
            "openai responses": ("openai", JAVASCRIPT),
            "@anthropic-ai/sdk": ("@anthropic-ai/sdk", JAVASCRIPT),
            "@google/genai": ("@google/genai", JAVASCRIPT),
            "ai chat": ("ai", JAVASCRIPT),
            "ai responses": ("ai", JAVASCRIPT),
            "ai anthropic": ("ai", JAVASCRIPT),
        },
    ),
    Table(
        "Older SDKs and frameworks",
        SMOKE,
        SOME,
        {
            "openai 2 chat": ("openai", OLDER),
            "openai 2 responses": ("openai", OLDER),
            "anthropic 1": ("anthropic", OLDER),
            "google-genai 2": ("google-genai", OLDER),
            "llama-index": ("llama-index-llms-openai-like", OLDER),
            "langchain-openai chat": ("langchain-openai", FRAMEWORKS),
            "langchain-openai responses": ("langchain-openai", FRAMEWORKS),
            "langchain-anthropic": ("langchain-anthropic", FRAMEWORKS),
            "langchain-google-genai": ("langchain-google-genai", FRAMEWORKS),
            "instructor openai chat": ("instructor", FRAMEWORKS),
            "instructor openai responses": ("instructor", FRAMEWORKS),
            "instructor openai JSON schema": ("instructor", FRAMEWORKS),
            "instructor anthropic": ("instructor", FRAMEWORKS),
            "instructor google": ("instructor", FRAMEWORKS),
            "pydantic-ai openai chat": ("pydantic-ai-slim", FRAMEWORKS),
            "pydantic-ai openai responses": ("pydantic-ai-slim", FRAMEWORKS),
            "pydantic-ai anthropic": ("pydantic-ai-slim", FRAMEWORKS),
            "pydantic-ai google": ("pydantic-ai-slim", FRAMEWORKS),
            "openai-agents responses": ("openai-agents", FRAMEWORKS),
            "openai-agents chat": ("openai-agents", FRAMEWORKS),
        },
    ),
)
