"""Writes the AsyncAPI document: `python -m tallybook.delivery.channels docs/reference/asyncapi.json`."""

import sys
from pathlib import Path

from tallybook.delivery.channels.description import asyncapi_document

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(asyncapi_document())
