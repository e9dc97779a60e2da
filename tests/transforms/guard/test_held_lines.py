"""A line that is held is shown with its snapshot, and closed again by its message and place in it."""

from tests.builders import hour
from tests.transforms.guard.full import line
from transforms.guard.held_lines import rejection_of_line, settlement_of_line


def test_a_held_line_names_what_a_person_has_to_approve() -> None:
    held = rejection_of_line(line("SKU-0", 5), "why", "L1")
    assert (held.outcome, held.reason, held.missing_key, held.message) == (
        "parked",
        "snapshot_held",
        "snapshot:wms:L1",
        "why",
    )


def test_a_settlement_is_as_new_as_the_clock() -> None:
    settled = settlement_of_line(line("SKU-0", 5, key="L1"), "released", hour(3))
    assert (settled.message_id, settled.reason, settled.settled_as) == ("m L1", "snapshot_held", "released")
    assert settled.version == int(hour(3).timestamp() * 1_000_000)
