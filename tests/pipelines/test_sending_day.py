"""The example day with partners: every figure and posting reaches the partner that is to be told it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from pipelines.explaining import explain
from pipelines.run_report import Told, read_report
from tests.pipelines.example_day import DAY, ROOT, options
from transforms.arrival.format_table import decode

PARTNERS = ROOT / "examples/company/partners.yaml"
SHAPES = {"web-shop": "shopify", "marketplace": "amazon", "storefront": "bigcommerce", "erp": "erp"}


class Day(NamedTuple):
    """What a run with partners left behind."""

    database: Path
    files: Path
    served: FakePartners


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    from pipelines import inventory_sync

    folder = tmp_path_factory.mktemp("day")
    behaviours = {name: Behaviour(shape=shape) for name, shape in SHAPES.items()}
    behaviours["storefront"].unknown_listings = ["9107199254740993"]
    with FakePartners(behaviours) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELLABLE_PARTNERS_URL", served.url)
        patch.setenv("SELLABLE_PARTNERS_FOLDER", f"file:{folder}/files")
        for name in ("WEB_SHOP", "MARKETPLACE", "STOREFRONT", "ERP"):
            patch.setenv(f"SELLABLE_{name}_TOKEN", "t0p-secret")
        sending = [f"--partners={PARTNERS}", f"--outbound={ROOT / 'schemas/outbound'}"]
        database = folder / "views.db"
        assert inventory_sync.run([f"--input_folder={DAY}", *options(database, *sending)]) == 0
        yield Day(database, folder / "files", served)


def rows(day: Day, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(day.database)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(("partner", "channel"), [("web-shop", "web"), ("marketplace", "marketplace")])
def test_a_channel_has_the_figures_that_it_is_to_be_told(day: Day, partner: str, channel: str) -> None:
    told = dict(rows(day, f"SELECT listing, quantity FROM channel_update WHERE channel = '{channel}'"))
    assert len(told) > 50
    assert day.served[partner].shop.figures == told


def test_the_erp_has_each_posting_once_and_none_that_came_from_it(day: Day) -> None:
    keys = rows(
        day,
        "SELECT transaction_key || '#' || posting_type FROM posting"
        " WHERE posting_type IN ('sales_order', 'receipt', 'adjustment')"
        " AND source NOT IN ('erp-db', 'erp-docs', 'erp-snapshot')",
    )
    assert len(keys) > 200
    assert sorted(day.served["erp"].shop.documents) == sorted(key for (key,) in keys)


def test_files_for_partners_are_whole_interchanges_with_the_figures(day: Day) -> None:
    told = dict(rows(day, "SELECT listing, quantity FROM channel_update WHERE channel = 'retailer'"))
    found: dict[str, int] = {}
    for path in sorted((day.files / "retailer-846").glob("*.edi")):
        (document,) = decode("x12", path.read_bytes(), {})
        assert "notes" not in document
        found |= {line["LIN"][0]["LIN03"]: int(line["QTY_loop"][0]["QTY"][0]["QTY02"]) for line in document["LIN_loop"]}
    assert found == told


@pytest.mark.parametrize(
    ("partner", "posted"),
    [
        ("retailer-855", "posting_type = 'order_acknowledgement' AND channel = 'retailer'"),
        ("east-940", "posting_type = 'shipment_order' AND location = 'EAST'"),
        ("north-943", "posting_type = 'transfer_notice' AND location = 'NORTH3PL'"),
    ],
)
def test_there_is_a_file_for_each_posting(day: Day, partner: str, posted: str) -> None:
    ((count,),) = rows(day, f"SELECT count(*) FROM posting WHERE {posted}")
    assert len(list((day.files / partner).glob("*.edi"))) == count > 0


def test_the_report_says_how_far_each_partner_was_told(day: Day) -> None:
    found = {told.partner: told for told in read_report(day.database).partners}
    assert len(found) == 9
    assert found["storefront"] == Told("storefront", 61, 61, 60, found["storefront"].retried, 0, 1)
    assert all(told.applied == told.told for name, told in found.items() if name != "storefront")


def test_what_a_partner_refused_is_a_dead_letter_and_explained(day: Day) -> None:
    ((message, stage),) = rows(day, "SELECT message, stage FROM dead_letter WHERE reason = 'refused_by_partner'")
    assert (stage, message) == ("send", "figure 9107199254740993 to storefront: 422: The sku does not exist.")
    from rich.console import Console

    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(explain(day.database, "MUG-BLUE", "web"))
    text = console.export_text()
    assert "storefront: 85 failed after" in text
    assert "web-shop: 85 applied after 1 calls, has 85 since" in text


def test_no_secret_is_written_anywhere(day: Day) -> None:
    written = [path for path in [day.database, *day.files.rglob("*")] if path.is_file()]
    assert len(written) > 10
    assert [path for path in written if b"t0p-secret" in path.read_bytes()] == []
