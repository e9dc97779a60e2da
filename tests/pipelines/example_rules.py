"""The rules of the example company and its day as canonical events, for tests that need no pipeline."""

from datetime import datetime
from functools import cache

from schemas.master_data import load_master_data
from schemas.policy_spec import load_policy
from schemas.records import StockEvent
from tests.pipelines.example_day import AS_OF, ROOT, envelopes
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.canonical.mapping_rules import load_mappings

NOW = datetime.fromisoformat(AS_OF)


@cache
def front() -> Front:
    master = load_master_data(ROOT / "examples/company/master")
    policy = load_policy(ROOT / "examples/company/policy.yaml", master)
    return Front(load_mappings(ROOT / "schemas/mappings"), master, policy)


@cache
def day() -> tuple[StockEvent, ...]:
    return tuple(event for envelope in envelopes() for event in canonicalise(envelope, front()).all_events())
