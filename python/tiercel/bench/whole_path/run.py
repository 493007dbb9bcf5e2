"""A run of the whole path, from finding who is here to the document of what was found."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiercel.bench.rows import DIRECT, Missing
from tiercel.bench.whole_path.driver import Driver
from tiercel.bench.whole_path.ours import tiercel
from tiercel.bench.whole_path.peers import bifrost, litellm, portkey, tensorzero
from tiercel.bench.whole_path.processes import Cores
from tiercel.bench.whole_path.proxies import envoy, nginx
from tiercel.bench.whole_path.quantities import FULL, QUICK
from tiercel.bench.whole_path.rounds import Rounds
from tiercel.bench.whole_path.samples import Measured
from tiercel.bench.whole_path.services import Starter
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiercel.bench.whole_path.contenders import Contender

MAX_FILES = 65_536
"""Hundreds of clients with their upstream connections need more open files than the usual limit."""

_PEERS = {"envoy": envoy, "bifrost": bifrost, "tensorzero": tensorzero, "portkey": portkey, "litellm": litellm}


@dataclass(frozen=True)
class Options:
    """What is measured, and how long."""

    is_quick: bool = False
    """Each step once and short: are the answers right?"""
    n_rounds: int | None = None
    """Else as many as the scale has."""
    only: tuple[str, ...] = ()
    """Names of contenders; none stands for all."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Where peers' programs are, by the peer's name."""


def run(options: Options, tell: Callable[[str, float], None]) -> dict[str, Any]:
    """Measures; `tell` is told what is done next, and which part of all is done.

    Returns:
        What `rows.document` gives.

    Raises:
        TiercelError: There is no such contender, or nothing can be measured here.
    """
    cores = Cores.share_out()
    raise_file_limit()
    present, missing = _contenders(options)
    notes = {DIRECT: "no gateway"} | {each.name: each.note for each in present}
    must_be_right = frozenset({DIRECT} | {each.name for each in present if each.must_be_right})
    measured = Measured(notes, missing, must_be_right)
    scale = QUICK if options.is_quick else FULL
    with tempfile.TemporaryDirectory(prefix="tiercel-bench-") as folder:
        starter = Starter(Path(folder), cores, Driver(cores.driver))
        rounds = dataclasses.replace(scale, n_rounds=options.n_rounds or scale.n_rounds)
        Rounds(starter, rounds, measured, tell).run(present)
    return measured.document()


def raise_file_limit() -> None:
    """Has this process, and what it starts, open as many files as a run may need."""
    import resource  # noqa: PLC0415 - not every system has it

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, MAX_FILES), most))


def _contenders(options: Options) -> tuple[list[Contender], list[Missing]]:
    """Those that are on this machine, and those that are not."""
    if unknown := sorted(set(options.programs) - set(_PEERS)):
        raise TiercelError(f"no such peer: {', '.join(unknown)}; there are: {', '.join(_PEERS)}")
    known = [
        tiercel("asgi"),
        tiercel("rsgi"),
        nginx(),
        *(peer(options.programs.get(name)) for name, peer in _PEERS.items()),
    ]
    names = [each.name for each in known]
    if unknown := [name for name in options.only if name not in names]:
        raise TiercelError(f"no such contender: {', '.join(unknown)}; there are: {', '.join(names)}")
    wanted = [each for each in known if each.name in (options.only or names)]
    missing = [each for each in wanted if isinstance(each, Missing)]
    return [each for each in wanted if not isinstance(each, Missing)], missing
