"""LlamaIndex, which speaks to whatever is like OpenAI."""
# mypy: disable-error-code="import-not-found"

import asyncio

import openai
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

from .checks import QUESTION, WEATHER_QUESTION, Client, Trip, get_weather, run


class LlamaIndex(Client):
    name = "llama-index"
    missing = openai.NotFoundError

    def __init__(self, url, key, model):
        super().__init__(url, key, model)
        self.llm = OpenAILike(
            model=model, api_base=f"{url}/v1", api_key=key, is_chat_model=True, is_function_calling_model=True
        )

    def text(self):
        return self.llm.complete(QUESTION).text

    def stream(self):
        return "".join(chunk.delta or "" for chunk in self.llm.stream_complete(QUESTION))

    def tool(self):
        agent = FunctionAgent(tools=[FunctionTool.from_defaults(get_weather)], llm=self.llm)

        async def answer():
            return str(await agent.run(WEATHER_QUESTION))

        return asyncio.run(answer())

    def structured(self):
        return self.llm.as_structured_llm(Trip).complete(QUESTION).raw


run(LlamaIndex)
