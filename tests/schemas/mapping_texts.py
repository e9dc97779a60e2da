"""A small mapping as its file says it, and files with one thing of it changed."""

from pathlib import Path

SMALL = """\
source: wms
owner: warehouse team
version: 3
format: json
timezone: America/New_York
correlation_id: message.trace
messages:
  - name: ship
    when: "message.type == 'SHIP'"
    each: message.lines
    let: {site: message.site}
    events:
      - kind: shipment
        transaction_key: [message.id, line.no]
        item: line.sku
        quantity: line.qty
        location: site
        occurred_at: message.at
  - name: ping
    when: "message.type == 'PING'"
    ignore: pings carry no stock
"""


def changed(*changes: tuple[str, str]) -> str:
    """The small mapping with texts replaced; each must be there once, so that no test changes nothing."""
    text = SMALL
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def saved(folder: Path, text: str, name: str = "wms") -> Path:
    """The text as the mapping file of its own folder."""
    path = folder / name / "mapping.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
