"""`python -m tiercel.bench.whole_path.upstream N_DELTAS DELAY_MS [CERTIFICATE]`: the upstream, a process of its own.

It prints `listening PORT` and then serves. A stream is so many words, so far apart, then the finish reason, then
`[DONE]`. With a path for a certificate the port speaks TLS, under one that is made for it.
"""

import signal
import sys

from tiercel._core import serve_upstream


def main() -> None:
    """Serves until it is told to stop."""
    # The core does not come back to the interpreter, whose own handlers would never run.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    n_deltas, delay_ms, *certificate = sys.argv[1:]
    serve_upstream(
        _announce, n_deltas=int(n_deltas), delay=int(delay_ms) / 1e3, certificate=next(iter(certificate), None)
    )


def _announce(port: int) -> None:
    sys.stdout.write(f"listening {port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
