"""What `gateway.py` measures with, in the order in which a run meets it."""
