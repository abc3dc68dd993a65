"""Lets ``python -m monitor`` do what ``monitor`` does."""

from monitor.cli import main

main()
