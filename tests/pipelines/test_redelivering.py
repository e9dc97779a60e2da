"""What a partner was not told is told again as it stands now: the newest figure, never the one that failed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from pipelines.redelivering import deliver, letters_of, refuse_beside_a_run, shown
from schemas.partner_spec import PartnerSpec
from schemas.records import PartnerPosting, Settlement
from tests.partners import MAPPINGS, figure, terms, update, way
from tests.written_views import rows_of
from transforms.publication.databases import (
    Database,
    ViewsError,
    create_views,
    database_of,
    open_to_write,
    write_batches,
)
from transforms.publication.runs import finish_run, start_run
from transforms.publication.view_tables import Run, row_maker, view_of
from transforms.sending.outbox_rows import dead_letter
from transforms.sending.outbox_state import Call
from transforms.sending.outgoing_rules import message_of

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def text_of(what: RenderableType) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(what)
    return console.export_text()


def keep(database: Database, *records: Any) -> None:
    connection = open_to_write(database)
    write_batches(connection, [(view_of(one), [row_maker(view_of(one), "R1")(one)]) for one in records])
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
    assert rows_of(database, "SELECT * FROM settlement") == []


def test_the_partner_has_the_newest_figure_and_the_letter_is_closed(database: Database, served: FakePartners) -> None:
    told = partners(served.url)
    deliver(database, letters_of(database, told), told, MAPPINGS, 20)
    assert served["shop"].shop.figures == {"L1": 3}
    assert rows_of(database, "SELECT status, told_version FROM delivery") == [("applied", 2)]
    assert letters_of(database, told) == []


def test_what_fails_again_stays_open(database: Database) -> None:
    told = partners()
    rows = deliver(database, letters_of(database, told), told, MAPPINGS, 1)
    letters = letters_of(database, told)
    assert [one.reference for one in letters] == ["L1"]
    assert "shop  L1 is " in text_of(shown(letters, rows))


def test_what_fails_again_for_good_is_one_letter_about_what_was_told_now(database: Database) -> None:
    told = partners()
    assert [one.message_id for one in letters_of(database, told)] == ["shop/L1@1"]
    deliver(database, letters_of(database, told), told, MAPPINGS, 20)
    (letter,) = letters_of(database, told)
    assert (letter.message_id, letter.reason) == ("shop/L1@2", "not_delivered")
    deliver(database, [letter], told, MAPPINGS, 20)
    assert [one.message_id for one in letters_of(database, told)] == ["shop/L1@2"]


def test_what_fails_again_for_another_reason_is_one_letter_with_that_reason(database: Database) -> None:
    with FakePartners({"shop": Behaviour(shape="bigcommerce", unknown_listings=["L1"])}) as refusing:
        told = partners(refusing.url)
        deliver(database, letters_of(database, told), told, MAPPINGS, 20)
    assert [(one.message_id, one.reason) for one in letters_of(database, told)] == [("shop/L1@2", "refused_by_partner")]


def test_a_letter_that_was_closed_is_open_again_when_its_figure_fails_again(database: Database) -> None:
    told = partners()
    deliver(database, letters_of(database, told), told, MAPPINGS, 20)
    (letter,) = letters_of(database, told)
    closed = Settlement(letter.message_id, -1, letter.reason, "replayed", AT, 1)
    keep(database, closed._replace(version=int(time.time() * 1_000_000)))
    assert letters_of(database, told) == []
    deliver(database, [letter], told, MAPPINGS, 20)
    assert [one.message_id for one in letters_of(database, told)] == ["shop/L1@2"]


RECEIPT = PartnerPosting(
    "receipt", "wms:GR-7:1", "MUG", Decimal("2.5"), "EAST", "L1", "sellable", "", "receipt", "GR-7", "1", "PO-9",
    AT, None, "wms", "c-7",
)  # fmt: skip


@pytest.fixture
def unposted(database: Database) -> Database:
    """A receipt that the ERP was not told, too."""
    letter = dead_letter("erp", message_of(RECEIPT), "not_delivered", "no answer", AT.timestamp())
    keep(database, RECEIPT, letter)
    return database


def erp_at(url: str) -> dict[str, PartnerSpec]:
    its = terms(mapping="erp-rest", channel=None, postings=("receipt",), url=f"{url}/erp", give_up_seconds=2)
    return {"erp": its}


def test_a_posting_is_told_the_erp_as_it_was_and_its_letter_is_closed(unposted: Database) -> None:
    with FakePartners({"erp": Behaviour(shape="erp")}) as served:
        told = erp_at(served.url)
        (letter,) = letters_of(unposted, told)
        assert "erp  wms:GR-7:1#receipt  receipt 2.5  (not_delivered)" in text_of(shown([letter], None))
        deliver(unposted, [letter], told, MAPPINGS, 20)
        assert served["erp"].shop.documents == {
            "wms:GR-7:1#receipt": {
                "path": "/api/goods-receipts", "externalId": "wms:GR-7:1", "material": "MUG", "quantity": "2.5",
                "plant": "EAST", "batch": "L1", "stockType": "sellable", "salesChannel": "", "reference": "PO-9",
                "sourceDocument": "GR-7", "postedAt": "2026-03-02T12:00:00+00:00",
            }
        }  # fmt: skip
    assert letters_of(unposted, told) == []
    assert rows_of(unposted, "SELECT status, kind FROM delivery WHERE partner = 'erp'") == [("applied", "receipt")]


def test_a_posting_that_a_killed_replay_had_told_already_is_booked_once(unposted: Database) -> None:
    with FakePartners({"erp": Behaviour(shape="erp")}) as served:
        told = erp_at(served.url)
        letters = letters_of(unposted, told)
        call = Call(1, "send", letters[0].reference, (letters[0].message,), (None,))  # type: ignore[arg-type]
        assert way("erp", told["erp"]).make(call, AT.timestamp()).outcome == "done"  # and then it was killed
        deliver(unposted, letters_of(unposted, told), told, MAPPINGS, 20)
        assert [seen.status for seen in served["erp"].seen] == [201, 200]
        assert list(served["erp"].shop.documents) == ["wms:GR-7:1#receipt"]
    assert letters_of(unposted, told) == []


def test_a_posting_that_fails_twice_is_one_letter_and_booked_once_the_erp_is_back(unposted: Database) -> None:
    with FakePartners({"erp": Behaviour(shape="erp", is_dead=True)}) as served:
        told = erp_at(served.url)
        for _ in range(2):
            deliver(unposted, letters_of(unposted, told), told, MAPPINGS, 20)
            assert [one.message_id for one in letters_of(unposted, told)] == ["erp/wms:GR-7:1#receipt@1"]
        served["erp"].behaviour.is_dead = False
        deliver(unposted, letters_of(unposted, told), told, MAPPINGS, 20)
        assert len(served["erp"].shop.documents) == 1
    assert letters_of(unposted, told) == []


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
    with pytest.raises(ViewsError, match=r"run R2 goes on.* --over R2"):
        refuse_beside_a_run(database)
    with pytest.raises(ViewsError, match="run R2 goes on"):
        refuse_beside_a_run(database, over="R1")


def test_a_run_that_is_said_to_be_over_holds_up_nothing(database: Database) -> None:
    start_run(database, Run("R2", AT, None, "day", "p", "m", "{}"))
    refuse_beside_a_run(database, over="R2")


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from json import dumps
from pipelines.run_processes import process_of_run
from transforms.publication.databases import database_of
from transforms.publication.runs import start_run
from transforms.publication.view_tables import Run

options = dumps(process_of_run("DirectRunner"))
start_run(database_of(sys.argv[1]), Run("R2", datetime(2026, 3, 3, tzinfo=UTC), None, "day", "p", "m", options))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="needs /proc, which Linux has")
def test_a_run_that_was_killed_holds_up_nothing(database: Database) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert rows_of(database, "SELECT run_id FROM run WHERE finished_at IS NULL") == [("R2",)]
    refuse_beside_a_run(database)
