"""Requests as bytes, so that they can be wrong, and the answers to them."""

import json
import re
from dataclasses import dataclass

QUESTION = b'{"model":"m","messages":[{"role":"user","content":"Hello"}]}'
CHAT = "/v1/chat/completions"


@dataclass
class Answer:
    """One answer; header names are in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name):
        return next((value for known, value in self.headers if known == name), None)

    @property
    def error(self):
        """The error object of the body, in OpenAI's shape."""
        error = json.loads(self.body)["error"]
        assert set(error) == {"message", "type", "param", "code"}
        return error

    @property
    def code(self):
        return self.error["code"]


def request(target=CHAT, body=QUESTION, method="POST", key=None, headers=()):
    """A well-formed request that is the last on its connection; `headers` are lines or pairs."""
    lines = [f"{method} {target} HTTP/1.1", "host: gateway.test", "connection: close"]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    if key is not None:
        lines.append(f"authorization: Bearer {key}")
    lines += [line if isinstance(line, str) else f"{line[0]}: {line[1]}" for line in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def answers(data):
    """The answers in what a connection brought."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = re.fullmatch(r"HTTP/1\.[01] (\d{3}) ?.*", first)
        assert status, first
        headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
        length = 0 if status[1] == "100" else int(dict(headers).get("content-length", len(data)))
        found.append(Answer(int(status[1]), headers, data[:length]))
        data = data[length:]
    return [answer for answer in found if answer.status != 100]


def ask(gateway, *arguments, **fields):
    """The one answer to `request(...)`."""
    (answer,) = answers(gateway.exchange(request(*arguments, **fields)))
    return answer
