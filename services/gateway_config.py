"""Gateway config: a YAML file in, who may send what and where it goes out, or an error that names file and line.

    landing_folder: out/landing            # or  topic: projects/P/topics/T
    sources:
      shop:
        format: json
        signature: {scheme: shopify, secret_env: SHOP_WEBHOOK_SECRET}

The file names environment variables; it never holds a secret, and neither does any message about it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.mapping_spec import Name
from schemas.yaml_files import Finding, load_yaml, parse, refusal
from services.signature_rules import (
    BIGCOMMERCE,
    SHOPIFY,
    TOLERANCE_SECONDS,
    Encoding,
    Scheme,
    SchemeName,
)
from transforms.arrival.format_table import FORMATS
from transforms.arrival.limits import PAYLOAD_BYTES_MAX

SECRET_BYTES_MIN = 16  # shorter ones can be guessed
PUBSUB_BODY_BYTES_MAX = 9_000_000  # Pub/Sub refuses requests over 10 MB

_ENV_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_HEADER = re.compile(r"[a-z0-9][a-z0-9-]*")
_TOPIC = re.compile(r"projects/[^/]+/topics/[^/]+")


def _env_name(name: str) -> str:
    if not _ENV_NAME.fullmatch(name):
        # The value is not shown: a secret that was pasted here would end in a log.
        raise ValueError("is no name of an environment variable, expected one such as SHOP_WEBHOOK_SECRET")
    return name


def _header(name: str) -> str:
    if not _HEADER.fullmatch(name.lower()):
        raise ValueError(f"{name!r} is no name of a header, expected one such as X-Signature")
    return name.lower()


def _format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"format {name!r}, expected one of {', '.join(FORMATS)}")
    return name


def _topic(name: str) -> str:
    if not _TOPIC.fullmatch(name):
        raise ValueError(f"topic {name!r}, expected projects/PROJECT/topics/TOPIC")
    return name


EnvName = Annotated[str, AfterValidator(_env_name)]
Header = Annotated[str, AfterValidator(_header)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SignatureSpec(_Spec):
    """How a source signs; `signature_rules` explains the schemes."""

    scheme: SchemeName
    secret_env: EnvName
    previous_secret_env: EnvName | None = None  # still accepted while a secret is renewed
    header: Header | None = None
    encoding: Encoding = "hex"
    prefix: str = ""
    id_header: Header | None = None
    timestamp_header: Header | None = None
    tolerance_seconds: Annotated[int, Field(ge=1, le=3_600)] = TOLERANCE_SECONDS

    @model_validator(mode="after")
    def _fits_its_scheme(self) -> Self:
        own = self.model_fields_set - {"scheme", "secret_env", "previous_secret_env", "tolerance_seconds"}
        if self.scheme in {"shopify", "bigcommerce"} and own:
            raise ValueError(f"scheme {self.scheme} sets {', '.join(sorted(own))} itself, expected none of them here")
        if self.scheme in {"hmac", "token"} and self.header is None:
            raise ValueError(f"scheme {self.scheme} names no header, expected the one that carries the proof")
        return self

    @property
    def made(self) -> Scheme:
        """The scheme as the rules want it."""
        if self.scheme == "shopify":
            return SHOPIFY
        if self.scheme == "bigcommerce":
            return BIGCOMMERCE._replace(tolerance_seconds=self.tolerance_seconds)
        return Scheme(
            self.scheme,
            self.header or "",
            self.encoding,
            self.prefix,
            self.id_header or "",
            self.timestamp_header or "",
            self.tolerance_seconds,
        )


class SourceSpec(_Spec):
    """One sender."""

    format: Annotated[str, AfterValidator(_format)] = "json"
    signature: SignatureSpec
    topic_header: Header | None = None  # what kind of message it is; X-Shopify-Topic by itself for scheme shopify
    correlation_header: Header | None = None
    keep_headers: Annotated[tuple[Header, ...], Field(max_length=20)] = ()  # become attributes


class LimitsSpec(_Spec):
    """What the gateway bears before it says no."""

    body_bytes_max: Annotated[int, Field(ge=1, le=PAYLOAD_BYTES_MAX)] = 2 << 20
    body_seconds_max: Annotated[int, Field(ge=1, le=300)] = 10
    write_seconds_max: Annotated[int, Field(ge=1, le=300)] = 10
    connections_max: Annotated[int, Field(ge=1, le=10_000)] = 200
    requests_per_second_max: Annotated[int, Field(ge=1, le=10_000)] = 50  # of one address
    burst_requests_max: Annotated[int, Field(ge=1, le=100_000)] = 200


class GatewaySpec(_Spec):
    """The whole file."""

    landing_folder: Path | None = None
    topic: Annotated[str, AfterValidator(_topic)] | None = None
    limits: LimitsSpec = LimitsSpec()
    sources: dict[Name, SourceSpec] = Field(min_length=1)

    @model_validator(mode="after")
    def _goes_to_one_place(self) -> Self:
        if (self.landing_folder is None) == (self.topic is None):
            raise ValueError("expected either landing_folder or topic")
        if self.topic is not None and self.limits.body_bytes_max > PUBSUB_BODY_BYTES_MAX:
            raise ValueError(f"body_bytes_max is more than a topic takes, expected at most {PUBSUB_BODY_BYTES_MAX}")
        return self


class Sender(NamedTuple):
    """A source with its secrets; its text shows none of them."""

    spec: SourceSpec
    scheme: Scheme
    secrets: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Sender({self.scheme.name}, {len(self.secrets)} secrets)"


class GatewayConfig(NamedTuple):
    """A checked file and the secrets it names."""

    spec: GatewaySpec
    senders: dict[str, Sender]


def check_gateway_config(path: Path) -> GatewaySpec:
    """The file without its secrets: what a team's CI can check. `SpecError` with file and line."""
    return parse(GatewaySpec, path)


def load_gateway_config(path: Path, environment: Mapping[str, str]) -> GatewayConfig:
    """The file and its secrets; `SpecError` with the line of each variable that is not set or too short."""
    spec = check_gateway_config(path)
    findings: list[Finding] = []
    senders = {}
    for source, sender in spec.sources.items():
        secrets = []
        for field in ("secret_env", "previous_secret_env"):
            name: Any = getattr(sender.signature, field)
            if name is None:
                continue
            secret = environment.get(name, "").encode()
            secrets.append(secret)
            if len(secret) < SECRET_BYTES_MIN:
                what = f"has {len(secret)} bytes" if secret else "is not set"
                problem = f"environment variable {name} {what}, expected a secret of {SECRET_BYTES_MIN} or more"
                findings.append((("sources", source, "signature", field), problem))
        senders[source] = Sender(sender, sender.signature.made, tuple(secrets))
    if findings:
        raise refusal(path, load_yaml(path), findings)
    return GatewayConfig(spec, senders)
