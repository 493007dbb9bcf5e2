"""Judges whether stored answers are given to the right questions, on texts that nothing was learned from."""
