"""Tiercel: an LLM gateway that decides in microseconds.

As a proxy: `tiercel serve`. As a library: what this module names.
"""

from tiercel._core import Classification, count_tokens, version
from tiercel.classifier import Classifier
from tiercel.embedder import embed
from tiercel.errors import ConfigurationError, RequestError, TiercelError
from tiercel.semantic_cache import Hit, SemanticCache

__all__ = [
    "Classification",
    "Classifier",
    "ConfigurationError",
    "Hit",
    "RequestError",
    "SemanticCache",
    "TiercelError",
    "__version__",
    "count_tokens",
    "embed",
]

__version__ = version()
