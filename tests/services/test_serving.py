"""A server listens where it is told, ends when it is told, and says nothing of what callers sent."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.services.signing import SECRET

ROOT = Path(__file__).parents[2]


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("landing_folder: landing\nsources: {shop: {signature: {scheme: shopify, secret_env: S}}}\n")
    command = [sys.executable, "-m", "pipelines.command_line", "gateway", "--config", str(config), "--port", "0"]
    environment = {**os.environ, "S": SECRET, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address, said
        assert httpx.get(f"{address[0]}/healthz").json() == {"status": "up"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in {0, -signal.SIGTERM}


def test_a_gateway_does_not_start_without_its_secrets(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("landing_folder: landing\nsources: {shop: {signature: {scheme: shopify, secret_env: S}}}\n")
    command = [sys.executable, "-m", "pipelines.command_line", "gateway", "--config", str(config)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"{config}:2: environment variable S is not set" in done.stderr
