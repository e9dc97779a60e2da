"""Forgetting rules: what is known of every message to one partner in, keys of the told postings that can go out.

A figure is kept for as long as its listing is told: the next one replaces it. A posting has a key of its own, so those
that have ended, told or given up, would pile up for ever. They go `told_days` after they were first offered, by
default as long as the ledger knows a repeated event; the oldest go earlier where there are more than `told_max`.
"""

from collections.abc import Container, Iterable

from schemas.partner_spec import PartnerSpec
from transforms.sending.delivery_rules import ENDED
from transforms.sending.outbox_state import FIGURE, Entry

DAY_SECONDS = 86_400


def forgettable(entries: Iterable[Entry], busy: Container[str], terms: PartnerSpec, now: float) -> list[str]:
    """Keys to forget, oldest first; never one that is `busy`, in a call or awaiting its result."""
    ended = sorted(
        (entry.offered_at, entry.wanted.key)
        for entry in entries
        if entry.wanted.kind != FIGURE and entry.status in ENDED and entry.wanted.key not in busy
    )
    before = now - terms.told_days * DAY_SECONDS
    surplus = len(ended) - terms.told_max
    return [key for index, (offered_at, key) in enumerate(ended) if index < surplus or offered_at < before]
