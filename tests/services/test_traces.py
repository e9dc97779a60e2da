"""One id leads to everything that came of a message."""

from services.api_source import ApiSource
from services.traces import trace


def test_an_alert_is_found_by_the_message_that_raised_it(day_source: ApiSource) -> None:
    with day_source.reading() as connection:
        (raised_by,) = connection.execute(
            "SELECT correlation_id FROM alert WHERE kind = 'oversell' AND quantity <> '0'"
        ).fetchone()
        found = trace(connection, raised_by)["found"]
        (alert,) = found["alerts"]
        assert alert["kind"] == "oversell"
        assert trace(connection, "no such id") == {"correlation_id": "no such id", "found": {}}


def test_a_dead_letter_is_found_without_its_payload(day_source: ApiSource) -> None:
    with day_source.reading() as connection:
        (refused,) = connection.execute("SELECT correlation_id FROM dead_letter LIMIT 1").fetchone()
        (row, *_) = trace(connection, refused)["found"]["dead-letters"]
    assert "payload" not in row
    assert row["correlation_id"] == refused
