"""What `drill.py` breaks and watches with, in the order in which a run meets it."""
