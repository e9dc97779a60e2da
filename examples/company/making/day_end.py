"""Day end: the books in, what must be found in the database afterwards out, and whether the story can be true."""

from decimal import Decimal

from making.books import Place
from making.company import Company
from making.opening import CLOSED_AT


def expected_claims(company: Company) -> list[list[str]]:
    """Open claims at the end of the day: of orders only, since every hold became one or ended."""
    rows = [
        [item, order, company.books.channels.get(order, ""), f"{want.open:f}"]
        for (order, item), want in company.books.claims().items()
    ]
    return [["item", "order_reference", "channel", "open_quantity"], *sorted(rows)]


def expected_positions(company: Company) -> list[list[str]]:
    """What lies where at the end of the day, places that became empty included."""
    rows = [["item", "location", "lot", "disposition", "on_hand_quantity"]]
    for place, quantity in company.books.positions(CLOSED_AT).items():
        rows.append([*place, f"{quantity.normalize():f}" if quantity else "0"])
    return rows


def shortages(company: Company) -> dict[str, Decimal]:
    """Items of which more is claimed than is for sale anywhere."""
    on_hand: dict[str, Decimal] = {}
    for place, quantity in company.books.positions(CLOSED_AT).items():
        if place.disposition == "sellable":
            on_hand[place.item] = on_hand.get(place.item, Decimal(0)) + quantity
    wanted = {item: company.books.claimed(item) for item in on_hand}
    return {item: wanted[item] - on_hand[item] for item in on_hand if wanted[item] > on_hand[item]}


def negative_places(company: Company) -> list[Place]:
    """Places that were below zero at any time: none, or this story is not true."""
    return [place for place in company.books.positions(CLOSED_AT) if company.books.lowest(place) < 0]
