"""`python -m tiercel` is `tiercel`."""

from tiercel.cli import main

main()
