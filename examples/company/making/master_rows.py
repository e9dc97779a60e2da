"""Master rows: the catalog and what else a company governs in, the rows of every master table out."""

from making import catalog

Rows = list[list[str]]

# item, lot, expires on, status. Where nothing else is said a lot is ordinary.
LOTS = (
    ("BEANS-HOUSE", "H2601", "2026-10-31", "released"),
    ("BEANS-HOUSE", "H2511", "2026-04-05", "released"),  # 34 days left: too short for marketplace and retailer
    ("BEANS-ESPRESSO", "E2601", "2026-11-15", "released"),
    ("BEANS-ESPRESSO", "E2508", "2026-02-15", "released"),  # expired two weeks ago
    ("BEANS-DECAF", "D2512", "2026-09-30", "released"),
    ("BEANS-DECAF", "D2601", "2026-12-31", "held"),  # laboratory result outstanding
    ("BEANS-SINGLE", "S2602", "2026-12-01", "released"),
    ("BEANS-SINGLE", "S2512", "2026-08-20", "released"),
    ("TABS-CLEAN", "TC-0441", "2028-01-31", "released"),
    ("TABS-CLEAN", "TC-0397", "2027-06-30", "recalled"),
    ("TABS-DESCALE", "TD-1107", "2028-03-31", "released"),
    ("POWDER-CLEAN", "PC-220", "2027-12-31", "released"),
    ("POWDER-CLEAN", "PC-231", "2028-05-31", "released"),
    ("SYRUP-VANILLA", "V-8812", "2026-09-15", "released"),
    ("SYRUP-VANILLA", "V-8843", "2027-01-15", "released"),
)
UNIT_CODES = (
    ("EA", "each"), ("C62", "each"), ("PCE", "each"), ("ST", "each"), ("PC", "each"),
    ("IN", "inner"), ("IP", "inner"), ("PK", "inner"),
    ("CA", "case"), ("CS", "case"), ("CT", "case"), ("KAR", "case"),
    ("PL", "pallet"), ("PF", "pallet"), ("PX", "pallet"), ("PAL", "pallet"),
    ("KG", "kilogram"), ("KGM", "kilogram"), ("SA", "sack"), ("SAC", "sack"),
)  # fmt: skip
DISPOSITIONS = (
    ("sellable", "may be sold"),
    ("quality_hold", "waits for a quality decision"),
    ("quarantine", "set apart until its origin is clear"),
    ("damaged", "cannot be sold; waits to be scrapped or returned to the supplier"),
    ("returns_hold", "came back from a customer, not inspected yet"),
)
LOCATIONS = (
    ("EAST", "Distribution centre East", "warehouse", "America/New_York"),
    ("WEST", "Distribution centre West", "warehouse", "America/Los_Angeles"),
    ("NORTH3PL", "Third-party warehouse North", "3pl", "America/Chicago"),
    ("HAMBURG", "Third-party warehouse Hamburg, by EDIFACT", "3pl", "Europe/Berlin"),
    ("CHICAGO", "Third-party warehouse Chicago, by files", "3pl", "America/Chicago"),
    ("APEX", "Third-party warehouse Apex, by API", "3pl", "America/Chicago"),
    ("DOCK", "Cross dock, by EPCIS", "3pl", "America/Chicago"),
    ("OUTLET", "Factory outlet, kept in the ERP", "store", "America/New_York"),
    ("SHOWROOM", "Showroom, kept in the old ERP", "store", "America/New_York"),
)
LOCATION_CODES = (
    ("wms-east", "E01", "EAST"), ("wms-east", "W01", "WEST"), ("wms-east", "N01", "NORTH3PL"),
    ("wms-west", "WST", "WEST"), ("wms-west", "EST", "EAST"),
    ("3pl-north", "NLOG7", "NORTH3PL"),
    ("erp-db", "1000", "EAST"), ("erp-db", "2000", "WEST"), ("erp-db", "3000", "NORTH3PL"),
    ("erp-snapshot", "1000", "EAST"), ("erp-snapshot", "2000", "WEST"), ("erp-snapshot", "3000", "NORTH3PL"),
    ("erp-docs", "DC-E", "EAST"), ("erp-docs", "DC-W", "WEST"),
    ("b2b-portal", "east-dc", "EAST"), ("b2b-portal", "west-dc", "WEST"),
    ("returns", "RD-EAST", "EAST"),
    ("3pl-edifact", "4012345000016", "HAMBURG"), ("retailer-x12", "E01", "HAMBURG"),
    ("3pl-csv", "CHI-2", "CHICAGO"), ("3pl-api", "APX", "APEX"), ("3pl-epcis", "0614141007776", "DOCK"),
    ("erp-odata", "1900", "OUTLET"), ("erp-soap", "SR", "SHOWROOM"),
)  # fmt: skip
CHANNELS = (
    ("web", "Own web shop", "shop"),
    ("marketplace", "Marketplace", "marketplace"),
    ("retailer", "Retail chain, by EDI", "retailer"),
    ("b2b", "Trade customers, by portal", "portal"),
)
# The new ERP's inbound counts for the sites that were migrated, the old one's for WEST. Nobody owns EAST's
# dispositions alone: the warehouse holds and releases, the returns desk inspects, and both are posted.
OWNERSHIP = (
    ("EAST", "on_hand", "wms-east"),
    ("WEST", "on_hand", "wms-west"),
    ("NORTH3PL", "on_hand", "3pl-north"),
    ("WEST", "dispositions", "wms-west"),
    ("NORTH3PL", "dispositions", "3pl-north"),
    ("EAST", "inbound", "erp-db"),
    ("NORTH3PL", "inbound", "erp-db"),
    ("WEST", "inbound", "erp-docs"),
    ("HAMBURG", "on_hand", "3pl-edifact"),
    ("HAMBURG", "inbound", "retailer-x12"),
    ("CHICAGO", "on_hand", "3pl-csv"),
    ("APEX", "on_hand", "3pl-api"),
    ("DOCK", "on_hand", "3pl-epcis"),
    ("OUTLET", "on_hand", "erp-odata"),
    ("OUTLET", "inbound", "erp-odata"),
    ("SHOWROOM", "on_hand", "erp-soap"),
    ("SHOWROOM", "inbound", "erp-soap"),
)
BOMS = """\
# All three are put together when an order is picked. A set inside a set is taken apart down to stocked items.
kits:
  - kit: KIT-POUROVER            # until January it had one mug
    assembly: on_demand
    effective_from: 2025-06-01
    effective_to: 2026-02-01
    components:
      - {item: DRIPPER-V1, quantity: 1}
      - {item: PAPER-V1, quantity: 1}
      - {item: MUG-BLUE, quantity: 1}
  - kit: KIT-POUROVER
    assembly: on_demand
    effective_from: 2026-02-01
    components:
      - {item: DRIPPER-V1, quantity: 1}
      - {item: PAPER-V1, quantity: 1}
      - {item: MUG-BLUE, quantity: 2}
  - kit: KIT-STARTER
    assembly: on_demand
    effective_from: 2025-06-01
    components:
      - {item: KIT-POUROVER, quantity: 1}
      - {item: GRINDER-HAND, quantity: 1}
      - {item: SCALE-BASIC, quantity: 1}
  - kit: KIT-ROAST               # two percent of the coffee stays in the filling machine
    assembly: on_demand
    effective_from: 2025-11-01
    components:
      - {item: GREEN-BEANS, quantity: 0.5, scrap_factor: 0.02}
      - {item: JAR-500, quantity: 1}
      - {item: SPOON-SCOOP, quantity: 1}
"""


