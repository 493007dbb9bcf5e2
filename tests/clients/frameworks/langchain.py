"""LangChain's packages of the three dialects, and of OpenAI's both."""
# mypy: disable-error-code="import-not-found"

import anthropic
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_google_genai.chat_models import GoogleModelNotFoundError
from langchain_openai import ChatOpenAI

from .checks import MAX_TOKENS, QUESTION, WEATHER_QUESTION, Client, Trip, get_weather, run


class LangChain(Client):
    def __init__(self, url, key, model):
        super().__init__(url, key, model)
        self.llm = self.connected()

    def connected(self):
        raise NotImplementedError

    def text(self):
        return self.llm.invoke(QUESTION).text

    def stream(self):
        return "".join(chunk.text for chunk in self.llm.stream(QUESTION))

    def tool(self):
        weather = tool(get_weather)
        llm = self.llm.bind_tools([weather])
        messages = [HumanMessage(WEATHER_QUESTION)]
        called = llm.invoke(messages)
        messages += [called, *(weather.invoke(call) for call in called.tool_calls)]
        return llm.invoke(messages).text

    def structured(self):
        return self.llm.with_structured_output(Trip).invoke(QUESTION)


class Chat(LangChain):
    name = "langchain-openai chat"
    missing = openai.NotFoundError

    def connected(self):
        return ChatOpenAI(base_url=f"{self.url}/v1", api_key=self.key, model=self.model)


class Responses(LangChain):
    name = "langchain-openai responses"
    missing = openai.NotFoundError

    def connected(self):
        return ChatOpenAI(base_url=f"{self.url}/v1", api_key=self.key, model=self.model, use_responses_api=True)


class Anthropic(LangChain):
    name = "langchain-anthropic"
    missing = anthropic.NotFoundError

    def connected(self):
        return ChatAnthropic(base_url=self.url, api_key=self.key, model=self.model, max_tokens=MAX_TOKENS)


class Google(LangChain):
    name = "langchain-google-genai"
    missing = GoogleModelNotFoundError

    def connected(self):
        return ChatGoogleGenerativeAI(base_url=self.url, api_key=self.key, model=self.model)


run(Chat, Responses, Anthropic, Google)
