"""`python -m gxml`."""

from .cli import main

main()
