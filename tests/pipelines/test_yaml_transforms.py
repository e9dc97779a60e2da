"""Beam YAML makes of the day what the main job does; each transform works alone; mistakes are said beforehand."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from apache_beam.yaml import main as beam_yaml
from apache_beam.yaml.yaml_provider import Provider, load_providers

from tests.pipelines.example_day import DAY, ROOT, run_day, views_of
from tests.postgres_server import PostgresServer

MAPPINGS, MASTER, POLICY = "schemas/mappings", "examples/company/master", "examples/company/policy.yaml"
RULES = {"master_data": MASTER, "policy": POLICY}
AS_OF = "2026-03-03T06:00:00Z"

# The least that each transform can be made from: plain values only.
CONFIGS: dict[str, dict[str, Any]] = {
    "ReadEnvelopesFromFiles": {"folder": "examples/company/day", "mappings": MAPPINGS},
    "ReadEnvelopesFromPubSub": {"subscription": "projects/p/subscriptions/s", "mappings": MAPPINGS},
    "ReadMessagesFromPubSub": {"subscription": "projects/p/subscriptions/s"},
    "WrapMessages": {"mappings": MAPPINGS},
    "DecodeMessages": {"mappings": MAPPINGS},
    "AcknowledgeInterchanges": {"mappings": MAPPINGS},
    "WriteAcknowledgments": {"folder": "out/acknowledgments"},
    "MapDocuments": {"mappings": MAPPINGS},
    "CheckAgainstMaster": {"master_data": MASTER},
    "CanonicaliseMessages": {"mappings": MAPPINGS, **RULES},
    "ParkUnknown": RULES,
    "KeepChanges": {"master_data": MASTER, "feed": "projects/p/subscriptions/changes"},
    "GuardSnapshots": RULES,
    "WatchFeeds": RULES,
    "ExplodeKits": {"master_data": MASTER},
    "GroupByShard": {"master_data": MASTER},
    "FindReusedKeys": {"window_days": 7},
    "KeepLedger": {**RULES, "tells_when_kept": True},
    "TellAnswers": {},
    "TrackPositions": RULES,
    "DropDuplicates": {"master_data": MASTER},
    "DeriveAvailability": {**RULES, "as_of": AS_OF},
    "DetectChanges": {},
    "CountOutcomes": {},
    "TallyElements": {"label": "messages"},
    "WriteBigQueryViews": {"dataset": "a-project.views", "views": ["availability"]},
    "WriteBigtableViews": {"project": "a-project", "instance": "views", "table": "views"},
    "WriteSqliteViews": {"database": "out/views.db"},
    "WriteRecordFiles": {"folder": "out/records"},
    "SendToPartners": {"partners": "examples/company/partners.yaml", "mappings": "schemas/outbound"},
    "PublishRecords": {"topics": {"alert": "projects/p/topics/alerts"}},
    "Flatten": {},
    "RecordsToRows": {"view": "position"},
    "RecordsToJson": {},
    "StocksFromRows": {},
}


@pytest.fixture(autouse=True)
def partners(monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples/company/partners.yaml takes from the environment."""
    monkeypatch.setenv("SELLABLE_PARTNERS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SELLABLE_PARTNERS_FOLDER", "file:out/partners")
    for name in ("WEB_SHOP", "MARKETPLACE", "STOREFRONT", "ERP"):
        monkeypatch.setenv(f"SELLABLE_{name}_TOKEN", "a token")


