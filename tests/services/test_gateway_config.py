"""A gateway starts only by a file that is right, and no message about it shows a secret."""

from pathlib import Path

import pytest

from schemas.yaml_files import SpecError
from services.gateway_config import check_gateway_config, load_gateway_config
from services.signature_rules import BIGCOMMERCE, SHOPIFY, Scheme
from tests.services.signing import OLD_SECRET, SECRET

RIGHT = """\
landing_folder: out/landing
sources:
  shop:
    signature: {scheme: shopify, secret_env: SHOP_SECRET, previous_secret_env: SHOP_SECRET_BEFORE}
  shop-two:
    signature: {scheme: bigcommerce, secret_env: SHOP_SECRET, tolerance_seconds: 60}
  3pl:
    format: csv
    signature:
      scheme: hmac
      secret_env: SHOP_SECRET
      header: X-Signature
      encoding: hex
      prefix: "sha256="
      timestamp_header: X-Time
"""
ENVIRONMENT = {"SHOP_SECRET": SECRET, "SHOP_SECRET_BEFORE": OLD_SECRET}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def test_each_sender_has_its_scheme_and_secrets(path: Path) -> None:
    path.write_text(RIGHT)
    config = load_gateway_config(path, ENVIRONMENT)
    assert {name: sender.scheme for name, sender in config.senders.items()} == {
        "shop": SHOPIFY,
        "shop-two": BIGCOMMERCE._replace(tolerance_seconds=60),
        "3pl": Scheme("hmac", "x-signature", "hex", "sha256=", timestamp_header="x-time"),
    }
    assert config.senders["shop"].secrets == (SECRET.encode(), OLD_SECRET.encode())
    assert config.spec.sources["3pl"].format == "csv"


def test_a_config_shows_no_secret(path: Path) -> None:
    path.write_text(RIGHT)
    assert SECRET not in repr(load_gateway_config(path, ENVIRONMENT))


def test_the_file_can_be_checked_without_its_secrets(path: Path) -> None:
    path.write_text(RIGHT)
    assert list(check_gateway_config(path).sources) == ["shop", "shop-two", "3pl"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("landing_folder: out/landing", "limits: {}", ":1: expected either landing_folder or topic"),
        ("landing_folder: out/landing", "topic: orders", ":1: topic: topic 'orders', expected projects/"),
        ("scheme: shopify", "scheme: shopfy", ":4: sources.shop.signature.scheme: "),
        ("format: csv", "format: papyrus", ":8: sources.3pl.format: format 'papyrus', expected one of json"),
        ("      header: X-Signature\n", "", ":9: sources.3pl.signature: scheme hmac names no header"),
        ("tolerance_seconds: 60", "header: X-Own", "scheme bigcommerce sets header itself, expected none"),
        ("prefix:", "prefx:", ":14: sources.3pl.signature.prefx: is not known here"),
    ],
)
def test_what_is_wrong_is_told_by_line(path: Path, old: str, new: str, problem: str) -> None:
    path.write_text(RIGHT.replace(old, new, 1))
    with pytest.raises(SpecError) as error:
        check_gateway_config(path)
    assert problem in str(error.value)


def test_a_secret_in_the_file_is_refused_and_not_repeated(path: Path) -> None:
    path.write_text(RIGHT.replace("secret_env: SHOP_SECRET,", f"secret_env: {SECRET},", 1))
    with pytest.raises(SpecError) as error:
        check_gateway_config(path)
    assert ":4: sources.shop.signature.secret_env: is no name of an environment variable" in str(error.value)
    assert SECRET not in str(error.value)


def test_a_secret_that_is_missing_or_short_is_told_by_line(path: Path) -> None:
    path.write_text(RIGHT)
    with pytest.raises(SpecError) as error:
        load_gateway_config(path, {"SHOP_SECRET_BEFORE": "hunter2"})
    first, second, *_ = str(error.value).splitlines()
    assert first == f"{path}:4: environment variable SHOP_SECRET is not set, expected a secret of 16 or more"
    assert second == f"{path}:4: environment variable SHOP_SECRET_BEFORE has 7 bytes, expected a secret of 16 or more"
