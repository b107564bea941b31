"""Writes the OpenAPI document: `python -m tallybook.delivery.rest docs/reference/openapi.json`."""

import sys
from pathlib import Path

from tallybook.delivery.rest.app import openapi_document

if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(openapi_document())
