from pathlib import Path

import pytest

from schemas.mapping_checks import mapping_problems
from schemas.mapping_spec import MappingSpec
from schemas.yaml_files import load_yaml, parse, refusal
from tests.schemas.mapping_texts import SMALL, changed, saved

SECOND_EVENT = """\
      - kind: reservation_released
        transaction_key: [message.id, line.no]
        item: line.sku
        quantity: line.qty
        occurred_at: message.at
"""


def problems_of(path: Path) -> list[str]:
    findings = list(mapping_problems(parse(MappingSpec, path)))
    told = str(refusal(path, load_yaml(path), findings))
    return [line.removeprefix(f"{path}:") for line in told.splitlines()]


def test_the_lines_inside_of_one_order_need_different_keys(tmp_path: Path) -> None:
    text = changed(("each: message.lines", "each: [message.orders, line.lines]"), ("line.no", "outer.no"))
    expected = "expected a part that reads line or index"
    assert problems_of(saved(tmp_path, text)) == [f"14: every line of ship would have the same key, {expected}"]


def test_a_sound_mapping_has_no_problems(tmp_path: Path) -> None:
    assert problems_of(saved(tmp_path, SMALL)) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("message.trace", "mesage.trace", "6: 'mesage.trace' reads 'mesage', expected one of envelope, message"),
        ("message.trace", "line.trace", "6: 'line.trace' reads 'line', expected one of envelope, message"),
        (
            "message.type == 'SHIP'",
            "site == 'SHIP'",  # which message it is comes before its names
            "9: \"site == 'SHIP'\" reads 'site', expected one of envelope, message",
        ),
        (
            "message.lines",
            "messages.lines",
            "10: 'messages.lines' reads 'messages', expected one of envelope, message, site",
        ),
        ("message.site", "line.site", "11: 'line.site' reads 'line', expected one of envelope, message"),
        (
            "{site: message.site}",
            "{a: b, b: message.site, site: b}",
            "11: 'b' reads 'b', expected one of envelope, message",
        ),
        ("line.sku", "lien.sku", "15: 'lien.sku' reads 'lien', expected one of envelope, index, line, message, site"),
        (
            "line.qty",
            "outer.qty",
            "16: 'outer.qty' reads 'outer', expected one of envelope, index, line, message, site",
        ),
        (
            "quantity: line.qty",
            "quantity:\n          from: line.qty\n          negate_when: lin.sign == '-'",
            "18: \"lin.sign == '-'\" reads 'lin', expected one of envelope, index, line, message, site",
        ),
        (
            "item: line.sku",
            "item: {first: [line.sku, lnie.gtin]}",
            "15: 'lnie.gtin' reads 'lnie', expected one of envelope, index, line, message, site",
        ),
        (
            "[message.id, line.no]",
            "[message.id, lien.no, line.no]",
            "14: 'lien.no' reads 'lien', expected one of envelope, index, line, message, site",
        ),
        (
            "[message.id, line.no]",
            "[message.id, site]",
            "14: every line of ship would have the same key, expected a part that reads line or index",
        ),
        (
            "  - name: ping\n",
            SECOND_EVENT + "  - name: ping\n",
            "20: the key of another event of ship, expected a part that differs, such as \"'cancelled'\"",
        ),
        (
            "occurred_at: message.at",
            "occurred_at: {from: message.at, format: '%d.%m.'}",
            "18: '%d.%m.' is no time format, expected one such as %Y-%m-%d %H:%M:%S",
        ),
        (
            "occurred_at: message.at",
            "occurred_at: {from: message.at, format: ['%Y%m%d', '%Q']}",
            "18: '%Q' is no time format, expected one such as %Y-%m-%d %H:%M:%S",
        ),
        (
            "occurred_at: message.at",
            "occurred_at: {from: message.at, format: '%Y-%m-%d %H:%M %Z'}",
            "18: '%Y-%m-%d %H:%M %Z' has names of zones, which mean many things, expected offsets, %z",
        ),
        ("name: ping", "name: ship", "19: a second message ship, expected each name once"),
        (
            "    when: \"message.type == 'SHIP'\"\n",
            "",
            "18: message ping is never reached, expected it before ship, which has no when",
        ),
        (
            "    ignore: pings",
            "    each: message.lines\n    ignore: pings",
            "19: message ping is ignored, expected no each and no let",
        ),
    ],
)
def test_what_cannot_work_is_told_with_its_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert problems_of(saved(tmp_path, changed((old, new)))) == [problem]


@pytest.mark.parametrize(
    ("story", "old", "new"),
    [
        ("a let may use those before it", "{site: message.site}", "{a: message.site, site: a}"),
        ("nested lists are seen as outer and line", "each: message.lines", "each: [message.orders, line.lines]"),
        ("the place of a line can be its key", "[message.id, line.no]", "[message.id, index]"),
        (
            "events that exclude each other share a key",
            "  - name: ping\n",
            "      - when: line.back\n" + SECOND_EVENT.replace("      - ", "        ") + "  - name: ping\n",
        ),
        ("a day is a time", "occurred_at: message.at", "occurred_at: {from: message.at, format: '%Y%m%d'}"),
    ],
)
def test_what_works_is_left_alone(tmp_path: Path, story: str, old: str, new: str) -> None:
    text = changed((old, new), ("      - kind: shipment\n", "      - when: line.forth\n        kind: shipment\n"))
    assert problems_of(saved(tmp_path, text)) == []


COMPLETE = (
    ("      - kind: shipment\n", "      - kind: snapshot\n"),
    ("    each: message.lines\n", "    each: message.lines\n    complete: {snapshot: [message.id]}\n"),
)


@pytest.mark.parametrize(
    ("story", "change", "problem"),
    [
        ("what is complete is of one time and place", (), []),
        (
            "a time of each line",
            (("occurred_at: message.at", "occurred_at: line.at"),),
            ["11: occurred_at reads the lines, expected one time for all, such as message.rows[0].AS_OF"],
        ),
        (
            "a place of each line",
            (("location: site", "location: line.site"),),
            ["11: location differs from line to line, expected locations with all of them"],
        ),
        (
            "a misspelt name",
            (("[message.id]}", "[mesage.id]}"),),
            ["11: 'mesage.id' reads 'mesage', expected one of envelope, message, site"],
        ),
    ],
)
def test_a_complete_snapshot_is_of_one_time_and_of_named_places(
    tmp_path: Path, story: str, change: tuple[tuple[str, str], ...], problem: list[str]
) -> None:
    text = changed(*COMPLETE)
    for old, new in change:
        assert old in text
        text = text.replace(old, new)
    assert problems_of(saved(tmp_path, text)) == problem
