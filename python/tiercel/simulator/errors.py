"""What goes wrong with a request, in OpenAI's shape."""

import orjson

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


class ApiError(Exception):
    """An answer other than 200.

    Attributes:
        status: HTTP status.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        self._fields = {"message": message, "type": kind, "param": param, "code": code}

    def body(self) -> bytes:
        """The error as JSON, all four fields present."""
        return orjson.dumps({"error": self._fields})


def missing(name: str) -> ApiError:
    """A required parameter is absent."""
    return ApiError(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def invalid(name: str, expected: str) -> ApiError:
    """A parameter has the wrong type or value."""
    return ApiError(400, f"Invalid value for '{name}': expected {expected}.", param=name, code="invalid_value")
