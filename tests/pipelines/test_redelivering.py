"""What a partner was not told is told again as it stands now: the newest figure, never the one that failed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from pipelines.redelivering import deliver, letters_of, refuse_beside_a_run, shown
from schemas.partner_spec import PartnerSpec
from tests.partners import MAPPINGS, figure, terms, update
from transforms.publication.databases import (
    Database,
    ViewsError,
    create_views,
    database_of,
    open_to_read,
    open_to_write,
    write_batches,
)
from transforms.publication.runs import finish_run, start_run
from transforms.publication.view_tables import Run, row_maker, view_of
from transforms.sending.outbox_rows import dead_letter

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def text_of(what: RenderableType) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(what)
    return console.export_text()


def keep(database: Database, *records: Any) -> None:
    connection = open_to_write(database)
    write_batches(connection, [(view_of(one), [row_maker(view_of(one), "R1")(one)]) for one in records])
    connection.close()


def read(database: Database, query: str) -> list[tuple[Any, ...]]:
    connection = open_to_read(database)
    try:
        return list(map(tuple, connection.execute(query).fetchall()))
    finally:
        connection.close()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Figure 5 of listing L1 was not delivered; by now the channel is to be told 3."""
    path = database_of(tmp_path / "views.db")
    create_views(path)
    start_run(path, Run("R1", AT, None, "day", "p", "m", "{}"))
    finish_run(path, "R1", AT)
    old = dead_letter("shop", figure("L1", 5, 1), "not_delivered", "no answer", AT.timestamp())
    keep(path, old, update("L1", 3, 2))
    return path


@pytest.fixture
def served() -> Iterator[FakePartners]:
    with FakePartners({"shop": Behaviour(shape="bigcommerce")}) as partners:
        yield partners


def partners(url: str = "http://127.0.0.1:9", **changes: Any) -> dict[str, PartnerSpec]:
    return {"shop": terms(url=f"{url}/shop", give_up_seconds=2, **changes)}


def test_a_dry_run_shows_the_newest_figure_and_sends_nothing(database: Database) -> None:
    (letter,) = letters_of(database, partners())
    assert letter.message is not None
    assert (letter.partner, letter.reference, letter.message.quantity, letter.message.version) == ("shop", "L1", 3, 2)
    said = text_of(shown([letter], None))
    assert "1 of 1 dead letters would be told; nothing was sent" in said
    assert "shop  L1  figure 3  (not_delivered)" in said
    assert read(database, "SELECT * FROM settlement") == []


def test_the_partner_has_the_newest_figure_and_the_letter_is_closed(database: Database, served: FakePartners) -> None:
    told = partners(served.url)
    deliver(database, letters_of(database, told), told, MAPPINGS, 20)
    assert served["shop"].shop.figures == {"L1": 3}
    assert read(database, "SELECT status, told_version FROM delivery") == [("applied", 2)]
    assert letters_of(database, told) == []


def test_what_fails_again_stays_open(database: Database) -> None:
    told = partners()
    rows = deliver(database, letters_of(database, told), told, MAPPINGS, 1)
    letters = letters_of(database, told)
    assert [one.reference for one in letters] == ["L1"]
    assert "shop  L1 is " in text_of(shown(letters, rows))


def test_where_the_partner_has_what_is_newest_the_letter_is_only_closed(
    database: Database, served: FakePartners
) -> None:
    told = partners(served.url)
    deliver(database, letters_of(database, told), told, MAPPINGS, 20)
    keep(database, dead_letter("shop", figure("L1", 4, 1), "refused_by_partner", "no", AT.timestamp()))
    (letter,) = letters_of(database, told, reason="refused_by_partner")
    assert letter.message is None
    deliver(database, [letter], told, MAPPINGS, 5)
    assert letters_of(database, told) == []
    assert served["shop"].shop.figures == {"L1": 3}


def test_nothing_is_sent_beside_a_run_that_goes_on(database: Database) -> None:
    refuse_beside_a_run(database)
    start_run(database, Run("R2", AT, None, "day", "p", "m", "{}"))
    with pytest.raises(ViewsError, match="run R2 goes on"):
        refuse_beside_a_run(database)
