"""Reads and checks the body of a chat or text completion, with OpenAI's complaints."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tiercel.simulator.errors import ApiError, invalid, missing
from tiercel.simulator.tokens import CountTokens, chat_tokens

Json = dict[str, Any]

# The schema of an answer that must be a JSON object and no more.
ANY_OBJECT: Json = {"type": "object"}
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
# Without a limit, legacy completions stop after this many tokens (OpenAI's API reference).
_COMPLETION_TOKENS = 16
# They say how an answer travels or who asks, not what: a question has the same answer, streamed or not.
_NO_PART_OF_THE_QUESTION = ("stream", "stream_options", "metadata", "user")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be answered.

    Attributes:
        chat: A conversation; else legacy completions.
        model: Known to exist.
        identity: The same for requests that ask the same.
        questions: The last message of a user, or each prompt of a legacy completion.
        tool_result: What a tool said, when it had the last word.
        n_prompt_tokens: Tokens of everything that was sent.
        n: Answers to each question.
        max_tokens: Limit for each answer; None for none.
        stop: Texts that end an answer.
        stream: Whether it is to be streamed.
        include_usage: Whether the stream ends with a chunk that tells the usage.
        calls: Functions to call instead of answering, each with `name` and perhaps `parameters`.
        schema: The schema of the answer, when it must be JSON.
    """

    chat: bool
    model: str
    identity: bytes
    questions: Sequence[str]
    tool_result: str | None
    n_prompt_tokens: int
    n: int
    max_tokens: int | None
    stop: Sequence[str]
    stream: bool
    include_usage: bool
    calls: Sequence[Json] = ()
    schema: Json | None = None


