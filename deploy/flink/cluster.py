"""Flink cluster: a folder and the jars in; a job manager, a task manager, Beam's job server and a pool of workers out.

    python -m deploy.flink.cluster fetch                  fetch the jars (Maven), once
    python -m deploy.flink.cluster run -- PIPELINE...     start a cluster, run a command beside it, stop it
    python -m deploy.flink.cluster --flink_master HOST:8081 run -- PIPELINE...     the same on one that is there

Everything is a process of its own on 127.0.0.1, with bounded memory, and ends with whoever started it. Checkpoints and
savepoints are files below the folder. `{options}` in a command stands for the options that make a pipeline run here.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from deploy.flink.runner_fixes import FixError, compiled_fixes
from pipelines.known_flags import STREAM_FLAGS

ROOT = Path(__file__).parents[2]
JARS = ROOT / ".venv" / "flink-jars"
EXIT_TERMINATED = 143
JARS_MIN = 100  # what Maven left if it was interrupted is less
START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 10
REQUEST_SECONDS_MAX = 30
CHECKPOINT_MILLISECONDS = 2_000
RESTARTS_MAX = 30  # in a row: some four minutes

# Flink reaches into the JDK, which has been closed by default since Java 17; start-cluster.sh opens the same.
OPENED = (
    "java.lang",
    "java.net",
    "java.io",
    "java.nio",
    "sun.nio.ch",
    "java.util",
    "java.util.concurrent",
    "java.time",
)
JVM = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
TASK_HEAP = "1152m"  # of tasks and of Flink itself; what is not used is not taken
TASK_MEMORY = {  # what taskmanager.sh would work out
    "taskmanager.cpu.cores": "2",
    "taskmanager.memory.task.heap.size": "1024m",  # the books and keys of some two million messages as bytes
    "taskmanager.memory.task.off-heap.size": "0",
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "128m",
    "taskmanager.memory.jvm-overhead.max": "128m",
    "taskmanager.memory.managed.size": "64m",
    "taskmanager.memory.network.min": "256m",  # each edge of a job takes buffers of its own
    "taskmanager.memory.network.max": "256m",
}


class ClusterError(RuntimeError):
    """A part that is missing or did not start: which, and where its log is."""


def free_port() -> int:
    """A port on 127.0.0.1 that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def fetch_jars(jars: Path = JARS) -> Path:
    """The folder with Flink and Beam's runner, fetched by Maven where it is not there."""
    if len(list(jars.glob("*.jar"))) >= JARS_MIN:
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise ClusterError("there is no `mvn` on the PATH to fetch Flink with")
    fetch = [maven, "-q", "-B", "-f", str(ROOT / "deploy/flink/pom.xml"), "dependency:copy-dependencies"]
    try:
        subprocess.run(
            [*fetch, "-DincludeScope=runtime", f"-DoutputDirectory={jars.absolute()}"],
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise ClusterError(f"Maven could not fetch Flink: {(error.stdout + error.stderr).strip()[-500:]}") from error
    return jars


class FlinkCluster:
    """A standalone session cluster with Beam's job server and workers from this project's environment."""

    def __init__(self, folder: Path, jars: Path, slots: int = 2, master: str = "") -> None:
        """`master`: HOST:PORT of the REST API of a cluster that is there already; then only the rest is started."""
        self.folder = folder.absolute()
        self.jars = jars.absolute()
        self.slots = slots
        self.java = shutil.which("java") or ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.rest_port, self.rpc_port, self.job_port, self.pool_port = (free_port() for _ in range(4))
        self.own = not master
        self.master = master or f"127.0.0.1:{self.rest_port}"

    def __enter__(self) -> Self:
        if not self.java:
            raise ClusterError("there is no `java` on the PATH to run Flink with")
        try:
            self.fixes = compiled_fixes(self.jars)
        except FixError as error:
            raise ClusterError(str(error)) from error
        (self.folder / "conf").mkdir(parents=True, exist_ok=True)
        (self.folder / "conf" / "flink-conf.yaml").write_text(self._configuration(), encoding="utf-8")
        try:
            if self.own:
                self.start_job_manager()
                self.start_task_manager()
            self.start_job_server()
            self.start_worker_pool()
            if self.own:
                self.await_slots()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def options(self) -> list[str]:
        """What makes a pipeline run on this cluster."""
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=127.0.0.1:{self.job_port}",
            "--environment_type=EXTERNAL",
            f"--environment_config=127.0.0.1:{self.pool_port}",
            f"--parallelism={self.slots}",
            f"--checkpointing_interval={CHECKPOINT_MILLISECONDS}",
            *STREAM_FLAGS,
        ]

    def start_job_manager(self) -> None:
        """The process that plans, and that knows the checkpoints."""
        self._java("job-manager", "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", "512m")
        self._await("job-manager", lambda: bool(self.rest("/overview")))

    def start_task_manager(self) -> None:
        """The process that runs operators; its state is lost with it."""
        memory = [part for name, value in TASK_MEMORY.items() for part in ("-D", f"{name}={value}")]
        main = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
        self._java("task-manager", main, TASK_HEAP, *memory)

    def start_job_server(self) -> None:
        """Beam's front: it takes pipelines and makes Flink jobs of them; running jobs do without it."""
        self._java(
            "job-server",
            "org.apache.beam.runners.flink.FlinkJobServerDriver",
            "384m",
            *("--job-host", "127.0.0.1", "--job-port", str(self.job_port), "--artifact-port", "0"),
            *("--expansion-port", "0", "--flink-master", self.master),
            *("--artifacts-dir", str(self.folder / "artifacts")),
            flink=False,
        )
        self._await_port("job-server", self.job_port)

    def start_worker_pool(self) -> None:
        """Starts Python workers of this environment when a task manager asks for them."""
        self._start("worker-pool", [sys.executable, "-m", "deploy.flink.worker_pool", f"--port={self.pool_port}"])
        self._await_port("worker-pool", self.pool_port)

    def start(self, name: str) -> None:
        """Start one of the processes again."""
        {
            "job-manager": self.start_job_manager,
            "task-manager": self.start_task_manager,
            "job-server": self.start_job_server,
            "worker-pool": self.start_worker_pool,
        }[name]()

    def await_slots(self) -> None:
        """Return when every slot is there."""
        self._await("task-manager", lambda: self.rest("/overview").get("slots-total", 0) >= self.slots)

    def kill(self, name: str) -> None:
        """Kill a process and its children with -9, as a crash would."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End everything that was started here."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for name in list(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.processes[name].wait(max(0.1, deadline - time.monotonic()))
            self.kill(name)

    def rest(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Ask Flink's REST API; an empty answer is an empty dict."""
        request = urllib.request.Request(
            f"http://{self.master}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS_MAX) as answer:
            return json.loads(answer.read() or b"{}")

    def jobs(self, *states: str) -> list[str]:
        """Ids of the jobs in some states, or of all."""
        return [job["id"] for job in self.rest("/jobs")["jobs"] if not states or job["status"] in states]

    def cancel(self, job: str) -> None:
        """Cancel a job and wait until it is gone."""
        self.rest(f"/jobs/{job}", method="PATCH")
        self._await("job-manager", lambda: self.rest(f"/jobs/{job}")["state"] in {"CANCELED", "FAILED", "FINISHED"})

    def cancel_with_savepoint(self, job: str) -> str:
        """Cancel a job at a savepoint; where it is."""
        body = {"target-directory": f"file://{self.folder / 'savepoints'}", "cancel-job": True}
        trigger = self.rest(f"/jobs/{job}/savepoints", body)["request-id"]
        answer: dict[str, Any] = {}

        def is_done() -> bool:
            answer.update(self.rest(f"/jobs/{job}/savepoints/{trigger}"))
            return bool(answer["status"]["id"] == "COMPLETED")

        self._await("job-manager", is_done)
        operation = answer["operation"]
        if "location" not in operation:
            raise ClusterError(f"no savepoint: {str(operation)[:500]}")
        self._await("job-manager", lambda: self.rest(f"/jobs/{job}")["state"] == "CANCELED")
        return str(operation["location"])

    def log(self, name: str) -> Path:
        """Where a process writes what it says."""
        return self.folder / f"{name}.log"

    def _configuration(self) -> str:
        checkpoints, savepoints = (f"file://{self.folder / name}" for name in ("checkpoints", "savepoints"))
        lines = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": self.rpc_port,
            "jobmanager.bind-host": "127.0.0.1",
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": self.rest_port,
            "taskmanager.host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.numberOfTaskSlots": self.slots,
            "heartbeat.interval": 1_000,
            "heartbeat.timeout": 10_000,
            "execution.buffer-timeout.interval": "10 ms",  # a row crosses three edges, and would wait 100 ms at each
            "state.backend.type": "hashmap",
            "state.checkpoints.dir": checkpoints,
            "state.savepoints.dir": savepoints,
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "execution.checkpointing.tolerable-failed-checkpoints": 100,
            # While a task manager comes back every attempt fails at once for want of slots: wait longer each time. A
            # job that can only fail ends after some minutes and says why.
            "restart-strategy.type": "exponential-delay",
            "restart-strategy.exponential-delay.initial-backoff": "1 s",
            "restart-strategy.exponential-delay.max-backoff": "10 s",
            "restart-strategy.exponential-delay.backoff-multiplier": 1.5,
            "restart-strategy.exponential-delay.reset-backoff-threshold": "30 s",
            "restart-strategy.exponential-delay.attempts-before-reset-backoff": RESTARTS_MAX,
        }
        return "".join(f"{name}: {value}\n" for name, value in lines.items())

    def _java(self, name: str, main: str, heap: str, *arguments: str, flink: bool = True) -> None:
        configuration = ["--configDir", str(self.folder / "conf")] if flink else []
        command = [self.java, f"-Xmx{heap}", "-XX:+UseSerialGC", *JVM, "-cp", f"{self.fixes}:{self.jars}/*", main]
        self._start(name, [*command, *configuration, *arguments])

    def _start(self, name: str, command: list[str]) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "FLINK_CONF_DIR": str(self.folder / "conf")}
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "deploy.flink.tether", *command],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _await(self, name: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.processes[name].poll() is not None:
                raise ClusterError(f"the {name} ended with {self.processes[name].returncode}, see {self.log(name)}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                if holds():
                    return
            time.sleep(0.2)
        raise ClusterError(f"the {name} was not ready within {START_SECONDS_MAX} s, see {self.log(name)}")

    def _await_port(self, name: str, port: int) -> None:
        def is_open() -> bool:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True

        self._await(name, is_open)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command that ran beside the cluster; 2 where the cluster could not be had."""
    parser = argparse.ArgumentParser(prog="python -m deploy.flink.cluster", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=("fetch", "run"))
    parser.add_argument("--jars", type=Path, default=JARS)
    parser.add_argument("--folder", type=Path, default=ROOT / "out" / "flink", help="logs, checkpoints, savepoints")
    parser.add_argument("--flink_master", default="", help="HOST:PORT of a session cluster that is there already")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND...")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    try:
        jars = fetch_jars(given.jars)
        if given.action == "fetch":
            return 0
        with FlinkCluster(given.folder, jars, master=given.flink_master) as cluster:
            command = [part for part in given.command if part != "--"]
            at = command.index("{options}") if "{options}" in command else len(command)
            return subprocess.call([*command[:at], *cluster.options, *command[at + 1 :]])
    except ClusterError as error:
        print(f"flink: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
