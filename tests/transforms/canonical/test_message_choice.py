from typing import Any

import pytest

from schemas.mapping_spec import MappingSpec
from transforms.canonical.message_choice import MessageChoice
from transforms.canonical.message_templates import MessageTemplate

SHIP, COUNT = "message.type == 'SHIP'", "message.type == 'COUNT'"
LATE = "message.type == 'SHIP' && message.late"
SITE = "message.site == 'E01'"
ANY: str | None = None


def choice(*whens: str | None) -> MessageChoice:
    """Messages that are named by their number, from 0."""
    said = [{"name": f"m{at}", "when": when, "ignore": "nothing"} for at, when in enumerate(whens)]
    fields = {"source": "wms", "owner": "team", "version": 1, "format": "json", "messages": said}
    spec = MappingSpec.model_validate(fields)
    return MessageChoice([MessageTemplate(message, spec) for message in spec.messages])


@pytest.mark.parametrize(
    ("story", "whens", "document", "chosen"),
    [
        ("the one that has its value", [SHIP, COUNT], {"type": "COUNT"}, "m1"),
        ("none with another value", [SHIP, COUNT], {"type": "HEARTBEAT"}, None),
        ("none without the field", [SHIP, COUNT], {}, None),
        ("none where the field is no text", [SHIP, COUNT], {"type": ["SHIP"]}, None),
        ("none where nothing has fields", [SHIP], ["SHIP"], None),
        ("the first of two with one value", [SHIP, SHIP], {"type": "SHIP"}, "m0"),
        ("what applies to all comes last", [SHIP, ANY], {"type": "HEARTBEAT"}, "m1"),
        ("a condition above goes first", [LATE, SHIP], {"type": "SHIP", "late": True}, "m0"),
        ("a condition above that does not hold", [LATE, SHIP], {"type": "SHIP", "late": False}, "m1"),
        ("a condition below comes after", [SHIP, SITE], {"type": "SHIP", "site": "E01"}, "m0"),
        ("another field", [SHIP, SITE], {"type": "COUNT", "site": "E01"}, "m1"),
        ("what applies to all hides what is below", [ANY, SHIP], {"type": "SHIP"}, "m0"),
    ],
)
def test_the_first_message_that_applies_counts(
    story: str, whens: list[str | None], document: Any, chosen: str | None
) -> None:
    found = choice(*whens)({"message": document})
    assert (found and found.spec.name) == chosen
