"""Every exception that Tiercel raises.

- TiercelError
  - ConfigurationError: the configuration cannot be used; says where, and what to do
  - RequestError: a request was refused or failed; a provider's own words, or one class a kind of
    `rust/gateway/src/error.rs`
    - the request's head: MalformedHead, ConflictingCredentials, LoopDetected
    - its body: MalformedBody, Unsupported, UnsupportedEncoding
    - how that came: BodyIncomplete, BodyTimeout, BodyTooLarge, LengthRequired
    - who asks: MissingKey, UnknownKey, ExpiredKey, Forbidden
    - what for: UnknownPath, UnknownModel, TooDear, MethodNotAllowed, InvalidConfiguration
    - what came before: IdempotencyKeyReused, IdempotencyKeyInUse
    - the server: Overloaded, Draining, Internal
    - its upstreams: UpstreamThrottled, UpstreamCredentials, UpstreamFailed, UpstreamTimeout, StreamInterrupted
"""

from __future__ import annotations

from tiercel._core import error_kinds


class TiercelError(Exception):
    """Whatever Tiercel raises.

    >>> import tiercel
    >>> try:
    ...     tiercel.Gateway.from_text("tiers = 1")
    ... except tiercel.TiercelError as error:
    ...     type(error).__name__
    'ConfigurationError'
    """


class ConfigurationError(TiercelError):
    """The configuration cannot be used. As text it shows the line, a caret and a hint.

    >>> import tiercel
    >>> try:
    ...     tiercel.Gateway.from_text("[sever]")
    ... except tiercel.ConfigurationError as error:
    ...     error.line, error.message
    (1, ...)

    Attributes:
        file: Where it was read from.
        line: In that file, from 1; None where no line is to blame.
        column: In that line, from 1.
        message: What is wrong.
        hint: What to do.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - they are its attributes, given in one call by the core
        self,
        text: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        message: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Say `text`."""
        super().__init__(text)
        self.file = file
        self.line = line
        self.column = column
        self.message = message or text
        self.hint = hint


class RequestError(TiercelError):
    """A request was refused or failed.

    What Tiercel says itself has a class of its own, see `tiercel.errors`; what a provider says is of this one.

    >>> import tiercel
    >>> gateway = tiercel.Gateway.from_file("tiercel.toml")
    >>> try:
    ...     gateway.route("Hello!", model="nobody's")
    ... except tiercel.RequestError as error:
    ...     error.status, error.code
    (404, 'model_not_found')

    Attributes:
        code: What a program may act upon: the `code` of the error's body.
        status: The HTTP status that says the same.
    """

    code = "request_failed"
    status = 500

    def __init__(self, message: str, code: str | None = None, status: int | None = None) -> None:
        """Say `message`; of a class of its own, code and status are known."""
        super().__init__(message)
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status


class MalformedHead(RequestError):
    """The head is not one that can be trusted: `Host` missing or doubled, a header with control characters."""

    code = "malformed_head"


class ConflictingCredentials(RequestError):
    """Two different credentials came in one request."""

    code = "conflicting_credentials"


class MalformedBody(RequestError):
    """The body is not JSON of the shape that the endpoint asks for."""

    code = "malformed_body"


class Unsupported(RequestError):
    """The provider cannot be asked for what the body says."""

    code = "unsupported_parameter"


class BodyIncomplete(RequestError):
    """The client went away, or broke the framing, before the end of its body."""

    code = "body_incomplete"


class BodyTimeout(RequestError):
    """The body did not arrive in time."""

    code = "body_timeout"


class BodyTooLarge(RequestError):
    """The body is larger than the server allows."""

    code = "body_too_large"


class LengthRequired(RequestError):
    """The body comes without its length, over an interface that needs it."""

    code = "length_required"


class UnsupportedEncoding(RequestError):
    """The body is compressed."""

    code = "unsupported_encoding"


class MissingKey(RequestError):
    """No credential came, and one is needed."""

    code = "missing_api_key"


class UnknownKey(RequestError):
    """The credential is none that is known."""

    code = "invalid_api_key"


class ExpiredKey(RequestError):
    """The credential was good once."""

    code = "expired_api_key"


class Forbidden(RequestError):
    """The key may not use the model, or not see the page."""

    code = "forbidden"


class UnknownPath(RequestError):
    """There is no such path."""

    code = "unknown_path"


class UnknownModel(RequestError):
    """There is no such model."""

    code = "model_not_found"


class TooDear(RequestError):
    """Every tier of the route is expected to cost more than may be spent."""

    code = "max_cost_exceeded"


class MethodNotAllowed(RequestError):
    """The path does not take the method."""

    code = "method_not_allowed"


class InvalidConfiguration(RequestError):
    """The configuration that was to be read again cannot be used."""

    code = "invalid_configuration"


class IdempotencyKeyReused(RequestError):
    """The request's idempotency key came before, with another request."""

    code = "idempotency_key_reused"


class IdempotencyKeyInUse(RequestError):
    """The request that came before with the same idempotency key is still being answered."""

    code = "idempotency_key_in_use"


class LoopDetected(RequestError):
    """The request has passed through this gateway too often."""

    code = "loop_detected"


class Overloaded(RequestError):
    """More requests are in flight than the server allows."""

    code = "overloaded"


class Draining(RequestError):
    """The server is shutting down."""

    code = "draining"


class UpstreamThrottled(RequestError):
    """Every upstream that was tried asked to slow down."""

    code = "upstream_throttled"


class UpstreamCredentials(RequestError):
    """No upstream took the gateway's own credentials."""

    code = "upstream_credentials_unavailable"


class UpstreamFailed(RequestError):
    """No upstream could be reached, or none answered in a way that can be passed on."""

    code = "upstream_failed"


class UpstreamTimeout(RequestError):
    """No upstream answered in time."""

    code = "upstream_timeout"


class StreamInterrupted(RequestError):
    """A stream broke off after its first event had gone to the client."""

    code = "upstream_stream_interrupted"


class Internal(RequestError):
    """A fault of Tiercel's own."""

    code = "internal"


BY_CODE: dict[str, type[RequestError]] = {kind.code: kind for kind in RequestError.__subclasses__()}

for _code, _status, _ in error_kinds():
    BY_CODE[_code].status = _status
