"""How far one machine goes: workers, idle connections, open streams, large bodies, and an hour's worth of faults.

Modules are named for what a run meets: what is started (`service`), what is read of it (`processes`), who asks
(`client`, `load`), one module a measurement (`workers`, `idle`, `streams`, `bodies`, `soak` with its `mixture`,
`ledger` and `trend`), and `run`, which has them all. The load is made in Python: memory and books are measured here,
not microseconds.
"""
