"""Attacks: each row of the security specification that a client, a provider or an operator's mistake can be."""
