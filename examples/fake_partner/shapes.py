"""Shapes: requests as Shopify, BigCommerce, Amazon and an ERP take them in, answers as these give them out.

They hold what a partner would hold: a figure for each listing, a document for each idempotency key, feeds with their
results. Only what our mappings use is there.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from examples.fake_partner.behaviour import Gate

Reply = tuple[int, Any]


@dataclass
class Request:
    """One request, below the path of its partner."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    base: str  # the address of the partner

    @property
    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body or b"null")

    @property
    def parts(self) -> list[str]:
        """The path, piece by piece."""
        return [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]

    @property
    def query(self) -> dict[str, list[str]]:
        """What stands behind the question mark."""
        return parse_qs(urlsplit(self.path).query)


@dataclass
class Shop:
    """What a partner holds, and how it came to it."""

    gate: Gate
    figures: dict[str, int] = field(default_factory=dict)
    history: list[tuple[float, str, int]] = field(default_factory=list)  # when, listing, figure: every one applied
    documents: dict[str, Any] = field(default_factory=dict)  # by idempotency key
    uploads: dict[str, Any] = field(default_factory=dict)
    feeds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, listing: str, figure: int) -> bool:
        """Apply a figure, or forget it; whether the listing is known."""
        if listing in self.gate.behaviour.unknown_listings:
            return False
        if not self.gate.forgets():
            self.figures[listing] = figure
            self.history.append((self.gate.clock(), listing, figure))
        return True


def phase_of(shape: str, request: Request) -> str:
    """Which quota a request counts against; "" for none."""
    if shape == "amazon":
        if request.method == "POST" and request.parts[-1] == "feeds":
            return "send"
        if request.parts[0] == "listings":
            return "read"
        return (
            "poll" if "feeds" in request.parts[:1] and request.method == "GET" and request.parts[2] == "feeds" else ""
        )
    if shape == "shopify":
        return "send" if b"inventorySetQuantities" in request.body else "read"
    return "read" if request.method == "GET" else "send"


def shopify(shop: Shop, request: Request) -> Reply:
    """inventorySetQuantities, all or nothing, with its compare; and what is available."""
    variables = request.json["variables"]
    if "ids" in variables:
        nodes = [
            {"id": one, "inventoryLevel": {"quantities": [{"name": "available", "quantity": shop.figures[one]}]}}
            for one in variables["ids"]
            if one in shop.figures
        ]
        return 200, {"data": {"nodes": nodes}}
    given = variables["input"]
    problems = []
    for index, one in enumerate(given["quantities"]):
        known, compare = shop.figures.get(one["inventoryItemId"]), one.get("compareQuantity")
        field_of = ["input", "quantities", str(index)]
        if one["inventoryItemId"] in shop.gate.behaviour.unknown_listings:
            words = "The specified inventory item could not be found."
            problems.append({"field": field_of, "message": words, "code": "INVALID_INVENTORY_ITEM"})
        elif not given.get("ignoreCompareQuantity") and compare is not None and compare != known:
            words = "The compareQuantity value does not match the persisted value."
            problems.append({"field": field_of, "message": words, "code": "COMPARE_QUANTITY_STALE"})
    if not problems:
        for one in given["quantities"]:
            shop.take(one["inventoryItemId"], one["quantity"])
    group = None if problems else {"id": f"gid://shopify/InventoryAdjustmentGroup/{len(shop.history)}"}
    return 200, {"data": {"inventorySetQuantities": {"inventoryAdjustmentGroup": group, "userErrors": problems}}}


def bigcommerce(shop: Shop, request: Request) -> Reply:
    """Absolute adjustments, each for itself: 207 where some are refused; and what is available."""
    if request.method == "GET":
        skus = request.query.get("sku:in", [""])[0].split(",")
        found = [(sku, shop.figures[sku]) for sku in skus if sku in shop.figures]
        data = [{"identity": {"sku": sku}, "locations": [{"available_to_sell": figure}]} for sku, figure in found]
        return 200, {"data": data, "meta": {}}
    errors = []
    for one in request.json["items"]:
        if shop.gate.fails_line():
            errors.append({"status": 503, "title": "The sku is busy.", "sku": one["sku"]})
        elif not shop.take(one["sku"], one["quantity"]):
            errors.append({"status": 422, "title": "The sku does not exist.", "sku": one["sku"]})
    return 207 if errors else 200, {"transaction_id": str(len(shop.history)), "errors": errors}


