"""AWS's binary event stream: each message is its lengths, headers, payload, and checksums of both.

Format: the Smithy specification, "Amazon Event Stream"; the checksum is CRC-32 as gzip has it.
"""

import struct
from zlib import crc32

from tiercel.simulator.dialect import Event

_STRING = 7
_CHECKSUM_BYTES = 4
_PRELUDE_BYTES = 12


def frame(event: Event) -> bytes:
    """One message; an event whose name ends in `Exception` is one."""
    kind = "exception" if event.name.endswith("Exception") else "event"
    headers = b"".join(
        _header(name, value)
        for name, value in (
            (f":{kind}-type", event.name),
            (":content-type", "application/json"),
            (":message-type", kind),
        )
    )
    length = _PRELUDE_BYTES + len(headers) + len(event.data) + _CHECKSUM_BYTES
    prelude = struct.pack(">II", length, len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + event.data
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    return struct.pack(f">B{len(name)}sBH", len(name), name.encode(), _STRING, len(value)) + value.encode()
