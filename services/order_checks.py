"""Order checks: an order as JSON in, whether all its lines can be promised together out; nothing is claimed.

    {"channel": "web", "lines": [{"listing": "W-MUG", "quantity": "3"}, {"item": "KIT-POUROVER", "quantity": "1"}]}

Quantities are decimals in text, or whole numbers; in the channel's sell unit where no `unit` is named.
"""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.master_data import MasterData
from schemas.policy_parts import Text
from services.api_source import ApiSource
from services.order_rules import OrderAnswer, OrderLine, base_quantity, check_order
from services.view_pages import QueryError
from transforms.kits.kit_rules import parts_ever
from transforms.publication.view_tables import plain_decimal

LINES_MAX = 1_000
PROBLEMS_SHOWN_MAX = 10


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskedLine(_Asked):
    """One line: our item, or the channel's listing of it."""

    item: Annotated[Text, Field(max_length=200)] | None = None
    listing: Annotated[Text, Field(max_length=200)] | None = None
    quantity: Annotated[Decimal, Field(gt=0, le=10_000_000, decimal_places=6)]
    unit: Annotated[str, Field(max_length=40)] = ""

    @model_validator(mode="before")
    @classmethod
    def _is_exact(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("quantity"), float | bool):
            # pydantic makes a problem of the field from a ValueError only
            raise ValueError("quantity is a fraction without quotes, expected exact text such as '0.5'")  # noqa: TRY004
        return value

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.item is None) == (self.listing is None):
            raise ValueError("expected either item or listing")
        return self


class AskedOrder(_Asked):
    """One order of one channel."""

    channel: Annotated[Text, Field(max_length=200)]
    lines: Annotated[tuple[AskedLine, ...], Field(min_length=1, max_length=LINES_MAX)]


def check(source: ApiSource, body: bytes) -> dict[str, Any]:
    """The answer; `QueryError` for an order that cannot be read or names what master data does not know."""
    try:
        asked = AskedOrder.model_validate_json(body)
    except ValidationError as error:
        raise QueryError("; ".join(_problems(error))) from None
    master, rules = source.in_force()
    if asked.channel not in rules.policy.channels:
        raise QueryError(f"channel {asked.channel!r}, expected one of {', '.join(rules.policy.channels)}")
    lines = [_line(master, asked.channel, index, line) for index, line in enumerate(asked.lines)]
    items = {part for line in lines for part in parts_ever(master.boms, line.item)}
    answer = check_order(asked.channel, lines, source.stock(sorted(items)).stock_of, master, rules)
    return {
        **_told(answer),
        "channel": asked.channel,
        "as_of": rules.as_of.isoformat(),
        "policy_version": rules.policy.version,
    }


def _line(master: MasterData, channel: str, index: int, asked: AskedLine) -> OrderLine:
    item = asked.item if asked.listing is None else master.item_of_listing(channel, asked.listing)
    if item is None or item not in master.items:
        raise QueryError(f"lines.{index}: master data does not know {(asked.listing or asked.item)!r}")
    quantity = base_quantity(master, item, channel, asked.quantity, asked.unit)
    if quantity is None:
        units = ", ".join(sorted(master.items[item].factors))
        raise QueryError(f"lines.{index}: {item} has no unit {asked.unit!r}, expected one of {units}")
    return OrderLine(item, quantity)


def _told(answer: OrderAnswer) -> dict[str, Any]:
    return {
        "can_be_promised": answer.can_be_promised,
        "lines": [
            {
                "item": one.line.item,
                "wanted_quantity": plain_decimal(one.line.quantity),
                "promised_quantity": plain_decimal(one.promised_quantity),
            }
            for one in answer.lines
        ],
        "components": [
            {
                "item": one.item,
                "wanted_quantity": plain_decimal(one.wanted_quantity),
                "available_quantity": plain_decimal(one.available_quantity),
            }
            for one in answer.components
        ],
    }


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(step) for step in one['loc']) or 'order'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_input=False, include_url=False)[:PROBLEMS_SHOWN_MAX]
    ]
