"""Contracts page: mappings, policy and reason codes in, docs/contracts.md out, as `sellable contracts` prints it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.avro_contract import STOCK_EVENT, contract_versions
from schemas.master_data import load_master_data
from schemas.outbound_spec import OutboundSpec, load_outbounds
from schemas.policy_parts import ChannelPolicy, Pool
from schemas.policy_spec import Policy, load_policy
from transforms.canonical.contract_rules import samples_of
from transforms.canonical.mapping_rules import SourceMapping, load_mappings
from transforms.reasons import REASONS

OPENING = """# Contracts

Who sends what, who is told what, and what the words mean. This page is made from the files themselves:
`sellable contracts > docs/contracts.md`. `sellable validate` checks that they hold."""


def contracts_page(mappings: Path, outbound: Path, master_data: Path, policy: Path) -> str:
    """The whole page; `SpecError` for files that are not right."""
    master = load_master_data(master_data)
    parts = [
        OPENING,
        _sources(mappings, load_mappings(mappings)),
        _partners(load_outbounds(outbound)),
        _available(said := load_policy(policy, master)),
        _feeds(said),
        _reasons(),
        _published(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(title: str, words: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [f"## {title}", "", words, "", _line(names), _line("---" for _ in names)]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _sources(folder: Path, mappings: dict[str, SourceMapping]) -> str:
    words = "Each is a folder of mappings with samples and the events that they must become."
    head = ("source", "owner", "version", "format", "samples", "messages and the events they make")
    rows = (
        (
            f"`{source}`",
            mapping.spec.owner,
            mapping.version,
            mapping.spec.format,
            len(samples_of(folder / source)),
            "; ".join(_messages(mapping)),
        )
        for source, mapping in sorted(mappings.items())
    )
    return _table("Sources", words, head, rows)


def _messages(mapping: SourceMapping) -> Iterator[str]:
    for message in mapping.spec.messages:
        kinds = dict.fromkeys(_kind(event.kind) for event in message.events)
        yield f"{message.name}: {', '.join(kinds) if kinds else 'heartbeat' if message.heartbeat else 'ignored'}"


def _kind(kind: object) -> str:
    return str(getattr(kind, "value", None) or "by a field of the message")


def _partners(outbounds: dict[str, OutboundSpec]) -> str:
    words = "What partners are told, by an outbound mapping each."
    head = ("partner", "owner", "version", "takes", "format", "postings")
    rows = (
        (f"`{name}`", spec.owner, spec.version, spec.takes, spec.format, ", ".join(spec.postings) or "none")
        for name, spec in sorted(outbounds.items())
    )
    return _table("Partners", words, head, rows)


def _available(policy: Policy) -> str:
    words = (
        f'What "available" means to whom, by policy {policy.version} of {policy.owner}: the first table has the '
        "definitions, the second which one each consumer is told by."
    )
    definitions = (
        (
            f"`{name}`",
            one.means,
            ", ".join(one.dispositions),
            "yes" if one.subtract_claims else "no",
            f"{one.inbound_days} days" if one.inbound_days else "no",
        )
        for name, one in policy.definitions.items()
    )
    head = ("definition", "means", "dispositions counted", "claims taken off", "supply counted ahead")
    first = _table('What "available" means', words, head, definitions)
    consumers = [
        _line(("consumer", "definition", "from", "pool", "then")),
        _line("---" for _ in range(5)),
        *(_line(_consumer(name, channel)) for name, channel in policy.channels.items()),
    ]
    return "\n".join([first, "", *consumers])


def _feeds(policy: Policy) -> str:
    words = (
        "How long a source may send nothing, and what becomes of figures that hang on it: they are held, and after a "
        "time fall to a floor. A source that says null is treated alike; one without a rule is not missed when silent."
    )
    rows = (
        (
            f"`{feed.source}`",
            ", ".join(feed.locations or ()) or "those whose on hand it owns",
            f"{feed.silent_after_minutes} minutes" if feed.silent_after_minutes else "any time",
            f"{feed.floor_after_minutes} minutes",
            feed.floor,
        )
        for feed in policy.feeds
    )
    return _table("Feeds", words, ("source", "locations", "may be silent", "then held", "then counts at most"), rows)


def _consumer(name: str, channel: ChannelPolicy) -> tuple[str, ...]:
    limits = (
        ("buffer", channel.buffer),
        ("nothing below", channel.publish_threshold),
        ("cap", channel.cap),
        ("days of shelf life", channel.minimum_shelf_life_days),
    )
    then = ", ".join(f"{words} {limit}" for words, limit in limits if limit)
    return f"`{name}`", f"`{channel.definition}`", ", ".join(channel.locations), _pool(channel.pool), then or "nothing"


def _pool(pool: Pool) -> str:
    given = (pool.percent, pool.quantity, pool.rank, None if pool.protect is None else f"protects {pool.protect}")
    return " ".join([pool.kind, *(str(value) for value in given if value is not None)])


def _reasons() -> str:
    words = "Why a message or event is refused. Codes are stable: alerts and replay filters are built on them."
    head = ("code", "stage", "ends as", "means", "what to do next")
    rows = (
        (f"`{code}`", one.stage, one.outcome.replace("_", " "), one.meaning, one.next_step)
        for code, one in REASONS.items()
    )
    return _table("Reason codes", words, head, rows)


def _published() -> str:
    words = "What others read our events by. A version that is out never changes; the next is added beside it."
    rows = (
        (f"`{STOCK_EVENT}`", version, len(schema["fields"]))
        for version, schema in contract_versions(STOCK_EVENT).items()
    )
    return _table("Published contracts", words, ("contract", "version", "fields"), rows)