def tables() -> dict[str, Rows]:
    """Every master table: a header and its rows, as text."""
    return {
        "items": _items(),
        "item_units": _item_units(),
        "unit_codes": [["code", "unit"], *map(list, UNIT_CODES)],
        "item_codes": _item_codes(),
        "locations": [["location", "name", "kind", "timezone"], *map(list, LOCATIONS)],
        "location_codes": [["source", "code", "location"], *map(list, LOCATION_CODES)],
        "dispositions": [["disposition", "meaning"], *map(list, DISPOSITIONS)],
        "channels": [["channel", "name", "kind"], *map(list, CHANNELS)],
        "listings": _listings(),
        "lots": [["item", "lot", "expires_on", "status"], *map(list, LOTS)],
        "ownership": [["location", "facts", "source"], *map(list, OWNERSHIP)],
    }


def _items() -> Rows:
    rows = [["item", "description", "base_unit", "lot_controlled", "divisible"]]
    for product in catalog.PRODUCTS:
        divisible = product.base_unit == "kilogram"
        flags = ["yes" if flag else "no" for flag in (product.lot_controlled, divisible)]
        rows.append([product.item, product.description, product.base_unit, *flags])
    return rows


def _item_units() -> Rows:
    rows = [["item", "unit", "factor"]]
    for product in catalog.PRODUCTS:
        sizes = (("inner", product.inner), ("case", product.case), ("pallet", product.pallet))
        rows += [[product.item, unit, str(size)] for unit, size in sizes if size]
    return [*rows, ["GREEN-BEANS", "sack", str(catalog.SACK_KILOGRAMS)]]


def _item_codes() -> Rows:
    rows = [["source", "code", "item"]]
    for product in catalog.PRODUCTS:
        item = product.item
        rows += [["*", catalog.upc(item), item], ["*", catalog.gtin(item), item]]
        rows += [["*", catalog.gtin(item, 2), item]] if product.inner else []
        rows += [["*", catalog.gtin(item, 1), item]] if product.case else []
        if item not in catalog.KITS:
            rows += [["erp-db", catalog.material(item), item], ["erp-snapshot", catalog.material(item), item]]
            rows += [["erp-docs", catalog.old_number(item), item]]
            rows += [["erp-odata", catalog.material(item), item], ["erp-soap", catalog.old_number(item), item]]
        rows += [["wms-west", catalog.article(item), item]]
    return rows


def _listings() -> Rows:
    rows = [["channel", "listing", "item", "sell_unit"]]
    ids = {
        "web": catalog.variant,
        "marketplace": catalog.seller_sku,
        "retailer": catalog.retailer_number,
        "b2b": catalog.catalogue_number,
    }
    for channel, listing in ids.items():
        for product in catalog.PRODUCTS:
            unit = catalog.sell_unit(channel, product.item)
            if unit:
                rows.append([channel, str(listing(product.item)), product.item, unit])
    return rows
