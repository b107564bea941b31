"""The OpenAPI document held against the server by Schemathesis, and its examples against itself."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tallybook.delivery.rest.app import openapi_document
from tallybook.settings import Settings
from tests.contract.fuzzing import failures, fuzzed

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.timeout(300)
def test_the_server_keeps_to_its_description_whatever_it_is_sent(settings: Settings) -> None:
    """More examples: `python -m tests.contract.fuzzing 300`."""
    with fuzzed(settings, examples=2, steady=True) as schema:
        found = list(failures(schema))
    assert not found, "\n".join(found)


def test_every_body_has_an_example_that_is_true_to_its_shape() -> None:
    document = msgspec.json.decode(openapi_document())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for spoken in (operation.get("requestBody", {}), *operation["responses"].values()):
                for media_type, content in spoken.get("content", {}).items():
                    if "json" in media_type:
                        examples = (
                            [content["example"]] if "example" in content else by_name(document, content)
                        )
                        assert examples
                        for example in examples:
                            assert problems(document, content["schema"], example) == [], (method, path)


def by_name(document: Any, content: Any) -> list[Any]:
    names = [each["$ref"].rpartition("/")[2] for each in content["examples"].values()]
    return [document["components"]["examples"][name]["value"] for name in names]


def problems(document: Any, schema: Any, value: Any) -> list[str]:
    whole = {"$schema": DIALECT, "components": document["components"], **schema}
    validator = jsonschema_rs.validator_for(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]