def amazon(shop: Shop, request: Request) -> Reply:  # noqa: PLR0911 - one for each address
    """Feeds with documents that are uploaded and downloaded apart, results message by message; listings."""
    match request.method, request.parts:
        case "POST", [*_, "documents"]:
            name = f"doc-{len(shop.uploads) + 1}"
            shop.uploads[name] = None
            return 201, {"feedDocumentId": name, "url": f"{request.base}/upload/{name}"}
        case "PUT", ["upload", name]:
            shop.uploads[name] = request.json
            return 200, None
        case "POST", [*_, "feeds"]:
            return 202, {"feedId": _new_feed(shop, request.json["inputFeedDocumentId"])}
        case "GET", ["feeds", _, "feeds", feed_id]:
            return 200, _feed(shop, feed_id)
        case "GET", ["feeds", _, "documents", name]:
            return 200, {"feedDocumentId": name, "url": f"{request.base}/upload/{name}"}
        case "GET", ["upload", name]:
            return 200, shop.uploads[name]
        case "GET", ["listings", _, "items", _]:
            skus = request.query["identifiers"][0].split(",")[:20]
            return 200, {"items": [_listing(sku, shop.figures[sku]) for sku in skus if sku in shop.figures]}
    return 404, {"errors": [{"code": "NotFound", "message": request.path}]}


def _new_feed(shop: Shop, document: str) -> str:
    feed_id = str(50_000 + len(shop.feeds) + 1)
    ready_at = shop.gate.clock() + shop.gate.behaviour.processing_seconds
    shop.feeds[feed_id] = {"document": document, "ready_at": ready_at, "done": False}
    return feed_id


def _feed(shop: Shop, feed_id: str) -> Any:
    """The state of a feed; its messages take effect when its processing is over."""
    feed = shop.feeds[feed_id]
    if shop.gate.clock() < feed["ready_at"]:
        return {"feedId": feed_id, "processingStatus": "IN_PROGRESS"}
    if not feed["done"]:
        feed["done"] = True
        messages = shop.uploads[feed["document"]]["messages"]
        refused = [one["messageId"] for one in messages if not shop.take(one["sku"], _amazon_figure(one))]
        issues = [
            {"messageId": one, "code": "8541", "severity": "ERROR", "message": "The SKU does not match any listing."}
            for one in refused
        ]
        accepted = len(messages) - len(issues)
        summary = {"errors": len(issues), "messagesProcessed": len(messages), "messagesAccepted": accepted}
        shop.uploads[f"{feed_id}-report"] = {"header": {"feedId": feed_id}, "issues": issues, "summary": summary}
    return {"feedId": feed_id, "processingStatus": "DONE", "resultFeedDocumentId": f"{feed_id}-report"}


def _amazon_figure(message: Any) -> int:
    (patch,) = message["patches"]
    return int(patch["value"][0]["quantity"])


def _listing(sku: str, figure: int) -> Any:
    return {"sku": sku, "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": figure}]}


def erp(shop: Shop, request: Request) -> Reply:
    """Documents, each once by its idempotency key."""
    key = request.headers["idempotency-key"]
    if key in shop.documents:
        return 200, {"id": key, "duplicate": True}
    shop.documents[key] = {"path": request.path, **request.json}
    return 201, {"id": key, "duplicate": False}


SHAPES: dict[str, Callable[[Shop, Request], Reply]] = {
    "shopify": shopify,
    "bigcommerce": bigcommerce,
    "amazon": amazon,
    "erp": erp,
}
NAME = re.compile(r"/([a-z0-9_-]+)(/.*)?")
