"""Every format: the rows of one stock list in, the payloads that say it in each, and the mapping of each, out."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

Row = tuple[str, int | None]  # item and quantity; None: it does not say
GTINS = {"BOLT": "04012345000016", "NUT": "04012345000023", "OIL": "04012345000030"}
COLUMNS = {"id": [1, 4], "count": [5, 2], "item": [7, 14], "qty": [21, 4]}


class Said(NamedTuple):
    """One list: its name, how many lines it says it has, and those that are there."""

    name: str
    count: int
    rows: Sequence[Row]

    def lines(self) -> list[tuple[str, int | None]]:
        """Those with the codes that everybody knows the items by."""
        return [(GTINS[item], quantity) for item, quantity in self.rows]


class Form(NamedTuple):
    """How one format says it, and what its mapping reads where."""

    payloads: Callable[[Said], list[bytes]]
    each: Any
    name: str
    item: str
    quantity: str
    complete: Mapping[str, str]
    options: Mapping[str, Any] = MappingProxyType({})


def table(said: Said) -> list[dict[str, Any]]:
    return [{"id": said.name, "count": said.count, "item": item, "qty": quantity} for item, quantity in said.lines()]


def _json(said: Said) -> list[bytes]:
    rows = [{"item": item, "qty": quantity} for item, quantity in said.lines()]
    return [json.dumps({"id": said.name, "count": said.count, "lines": rows}).encode()]


def _debezium(said: Said) -> list[bytes]:
    return [
        json.dumps({"op": "r", "before": None, "after": row, "source": {}, "ts_ms": 1}).encode() for row in table(said)
    ]


def _stock(said: Said) -> str:
    lines = "".join(f"<Line><Item>{item}</Item><Qty>{_text(q)}</Qty></Line>" for item, q in said.lines())
    return f"<Stock><Id>{said.name}</Id><Count>{said.count}</Count>{lines}</Stock>"


def _soap(said: Said) -> list[bytes]:
    inside = f"<s:Body>{_stock(said)}</s:Body>"
    return [f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{inside}</s:Envelope>'.encode()]


def _text(quantity: int | None) -> str:
    return "" if quantity is None else str(quantity)


def _lines(mark: str) -> Callable[[Said], list[bytes]]:
    def payloads(said: Said) -> list[bytes]:
        rows = [["id", "count", "item", "qty"]]
        rows += [[said.name, str(said.count), item, _text(quantity)] for item, quantity in said.lines()]
        return ["".join(mark.join(row) + "\n" for row in rows).encode()]

    return payloads


def _fixed(said: Said) -> list[bytes]:
    rows = (f"{said.name:<4}{said.count:>2}{item}{_text(quantity):>4}\n" for item, quantity in said.lines())
    return ["".join(rows).encode()]


def _x12(said: Said) -> list[bytes]:
    inside = [f"BIA*00*DD*{said.name}*20260302*1200", "N1*WH*EAST*91*EAST"]
    for number, (item, quantity) in enumerate(said.lines(), start=1):
        inside += [f"LIN*{number}*UK*{item}", f"QTY*33*{_text(quantity)}*EA"]
    inside.append(f"CTT*{said.count}")
    sender, receiver = "NORTHLOGISTICS ", "EXAMPLECO      "
    head = f"ISA*00*          *00*          *ZZ*{sender}*ZZ*{receiver}*260302*0900*U*00401*000000014*0*P*>"
    segments = [head, "GS*IB*NORTHLOGISTICS*EXAMPLECO*20260302*0900*14*X*004010", "ST*846*0001", *inside]
    segments += [f"SE*{len(inside) + 2}*0001", "GE*1*14", "IEA*1*000000014"]
    return ["".join(f"{segment}~\n" for segment in segments).encode()]


def _edifact(said: Said) -> list[bytes]:
    inside = ["UNH+1+INVRPT:D:01B:UN:EAN008", f"BGM+35+{said.name}+9", "DTM+366:202603021200:203"]
    for number, (item, quantity) in enumerate(said.lines(), start=1):
        inside += [f"LIN+{number}++{item}:SRV", f"QTY+145:{_text(quantity)}:PCE"]
    inside.append(f"CNT+2:{said.count}")
    head = "UNB+UNOC:3+4012345000009:14+4098765000007:14+260302:2305+983"
    segments = [head, *inside, f"UNT+{len(inside) + 1}+1", "UNZ+1+983"]
    return ["".join(f"{segment}'\n" for segment in segments).encode()]


def _epcis(said: Said) -> list[bytes]:
    quantities = [
        {"epcClass": f"https://id.gs1.org/01/{item}"} | ({} if quantity is None else {"quantity": quantity})
        for item, quantity in said.lines()
    ]
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-03-02T12:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "cycle_counting",
        "bizLocation": {"id": "urn:epc:id:sgln:4012345.00000.0"},
        "bizTransactionList": [{"type": "po", "bizTransaction": said.name}],
        "quantityList": quantities,
    }
    body = {"eventList": [event]}
    context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    head = {
        "@context": [context],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T12:00:00Z",
    }
    return [json.dumps({**head, "epcisBody": body}).encode()]


def _avro(said: Said) -> list[bytes]:
    fields = [{"name": "id", "type": "string"}, {"name": "count", "type": "int"}, {"name": "item", "type": "string"}]
    schema = {"type": "record", "name": "Stock", "fields": [*fields, {"name": "qty", "type": ["null", "int"]}]}
    file = io.BytesIO()
    fastavro.writer(file, fastavro.parse_schema(schema), table(said))
    return [file.getvalue()]


def _parquet(said: Said) -> list[bytes]:
    file = io.BytesIO()
    columns = {name: [row[name] for row in table(said)] for name in ("id", "count", "item", "qty")}
    pq.write_table(pa.table({**columns, "qty": pa.array(columns["qty"], pa.int64())}), file)
    return [file.getvalue()]


OF_ROWS = (
    "message.rows",
    "line.id",
    "line.item",
    "line.qty",
    {"snapshot": "message.rows[0].id", "lines": "message.rows[0].count"},
)
FORMS: dict[str, Form] = {
    "json": Form(
        _json,
        "message.lines",
        "message.id",
        "line.item",
        "line.qty",
        {"snapshot": "message.id", "lines": "message.count"},
    ),
    "debezium": Form(
        _debezium,
        "[message.after]",
        "message.after.id",
        "message.after.item",
        "message.after.qty",
        {"snapshot": "message.after.id", "part": "message.after.item", "parts": "message.after.count"},
    ),
    "xml": Form(
        lambda said: [_stock(said).encode()],
        "message.Stock.Line",
        "message.Stock.Id",
        "line.Item",
        "line.Qty",
        {"snapshot": "message.Stock.Id", "lines": "message.Stock.Count"},
        {"force_list": ["Line"]},
    ),
    "soap": Form(
        _soap,
        "message.body.Line",
        "message.body.Id",
        "line.Item",
        "line.Qty",
        {"snapshot": "message.body.Id", "lines": "message.body.Count"},
        {"force_list": ["Line"]},
    ),
    "csv": Form(_lines(","), *OF_ROWS),
    "tsv": Form(_lines("\t"), *OF_ROWS),
    "fixed": Form(_fixed, *OF_ROWS, {"columns": COLUMNS}),
    "x12": Form(
        _x12,
        ["message.LIN_loop", "line.QTY_loop"],
        "message.BIA[0].BIA03",
        "outer.LIN[0].LIN03",
        "line.QTY[0].QTY02",
        {"snapshot": "message.BIA[0].BIA03", "lines": "message.CTT[0].CTT01"},
    ),
    "edifact": Form(
        _edifact,
        ["message.LIN_loop", "line.QTY_loop"],
        "message.BGM[0].BGM0201",
        "outer.LIN[0].LIN0301",
        "line.QTY[0].QTY0102",
        {"snapshot": "message.BGM[0].BGM0201", "lines": "message.CNT[0].CNT0102"},
    ),
    "epcis": Form(
        _epcis,
        "message.items",
        "message.transactions[0].id",
        "line.gtin",
        "line.quantity",
        {"snapshot": "message.transactions[0].id"},  # EPCIS counts nothing: what is cut off is known by what it empties
    ),
    "avro": Form(_avro, *OF_ROWS),
    "parquet": Form(_parquet, *OF_ROWS),
}


def mapping_of(name: str) -> dict[str, Any]:
    """The mapping of a source that sends stock lists in a format; its keys are those of all others."""
    form = FORMS[name]
    line = {
        "kind": "snapshot",
        "transaction_key": [form.name, form.item],
        "item": {"from": form.item, "values": {gtin: item for item, gtin in GTINS.items()}},
        "quantity": form.quantity,
        "location": {"value": "EAST"},
        "occurred_at": "'2026-03-02T12:00:00Z'",
    }
    complete = {what: [text] if what == "snapshot" else text for what, text in form.complete.items()}
    return {
        "source": f"by-{name}",
        "owner": "tests",
        "version": 1,
        "format": name,
        "key_space": "stock",
        "format_options": dict(form.options),
        "messages": [{"name": "list", "each": form.each, "complete": complete, "events": [line]}],
    }
