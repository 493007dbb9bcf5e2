"""Tiercel: an LLM gateway that decides in microseconds.

As a proxy: `tiercel serve`. As a library: what this module names.

>>> import tiercel
>>> tiercel.__version__
'...'
"""

from typing import TYPE_CHECKING

from tiercel._core import Classification, count_tokens, version
from tiercel.classifier import Classifier
from tiercel.embedder import embed
from tiercel.errors import ConfigurationError, RequestError, TiercelError
from tiercel.semantic_cache import Hit, SemanticCache

if TYPE_CHECKING:
    from tiercel.library.answer import Answer, Event, Response
    from tiercel.library.gateway import Gateway
    from tiercel.library.stream import Stream
    from tiercel.library.transport import Transport

__all__ = [
    "Answer",
    "Classification",
    "Classifier",
    "ConfigurationError",
    "Event",
    "Gateway",
    "Hit",
    "RequestError",
    "Response",
    "SemanticCache",
    "Stream",
    "TiercelError",
    "Transport",
    "__version__",
    "count_tokens",
    "embed",
]

__version__ = version()

# Imported when they are asked for: asyncio takes as long as all the rest.
_LATER = {
    "Answer": "answer",
    "Event": "answer",
    "Gateway": "gateway",
    "Response": "answer",
    "Stream": "stream",
    "Transport": "transport",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module 'tiercel' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(f"tiercel.library.{_LATER[name]}"), name)
