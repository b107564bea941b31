"""`python -m tallybook.cli` is `tallybook`."""

from tallybook.cli.app import main

main()
