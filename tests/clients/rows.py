"""What is tried: the rows of the tests, which prove each of them, and the cells of `docs/compatibility.md`."""

from typing import Any

import pytest

from tests.clients.sdks import SDKS
from tests.clients.upstreams import UPSTREAMS

ALL = tuple(UPSTREAMS)
CLAUDES = ("anthropic", "bedrock", "vertex claude")
GEMINIS = ("gemini", "vertex gemini")
EMBEDDING = tuple(name for name, upstream in UPSTREAMS.items() if upstream.embedder)


def but(*left_out):
    """All providers but some."""
    return tuple(name for name in ALL if name not in left_out)


# By feature and client, the providers with which it works. A client that is missing has no such thing.
EVERYWHERE = dict.fromkeys(SDKS, ALL)
ROWS: dict[str, dict[str, tuple[str, ...]]] = {
    "text": EVERYWHERE,
    "stream": EVERYWHERE,
    "conversation": EVERYWHERE,
    "tools": EVERYWHERE,
    "image": EVERYWHERE,
    "structured": EVERYWHERE,
    "thinking": EVERYWHERE,
    # Claude's providers keep what is marked, and Gemini's clients cannot mark anything.
    "prompt cache": EVERYWHERE | {"gemini": but(*CLAUDES)},
    "limit": EVERYWHERE,
    "stop": dict.fromkeys(("chat", "messages", "gemini"), but("responses")),
    "completions": {"chat": ALL},
    "count": dict.fromkeys(("messages", "gemini"), ALL),
    "embeddings": dict.fromkeys(("chat", "gemini"), EMBEDDING),
    "models": EVERYWHERE,
    "errors": EVERYWHERE,
    "broken stream": EVERYWHERE,
}

# Fields by which a client asks for what some providers cannot be told, and those providers.
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}
OTHER = {"type": "function", "function": {"name": "get_time"}}
BOTH_SAMPLINGS = {"temperature": 0.5, "top_p": 0.5}
REFUSED: dict[tuple[str, str], tuple[dict[str, Any], tuple[str, ...]]] = {
    ("chat", "seed"): ({"seed": 1}, ("responses", *CLAUDES)),
    ("chat", "n"): ({"n": 2}, ("responses", "cohere", *CLAUDES)),
    ("chat", "stop"): ({"stop": ["zyx"]}, ("responses",)),
    ("chat", "presence_penalty"): ({"presence_penalty": 0.5}, ("responses", *CLAUDES)),
    ("chat", "logprobs"): ({"logprobs": True}, ("cohere", *CLAUDES)),
    ("chat", "logit_bias"): ({"logit_bias": {"50": 1}}, but("openai", "azure")),
    ("chat", "top_p"): (BOTH_SAMPLINGS, CLAUDES),
    ("chat", "parallel_tool_calls"): ({"tools": [FUNCTION], "parallel_tool_calls": False}, ("cohere", *GEMINIS)),
    # One tool it can be made to call, but not one of several.
    ("chat", "tool_choice"): (
        {"tools": [FUNCTION, OTHER], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
        ("cohere",),
    ),
    ("chat", "response_format"): ({"response_format": {"type": "json_object"}}, CLAUDES),
    ("responses", "top_logprobs"): ({"top_logprobs": 2}, ("cohere", *CLAUDES)),
    ("responses", "truncation"): ({"truncation": "auto"}, but("responses")),
    ("responses", "tools[0] (web_search)"): ({"tools": [{"type": "web_search"}]}, but("responses")),
    ("messages", "top_k"): ({"extra_body": {"top_k": 4}}, ("openai", "responses", "azure")),
    ("messages", "stop_sequences"): ({"stop_sequences": ["zyx"]}, ("responses",)),
    ("messages", "tool_choice.disable_parallel_tool_use"): (
        {
            "tools": [{"name": "get_weather", "input_schema": CITY}],
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        },
        ("cohere", *GEMINIS),
    ),
    ("messages", "tools[0] (web_search_20250305)"): (
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        but("anthropic", "vertex claude"),
    ),
    ("gemini", "generationConfig.seed"): ({"seed": 1}, ("responses", *CLAUDES)),
    ("gemini", "generationConfig.candidateCount"): ({"candidate_count": 2}, ("responses", "cohere", *CLAUDES)),
    ("gemini", "generationConfig.topK"): ({"top_k": 4}, ("openai", "responses", "azure")),
    ("gemini", "generationConfig.topP"): (BOTH_SAMPLINGS, CLAUDES),
    ("gemini", "generationConfig.responseLogprobs"): ({"response_logprobs": True}, ("cohere", *CLAUDES)),
    ("gemini", "generationConfig.responseModalities"): ({"response_modalities": ["IMAGE"]}, but(*GEMINIS)),
    ("gemini", "cachedContent"): ({"cached_content": "cachedContents/1"}, but(*GEMINIS)),
}


def tries(feature):
    """Has a test take every row of `feature`."""
    pairs = [(client, upstream) for client, upstreams in ROWS[feature].items() for upstream in upstreams]
    return pytest.mark.parametrize(("client", "upstream"), pairs)
