"""PostgreSQL server: a real one on loopback, started by the tests themselves; it can be stopped and started again."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.parts import skip_or_fail

START_SECONDS_MAX = 60
HOMES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
SUPERUSER = "tests"


class PostgresServer:
    """One cluster in a folder of its own; as root it runs as another user, since PostgreSQL refuses root."""

    def __init__(self) -> None:
        self.programs = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="sellable-postgres-"))
        self.as_user = _other_user() if os.geteuid() == 0 else {}
        if self.as_user:
            shutil.chown(self.folder, self.as_user["user"], self.as_user["group"])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._do("initdb", "-D", self.data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        self.databases = 0
        self.start()

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        log = str(self.folder / "log")
        self._do("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", str(START_SECONDS_MAX), "-o", options, "start")

    def stop(self) -> None:
        self._do("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        self.databases += 1
        name = f"views_{self.databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{name}"

    def _do(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.programs / program), *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            timeout=START_SECONDS_MAX,
            **self.as_user,
        )


def _programs() -> Path:
    missing = "there is no `pg_ctl` with `initdb` and `postgres` beside it; Debian: apt install postgresql"
    places = [Path(found).resolve().parent for found in [shutil.which("pg_ctl")] if found]
    for home in HOMES:
        places += sorted(Path("/").glob(home.lstrip("/")), reverse=True)
    for place in places:
        if all((place / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return place
    return skip_or_fail("postgres", missing)


def _other_user() -> dict[str, Any]:
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    return skip_or_fail("postgres", "it does not run as root, and there is no user postgres or nobody to run it as")
