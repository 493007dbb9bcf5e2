"""Cohere's chats."""

import json

from tests.simulator.speakers.common import Said
from tests.simulator.speakers.openai import OpenAi

FINISHES = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}


class Cohere(OpenAi):
    """Chat, version 2; it asks much as OpenAI does."""

    paths = ("/v2/chat",) * 2

    def body(self, asked):
        fields = super().body(asked)
        return fields | {"max_tokens": fields.pop("max_completion_tokens")}

    def extra(self, asked):
        fields = {"stop_sequences": asked.stop, "stream": asked.stream, "tools": super().extra(asked).get("tools", [])}
        if asked.schema:
            fields["response_format"] = {"type": "json_object", "json_schema": asked.schema}
        if asked.reasoning:
            fields["thinking"] = {"type": "enabled"}
        return fields

    def unary(self, body):
        said = Said(finish=FINISHES[body["finish_reason"]], usage=self.usage(body["usage"]))
        for block in body["message"].get("content", []):
            said.text += block.get("text", "")
            said.reasoning += block.get("thinking", "")
        said.calls = [
            (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in body["message"].get("tool_calls", [])
        ]
        return said

    def usage(self, usage):
        return usage["tokens"]["input_tokens"], usage["cached_tokens"], 0, usage["tokens"]["output_tokens"]

    def streamed(self, events):
        said = Said()
        pieces: list[list[str]] = []
        for name, data in events:
            event = json.loads(data)
            assert event["type"] == name
            message = event.get("delta", {}).get("message", {})
            match name:
                case "content-delta":
                    said.text += message["content"].get("text", "")
                    said.reasoning += message["content"].get("thinking", "")
                case "tool-call-start":
                    assert event["index"] == len(pieces)
                    pieces.append([message["tool_calls"]["id"], message["tool_calls"]["function"]["name"], ""])
                case "tool-call-delta":
                    pieces[-1][2] += message["tool_calls"]["function"]["arguments"]
                case "message-end":
                    said.finish = FINISHES[event["delta"]["finish_reason"]]
                    said.usage = self.usage(event["delta"]["usage"])
        said.calls = [(id_, name, json.loads(given)) for id_, name, given in pieces]
        return said
