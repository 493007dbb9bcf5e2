"""What the documentation says: every block of code in it runs, its site builds, and its references name what exists."""
