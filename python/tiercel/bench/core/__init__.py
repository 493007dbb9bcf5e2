"""Measures the core as Python meets it: each figure has the crossing between Python and Rust in it, and no socket."""
