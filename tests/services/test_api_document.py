"""The description of the API is well formed and covers what the API serves."""

import jsonschema

from services.api_document import api_document
from services.view_pages import COLLECTIONS


def test_every_collection_is_described() -> None:
    paths = api_document()["paths"]
    assert {f"/v1/{name}" for name in COLLECTIONS} <= paths.keys()
    assert {method for path in paths.values() for method in path} == {"get", "post"}


def test_every_schema_in_it_is_one() -> None:
    for path in api_document()["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    jsonschema.Draft202012Validator.check_schema(content["schema"])
            for parameter in operation.get("parameters", []):
                jsonschema.Draft202012Validator.check_schema(parameter["schema"])


def test_quantities_are_described_as_text() -> None:
    page = api_document()["paths"]["/v1/positions"]["get"]["responses"]["200"]
    row = page["content"]["application/json"]["schema"]["properties"]["rows"]["items"]
    assert row["properties"]["on_hand_quantity"]["type"] == "string"
    assert row["properties"]["counted_at"]["type"] == ["string", "null"]
