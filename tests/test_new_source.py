"""A new source is a folder: a mapping written while the test runs, and its messages become positions without code."""

import shutil
import sqlite3
from pathlib import Path

from pipelines import inventory_sync
from tests.pipelines.example_day import ROOT, options

MAPPING = """
source: wms-south
owner: warehouse systems team
version: 1
format: fixed
format_options:
  columns: {kind: [1, 2], number: [3, 6], no: [9, 2], item: [11, 14], quantity: [25, 6], at: [31, 12]}
timezone: America/Chicago
messages:
  - name: moves
    each: message.rows
    events:
      - kind: {from: line.kind, values: {GR: receipt, GI: shipment}}
        transaction_key: [line.number, line.no]
        item: line.item
        quantity: line.quantity
        unit: {value: EA}
        location: {value: S1}
        disposition: {value: sellable}
        order_reference: line.number
        occurred_at: {from: line.at, format: "%Y%m%d%H%M"}
"""
MESSAGE = "GR0070010100614141000012000012202603020915\nGI0070020100614141000012000005202603021000\n"


def test_the_messages_of_an_invented_partner_become_positions(tmp_path: Path) -> None:
    mappings, master = tmp_path / "mappings", tmp_path / "master"
    (mappings / "wms-south").mkdir(parents=True)
    (mappings / "wms-south" / "mapping.yaml").write_text(MAPPING)
    shutil.copytree(ROOT / "examples/company/master", master)
    for table, row in (
        ("locations", "SOUTH,Distribution centre South,warehouse,America/Chicago"),
        ("location_codes", "wms-south,S1,SOUTH"),
        ("ownership", "SOUTH,on_hand,wms-south"),
    ):
        with (master / f"{table}.csv").open("a") as file:
            file.write(row + "\n")
    (tmp_path / "in" / "wms-south").mkdir(parents=True)
    (tmp_path / "in" / "wms-south" / "20260302T170000Z_moves.dat").write_text(MESSAGE)
    database = tmp_path / "views.db"
    given = [one for one in options(database) if not one.startswith(("--mappings", "--master_data"))]
    arguments = [*given, f"--input_folder={tmp_path / 'in'}", f"--mappings={mappings}", f"--master_data={master}"]
    assert inventory_sync.run(arguments) == 0
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT item, location, disposition, on_hand_quantity FROM position").fetchall()
        refused = connection.execute("SELECT reason, message FROM dead_letter").fetchall()
    assert refused == []
    assert rows == [("MUG-BLUE", "SOUTH", "sellable", "7")]
