"""Fixtures that more than one folder of tests uses: the Pub/Sub fake and queues on it."""

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.parts import required_parts, skip_or_fail
from tests.pubsub_server import served_by
from tests.turns import FLINK, alone

if TYPE_CHECKING:
    from deploy.flink.cluster import FlinkCluster
    from tests.postgres_server import PostgresServer
    from tests.queues import Queue  # the Pub/Sub client takes a second to import, and few tests need it

FAKE_SOURCE = Path(__file__).parent / "pubsub_fake"
BUILD_SECONDS_MAX = 300  # the first build downloads some 25 Go modules; later ones take a second

settings.register_profile("steady", deadline=None)  # a slow example on a busy machine is no fault
settings.load_profile("steady")


def pytest_configure() -> None:
    """Refuse a misspelt SELLABLE_REQUIRE before the first test instead of requiring nothing."""
    required_parts()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are no name: an archive holds when it was made, so each process would give its test another name."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def pubsub_emulator(request: pytest.FixtureRequest) -> Iterator[str]:
    """Host and port of a Pub/Sub server, also in PUBSUB_EMULATOR_HOST: the one set there already, else our fake."""
    already = os.environ.get("PUBSUB_EMULATOR_HOST")
    if already:
        yield already
        return
    with served_by(request.getfixturevalue("pubsub_binary")) as host:
        yield host


@pytest.fixture(scope="session")
def pubsub_binary(request: pytest.FixtureRequest) -> Path:
    """The Pub/Sub fake as a program."""
    return _build_fake(Path(request.config.cache.mkdir("pubsub_fake")))  # type: ignore[union-attr]


def _build_fake(folder: Path) -> Path:
    go = shutil.which("go")
    if go is None:
        skip_or_fail("pubsub", "there is no `go` (1.23 or newer) on the PATH to build tests/pubsub_fake with")
    binary = folder / "pubsub_fake"
    build = [go, "build", "-mod=readonly", "-buildvcs=false", "-o", str(binary), "."]
    try:
        subprocess.run(build, cwd=FAKE_SOURCE, check=True, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        skip_or_fail("pubsub", f"`go build` in tests/pubsub_fake took more than {BUILD_SECONDS_MAX} s")
    except subprocess.CalledProcessError as error:
        skip_or_fail("pubsub", f"`go build` in tests/pubsub_fake failed: {error.stderr.strip()[-500:]}")
    return binary


@pytest.fixture(scope="session")
def prism_options(request: pytest.FixtureRequest) -> list[str]:
    """The options of a pipeline that is to run on Prism, with its workers in this process."""
    from pipelines.known_flags import on_prism

    path = os.environ.get("SELLABLE_PRISM") or _install_prism(Path(request.config.cache.mkdir("prism")))  # type: ignore[union-attr]
    own = "--experiments=disable_prism_server_singleton"  # else one that DirectRunner failed to fetch is used again
    return [*on_prism(path), own]


@pytest.fixture
def flink_options(flink_cluster: "FlinkCluster") -> Iterator[list[str]]:
    """The options of a pipeline that is to run on a Flink cluster, whose workers know the Pub/Sub fake.

    A stream outlives the client that gave it up, and would take the slots of the next test.
    """
    yield flink_cluster.options
    for job in flink_cluster.jobs("RUNNING", "RESTARTING", "FAILING"):
        flink_cluster.cancel(job)


@pytest.fixture(scope="module")
def flink_cluster(
    pubsub_emulator: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[FlinkCluster]":
    """A real cluster of Flink, with Beam's job server and workers."""
    from deploy.flink.cluster import ClusterError, FlinkCluster, fetch_jars

    jars = os.environ.get("SELLABLE_FLINK_JARS") or request.config.cache.mkdir("flink-jars")  # type: ignore[union-attr]
    try:
        with alone(FLINK), FlinkCluster(tmp_path_factory.mktemp("flink"), fetch_jars(Path(jars))) as cluster:
            yield cluster
    except ClusterError as error:
        skip_or_fail("flink", str(error))


def _install_prism(folder: Path) -> str:
    version = importlib.metadata.version("apache-beam")
    binary = folder / version / "prism"
    if binary.is_file():
        return str(binary)
    go = shutil.which("go")
    if go is None:
        skip_or_fail("prism", "there is no `go` on the PATH to install Prism with")
    module = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{version}"
    environment = os.environ | {"GOBIN": str(binary.parent)}
    try:
        subprocess.run(
            [go, "install", module], env=environment, check=True, capture_output=True, timeout=BUILD_SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        skip_or_fail("prism", f"`go install {module}` took more than {BUILD_SECONDS_MAX} s")
    except subprocess.CalledProcessError as error:
        skip_or_fail("prism", f"`go install {module}` failed: {error.stderr.decode().strip()[-500:]}")
    return str(binary)


@pytest.fixture
def new_queue(pubsub_emulator: str) -> Iterator[Callable[[str], "Queue"]]:
    """Makes `Queue`s (a topic with one subscription) that are deleted after the test."""
    from tests.queues import Queue

    queues: list[Queue] = []

    def make(name: str) -> Queue:
        queues.append(Queue(name))
        return queues[-1]

    yield make
    for queue in queues:
        queue.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator["PostgresServer"]:
    """A PostgreSQL server of our own on loopback."""
    from tests.postgres_server import PostgresServer

    server = PostgresServer()
    yield server
    server.remove()
