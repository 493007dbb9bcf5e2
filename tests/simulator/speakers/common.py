"""What is asked and said, in no dialect, and how streams are taken apart."""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Question:
    """What to ask; `results` answers the calls of an answer that came before."""

    model: str = "small"
    text: str = "Explain the refund policy"
    system: str = ""
    tools: dict[str, Any] = field(default_factory=dict)
    called: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    reasoning: bool = False
    max_tokens: int = 2000
    stop: list[str] = field(default_factory=list)
    image: str = ""
    stream: bool = False


@dataclass
class Said:
    """An answer; `finish` is in OpenAI's words, and `usage` is prompt, read, written and completion."""

    text: str = ""
    reasoning: str = ""
    proof: str = ""
    calls: list[Any] = field(default_factory=list)
    finish: str | None = None
    usage: tuple[int, ...] = ()


def sse(body):
    """Name and data of each event."""
    for block in body.decode().split("\n\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        yield lines.get("event", ""), lines["data"]


def aws_events(body):
    """The same of AWS's event stream, checksums checked."""
    while body:
        length, n_headers, checksum = struct.unpack(">III", body[:12])
        message, body = body[:length], body[length:]
        assert checksum == zlib.crc32(message[:8])
        assert struct.unpack(">I", message[-4:])[0] == zlib.crc32(message[:-4])
        head, headers = message[12 : 12 + n_headers], {}
        while head:
            name, head = head[1 : 1 + head[0]], head[1 + head[0] :]
            kind, size = struct.unpack(">BH", head[:3])
            assert kind == 7
            headers[name.decode()], head = head[3 : 3 + size].decode(), head[3 + size :]
        name = headers.get(":event-type") or headers[":exception-type"]
        assert headers[":message-type"] == ("exception" if name.endswith("Exception") else "event")
        yield name, message[12 + n_headers : -4].decode()
