"""Rows come page by page, each once, picked by what is asked and by nothing else."""

import pytest

from services.api_source import ApiSource
from services.view_pages import QueryError, filters_of, read_page, view_of_collection
from transforms.publication.view_tables import VIEW_NAMED

POSITION = VIEW_NAMED["position"]


def test_pages_hold_every_row_once_and_in_order(day_source: ApiSource) -> None:
    with day_source.reading() as connection:
        keys: list[tuple[str, ...]] = []
        parameters = {"limit": "7"}
        while True:
            page = read_page(connection, POSITION, parameters)
            keys += [tuple(row[name] for name in POSITION.key) for row in page.rows]
            if page.next is None:
                break
            parameters["after"] = page.next
        expected = connection.execute("SELECT item, location, lot, disposition FROM position ORDER BY 1, 2, 3, 4")
        assert keys == [tuple(row) for row in expected]
        assert len(keys) > 14


def test_quantities_are_text_and_chains_are_not(day_source: ApiSource) -> None:
    with day_source.reading() as connection:
        (position,) = read_page(connection, POSITION, {"item": "MUG-BLUE", "location": "WEST"}).rows
        (offer,) = read_page(connection, VIEW_NAMED["availability"], {"item": "MUG-BLUE", "channel": "web"}).rows
    assert position["on_hand_quantity"] == "80"
    assert (offer["available_quantity"], offer["chain"][-1]["step"]) == (85, "sell_units")


def test_of_a_payload_only_its_length_is_told(day_source: ApiSource) -> None:
    with day_source.reading() as connection:
        (row, *_) = read_page(connection, VIEW_NAMED["dead_letter"], {"reason": "envelope_mismatch"}).rows
    assert "payload" not in row
    assert row["payload_bytes"] == 329


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"colour": "blue"}, "no parameter 'colour' here, expected some of item, location, lot, disposition"),
        ({"item; DROP TABLE position": "x"}, "no parameter 'item; DROP"),
        ({"item": "x" * 501}, "item has 501 characters, expected at most 500"),
        ({"limit": "0"}, "limit is '0', expected 1 to 1000"),
        ({"limit": "1001"}, "limit is '1001'"),
        ({"limit": "-1"}, "limit is '-1'"),
        ({"after": "x"}, "after is not what a page before gave as next"),
        ({"after": "WzFd"}, "after is not"),
        ({"after": "W" * 4_001}, "after is not"),
        ({"after": "W1tbW1tbW1tb"}, "after is not"),
    ],
)
def test_what_means_nothing_is_refused(day_source: ApiSource, parameters: dict[str, str], message: str) -> None:
    with day_source.reading() as connection, pytest.raises(QueryError) as error:
        read_page(connection, POSITION, parameters)
    assert str(error.value).startswith(message)


def test_a_value_is_never_part_of_the_question(day_source: ApiSource) -> None:
    with day_source.reading() as connection:
        assert read_page(connection, POSITION, {"item": "' OR '1'='1"}).rows == []


def test_collections_are_views_of_ours() -> None:
    assert view_of_collection("dead-letters") is VIEW_NAMED["dead_letter"]
    assert view_of_collection("sqlite_master") is None
    assert filters_of(POSITION) == ["item", "location", "lot", "disposition"]
