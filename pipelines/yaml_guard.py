"""YAML guard: plain configuration values of Beam YAML in, the transforms of the guard and of master data out."""

from typing import Any

import apache_beam as beam

from pipelines.options import REFRESH_SECONDS
from pipelines.yaml_rows import queue_message
from pipelines.yaml_transforms import fitted, given_moment
from transforms.arrival.change_feed import KeepChanges
from transforms.governed import LiveSource
from transforms.governed_files import read_governed
from transforms.guard.feeds import WatchFeeds
from transforms.guard.snapshots import GuardSnapshots


def guard_snapshots(
    master_data: str, policy: str, as_of: str | None = None, refresh_seconds: float = REFRESH_SECONDS
) -> Any:
    """Looks for approvals again every `refresh_seconds` while a stream runs."""
    guard = _governed(GuardSnapshots, master_data, policy, as_of, refresh_seconds)
    return fitted(guard, "events", "records", "counts")


def watch_feeds(
    master_data: str, policy: str, as_of: str | None = None, refresh_seconds: float = REFRESH_SECONDS
) -> Any:
    """Looks at the policy again every `refresh_seconds` while a stream runs."""
    return fitted(_governed(WatchFeeds, master_data, policy, as_of, refresh_seconds), "heard", "records")


def keep_changes(master_data: str, feed: str) -> Any:
    """Takes rows with `payload` and `attributes`, as Beam YAML's own sources of queues give them."""
    return fitted("ToMessages" >> beam.Map(queue_message) | KeepChanges(master_data, feed))


def _governed(transform: Any, master_data: str, policy: str, as_of: str | None, refresh_seconds: float) -> Any:
    first = read_governed(master_data, policy)
    source = LiveSource(master_data, policy, first, refresh_seconds)
    return transform(first.master, first.policy, given_moment(as_of) if as_of else None, source)