SINGLE_STAGES = """
pipeline:
  transforms:
    - {type: ReadEnvelopesFromFiles, config: {folder: day, mappings: schemas/mappings}}
    - {type: DecodeMessages, input: ReadEnvelopesFromFiles.envelopes, config: {mappings: schemas/mappings}}
    - {type: MapDocuments, input: DecodeMessages.documents, config: {mappings: schemas/mappings}}
    - {type: CheckAgainstMaster, input: MapDocuments.events, config: {master_data: examples/company/master}}
    - {type: ExplodeKits, input: CheckAgainstMaster.events, config: {master_data: examples/company/master}}
    - {type: DropDuplicates, input: ExplodeKits, config: {master_data: examples/company/master}}
    - type: TrackPositions
      input: DropDuplicates.new
      config:
        master_data: examples/company/master
        policy: examples/company/policy.yaml
        as_of: "2026-03-03T06:00:00Z"
    - {name: Positions, type: RecordsToRows, input: TrackPositions, config: {view: position}}
    - name: Places
      type: MapToFields
      input: Positions
      config: {fields: {place: location, item: item, now: on_hand_quantity}}
    - {type: WriteToJson, input: Places, config: {path: out/positions.jsonl, num_shards: 1}}
    - {name: Repeated, type: RecordsToJson, input: DropDuplicates.repeated}
    - {name: WriteRepeated, type: WriteToText, input: Repeated, config: {path: out/repeated}}
    - name: Refused
      type: RecordsToRows
      input: [ReadEnvelopesFromFiles.rejections, DecodeMessages.rejections, CheckAgainstMaster.rejections]
      config: {view: dead_letter}
    - {name: Why, type: MapToFields, input: Refused, config: {fields: {reason: reason}}}
    - {name: WriteWhy, type: WriteToCsv, input: Why, config: {path: out/refused.csv, num_shards: 1}}
providers:
  - include: pipelines/providers.yaml
"""

STOCK_TABLE = """
pipeline:
  transforms:
    - type: Create
      config:
        elements:
          - {item: MUG-BLUE, location: EAST, disposition: sellable, on_hand_quantity: 141}
          - {item: MUG-BLUE, location: EAST, disposition: damaged, on_hand_quantity: 7}
          - {item: MUG-BLUE, location: WEST, disposition: sellable, on_hand_quantity: 80}
    - {type: StocksFromRows, input: Create}
    - type: DeriveAvailability
      input: StocksFromRows
      config:
        master_data: examples/company/master
        policy: examples/company/policy.yaml
        as_of: "2026-03-03T06:00:00Z"
    - {type: DetectChanges, input: DeriveAvailability}
    - {type: RecordsToRows, input: DetectChanges, config: {view: channel_update}}
    - {type: WriteToCsv, input: RecordsToRows, config: {path: out/updates.csv, num_shards: 1}}
providers:
  - include: pipelines/providers.yaml
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like the project's to run in, with an `out` of its own."""
    for name in ("examples", "schemas", "pipelines"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*, text: str = "", file: str = "") -> None:
    """A pipeline as the command `python -m apache_beam.yaml.main` runs it."""
    what = f"--yaml_pipeline_file={file}" if file else f"--yaml_pipeline={text}"
    beam_yaml.run([what, "--runner=FnApiRunner"])


def lines(folder: Path, name: str) -> list[str]:
    """The lines of all files that a sink wrote under a name, sorted."""
    return sorted(line for path in folder.glob(f"{name}*") for line in path.read_text().splitlines())


def provider() -> Provider:
    (one,) = load_providers(str(ROOT / "pipelines/providers.yaml"))
    return one


def test_the_example_gives_the_same_views_as_the_main_job(project: Path) -> None:
    run(file="examples/inventory_sync.yaml")
    assert views_of(project / "out/yaml.db") == run_day(DAY, project / "main.db")
    (told,) = (line for line in lines(project / "out", "channel_updates.csv") if line.startswith("retailer,775013,"))
    assert told.startswith("retailer,775013,MUG-BLUE,1,")


