"""The bodies of whole answers, and of errors."""

import orjson

from tiercel.simulator.answer import Answer
from tiercel.simulator.choices import Choice
from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json
from tiercel.simulator.seal import seal

# The canonical codes of google.rpc.Code, by HTTP status.
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}


def error(error: ApiError, _: str) -> Json:
    """An error; the reason is told where clients go by it."""
    status = _STATUSES.get(error.status, "INTERNAL" if error.status >= 500 else "FAILED_PRECONDITION")
    details: list[Json] = []
    if error.code == "API_KEY_INVALID":
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.code, "domain": "googleapis.com"}
        details.append(info)
    return {"error": {"code": error.status, "message": error.message, "status": status, "details": details}}


def unary(answer: Answer) -> Json:
    """A `GenerateContentResponse`."""
    candidates = [candidate(index, parts(answer, choice), finish=choice) for index, choice in enumerate(answer.choices)]
    return response(answer, candidates, usage(answer))


def response(answer: Answer, candidates: list[Json], used: Json) -> Json:
    """A whole answer or a piece of one."""
    return {
        "candidates": candidates,
        "usageMetadata": used,
        "modelVersion": answer.ask.model,
        "responseId": answer.id(""),
    }


def candidate(index: int, said: list[Json], finish: Choice | None) -> Json:
    """What one candidate says, and why it ends, if it does."""
    ended = {} if finish is None else {"finishReason": _REASONS[finish.finish_reason]}
    return {"content": {"parts": said, "role": "model"}, **ended, "index": index}


def parts(answer: Answer, choice: Choice) -> list[Json]:
    """Thoughts where they are asked for, then calls or text."""
    config = (answer.ask.fields.get("generationConfig") or {}).get("thinkingConfig") or {}
    said: list[Json] = []
    if choice.reasoning and config.get("includeThoughts") is True:
        said.append({"text": choice.reasoning, "thought": True})
    for number, call in enumerate(choice.calls):
        part: Json = {"functionCall": {"id": call.id, "name": call.name, "args": orjson.loads(call.arguments)}}
        # Of parallel calls, the first alone is signed (Gemini's guide to thought signatures).
        said.append(part | ({"thoughtSignature": seal(call.name)} if number == 0 else {}))
    if choice.text:
        said.append({"text": choice.text})
    return said


def usage(answer: Answer) -> Json:
    """The usage at the end; thoughts are no tokens of the candidates, and the cache's are tokens of the prompt."""
    counted = {
        "promptTokenCount": answer.usage.prompt,
        "candidatesTokenCount": answer.n_tokens - answer.n_reasoning_tokens,
        "totalTokenCount": answer.n_all_tokens,
        "promptTokensDetails": modality(answer.usage.prompt),
    }
    if answer.usage.read:
        counted["cachedContentTokenCount"] = answer.usage.read
    if answer.n_reasoning_tokens:
        counted["thoughtsTokenCount"] = answer.n_reasoning_tokens
    return counted


def usage_so_far(answer: Answer) -> Json:
    """The usage before anything is written."""
    prompt = answer.usage.prompt
    return {"promptTokenCount": prompt, "totalTokenCount": prompt, "promptTokensDetails": modality(prompt)}


def modality(n_tokens: int) -> list[Json]:
    """Tokens, all of them said to be of text."""
    return [{"modality": "TEXT", "tokenCount": n_tokens}]


def model(name: str) -> Json:
    """One model."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.capitalize(),
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
    }
