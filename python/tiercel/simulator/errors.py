"""What goes wrong with a request; each dialect tells it in its own shape."""

from collections.abc import Sequence

Headers = Sequence[tuple[str, str]]


class ApiError(Exception):
    """An answer other than 200.

    Attributes:
        status: HTTP status.
        message: For whoever wrote the request.
        param: The parameter at fault.
        code: Names the cause, where the status does not.
        headers: What the answer's head has in addition.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.headers = headers


# What a stream or a body says instead of the rest of an answer.
INTERRUPTION = ApiError(500, "The server had an error while processing your request.", code="server_error")


def missing(name: str) -> ApiError:
    """A required parameter is absent."""
    return ApiError(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def invalid(name: str, expected: str) -> ApiError:
    """A parameter has the wrong type or value."""
    return ApiError(400, f"Invalid value for '{name}': expected {expected}.", param=name, code="invalid_value")


def unknown_model(name: str) -> ApiError:
    """There is no such model."""
    message = f"The model '{name[:100]}' does not exist or you do not have access to it."
    return ApiError(404, message, param="model", code="model_not_found")
