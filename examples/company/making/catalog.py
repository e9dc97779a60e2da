"""Catalog: the invented assortment in, the rows of every master table out.

Each partner has its own names for our items: the ERPs have material numbers (where leading zeros count), the western
warehouse has article numbers, scanners read GTINs, and every channel sells under listing ids of its own. The shop's are
variant ids above 2^53 that differ in the last digit only: whoever reads them as floating point merges two items.
"""

from decimal import Decimal
from typing import NamedTuple

Rows = list[list[str]]


class Product(NamedTuple):
    """One item with what one inner, case and pallet of it hold (0: no such pack)."""

    item: str
    description: str
    inner: int
    case: int
    pallet: int
    lot_controlled: bool = False
    base_unit: str = "each"


def _p(item: str, description: str, inner: int, case: int, pallet: int) -> Product:
    return Product(item, description, inner, case, pallet)


def _lot(item: str, description: str, inner: int, case: int, pallet: int) -> Product:
    return Product(item, description, inner, case, pallet, lot_controlled=True)


PRODUCTS = (
    _p("MUG-BLUE", "Stoneware mug 350 ml, blue", 6, 24, 960),
    _p("MUG-WHITE", "Stoneware mug 350 ml, white", 6, 24, 960),
    _p("MUG-BLACK", "Stoneware mug 350 ml, black", 6, 24, 960),
    _p("MUG-GREEN", "Stoneware mug 350 ml, green", 6, 36, 1080),
    _p("MUG-TRAVEL", "Travel mug 400 ml, steel", 0, 12, 480),
    _p("CUP-ESP", "Espresso cup 70 ml", 6, 48, 2304),
    _p("CUP-CAPP", "Cappuccino cup 180 ml", 6, 36, 1440),
    _p("SAUCER-15", "Saucer 15 cm", 12, 72, 3456),
    _p("GLASS-LATTE", "Latte glass 280 ml, double wall", 2, 24, 720),
    _p("TUMBLER-450", "Tumbler 450 ml", 0, 20, 800),
    _p("DRIPPER-V1", "Ceramic dripper, size 1", 0, 12, 576),
    _p("DRIPPER-V2", "Ceramic dripper, size 2", 0, 12, 432),
    _p("DRIPPER-STEEL", "Steel dripper", 0, 16, 768),
    _p("PAPER-V1", "Filter papers size 1, pack of 100", 10, 50, 4000),
    _p("PAPER-V2", "Filter papers size 2, pack of 100", 10, 40, 3200),
    _p("CLOTH-FILTER", "Cloth filter", 5, 100, 4000),
    _p("PRESS-350", "French press 350 ml", 0, 12, 360),
    _p("PRESS-1000", "French press 1 l", 0, 6, 180),
    _p("MOKA-3", "Stovetop pot, 3 cups", 0, 12, 480),
    _p("MOKA-6", "Stovetop pot, 6 cups", 0, 8, 320),
    _p("SIPHON-5", "Siphon brewer, 5 cups", 0, 4, 96),
    _p("KETTLE-GOOSE", "Gooseneck kettle 1 l", 0, 6, 144),
    _p("KETTLE-STD", "Kettle 1.7 l", 0, 6, 120),
    _p("COLDBREW-1L", "Cold brew jug 1 l", 0, 6, 216),
    _p("GRINDER-HAND", "Hand grinder", 0, 10, 400),
    _p("GRINDER-BURR", "Burr grinder, electric", 0, 2, 48),
    _p("GRINDER-PRO", "Shop grinder, electric", 0, 1, 12),
    _p("TAMPER-53", "Tamper 53 mm", 0, 24, 1440),
    _p("TAMPER-58", "Tamper 58 mm", 0, 24, 1440),
    _p("BASKET-18G", "Filter basket 18 g", 10, 100, 6000),
    _p("PORTAFILTER-58", "Bottomless portafilter 58 mm", 0, 8, 384),
    _p("KNOCKBOX", "Knock box", 0, 6, 240),
    _p("PITCHER-350", "Milk pitcher 350 ml", 0, 24, 960),
    _p("PITCHER-600", "Milk pitcher 600 ml", 0, 18, 720),
    _p("TAMP-MAT", "Tamping mat", 0, 30, 1800),
    _p("THERMOMETER", "Milk thermometer", 5, 60, 3600),
    _p("SCALE-BASIC", "Kitchen scale 5 kg", 0, 10, 500),
    _p("SCALE-TIMER", "Brew scale with timer", 0, 10, 400),
    _p("TIMER-KITCHEN", "Kitchen timer", 6, 72, 4320),
    _p("SPOON-SCOOP", "Coffee scoop 10 g", 12, 144, 8640),
    _p("WHISK-MINI", "Mini whisk", 12, 144, 8640),
    _p("BRUSH-GRINDER", "Grinder brush", 10, 120, 7200),
    _p("TOWEL-BAR", "Bar towel", 5, 100, 3000),
    _p("APRON-GREY", "Apron, grey", 0, 25, 750),
    _p("JAR-500", "Storage jar 500 ml", 0, 16, 640),
    _p("JAR-1000", "Storage jar 1 l", 0, 9, 324),
    _p("CANISTER-VAC", "Vacuum canister", 0, 8, 256),
    _p("TRAY-SERVE", "Serving tray", 0, 15, 450),
    _p("FILTER-WATER", "Water filter cartridge", 3, 30, 1800),
    _lot("BEANS-HOUSE", "House blend, beans 1 kg", 0, 8, 480),
    _lot("BEANS-ESPRESSO", "Espresso blend, beans 1 kg", 0, 8, 480),
    _lot("BEANS-DECAF", "Decaffeinated, beans 500 g", 0, 12, 720),
    _lot("BEANS-SINGLE", "Single estate, beans 250 g", 4, 24, 1440),
    _lot("TABS-CLEAN", "Cleaning tablets, tub of 100", 6, 36, 2160),
    _lot("TABS-DESCALE", "Descaling tablets, pack of 12", 10, 100, 6000),
    _lot("POWDER-CLEAN", "Cleaning powder 900 g", 0, 12, 576),
    _lot("SYRUP-VANILLA", "Vanilla syrup 700 ml", 0, 6, 450),
    Product("GREEN-BEANS", "Green coffee, sold by weight", 0, 0, 0, base_unit="kilogram"),
    _p("KIT-POUROVER", "Pour-over set: dripper, papers, two mugs", 0, 0, 0),
    _p("KIT-STARTER", "Starter set: pour-over set, hand grinder, scale", 0, 0, 0),
    _p("KIT-ROAST", "Home roasting set: green coffee, jar, scoop", 0, 0, 0),
)
BY_ITEM = {product.item: product for product in PRODUCTS}
NUMBER = {product.item: number for number, product in enumerate(PRODUCTS, start=1)}
KITS = ("KIT-POUROVER", "KIT-STARTER", "KIT-ROAST")
SACK_KILOGRAMS = 60

