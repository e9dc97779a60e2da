"""Partner spec: partners.yaml in, who is told what, where, how fast and how stubbornly out.

Nothing secret stands in the file: `secrets` names environment variables, which are read when a call is made.

    partners:
      web:
        mapping: shop                     # a folder of schemas/outbound
        channel: web                      # it is told the figures of this channel
        url: https://shop.example/admin   # or {env: SHOP_URL}; file:out/web, pubsub:projects/P/topics/T
        secrets: {token: SHOP_TOKEN}
        quotas: {send: {calls: 2, seconds: 1, burst: 4}}
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schemas.mapping_spec import Name
from schemas.mapping_values import Spec, Text
from schemas.yaml_files import load_yaml as _tree
from schemas.yaml_files import parse, refusal

POSTING_TYPES = ("sales_order", "receipt", "adjustment", "shipment_order", "transfer_notice", "order_acknowledgement")
URL_STARTS = ("http://", "https://", "file:", "pubsub:projects/")
PARTNERS_MAX = 200

PostingType = Literal[
    "sales_order", "receipt", "adjustment", "shipment_order", "transfer_notice", "order_acknowledgement"
]
Seconds = Annotated[float, Field(ge=0, le=31 * 86_400)]


def _url(url: Any) -> Any:
    """The address, or that in an environment variable: `{env: NAME}`, and below it `{env: NAME, path: /web}`."""
    if not isinstance(url, Mapping):
        return url
    if "env" not in url or set(url) - {"env", "path"}:
        raise ValueError(f"{dict(url)!r}, expected text, or env with the name of a variable")
    found = os.environ.get(str(url["env"]))
    if not found:
        raise ValueError(f"environment variable {url['env']} is not set, expected an address")
    return f"{found.rstrip('/')}{url.get('path', '')}"


def _known_url(url: str) -> str:
    if not url.startswith(URL_STARTS):
        raise ValueError(f"{url!r}, expected one that begins with {', '.join(URL_STARTS)}")
    return url.rstrip("/")


class QuotaSpec(Spec):
    """How many calls a partner takes: `calls` in every `seconds`, and at most `burst` at once after a rest."""

    calls: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(gt=0)] = 1
    burst: Annotated[int, Field(ge=1)] = 1

    @property
    def interval_seconds(self) -> float:
        """Between two calls in the long run."""
        return self.seconds / self.calls


class Quotas(Spec):
    """One quota for each phase, as partners count them."""

    send: QuotaSpec = QuotaSpec(calls=1)
    poll: QuotaSpec = QuotaSpec(calls=1)
    read: QuotaSpec = QuotaSpec(calls=1)


class PartnerSpec(Spec):
    """One partner: what it is told, where, and within which limits."""

    mapping: Name
    channel: Text | None = None
    postings: tuple[PostingType, ...] = ()
    locations: tuple[Text, ...] = ()  # only postings of these; of any where none is named
    channels: tuple[Text, ...] = ()  # only postings of these
    sources_left_out: tuple[Text, ...] = ()  # whose facts it knows already, since they came from it
    url: Annotated[str, BeforeValidator(_url), AfterValidator(_known_url)]
    hosts: tuple[Text, ...] = ()  # further hosts that it may send a call on to, such as for uploads
    secrets: dict[str, Text] = Field(default_factory=dict)  # name in the mapping -> environment variable
    values: dict[str, str] = Field(default_factory=dict)  # what the mapping reads as partner.NAME
    quotas: Quotas = Quotas()
    batch_size_max: Annotated[int, Field(ge=1, le=10_000)] = 1
    read_size_max: Annotated[int, Field(ge=1, le=1_000)] = 1
    coalesce_seconds: Seconds = 5  # a figure that changes again within them is sent once
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 10
    attempts_max: Annotated[int, Field(ge=1, le=100)] = 10  # of one figure or posting; then it is a dead letter
    give_up_seconds: Seconds = 86_400  # a message older than that is a dead letter, whatever the reason
    failures_max: Annotated[int, Field(ge=1)] = 5  # calls in a row; then the partner is left alone for a while
    pause_seconds: Annotated[float, Field(gt=0)] = 1  # after the first failure; doubled after each further one
    pause_seconds_max: Annotated[float, Field(gt=0)] = 300
    poll_seconds: Annotated[float, Field(gt=0)] = 5
    result_seconds_max: Seconds = 3_600  # a result that is not there by then is unknown, and the message is sent again
    read_back_seconds: Seconds = 5  # until a figure that was only accepted is read back
    verify_seconds: Seconds | None = None  # every figure is read back that often; never where nothing is given
    told_days: Annotated[int, Field(ge=1, le=400)] = 30  # a told posting is known again so long, as in the ledger
    told_max: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000  # of them; of more, the oldest are forgotten earlier

    @model_validator(mode="after")
    def _is_told_something(self) -> Self:
        if bool(self.channel) == bool(self.postings):
            given = "channel and postings" if self.channel else "neither channel nor postings"
            raise ValueError(f"{given} given, expected one of them")
        return self


class PartnersSpec(Spec):
    """One partners.yaml."""

    partners: Annotated[dict[Name, PartnerSpec], Field(min_length=1, max_length=PARTNERS_MAX)]


Partners = Mapping[str, PartnerSpec]


def load_partners(path: Path, environment: Mapping[str, str] = os.environ) -> Partners:
    """The partners of a file; `SpecError` with file and line also where a secret is not in the environment."""
    partners = parse(PartnersSpec, path).partners
    missing = [
        (("partners", name, "secrets", secret), f"environment variable {variable} is not set, expected a secret")
        for name, partner in partners.items()
        for secret, variable in partner.secrets.items()
        if not environment.get(variable)
    ]
    if missing:
        raise refusal(path, _tree(path), missing)
    return partners
