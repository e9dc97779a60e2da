"""Parts: what a test needs beyond Python, and what happens where it is missing.

On a laptop a test whose part is missing skips and says what to install. In CI a skipped test proves nothing, so the
parts named in the environment variable SELLABLE_REQUIRE (separated by commas) fail instead.
"""

import os
from typing import NoReturn

import pytest

PARTS = {
    "pubsub": "a Pub/Sub fake, built by Go from tests/pubsub_fake, or an emulator named by PUBSUB_EMULATOR_HOST",
    "postgres": "PostgreSQL 13 or newer: its programs initdb and postgres, on the PATH or where Debian puts them",
    "prism": "Beam's Prism runner, installed by Go, or one named by SELLABLE_PRISM",
    "flink": "a JDK of 11 or 17, and the jars of Flink and of Beam's runner for it, fetched by Maven, see deploy/flink",
    "bigtable": "Bigtable's emulator, installed by Go",
    "browser": "Chromium, as `chromium`, `chromium-browser` or `google-chrome` on the PATH",
}


def required_parts() -> frozenset[str]:
    """The parts that must be present. A misspelt one would require nothing, so it is an error."""
    names = frozenset(name.strip() for name in os.environ.get("SELLABLE_REQUIRE", "").split(",") if name.strip())
    unknown = names - PARTS.keys()
    if unknown:
        raise pytest.UsageError(f"SELLABLE_REQUIRE names {sorted(unknown)}, expected some of {sorted(PARTS)}")
    return names


def skip_or_fail(part: str, reason: str) -> NoReturn:
    """End the test whose part is missing: a failure where the part is required, else a skip."""
    if part not in PARTS:
        raise ValueError(f"unknown part {part!r}, expected one of {sorted(PARTS)}")
    if part in required_parts():
        pytest.fail(f"{part} is required by SELLABLE_REQUIRE, but {reason}", pytrace=False)
    pytest.skip(f"{part}: {reason}")
