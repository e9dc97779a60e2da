"""After a fix the dead letters are sent again, post once, and are closed; what fails again is open again."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipelines.command_line import main
from pipelines.replaying import Replay, Wanted, close_rejections, prepare, queue_attributes, sent_again, shown
from services.deliveries import LandingFolder
from tests.pipelines.replay_company import Company
from tests.postgres_server import PostgresServer
from transforms.arrival.envelope_rules import from_queue_message
from transforms.canonical.canonical_rules import Front
from transforms.canonical.mapping_rules import load_mappings
from transforms.canonical.replay_rules import ATTEMPTS_MAX
from transforms.governed_files import read_governed

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
OPEN = "SELECT reason FROM dead_letter d WHERE NOT EXISTS (SELECT 1 FROM settlement s WHERE s.settled_as <> ''"
OPEN += " AND s.message_id = d.message_id) ORDER BY 1"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.receive("00", {"number": 1}, {"number": 2, "state": "B"}, {"number": 3, "state": "C"})
    company.run()
    return company


def prepared(company: Company, wanted: Wanted | None = None, archive: Path | None = None) -> Replay:
    master, policy, _ = read_governed(str(company.files.master), str(company.files.policy))
    front = Front(load_mappings(company.mappings), master, policy)
    return prepare(company.database, front, wanted or Wanted(), archive, NOW)


def send(company: Company, at: datetime = NOW) -> int:
    """Replay into the input folder; how many messages went."""
    messages = prepared(company).plan.messages
    for envelope in sent_again(messages, at):
        LandingFolder(company.input).put(envelope)
    close_rejections(company.database, messages, at)
    return len(messages)


def text_of(replay: Replay) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(shown(replay, 50))
    return console.export_text()


def test_nothing_is_sent_before_the_fix(company: Company) -> None:
    replay = prepared(company)
    assert (replay.plan.messages, replay.changes) == ([], [])
    assert "2 stay: they would be refused again as unmapped_value" in text_of(replay)


def test_a_dry_run_says_what_would_move_and_writes_nothing(company: Company) -> None:
    company.set_values("{OK: sellable, B: sellable}")
    replay = prepared(company)
    assert [(one.item, one.channel, one.now, one.then) for one in replay.changes] == [("MUG", "web", 5, 10)]
    assert company.read("SELECT * FROM settlement") == []
    said = text_of(replay)
    assert "1 messages would be sent; nothing was written" in said
    assert "1 refused as unmapped_value" in said


def test_after_the_fix_it_posts_once_however_often_it_is_replayed(company: Company) -> None:
    company.set_values("{OK: sellable, B: sellable}")
    assert send(company) == 1
    assert company.read(OPEN) == [("unmapped_value",)]
    assert send(company) == 0
    company.run()
    assert company.on_hand() == {"MUG": "10"}
    company.run()
    assert company.on_hand() == {"MUG": "10"}
    assert company.read(OPEN) == [("unmapped_value",)]


def test_what_is_refused_again_is_open_again_and_gives_up_in_the_end(company: Company) -> None:
    """The fix is taken back before the pipeline reads the message, each time."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        company.set_values("{OK: sellable, B: sellable}")
        assert send(company) == 1
        company.set_values("{OK: sellable}")
        company.run()
        assert len(company.read(OPEN)) == 2
        assert company.read("SELECT max(attempts) FROM settlement") == [(attempt,)]
    company.set_values("{OK: sellable, B: sellable}")
    replay = prepared(company)
    assert (len(replay.plan.messages), len(replay.plan.worn_out)) == (0, 1)
    assert "sent again 3 times, and refused each time" in text_of(replay)


@pytest.mark.parametrize(
    ("wanted", "messages"),
    [
        (Wanted(), 2),
        (Wanted(source="wms"), 2),
        (Wanted(source="shop"), 0),
        (Wanted(reason="unmapped_value"), 2),
        (Wanted(reason="bad_time"), 0),
        (Wanted(item="MUG"), 2),
        (Wanted(item="BEANS"), 0),
        (Wanted(since=datetime(2026, 3, 2, 13, tzinfo=UTC)), 2),
        (Wanted(until=datetime(2026, 3, 2, 13, tzinfo=UTC)), 0),
        (Wanted(views=("parked",)), 0),
    ],
)
def test_only_what_is_wanted(company: Company, wanted: Wanted, messages: int) -> None:
    company.set_values("{OK: sellable, B: sellable, C: sellable}")
    assert len(prepared(company, wanted).plan.messages) == messages


def test_a_parked_message_can_be_replayed_too(company: Company) -> None:
    company.receive("01", {"number": 4, "sku": "LAMP"})
    company.run()
    company.files.add("items", "LAMP,,each")
    parked = prepared(company, Wanted(views=("parked",)))
    assert [event.item for event in parked.plan.events] == ["LAMP"]


def test_a_message_that_views_do_not_keep_comes_from_the_archive(company: Company) -> None:
    company.set_values("{OK: sellable, B: sellable}")
    import sqlite3

    connection = sqlite3.connect(company.database)
    connection.execute("UPDATE dead_letter SET payload = x''")
    connection.commit()
    connection.close()
    assert prepared(company).without_message == 2
    found = prepared(company, archive=company.input)
    assert (len(found.plan.messages), found.without_message) == (1, 0)


def test_a_queue_brings_the_same_envelope_again(company: Company) -> None:
    company.set_values("{OK: sellable, B: sellable}")
    (sent,) = sent_again(prepared(company).plan.messages, NOW)
    again = from_queue_message(sent.payload, queue_attributes(sent), "7", NOW, {})
    assert again._replace(attributes={}) == sent._replace(attributes={})


@pytest.mark.postgres
def test_it_is_replayed_from_views_on_a_server_too(
    tmp_path: Path, postgres_server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    company = Company(tmp_path, postgres_server.new_database())
    company.receive("00", {"number": 1}, {"number": 2, "state": "B"}, {"number": 3, "state": "C"})
    company.run()
    company.set_values("{OK: sellable, B: sellable}")
    assert main(["replay", "--database", company.address]) == 0
    assert "1 messages would be sent; nothing was written" in capsys.readouterr().out
    assert main(["replay", "--database", company.address, "--to", str(company.input)]) == 0
    company.run()
    assert company.on_hand() == {"MUG": "10"}
    capsys.readouterr()
    assert main(["replay", "--database", company.address]) == 0
    assert "0 messages would be sent" in capsys.readouterr().out
    assert main(["reconcile", "--database", company.address]) == 0
    assert main(["positions", "--database", company.address, "--to", str(tmp_path / "planning")]) == 0
    (table,) = (pq.read_table(path).to_pylist() for path in (tmp_path / "planning").iterdir())
    assert [(row["item"], row["on_hand_quantity"]) for row in table] == [("MUG", Decimal(10))]
