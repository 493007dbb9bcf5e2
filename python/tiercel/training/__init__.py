"""Learning the weights of the classifier: those that ship, and an operator's own.

`python -m tiercel.training DATA` makes the weights that ship and the tables of `docs/models/classifier.md`;
`tiercel train classifier` learns from an operator's log. Features and learning are the core's (`_core.Fitted`).
"""
