"""Pickup config: a YAML file in, which folders are emptied and where their files go out, or an error by file and line.

ledger: out/pickup.db
landing_folder: out/landing            # or  topic: projects/P/topics/T
sources:
  3pl-north:
    folder: inbox/3pl-north            # or  sftp: {host: ..., user: ..., folder: ..., known_hosts: ...}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.mapping_spec import Name
from schemas.policy_parts import Text
from schemas.yaml_files import Finding, load_yaml, parse, refusal
from services.gateway_config import PUBSUB_BODY_BYTES_MAX, EnvName
from services.pickup_rules import name_problem
from transforms.arrival.format_table import FORMATS
from transforms.arrival.limits import PAYLOAD_BYTES_MAX


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SftpSpec(_Spec):
    """A server that is believed only by its key in `known_hosts`."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65_535)] = 22
    user: Text
    folder: Text
    known_hosts: Path
    password_env: EnvName | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _has_one_proof(self) -> Self:
        if (self.password_env is None) == (self.key_file is None):
            raise ValueError("expected either password_env or key_file")
        return self


class ShelfSpec(_Spec):
    """One source: a folder here, or one on an SFTP server."""

    folder: Path | None = None
    sftp: SftpSpec | None = None
    archive: Text = "archive"  # a folder in that folder, for what was taken
    done_suffix: str | None = None  # ".done": a file is whole when this stands beside it
    format: Text = ""  # for a topic only; the landing folder keeps the name, which says it

    @model_validator(mode="after")
    def _lies_in_one_place(self) -> Self:
        if (self.folder is None) == (self.sftp is None):
            raise ValueError("expected either folder or sftp")
        if name_problem(self.archive):
            raise ValueError(f"archive {self.archive!r}, expected the name of a folder")
        if self.format and self.format not in FORMATS:
            raise ValueError(f"format {self.format!r}, expected one of {', '.join(FORMATS)}")
        return self


class PickupLimits(_Spec):
    """What one pass takes at most."""

    file_bytes_max: Annotated[int, Field(ge=1, le=PAYLOAD_BYTES_MAX)] = PAYLOAD_BYTES_MAX
    files_max: Annotated[int, Field(ge=1, le=100_000)] = 10_000  # listed in one folder; the rest waits
    stable_seconds: Annotated[int, Field(ge=0, le=86_400)] = 30
    connect_seconds_max: Annotated[int, Field(ge=1, le=600)] = 30


def _topic(name: str) -> str:
    if not (name.startswith("projects/") and "/topics/" in name):
        raise ValueError(f"topic {name!r}, expected projects/PROJECT/topics/TOPIC")
    return name


class PickupSpec(_Spec):
    """The whole file."""

    ledger: Path
    landing_folder: Path | None = None
    topic: Annotated[str, AfterValidator(_topic)] | None = None
    limits: PickupLimits = PickupLimits()
    sources: dict[Name, ShelfSpec] = Field(min_length=1)

    @model_validator(mode="after")
    def _goes_to_one_place(self) -> Self:
        if (self.landing_folder is None) == (self.topic is None):
            raise ValueError("expected either landing_folder or topic")
        if self.topic is not None and self.limits.file_bytes_max > PUBSUB_BODY_BYTES_MAX:
            raise ValueError(f"file_bytes_max is more than a topic takes, expected at most {PUBSUB_BODY_BYTES_MAX}")
        return self


def load_pickup_config(path: Path, environment: Mapping[str, str] | None = None) -> PickupSpec:
    """The checked file; with an environment, also that it holds every password. `SpecError` with file and line."""
    spec = parse(PickupSpec, path)
    findings: list[Finding] = []
    for source, shelf in spec.sources.items():
        name = shelf.sftp.password_env if shelf.sftp else None
        if environment is not None and name is not None and not environment.get(name):
            steps = ("sources", source, "sftp", "password_env")
            findings.append((steps, f"environment variable {name} is not set, expected a password"))
    if findings:
        raise refusal(path, load_yaml(path), findings)
    return spec
