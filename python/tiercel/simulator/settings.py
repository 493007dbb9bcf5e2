"""What a simulator is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

from tiercel._core import count_tokens
from tiercel.simulator.faults import OAUTH
from tiercel.simulator.models import MODELS, Model
from tiercel.simulator.tokens import CountTokens


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one, which `Simulator.port` then tells.
        seed: Answers and delays follow from it and the request.
        speed: Divides every delay but those of faults; 0 means no delay.
        key: What requests must carry, where their dialect carries keys; none means that any will do.
        aws_secret: The secret with which Bedrock's requests must be signed; without it, signatures are not verified.
        token_key: Modulus and exponent of the RSA key that verifies what access tokens are asked for with; with it,
            Vertex is served to those tokens only.
        models: By id.
        faults: By model id or `token`, or None for all models, in the grammar of `faults.py`.
        count_tokens: Tokens in a text; by default as gpt-4o counts, by Tiercel's core.
        cache_from: Tokens from which on the beginnings of prompts are cached that are not marked.
        tls: Serves HTTPS when given.
    """

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 0
    speed: float = 1.0
    key: str | None = field(default=None, repr=False)
    aws_secret: str | None = field(default=None, repr=False)
    token_key: tuple[int, int] | None = None
    models: Mapping[str, Model] = field(default_factory=lambda: MODELS)
    faults: Mapping[str | None, str] = field(default_factory=dict)
    count_tokens: CountTokens = count_tokens
    cache_from: int = 1024  # OpenAI's guide to prompt caching
    tls: SSLContext | None = None

    def __post_init__(self) -> None:
        if self.speed < 0.0:
            raise ValueError("speed must not be negative")
        unknown = set(self.faults) - {None, OAUTH, *self.models}
        if unknown:
            raise ValueError(f"there are faults for models that do not exist: {unknown}")
