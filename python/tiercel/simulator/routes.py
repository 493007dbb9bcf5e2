"""Which path is answered in which dialect."""

from collections.abc import Mapping
from urllib.parse import unquote

from tiercel.simulator.connection import Request
from tiercel.simulator.dialect import Route
from tiercel.simulator.dialects import anthropic, bedrock, cohere, gemini, openai, responses, vertex

# OpenAI's paths may begin with anything, so they come last.
_ROUTES: list[Route] = [
    *anthropic.ROUTES,
    *vertex.ROUTES,
    *gemini.ROUTES,
    *bedrock.ROUTES,
    *cohere.ROUTES,
    *responses.ROUTES,
    *openai.ROUTES,
]


def find(request: Request) -> tuple[Route, Mapping[str, str]] | None:
    """The first route for a request, and what its path names."""
    for route in _ROUTES:
        matched = route.pattern.fullmatch(request.path) if route.method == request.method else None
        if matched is not None and route.when(request):
            return route, {name: unquote(part) for name, part in matched.groupdict().items()}
    return None
