"""Bedrock's conversations."""

import json

from tests.simulator.speakers.anthropic import FINISHES
from tests.simulator.speakers.common import Said, aws_events


class Bedrock:
    """Converse."""

    headers = ()
    split = staticmethod(aws_events)
    paths = ("/model/{model}/converse", "/model/{model}/converse-stream")
    proves = True

    def body(self, asked):
        content = [{"text": asked.text}]
        if asked.image:
            content.append({"image": {"format": "png", "source": {"bytes": asked.image}}})
        messages = [{"role": "user", "content": content}]
        if asked.called:
            uses = [{"toolUse": {"toolUseId": id_, "name": name, "input": given}} for id_, name, given in asked.called]
            messages.append({"role": "assistant", "content": uses})
        if asked.results:
            results = [{"toolResult": {"toolUseId": id_, "content": [{"text": said}]}} for id_, said in asked.results]
            messages.append({"role": "user", "content": results})
        config = {"maxTokens": asked.max_tokens, "stopSequences": asked.stop}
        fields = {"messages": messages, "inferenceConfig": config}
        if asked.system:
            fields["system"] = [{"text": asked.system}]
        if asked.tools:
            specs = [{"name": name, "inputSchema": {"json": schema}} for name, schema in asked.tools.items()]
            fields["toolConfig"] = {"tools": [{"toolSpec": spec} for spec in specs]}
        if asked.schema:
            structure = {"jsonSchema": {"name": "wanted", "schema": json.dumps(asked.schema)}}
            fields["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
        if asked.reasoning:
            fields["additionalModelRequestFields"] = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        return fields

    def unary(self, body):
        said = Said(finish=FINISHES[body["stopReason"]], usage=self.usage(body["usage"]))
        for block in body["output"]["message"]["content"]:
            if "text" in block:
                said.text += block["text"]
            elif "toolUse" in block:
                use = block["toolUse"]
                said.calls.append((use["toolUseId"], use["name"], use["input"]))
            else:
                reasoning = block["reasoningContent"]["reasoningText"]
                said.reasoning, said.proof = reasoning["text"], reasoning["signature"]
        return said

    def usage(self, usage):
        read, written, completion = (
            usage[name] for name in ("cacheReadInputTokens", "cacheWriteInputTokens", "outputTokens")
        )
        prompt = usage["inputTokens"] + read + written
        assert usage["totalTokens"] == prompt + completion
        return prompt, read, written, completion

    def streamed(self, events):
        said = Said()
        pieces: list[list[str]] = []
        for name, data in events:
            event = json.loads(data)
            match name:
                case "contentBlockStart":
                    pieces.append([event["start"]["toolUse"]["toolUseId"], event["start"]["toolUse"]["name"], ""])
                case "contentBlockDelta" if "toolUse" in event["delta"]:
                    pieces[-1][2] += event["delta"]["toolUse"]["input"]
                case "contentBlockDelta" if "text" in event["delta"]:
                    said.text += event["delta"]["text"]
                case "contentBlockDelta":
                    said.reasoning += event["delta"]["reasoningContent"].get("text", "")
                    said.proof += event["delta"]["reasoningContent"].get("signature", "")
                case "messageStop":
                    said.finish = FINISHES[event["stopReason"]]
                case "metadata":
                    said.usage = self.usage(event["usage"])
        said.calls = [(id_, name, json.loads(given)) for id_, name, given in pieces]
        return said
