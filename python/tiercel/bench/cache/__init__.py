"""Judges what a cache gives to a stream of questions, beside other ways to decide it."""
