"""Gemini's contents, and those on Vertex."""

import json

from tests.simulator.speakers.common import Said, sse

ON_VERTEX = "/v1/projects/p/locations/l/publishers/google/models/{model}"


class Gemini:
    """Contents to generate from."""

    headers = ()
    split = staticmethod(sse)
    proves = False
    paths = ("/v1beta/models/{model}:generateContent", "/v1beta/models/{model}:streamGenerateContent?alt=sse")

    def body(self, asked):
        parts = [{"text": asked.text}]
        if asked.image:
            parts.append({"inlineData": {"mimeType": "image/png", "data": asked.image}})
        contents = [{"role": "user", "parts": parts}]
        if asked.called:
            calls = [{"functionCall": {"id": id_, "name": name, "args": given}} for id_, name, given in asked.called]
            contents.append({"role": "model", "parts": calls})
        if asked.results:
            names = {id_: name for id_, name, _ in asked.called}
            results = [
                {"functionResponse": {"id": id_, "name": names.get(id_, "none"), "response": {"output": said}}}
                for id_, said in asked.results
            ]
            contents.append({"role": "user", "parts": results})
        config = {"maxOutputTokens": asked.max_tokens, "stopSequences": asked.stop}
        if asked.schema:
            config |= {"responseMimeType": "application/json", "responseJsonSchema": asked.schema}
        if asked.reasoning:
            config["thinkingConfig"] = {"includeThoughts": True}
        fields = {"contents": contents, "generationConfig": config}
        if asked.system:
            fields["systemInstruction"] = {"parts": [{"text": asked.system}]}
        functions = [{"name": name, "parametersJsonSchema": schema} for name, schema in asked.tools.items()]
        return fields | ({"tools": [{"functionDeclarations": functions}]} if functions else {})

    def unary(self, body):
        said = Said()
        candidate = body["candidates"][0]
        for part in candidate["content"]["parts"]:
            if "functionCall" in part:
                call = part["functionCall"]
                said.calls.append((call["id"], call["name"], call["args"]))
            elif part.get("thought"):
                said.reasoning += part["text"]
            else:
                said.text += part["text"]
        finish = candidate.get("finishReason")
        said.finish = "tool_calls" if finish and said.calls else {"STOP": "stop", "MAX_TOKENS": "length"}.get(finish)
        usage = body["usageMetadata"]
        completion = usage["totalTokenCount"] - usage["promptTokenCount"]
        assert completion == usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
        said.usage = usage["promptTokenCount"], usage.get("cachedContentTokenCount", 0), 0, completion
        return said

    def streamed(self, events):
        whole = Said()
        for _, data in events:
            said = self.unary(json.loads(data))
            whole.text += said.text
            whole.reasoning += said.reasoning
            whole.calls += said.calls
            whole.finish = "tool_calls" if said.finish and whole.calls else said.finish
            whole.usage = said.usage
        return whole


class GeminiArray(Gemini):
    """The same as one array."""

    paths = ("/v1/models/{model}:generateContent", "/v1/models/{model}:streamGenerateContent")

    @staticmethod
    def split(body):
        return [("", each) for each in body.decode().removeprefix("[").removesuffix("]").split(",\r\n") if each]


class Vertex(Gemini):
    """The same on Vertex."""

    paths = (f"{ON_VERTEX}:generateContent", f"{ON_VERTEX}:streamGenerateContent?alt=sse")
