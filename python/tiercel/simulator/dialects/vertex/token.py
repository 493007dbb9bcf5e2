"""Hands out access tokens for assertions that a service account signed (RFC 7523, RFC 7515).

The signature is verified with the settings' key, by the definition of RSASSA-PKCS1-v1_5 in RFC 8017, section 8.2.2.
"""

from base64 import urlsafe_b64decode
from hashlib import sha256
from secrets import token_urlsafe
from time import monotonic, time
from urllib.parse import parse_qs

from tiercel.simulator.errors import ApiError
from tiercel.simulator.exchange import Exchange
from tiercel.simulator.faults import OAUTH
from tiercel.simulator.reading import Json, load

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Google's own endpoint, which its clients name wherever they send the assertion.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_LIFETIME = 3599.0
_SKEW_SECONDS = 60
_LONGEST = 3600
_MAX_TOKENS = 1000
# The DER encoding that says "SHA-256, and this is the digest" (RFC 8017, section 9.2, note 1).
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


async def hand_out(exchange: Exchange) -> None:
    """`POST /token`."""
    await exchange.suffer(OAUTH, {})
    form = parse_qs(exchange.request.body.decode("latin-1"))
    if form.get("grant_type") != [_GRANT]:
        raise ApiError(400, f"The grant type must be {_GRANT}.", code="unsupported_grant_type")
    _check(form.get("assertion", [""])[0], exchange)
    expires = exchange.reply.fault.expires
    seconds = _LIFETIME if expires is None else expires
    tokens, token = exchange.state.access_tokens, f"ya29.{token_urlsafe(32)}"
    tokens[token] = monotonic() + seconds
    if len(tokens) > _MAX_TOKENS:
        del tokens[next(iter(tokens))]
    await exchange.reply.json({"access_token": token, "expires_in": int(seconds), "token_type": "Bearer"})


def is_good(tokens: dict[str, float], token: str) -> bool:
    """Whether a token was handed out and has not expired."""
    return monotonic() < tokens.get(token, 0.0)


def _check(assertion: str, exchange: Exchange) -> None:
    """Refuses assertions that Google would refuse."""
    try:
        head, claims, signature = assertion.split(".")
        _check_head(load(_decoded(head)))
        _check_claims(load(_decoded(claims)), exchange.request.header("host") + exchange.request.path)
        key = exchange.settings.token_key
        if key is not None and not _verifies(f"{head}.{claims}".encode(), _decoded(signature), *key):
            raise _refused("Invalid JWT Signature.")
    except (ValueError, ApiError) as error:
        if isinstance(error, ApiError) and error.code == "invalid_grant":
            raise
        raise _refused("The assertion is no JWT.") from None


def _check_head(head: Json) -> None:
    if head.get("alg") != "RS256" or head.get("typ") != "JWT":
        raise _refused("The assertion must be a JWT signed with RS256.")


def _check_claims(claims: Json, place: str) -> None:
    if not all(isinstance(claims.get(name), str) and claims[name] for name in ("iss", "scope", "aud")):
        raise _refused("The claims iss, scope and aud must be texts.")
    if claims["aud"] != _AUDIENCE and claims["aud"].partition("://")[2] != place:
        raise _refused("The claim aud must be the address of the token endpoint.")
    issued, expires, now = claims.get("iat"), claims.get("exp"), time()
    if not (isinstance(issued, int) and isinstance(expires, int)):
        raise _refused("The claims iat and exp must be Unix seconds.")
    if not issued - _SKEW_SECONDS <= now < expires <= issued + _LONGEST:
        raise _refused("The assertion must be good now, and for an hour at most.")


def _verifies(signed: bytes, signature: bytes, modulus: int, exponent: int) -> bool:
    length = (modulus.bit_length() + 7) // 8
    digest = _SHA256 + sha256(signed).digest()
    padded = b"\0\1" + b"\xff" * (length - len(digest) - 3) + b"\0" + digest
    return len(signature) == length and pow(int.from_bytes(signature), exponent, modulus).to_bytes(length) == padded


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _refused(message: str) -> ApiError:
    return ApiError(400, message, code="invalid_grant")
