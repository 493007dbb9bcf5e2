"""How long a model takes.

Times to first token and token rates of real services are skewed to the right, never negative, and vary by a factor
rather than by an amount: a log-normal distribution has these properties with two parameters that can be read off.
"""

from dataclasses import dataclass
from math import exp
from random import Random


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A positive quantity that varies by a factor.

    Attributes:
        median: Half of the samples are below it; in the unit of the quantity.
        spread: Standard deviation of the natural logarithm; 0.3 puts two thirds of the samples within a factor of
            1.35 of the median.
    """

    median: float
    spread: float

    def sample(self, random: Random) -> float:
        """Draws one value, in the unit of `median`."""
        return self.median * exp(random.gauss(0.0, self.spread))


@dataclass(frozen=True, slots=True)
class Pace:
    """The delays of one answer, in seconds."""

    first_token: float
    per_token: float


@dataclass(frozen=True, slots=True)
class Latency:
    """The delays of one model.

    Attributes:
        first_token: Seconds from the request to the first token.
        rate: Tokens a second after that.
    """

    first_token: LogNormal
    rate: LogNormal

    def pace(self, speed: float, random: Random) -> Pace:
        """Draws the delays of one answer; `speed` divides them, and 0 means none at all."""
        first_token, rate = self.first_token.sample(random), self.rate.sample(random)
        if speed == 0.0:
            return Pace(0.0, 0.0)
        return Pace(first_token / speed, 1.0 / (rate * speed))
