"""The bodies of whole answers, and of errors."""

from tiercel.simulator.answer import Answer
from tiercel.simulator.choices import Choice
from tiercel.simulator.dialects.openai.answer import call
from tiercel.simulator.errors import ApiError
from tiercel.simulator.reading import Json


def error(error: ApiError, request_id: str) -> Json:
    """An error."""
    return {"id": request_id, "message": error.message}


def unary(answer: Answer) -> Json:
    """An answer of `chat`."""
    choice = answer.choices[0]
    message: Json = {"role": "assistant"}
    if choice.calls:
        message |= {"tool_plan": plan(choice), "tool_calls": [call(each) for each in choice.calls]}
    said = content(choice)
    if said:
        message["content"] = said
    return {
        "id": answer.id("chat-"),
        "finish_reason": finish_reason(choice),
        "message": message,
        "usage": usage(answer),
    }


def content(choice: Choice) -> list[Json]:
    """What is said besides calls: thinking and text."""
    thinking = [{"type": "thinking", "thinking": choice.reasoning}] if choice.reasoning else []
    return [*thinking, *([{"type": "text", "text": choice.text}] if choice.text else [])]


def plan(choice: Choice) -> str:
    """What is said before calls; it is not counted."""
    return f"I will use {', '.join(call.name for call in choice.calls)}."


def finish_reason(choice: Choice) -> str:
    """Why it ends."""
    if choice.stopped_by is not None:
        return "STOP_SEQUENCE"
    return {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}[choice.finish_reason]


def usage(answer: Answer) -> Json:
    """What was used; cached tokens are part of the prompt's."""
    counted = {"input_tokens": answer.usage.prompt, "output_tokens": answer.n_tokens}
    return {"billed_units": counted, "tokens": counted, "cached_tokens": answer.usage.read}
