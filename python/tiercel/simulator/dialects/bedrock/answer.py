"""The bodies of whole answers, and of errors."""

import orjson

from tiercel.simulator.answer import Answer
from tiercel.simulator.choices import Choice
from tiercel.simulator.errors import ApiError, Headers
from tiercel.simulator.reading import Json
from tiercel.simulator.seal import seal

_EXCEPTIONS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


def error(error: ApiError, _: str) -> Json:
    """An error; its head names the exception."""
    return {"message": error.message}


def error_headers(error: ApiError) -> Headers:
    """The name of the exception."""
    usual = _EXCEPTIONS.get(error.status, "InternalServerException" if error.status >= 500 else "ValidationException")
    named = error.code is not None and error.code.endswith("Exception")
    return [("x-amzn-errortype", f"{error.code if named else usual}:http://internal.amazon.com/")]


def unary(answer: Answer) -> Json:
    """An answer of `converse`."""
    choice = answer.choices[0]
    return {
        "output": {"message": {"role": "assistant", "content": content(choice)}},
        "stopReason": stop_reason(choice),
        **measured(answer),
    }


def content(choice: Choice) -> list[Json]:
    """What is said: reasoning, then calls or text."""
    blocks: list[Json] = []
    if choice.reasoning:
        said = {"text": choice.reasoning, "signature": seal(choice.reasoning)}
        blocks.append({"reasoningContent": {"reasoningText": said}})
    for call in choice.calls:
        given = orjson.loads(call.arguments)
        blocks.append({"toolUse": {"toolUseId": f"tooluse_{call.id}", "name": call.name, "input": given}})
    if choice.text:
        blocks.append({"text": choice.text})
    return blocks


def stop_reason(choice: Choice) -> str:
    """Why it ends."""
    if choice.stopped_by is not None:
        return "stop_sequence"
    return {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}[choice.finish_reason]


def measured(answer: Answer) -> Json:
    """What was used; cached tokens are no input tokens, but are part of the total."""
    used = answer.usage
    usage: Json = {
        "inputTokens": used.fresh,
        "outputTokens": answer.n_tokens,
        "totalTokens": answer.n_all_tokens,
        "cacheReadInputTokens": used.read,
        "cacheWriteInputTokens": used.written,
    }
    details = [
        {"ttl": ttl, "inputTokens": written}
        for ttl, written in (("1h", used.written_1h), ("5m", used.written_5m))
        if written
    ]
    if details:
        usage["cacheDetails"] = details
    # Nobody goes by the latency, but it must be there.
    return {"usage": usage, "metrics": {"latencyMs": 1}}
