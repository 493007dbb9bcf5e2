"""An upstream that speaks OpenAI's dialect on loopback, to develop and test against without a provider or a bill.

It answers like three models of different price and skill, counts real tokens, takes its time as real ones do, fails
on request (`faults.py` has the grammar), and keeps a journal of what it received. The same seed and request give the
same answer and the same delays.
"""

from tiercel.simulator.faults import Fault, FaultSyntaxError
from tiercel.simulator.journal import Entry, Journal
from tiercel.simulator.latency import Latency, LogNormal
from tiercel.simulator.models import MODELS, PRICES, Model, Price
from tiercel.simulator.server import Simulator, run
from tiercel.simulator.settings import Settings

__all__ = [
    "MODELS",
    "PRICES",
    "Entry",
    "Fault",
    "FaultSyntaxError",
    "Journal",
    "Latency",
    "LogNormal",
    "Model",
    "Price",
    "Settings",
    "Simulator",
    "run",
]
