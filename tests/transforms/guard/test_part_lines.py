"""Lines are read without being made into events, and what a part says is known again."""

from decimal import Decimal

from tests.transforms.guard.full import LIST, line, part
from transforms.guard.part_lines import digest_of, events_of, lines_of, part_id, spot_of


def test_a_line_is_read_as_far_as_it_is_needed() -> None:
    (read,) = lines_of([part(5)])
    assert (read.key, read.location, spot_of(read.spot)) == (f"{LIST}:SKU-0", "EAST", ("SKU-0", "", "sellable"))
    assert (read.quantity, read.original_quantity, read.is_plain) == (Decimal(5), Decimal(5), True)
    assert list(events_of([read.packed])) == [line("SKU-0", 5)]


def test_the_same_part_in_another_message_says_the_same() -> None:
    said = digest_of(part(5, 7))
    assert digest_of(part(5, 7, message_id="again")) == said
    assert said not in {digest_of(part(5, 8)), digest_of(part(5)), digest_of(part(5, 7, at=2))}


def test_a_part_without_a_number_is_known_by_its_message() -> None:
    assert (part_id(part(5, part="2")), part_id(part(5, message_id="m"))) == ("2", "m")
