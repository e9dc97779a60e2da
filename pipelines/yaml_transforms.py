"""YAML transforms: plain configuration values of Beam YAML in, our transforms out.

`providers.yaml` beside this module gives each function here the name of the transform that it makes. Mappings, master
data and policy are read when the pipeline is built, so what is wrong with them is said, with file and line, before
anything runs.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apache_beam as beam

from pipelines.options import REFRESH_SECONDS, moment_of
from pipelines.yaml_rows import queue_message
from schemas.master_data import load_master_data
from schemas.outbound_spec import load_outbounds
from schemas.partner_spec import load_partners
from schemas.policy_spec import load_policy
from transforms.arrival.acknowledging import AcknowledgeInterchanges
from transforms.arrival.acknowledgment_files import WriteAcknowledgments
from transforms.arrival.decoding import DecodeMessages
from transforms.arrival.envelopes import ReadEnvelopesFromFiles, ReadEnvelopesFromPubSub, WrapMessages
from transforms.arrival.pubsub_source import ReadMessagesFromPubSub
from transforms.canonical.canonical_rules import Front
from transforms.canonical.canonicalising import CanonicaliseMessages
from transforms.canonical.checking import CheckAgainstMaster
from transforms.canonical.mapping import MapDocuments
from transforms.canonical.mapping_rules import load_mappings
from transforms.canonical.parking import ParkUnknown
from transforms.governed import LiveSource
from transforms.governed_files import read_governed
from transforms.kits.kits import ExplodeKits
from transforms.ledger.duplicates import DropDuplicates
from transforms.ledger.grouping import SHARDS, GroupByShard
from transforms.ledger.keeping import KeepLedger
from transforms.ledger.keys import FindReusedKeys
from transforms.ledger.positions import TrackPositions
from transforms.ledger.telling import TellAnswers
from transforms.offers.offers import DeriveAvailability
from transforms.offers.updates import DetectChanges
from transforms.publication.bigquery_views import WriteBigQueryViews
from transforms.publication.bigtable_views import WriteBigtableViews
from transforms.publication.counts import CountOutcomes
from transforms.publication.databases import create_views
from transforms.publication.postgres_views import WritePostgresViews
from transforms.publication.record_files import WriteRecordFiles
from transforms.publication.sqlite_views import WriteSqliteViews
from transforms.publication.tallies import TallyElements
from transforms.publication.topics import PublishRecords
from transforms.sending.sending import DRAIN_SECONDS_MAX, SendToPartners

ARRIVED = ("envelopes", "rejections", "counts")


class _Fitted(beam.PTransform[Any, Any]):
    """Fit a transform to Beam YAML.

    In:       what the transform takes, one collection or several by name.
    Out:      what the transform gives; where that is several collections, each by its name.
    State:    none of its own.
    Rejects:  what the transform does.
    """

    def __init__(self, transform: Any, *outputs: str) -> None:
        super().__init__()
        self.transform = transform
        self.outputs = outputs

    def expand(self, inputs: Any) -> Any:
        made = (tuple(inputs.values()) if isinstance(inputs, dict) else inputs) | self.transform
        return {name: made[name] for name in self.outputs} if self.outputs else made


def fitted(transform: Any, *outputs: str) -> Any:
    """A transform that Beam YAML can use, with the names of its outputs where it has several."""
    return _Fitted(transform, *outputs)


def read_envelopes_from_files(folder: str, mappings: str) -> Any:
    return _Fitted(ReadEnvelopesFromFiles(folder, _formats(mappings)), *ARRIVED)


def read_envelopes_from_pubsub(
    mappings: str, subscription: str | None = None, topic: str | None = None, readers: int = 0
) -> Any:
    read = ReadEnvelopesFromPubSub(_formats(mappings), subscription=subscription, topic=topic, readers=readers)
    return _Fitted(read, *ARRIVED)


def read_messages_from_pubsub(subscription: str, timestamp_attribute: str = "", readers: int = 2) -> Any:
    """Gives messages for `WrapMessages`, or any step of one's own."""
    return ReadMessagesFromPubSub(subscription, timestamp_attribute=timestamp_attribute, readers=readers)


def wrap_messages(mappings: str) -> Any:
    """Takes rows with `payload` and `attributes`, as Beam YAML's own sources of queues give them."""
    messages = "ToMessages" >> beam.Map(queue_message)
    return _Fitted(messages | WrapMessages(_formats(mappings)), *ARRIVED)


def decode_messages(mappings: str) -> Any:
    options = {source: mapping.format_options for source, mapping in load_mappings(Path(mappings)).items()}
    return _Fitted(DecodeMessages(options), "documents", "rejections")


def acknowledge_interchanges(mappings: str) -> Any:
    options = {source: mapping.format_options for source, mapping in load_mappings(Path(mappings)).items()}
    return AcknowledgeInterchanges(options)


def write_acknowledgments(folder: str) -> Any:
    return _Fitted(WriteAcknowledgments(folder))


def map_documents(mappings: str) -> Any:
    return _Fitted(MapDocuments(load_mappings(Path(mappings))), "events", "rejections", "ignored")