# Two different tampers, told apart only by leading zeros in the old ERP.
OLD_NUMBERS = {"TAMPER-58": "417", "TAMPER-53": "00417"}

COMPONENTS = {
    "KIT-POUROVER": {"DRIPPER-V1": Decimal(1), "PAPER-V1": Decimal(1), "MUG-BLUE": Decimal(2)},
    "KIT-STARTER": {
        "DRIPPER-V1": Decimal(1), "PAPER-V1": Decimal(1), "MUG-BLUE": Decimal(2),
        "GRINDER-HAND": Decimal(1), "SCALE-BASIC": Decimal(1),
    },
    "KIT-ROAST": {"GREEN-BEANS": Decimal("0.51"), "JAR-500": Decimal(1), "SPOON-SCOOP": Decimal(1)},
}  # fmt: skip

_MARKETPLACE_BY_INNER = {"SPOON-SCOOP", "WHISK-MINI", "BASKET-18G"}  # too cheap to send one by one
_NOT_ON_MARKETPLACE = {"GREEN-BEANS", "GRINDER-PRO", "KIT-STARTER", "KIT-ROAST"}
_NOT_AT_RETAILER = {"GREEN-BEANS", "GRINDER-PRO", "SIPHON-5", *KITS}


def check_digit(digits: str) -> str:
    """The last digit of a GTIN: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin(item: str, indicator: int = 0) -> str:
    """The GTIN-14 of an item: indicator 0 is a piece, 1 a case, 2 an inner. 0614141 is GS1's example prefix."""
    body = f"{indicator}0614141{NUMBER[item]:05d}"
    return body + check_digit(body)


def upc(item: str) -> str:
    """The twelve digits under the bars of one piece."""
    return gtin(item)[2:]


def material(item: str) -> str:
    """The new ERP's material number: eighteen places, filled with zeros."""
    return f"{100000 + 10 * NUMBER[item]:018d}"


def old_number(item: str) -> str:
    """The old ERP's number."""
    return OLD_NUMBERS.get(item, f"A{2000 + 7 * NUMBER[item]}")


def article(item: str) -> str:
    """The western warehouse's article number."""
    return f"W{40000 + 11 * NUMBER[item]}"


def variant(item: str) -> int:
    """The shop's variant id: above 2^53, so that neighbours collapse if read as a double."""
    return 9_107_199_254_740_992 + NUMBER[item]


def seller_sku(item: str) -> str:
    """The marketplace's id of the listing."""
    return f"MP{NUMBER[item] * 137 % 1000:03d}-{item.partition('-')[0]}{NUMBER[item]:02d}"


def catalogue_number(item: str) -> str:
    """The trade catalogue's number."""
    return f"C-{1000 + 3 * NUMBER[item]}"


def retailer_number(item: str) -> str:
    """The retail chain's own item number."""
    return f"77{5000 + 13 * NUMBER[item]}"


def sell_unit(channel: str, item: str) -> str | None:
    """The unit in which a channel sells an item; None where it does not."""
    product = BY_ITEM[item]
    if channel == "web":
        return product.base_unit
    if channel == "marketplace":
        if item in _NOT_ON_MARKETPLACE:
            return None
        return "inner" if item in _MARKETPLACE_BY_INNER else product.base_unit
    if channel == "retailer":
        return None if item in _NOT_AT_RETAILER else "case"
    return "case" if product.case > 1 else product.base_unit


def pack(item: str, unit: str) -> int:
    """Base units in one `unit`."""
    product = BY_ITEM[item]
    sizes = {product.base_unit: 1, "inner": product.inner, "case": product.case, "pallet": product.pallet}
    return SACK_KILOGRAMS if unit == "sack" else sizes[unit]
