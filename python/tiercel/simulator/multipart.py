"""Reads forms with files in them (RFC 7578)."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from tiercel.simulator.connection import Request
from tiercel.simulator.errors import ApiError, missing

_MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` is empty where it is no file."""

    content: bytes
    filename: str = ""


def read(request: Request) -> dict[str, Part]:
    """The fields by name.

    Raises:
        ApiError: 400 where the body is no such form.
    """
    head = Message()
    head["content-type"] = request.header("content-type")
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise ApiError(400, "The body of your request must be multipart/form-data with a boundary.")
    pieces = (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode("latin-1"), _MAX_PARTS)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ApiError(400, f"The form is incomplete, or has {_MAX_PARTS} parts or more.")
    form = {}
    for piece in pieces[1:-1]:
        said, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        described = message_from_bytes(said)
        name = described.get_param("name", header="content-disposition")
        form[str(name)] = Part(content, described.get_filename() or "")
    return form


def field(form: dict[str, Part], name: str) -> Part:
    """A field that must be there.

    Raises:
        ApiError: 400 where it is not.
    """
    if name not in form:
        raise missing(name)
    return form[name]