def test_stages_can_be_put_together_one_by_one(project: Path) -> None:
    receipt = ROOT / "schemas/mappings/wms-east/samples/receipt.json"
    (project / "day/wms-east").mkdir(parents=True)
    shutil.copy(receipt, project / "day/wms-east/20260302T140000Z_receipt.json")
    shutil.copy(receipt, project / "day/wms-east/20260302T150000Z_receipt_again.json")
    (project / "day/wms-east/20260302T160000Z_cut_off.json").write_text('{"type": "RECEIPT')
    run(text=SINGLE_STAGES)
    assert [json.loads(line) for line in lines(project / "out", "positions.jsonl")] == [
        {"place": "EAST", "item": "BEANS-HOUSE", "now": "480"},
        {"place": "EAST", "item": "MUG-BLUE", "now": "48"},
    ]
    repeated = [json.loads(line)["transaction_key"] for line in lines(project / "out", "repeated")]
    assert repeated == ["wms-east:receipt:RC-1:1", "wms-east:receipt:RC-1:2"]
    assert lines(project / "out", "refused.csv") == ["malformed_json", "reason"]


def test_a_table_of_stock_becomes_what_every_channel_is_told(project: Path) -> None:
    """EAST 141 - 10 safety stock, WEST 80: 211 free; marketplace 63 - 1, retailer 40, the others share 108."""
    run(text=STOCK_TABLE)
    told = [line.split(",")[:4] for line in lines(project / "out", "updates.csv") if ",MUG-BLUE," in line]
    assert [(channel, quantity) for channel, _, _, quantity in told] == [
        ("b2b", "4"),
        ("marketplace", "62"),
        ("retailer", "1"),
        ("web", "106"),
    ]


def test_every_transform_of_the_stage_table_has_a_provider_entry() -> None:
    table = (ROOT / "README.md").read_text().split("## Stages\n")[1].split("\n## ")[0]
    stages = re.findall(r"^\| \w+ \| `(\w+)` \|", table, re.MULTILINE)
    assert len(stages) >= 19
    assert set(stages) - set(provider().provided_transforms()) == set()


@pytest.mark.parametrize("name", sorted(set(provider().provided_transforms()) - {"WritePostgresViews"}))
def test_each_transform_is_made_from_plain_values(name: str, project: Path) -> None:
    _is_made(name, CONFIGS[name])


@pytest.mark.postgres
def test_views_on_a_server_are_made_when_the_pipeline_is_built(postgres_server: PostgresServer) -> None:
    _is_made("WritePostgresViews", {"url": postgres_server.new_database()})


def _is_made(name: str, config: dict[str, Any]) -> None:
    made = provider().create_transform(name, config, lambda *_: None)  # type: ignore[arg-type]
    assert callable(made.expand)
    schema = provider().config_schema(name)
    assert schema is not None
    assert set(config) <= {field.name for field in schema.fields}


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("DecodeMessages", {"mappings": "no/such"}, "no/such"),
        ("TrackPositions", {**RULES, "policy": "broken.yaml"}, r"broken\.yaml:1: .*routes"),
        ("KeepLedger", {**RULES, "as_of": "yesterday"}, "as_of 'yesterday', expected an ISO time"),
        ("KeepLedger", {**RULES, "as_of": "2026-03-03T06:00:00"}, "has no zone"),
        ("RecordsToRows", {"view": "stock"}, "no view is named 'stock', expected one of position, claim"),
        ("ExplodeKits", {"master": MASTER}, "unexpected argument 'master'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(
    name: str, config: dict[str, str], said: str, project: Path
) -> None:
    policy = (ROOT / POLICY).read_text()
    (project / "broken.yaml").write_text("routes: []\n" + policy)
    step = {"type": name, "input": "Create", "config": config}
    create = {"type": "Create", "config": {"elements": [1]}}
    spec = {"pipeline": {"transforms": [create, step]}, "providers": [{"include": "pipelines/providers.yaml"}]}
    with pytest.raises(ValueError, match=said):
        run(text=json.dumps(spec))


def test_a_time_without_quotes_is_answered_with_how_to_write_it(project: Path) -> None:
    with pytest.raises(ValueError, match="expected text in quotes such as '2026-03-03T06:00:00Z'"):
        run(text=SINGLE_STAGES.replace('as_of: "2026-03-03T06:00:00Z"', "as_of: 2026-03-03T06:00:00Z"))
