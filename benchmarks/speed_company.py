"""Speed company: a number of items in, the distributor that the speed benchmark runs on out: master data and policy.

Eight locations and three channels; of every ten items the first two also make a kit.
"""

from pathlib import Path

from schemas.master_data import MasterData, build_master_data
from schemas.policy_spec import Policy
from transforms.canonical.canonical_rules import Front
from transforms.canonical.mapping_rules import load_mappings

LOCATIONS = tuple(f"L{number}" for number in range(1, 9))
CHANNELS = ("web", "marketplace", "b2b")
GROUP = 10
MAPPINGS = Path(__file__).parent / "speed_mappings"

POLICY = Policy.model_validate(
    {
        "version": "speed",
        "owner": "benchmarks",
        "definitions": {"sellable": {"means": "what is there and free", "dispositions": ["sellable"]}},
        "routing": list(LOCATIONS),
        "safety_stock": [{"quantity": 2, "location": "L1"}],
        "channels": {
            "web": {"definition": "sellable", "locations": list(LOCATIONS), "thresholds": {"low": 10, "hysteresis": 3}},
            "marketplace": {
                "definition": "sellable",
                "locations": list(LOCATIONS),
                "pool": {"kind": "percent", "percent": 30},
            },
            "b2b": {"definition": "sellable", "locations": list(LOCATIONS[:4]), "buffer": 3},
        },
    }
)


def item_name(number: int) -> str:
    return f"SKU-{number:06}"


def kit_parts(items: int) -> dict[str, tuple[str, str]]:
    """Each kit with its two components, one of each."""
    return {f"KIT-{at:06}": (item_name(at), item_name(at + 1)) for at in range(0, items, GROUP)}


def make_master(items: int) -> MasterData:
    """The items, which all channels list, and where they are."""
    names = [item_name(number) for number in range(items)]
    kits = kit_parts(items)
    tables = {
        "items": [{"item": item, "base_unit": "each", "divisible": "no"} for item in (*names, *kits)],
        "locations": [{"location": location} for location in LOCATIONS],
        "dispositions": [{"disposition": "sellable"}],
        "channels": [{"channel": channel} for channel in CHANNELS],
        "listings": [
            {"channel": c, "listing": f"{c}-{item}", "item": item} for c in CHANNELS for item in (*names, *kits)
        ],
        "ownership": [{"location": at, "facts": "on_hand", "source": "wms"} for at in LOCATIONS],
    }
    boms = [
        {"kit": kit, "assembly": "on_demand", "components": [{"item": item, "quantity": 1} for item in parts]}
        for kit, parts in kits.items()
    ]
    return build_master_data(tables, boms)


def make_front(items: int) -> Front:
    """All that the flow needs to know from outside."""
    return Front(load_mappings(MAPPINGS), make_master(items), POLICY)
