"""Outbound mappings are checked when they are loaded, with file and line."""

from pathlib import Path

import pytest

from schemas.outbound_spec import load_outbound, load_outbounds
from schemas.yaml_files import SpecError

GOOD = """\
partner: shop
owner: us
version: 1
takes: figures
send:
  steps:
    - path: {text: [/items/, {from: message.listing}]}
      headers: {token: {from: secret.token}}
      body:
        lines: {each: messages, as: {sku: {from: one.listing}}}
  answer:
    each: body.errors
    key: one.sku
"""


def problems(folder: Path, text: str) -> str:
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "shop" / "mapping.yaml").write_text(text)
    try:
        load_outbound(folder / "shop")
    except SpecError as error:
        return str(error).replace(f"{folder}/shop/", "")
    return ""


def test_a_mapping_is_read(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("message.listing", "mesage.listing", "mapping.yaml:7: 'mesage.listing' reads 'mesage', expected one of call"),
        ("from: one.listing", "from: two.listing", "mapping.yaml:10: 'two.listing' reads 'two', expected one of"),
        ("key: one.sku", "key: message.sku, ", "is not JMESPath"),
        ("sku: {from: one.listing}", "sku: {from: 'secret.token'}", "mapping.yaml:10: 'secret.token' reads 'secret'"),
        ("each: body.errors", "each: errors", "mapping.yaml:12: 'errors' reads 'errors', expected one of body"),
        ("each: messages, as:", "each: messages, at:", "each given with ['at']"),
        ("/items/", "1.5", "mapping.yaml:7: send.steps.0.path: 1.5, expected text"),
        ("  answer:\n", "  answer:\n    receipt: body.id\n", "mapping.yaml:12: a receipt, expected poll"),
        ("  answer:\n", "  answer:\n    settles: false\n", "mapping.yaml:5: settles is false, expected read"),
        ("partner: shop", "partner: store", "mapping.yaml:1: partner store, expected shop, the name of the folder"),
        ("takes: figures", "takes: all", "mapping.yaml:4: takes: Input should be"),
    ],
)
def test_what_cannot_work_is_said_with_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in problems(tmp_path, GOOD.replace(old, new))


def test_a_folder_without_mappings_is_said(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no outbound mapping, expected PARTNER/mapping\.yaml in it"):
        load_outbounds(tmp_path)
