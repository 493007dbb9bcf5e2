"""Pydantic AI over its models of the three dialects, and of OpenAI's both."""
# mypy: disable-error-code="import-not-found"

import asyncio
from typing import Any

from pydantic_ai import Agent, NativeOutput
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from .checks import QUESTION, WEATHER_QUESTION, Client, Trip, get_weather, run


class PydanticAi(Client):
    missing = ModelHTTPError
    trip: Any = NativeOutput(Trip)

    def agent(self, **options):
        """A new one, since a connection lives no longer than the event loop of its run."""
        return Agent(self.connected(), **options)

    def connected(self):
        raise NotImplementedError

    def text(self):
        return self.agent().run_sync(QUESTION).output

    def stream(self):
        async def answer():
            async with self.agent().run_stream(QUESTION) as run:
                return "".join([delta async for delta in run.stream_text(delta=True, debounce_by=None)])

        return asyncio.run(answer())

    def tool(self):
        return self.agent(tools=[get_weather]).run_sync(WEATHER_QUESTION).output

    def structured(self):
        return self.agent(output_type=self.trip).run_sync(QUESTION).output


class Chat(PydanticAi):
    name = "pydantic-ai openai chat"

    def connected(self):
        return OpenAIChatModel(self.model, provider=OpenAIProvider(base_url=f"{self.url}/v1", api_key=self.key))


class Responses(PydanticAi):
    name = "pydantic-ai openai responses"

    def connected(self):
        return OpenAIResponsesModel(self.model, provider=OpenAIProvider(base_url=f"{self.url}/v1", api_key=self.key))


class Anthropic(PydanticAi):
    name = "pydantic-ai anthropic"
    # By a tool, since it knows by their bare names which models can do better.
    trip = Trip

    def connected(self):
        return AnthropicModel(self.model, provider=AnthropicProvider(base_url=self.url, api_key=self.key))


class Google(PydanticAi):
    name = "pydantic-ai google"

    def connected(self):
        return GoogleModel(self.model, provider=GoogleProvider(base_url=self.url, api_key=self.key))


run(Chat, Responses, Anthropic, Google)
