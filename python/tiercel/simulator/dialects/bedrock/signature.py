"""Verifies AWS's signature, version 4 (AWS's guide "Create a signed API request").

It knows nothing of how the gateway signs, which makes it a judge.
"""

import hmac
import re
from calendar import timegm
from hashlib import sha256
from time import strptime
from urllib.parse import quote, unquote

from tiercel.simulator.connection import Request
from tiercel.simulator.errors import ApiError

ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<id>[^/\s,]+)/(?P<scope>(?P<date>\d{{8}})/(?P<region>[^/]+)/bedrock/aws4_request),"
    r"\s*SignedHeaders=(?P<names>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_SKEW_SECONDS = 300


def verify(request: Request, secret: str | None, now: float) -> None:
    """Checks the form, the age and, where the secret is known, the signature; `now` is in Unix seconds.

    Raises:
        ApiError: 403, saying what is wrong.
    """
    said = _AUTHORIZATION.fullmatch(request.header("authorization"))
    if said is None:
        raise _refused("IncompleteSignatureException", "The header 'authorization' is malformed.")
    names = said["names"].split(";")
    if not {"host", "x-amz-date"} <= set(names) or names != sorted(names):
        raise _refused("InvalidSignatureException", "'host' and 'x-amz-date' must be signed, and names sorted.")
    date = request.header("x-amz-date")
    try:
        age = abs(now - timegm(strptime(date, "%Y%m%dT%H%M%SZ")))
    except ValueError:
        raise _refused("IncompleteSignatureException", "The header 'x-amz-date' is malformed.") from None
    if age > _SKEW_SECONDS or not date.startswith(said["date"]):
        raise _refused("InvalidSignatureException", f"Signature expired: {date} is not now.")
    body = sha256(request.body).hexdigest()
    if request.header("x-amz-content-sha256") not in {"", body}:
        raise _refused("InvalidSignatureException", "The header 'x-amz-content-sha256' is not that of the body.")
    if secret is not None:
        wanted = _signature(request, names, said["scope"], secret)
        if not hmac.compare_digest(wanted, said["signature"]):
            raise _refused("InvalidSignatureException", "The request signature we calculated does not match.")


def _signature(request: Request, names: list[str], scope: str, secret: str) -> str:
    """What the signature must be, in hexadecimal."""
    headers = "".join(f"{name}:{_values(request, name)}\n" for name in names)
    # The path is escaped once more, for every service but S3.
    path = quote(request.path, safe="/-_.~")
    parts = [part.partition("=") for part in request.query.split("&") if part]
    query = "&".join(sorted(f"{_escaped(name)}={_escaped(value)}" for name, _, value in parts))
    body = sha256(request.body).hexdigest()
    canonical = "\n".join([request.method, path, query, headers, ";".join(names), body])
    date = request.header("x-amz-date")
    signed = "\n".join([ALGORITHM, date, scope, sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + secret.encode()
    for step in [*scope.split("/"), signed]:
        key = hmac.digest(key, step.encode(), "sha256")
    return key.hex()


def _values(request: Request, name: str) -> str:
    return ",".join(" ".join(value.split()) for known, value in request.headers if known == name)


def _escaped(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _refused(code: str, message: str) -> ApiError:
    return ApiError(403, message, code=code)
