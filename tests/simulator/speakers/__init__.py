"""Clients of a few lines each, one a dialect, so that one table of questions is put to all of them.

They ask by the providers' references and share no code with the simulator, whose answers they bring into one form.
"""

from typing import Any

from tests.simulator.speakers.anthropic import Anthropic, VertexAnthropic
from tests.simulator.speakers.bedrock import Bedrock
from tests.simulator.speakers.cohere import Cohere
from tests.simulator.speakers.common import Question, Said
from tests.simulator.speakers.gemini import Gemini, GeminiArray, Vertex
from tests.simulator.speakers.openai import Azure, OpenAi
from tests.simulator.speakers.responses import Responses

__all__ = ["SPEAKERS", "Question", "Said"]

SPEAKERS: dict[str, Any] = {
    "openai": OpenAi(),
    "azure": Azure(),
    "responses": Responses(),
    "anthropic": Anthropic(),
    "vertex anthropic": VertexAnthropic(),
    "gemini": Gemini(),
    "gemini array": GeminiArray(),
    "vertex": Vertex(),
    "bedrock": Bedrock(),
    "cohere": Cohere(),
}