def check_against_master(master_data: str, policy: str | None = None) -> Any:
    """Without a policy every channel may ask for every item."""
    master = load_master_data(Path(master_data))
    eligible = load_policy(Path(policy), master).ever_eligible if policy else None
    return _Fitted(CheckAgainstMaster(master, eligible), "events", "rejections")


FRONT_OUTPUTS = ("events", "rejections", "counts", "waiting", "settlements", "snapshots", "heard")


def canonicalise_messages(mappings: str, master_data: str, policy: str) -> Any:
    front = Front(load_mappings(Path(mappings)), *_rules(master_data, policy))
    return _Fitted(CanonicaliseMessages(front), *FRONT_OUTPUTS)


def park_unknown(master_data: str, policy: str, refresh_seconds: float = REFRESH_SECONDS) -> Any:
    """Looks at the files again every `refresh_seconds` while a stream runs."""
    source = LiveSource(master_data, policy, read_governed(master_data, policy), refresh_seconds)
    return _Fitted(ParkUnknown(source), "events", "records", "counts")


def explode_kits(master_data: str) -> Any:
    return _Fitted(ExplodeKits(load_master_data(Path(master_data))))


def group_by_shard(master_data: str, shards: int = SHARDS) -> Any:
    return _Fitted(GroupByShard(load_master_data(Path(master_data)), shards))


def find_reused_keys(window_days: int = 30) -> Any:
    """For a ledger of one's own; `KeepLedger` does it for itself."""
    return _Fitted(FindReusedKeys(timedelta(days=window_days)))


def keep_ledger(
    master_data: str,
    policy: str,
    as_of: str | None = None,
    shards: int = SHARDS,
    tells_when_kept: bool = False,  # noqa: FBT001, FBT002 - a named value of a YAML step
) -> Any:
    pinned = given_moment(as_of) if as_of else None
    ledger = KeepLedger(*_rules(master_data, policy), pinned, shards, tells_when_kept=tells_when_kept)
    return _Fitted(ledger, "records", "counts")


def tell_answers() -> Any:
    return _Fitted(TellAnswers())


def track_positions(master_data: str, policy: str, as_of: str | None = None) -> Any:
    return _Fitted(TrackPositions(*_rules(master_data, policy), given_moment(as_of) if as_of else None))


def drop_duplicates(master_data: str, window_days: int = 30) -> Any:
    master = load_master_data(Path(master_data))
    return _Fitted(DropDuplicates(master, timedelta(days=window_days)), "new", "repeated", "rejections")


def derive_availability(master_data: str, policy: str, as_of: str) -> Any:
    return _Fitted(DeriveAvailability(*_rules(master_data, policy), given_moment(as_of)))


def detect_changes() -> Any:
    return _Fitted(DetectChanges())


def count_outcomes() -> Any:
    return _Fitted(CountOutcomes())


def tally_elements(label: str) -> Any:
    return _Fitted(TallyElements(label))


def write_sqlite_views(database: str, run_id: str | None = None) -> Any:
    """Makes the database where there is none, when the pipeline is built. Takes one input, or several by name."""
    create_views(Path(database))
    return _Fitted(WriteSqliteViews(database, _run_id(run_id)))


def write_postgres_views(url: str, run_id: str | None = None) -> Any:
    """The same on a PostgreSQL server; its password is taken from PGPASSWORD or a password file."""
    write = WritePostgresViews(url, _run_id(run_id))
    create_views(write.place)
    return _Fitted(write)


def _run_id(given: str | None) -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ") if given is None else given


def write_bigquery_views(dataset: str, views: list[str], run_id: str = "") -> Any:
    return _Fitted(WriteBigQueryViews(dataset, views, run_id))


def write_bigtable_views(project: str, instance: str, table: str, run_id: str = "") -> Any:
    return _Fitted(WriteBigtableViews(project, instance, table, run_id))


def write_record_files(folder: str, file_format: str = "jsonl", run_id: str = "") -> Any:
    return _Fitted(WriteRecordFiles(folder, file_format, run_id))


def publish_records(topics: dict[str, str], run_id: str = "", with_ordering_keys: bool = True) -> Any:  # noqa: FBT001, FBT002 - YAML names it
    return _Fitted(PublishRecords(topics, run_id, with_ordering_keys=with_ordering_keys))


def send_to_partners(partners: str, mappings: str, drain_seconds_max: float = DRAIN_SECONDS_MAX) -> Any:
    return _Fitted(SendToPartners(load_partners(Path(partners)), load_outbounds(Path(mappings)), drain_seconds_max))


def _formats(mappings: str) -> dict[str, str]:
    return {source: mapping.format for source, mapping in load_mappings(Path(mappings)).items()}


def _rules(master_data: str, policy: str) -> tuple[Any, Any]:
    master = load_master_data(Path(master_data))
    return master, load_policy(Path(policy), master)


def given_moment(as_of: Any) -> datetime:
    """YAML makes a time of its own of `2026-03-03T06:00:00Z`, which Beam then cannot hand on; hence the quotes."""
    if not isinstance(as_of, str):
        raise ValueError(f"as_of is {as_of!r}, expected text in quotes such as '2026-03-03T06:00:00Z'")  # noqa: TRY004 - Beam rewords a TypeError
    return moment_of("as_of", as_of)
