"""OpenAI's Agents SDK over responses, and over chat completions."""
# mypy: disable-error-code="import-not-found"

import asyncio

import openai
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)

from .checks import QUESTION, WEATHER_QUESTION, Client, Trip, get_weather, run


class Agents(Client):
    missing = openai.NotFoundError
    speaks: type

    def agent(self, **options):
        client = openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key=self.key)
        return Agent(name="agent", model=self.speaks(self.model, client), **options)

    def answer(self, question, **options):
        return Runner.run_sync(self.agent(**options), question).final_output

    def text(self):
        return self.answer(QUESTION)

    def stream(self):
        async def answer():
            events = Runner.run_streamed(self.agent(), QUESTION).stream_events()
            return "".join(
                [
                    event.data.delta
                    async for event in events
                    if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
                ]
            )

        return asyncio.run(answer())

    def tool(self):
        return self.answer(WEATHER_QUESTION, tools=[function_tool(get_weather)])

    def structured(self):
        return self.answer(QUESTION, output_type=Trip)


class Responses(Agents):
    name = "openai-agents responses"
    speaks = OpenAIResponsesModel


class Chat(Agents):
    name = "openai-agents chat"
    speaks = OpenAIChatCompletionsModel


set_tracing_disabled(disabled=True)
run(Responses, Chat)
