"""Measures the whole path: a client asks Tiercel and its peers, and they ask an upstream that costs almost nothing.

Modules are named for what a run meets: who is measured (`contenders`, `ours`, `proxies`, `peers`), what they run on
(`processes`, `services`, `upstream`), what asks them (`driver`), what is counted (`cpu`, `quantities`, `figures`), and
in which order (`rounds`, `run`).
"""
