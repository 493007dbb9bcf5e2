"""What a simulator is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

from tiercel._core import count_tokens
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
        key: The bearer key that requests must carry; none means that any will do.
        models: By id.
        faults: By model id, or None for all models, in the grammar of `faults.py`.
        count_tokens: Tokens in a text; by default as gpt-4o counts, by Tiercel's core.
        tls: Serves HTTPS when given.
    """

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 0
    speed: float = 1.0
    key: str | None = field(default=None, repr=False)
    models: Mapping[str, Model] = field(default_factory=lambda: MODELS)
    faults: Mapping[str | None, str] = field(default_factory=dict)
    count_tokens: CountTokens = count_tokens
    tls: SSLContext | None = None

    def __post_init__(self) -> None:
        if self.speed < 0.0:
            raise ValueError("speed must not be negative")
        unknown = set(self.faults) - {None, *self.models}
        if unknown:
            raise ValueError(f"there are faults for models that do not exist: {unknown}")
