"""Payloads that nobody here wrote: each ends as events or with a reason an operator understands; none stops a run."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from pipelines import inventory_sync
from tests.pipelines.example_day import ROOT, options

SAMPLES = ROOT.parent / "shared/samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs ../shared/samples, real payloads kept elsewhere")

# The source that reads such a payload, and how it ends: items that our example company does not know are parked.
SOURCES = {
    "amazon/listings_feed_v2.json": ("amazon", None),
    "amazon/mfn_quantity_change.json": ("amazon", None),
    "amazon/order_change.json": ("amazon", "unknown_item"),
    "csv/supplier_inventory_feed.csv": ("erp-snapshot", "missing_key"),
    "edifact/desadv_eancom_sscc.edi": ("3pl-edifact", "unknown_item"),
    "edifact/orders_release_chars.edi": ("3pl-edifact", "envelope_mismatch"),
    "epcis/object_receiving_200kg_lot.jsonld": ("3pl-epcis", "unknown_item"),
    "epcis/same_event_1.xml": ("3pl-epcis", "unknown_item"),
    "epcis/same_event_2.xml": ("3pl-epcis", "unknown_item"),
    "shopify/inventory_levels_rest.json": ("shop", None),
    "shopify/inventory_states.csv": ("marketplace-report", "missing_key"),
    "walmart/inventory.xml": ("erp-docs", "no_mapping_matches"),
    "x12/846_dd_7_warehouses_pipe.edi": ("3pl-north", "bad_time"),
    "x12/850_purchase_order_bom.edi": ("retailer-x12", "unknown_item"),
    "x12/856_walmart_dc_two_orders.edi": ("retailer-x12", "unknown_item"),
    "x12/945_warehouse_shipping_advice_lots.edi": ("3pl-north", "bad_value"),
    "x12/dup_interchange.edi": ("retailer-x12", "unknown_item"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
    """By sample, the reason and message of everything that was refused of it."""
    folder = tmp_path_factory.mktemp("samples")
    for sample, (source, _) in SOURCES.items():
        (folder / "in" / source).mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / sample, folder / "in" / source / f"20260302T120000Z_{Path(sample).name}")
    database = folder / "views.db"
    arguments = [one for one in options(database) if one != "--quiet"]
    assert inventory_sync.run([f"--input_folder={folder / 'in'}", *arguments]) == 0  # 1 if the counts did not add up
    found: dict[str, list[tuple[str, str]]] = {sample: [] for sample in SOURCES}
    with sqlite3.connect(database) as connection:
        for view in ("dead_letter", "parked"):
            for message_id, reason, message in connection.execute(f"SELECT message_id, reason, message FROM {view}"):
                name = message_id.split("/")[1].removeprefix("20260302T120000Z_")
                found[next(sample for sample in SOURCES if sample.endswith(f"/{name}"))].append((reason, message))
        assert connection.execute("SELECT sum(total) FROM run_count WHERE outcome = 'in'").fetchone() == (len(SOURCES),)
    return found


@pytest.mark.parametrize("sample", SOURCES)
def test_each_sample_ends_as_events_or_with_a_precise_reason(
    sample: str, refused: dict[str, list[tuple[str, str]]]
) -> None:
    source, reason = SOURCES[sample]
    assert {reason for reason, _ in refused[sample]} == ({reason} if reason else set())
    assert [message for _, message in refused[sample] if source not in message] == []