def load(body: bytes, models: Container[str]) -> Json:
    """The body as an object whose `model` is known.

    Raises:
        ApiError: 400 where it is no object, 404 where there is no such model.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    model = fields.get("model")
    if not isinstance(model, str):
        raise ApiError(400, "you must provide a model parameter", param="model")
    if model not in models:
        message = f"The model `{model[:100]}` does not exist or you do not have access to it."
        raise ApiError(404, message, param="model", code="model_not_found")
    return fields


def chat(fields: Json, count: CountTokens) -> Ask:
    """Reads a chat completion.

    Raises:
        ApiError: 400, naming the parameter that is missing or invalid.
    """
    messages = fields.get("messages")
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("messages", "an array of at least one message")
    read = [_message(message, f"messages[{index}]") for index, message in enumerate(messages)]
    question = next((text for role, text, _, _ in reversed(read) if role == "user"), read[-1][1])
    last_role, last_text, _, _ = read[-1]
    tools = _tools(fields)
    if fields.get("max_tokens") is not None and fields.get("max_completion_tokens") is not None:
        raise invalid("max_tokens", "no max_tokens beside max_completion_tokens")
    return Ask(
        chat=True,
        questions=[question],
        tool_result=last_text if last_role == "tool" else None,
        n_prompt_tokens=chat_tokens(read, count) + (count(orjson.dumps(tools).decode()) if tools else 0),
        max_tokens=_integer(fields, "max_completion_tokens") or _integer(fields, "max_tokens"),
        calls=() if last_role == "tool" else _calls(fields, tools, question),
        schema=_schema(fields),
        **_common(fields),
    )


def completion(fields: Json, count: CountTokens) -> Ask:
    """Reads a legacy text completion.

    Raises:
        ApiError: 400, naming the parameter that is missing or invalid.
    """
    prompts, n_tokens = texts(fields, "prompt", count)
    return Ask(
        chat=False,
        questions=prompts,
        tool_result=None,
        n_prompt_tokens=n_tokens,
        max_tokens=_integer(fields, "max_tokens") or _COMPLETION_TOKENS,
        **_common(fields),
    )


def texts(fields: Json, name: str, count: CountTokens) -> tuple[list[str], int]:
    """The texts of a parameter and their tokens; it may hold text, tokens, or up to 2,048 of either.

    Raises:
        ApiError: 400 where it is missing or holds something else.
    """
    given = fields.get(name)
    if given is None:
        raise missing(name)
    one = isinstance(given, str) or (isinstance(given, list) and given and isinstance(given[0], int))
    several = [given] if one else given
    if not isinstance(several, list) or not 1 <= len(several) <= 2048:
        raise invalid(name, "text, tokens, or an array of at most 2048 of them")
    read, n_tokens = [], 0
    for each in several:
        if isinstance(each, str) and each:
            read.append(each)
            n_tokens += count(each)
        elif isinstance(each, list) and each and all(isinstance(token, int) for token in each):
            read.append(" ".join(map(str, each)))
            n_tokens += len(each)
        else:
            raise invalid(name, "texts that are not empty, or arrays of tokens")
    return read, n_tokens


def _common(fields: Json) -> Json:
    stream = fields.get("stream") or False
    if not isinstance(stream, bool):
        raise invalid("stream", "true or false")
    options = fields.get("stream_options")
    if options is not None and not (stream and isinstance(options, dict)):
        raise invalid("stream_options", "an object, and only when 'stream' is true")
    temperature = fields.get("temperature")
    if temperature is not None and not (isinstance(temperature, (int, float)) and 0 <= temperature <= 2):
        raise invalid("temperature", "a number from 0 to 2")
    stop = fields.get("stop") or []
    stop = [stop] if isinstance(stop, str) else stop
    if not isinstance(stop, list) or len(stop) > 4 or not all(isinstance(each, str) and each for each in stop):
        raise invalid("stop", "a string or at most 4 strings")
    question = {name: value for name, value in fields.items() if name not in _NO_PART_OF_THE_QUESTION}
    return {
        "model": fields["model"],
        "identity": orjson.dumps(question, option=orjson.OPT_SORT_KEYS),
        "n": _integer(fields, "n", 128) or 1,
        "stop": stop,
        "stream": stream,
        "include_usage": bool(options and options.get("include_usage")),
    }


def _integer(fields: Json, name: str, most: int = 1_000_000) -> int | None:
    number = fields.get(name)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
        raise invalid(name, f"an integer from 1 to {most}")
    return number


def _message(message: object, where: str) -> tuple[str, str, str, int]:
    """Role, text, name and number of images."""
    if not isinstance(message, dict):
        raise invalid(where, "an object")
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES:
        raise invalid(f"{where}.role", "one of " + ", ".join(_ROLES))
    if content is None and role != "assistant":
        raise missing(f"{where}.content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    words, n_images = [], 0
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            words.append(part["text"])
        elif kind == "image_url":
            n_images += 1
        elif kind not in {"refusal", "input_audio", "file"}:
            raise invalid(f"{where}.content", "text or an array of content parts")
    if message.get("tool_calls"):
        words.append(orjson.dumps(message["tool_calls"]).decode())
    name = message.get("name")
    return role, "\n".join(words), name if isinstance(name, str) else "", n_images


def _tools(fields: Json) -> list[Json]:
    tools = fields.get("tools") or []
    if not isinstance(tools, list):
        raise invalid("tools", "an array")
    functions = []
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not (isinstance(function, dict) and isinstance(function.get("name"), str) and function["name"]):
            raise missing(f"tools[{index}].function.name")
        functions.append(function)
    return functions


def _calls(fields: Json, tools: list[Json], question: str) -> list[Json]:
    """The functions to call: those that the choice forces or that the question names."""
    choice = fields.get("tool_choice", "auto")
    if choice not in (None, "auto", "none") and not tools:
        raise invalid("tool_choice", "no tool_choice without tools")
    if isinstance(choice, dict):
        wanted = (choice.get("function") or {}).get("name")
        named = [tool for tool in tools if tool["name"] == wanted]
        if not named:
            raise invalid("tool_choice", "the name of one of the tools")
        return named
    if choice == "none":
        return []
    asked = question.lower()
    named = [tool for tool in tools if tool["name"].lower().replace("_", " ") in asked.replace("_", " ")]
    if not named and (choice == "required" or "tool" in asked or "function" in asked):
        named = tools[:1]
    return named[:1] if fields.get("parallel_tool_calls") is False else named


def _schema(fields: Json) -> Json | None:
    wanted = fields.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted is None or kind == "text":
        return None
    if kind == "json_object":
        return ANY_OBJECT
    schema = (wanted.get("json_schema") or {}).get("schema") if isinstance(wanted, dict) else None
    if kind != "json_schema" or not isinstance(schema, dict):
        raise invalid("response_format", "text, json_object, or json_schema with a schema")
    return schema
