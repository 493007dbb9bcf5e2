"""Makes the weights of the verifier: pairs of questions with one answer and with two, and trees over them.

Nothing here is used to judge it: `tiercel.bench.cache_pairs` has rewrites and traps of its own, of other questions.
"""
