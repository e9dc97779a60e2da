"""Command defaults: exit codes, and the paths that commands use where none is named."""

from pathlib import Path

EXIT_OK, EXIT_NO, EXIT_NOT_DONE = 0, 1, 2
EXIT_READER_GONE = 141  # as of any program whose reader closed the pipe

DATABASE = Path("out/sellable.db")
MAPPINGS = Path("schemas/mappings")
OUTBOUND = Path("schemas/outbound")
MASTER_DATA = Path("examples/company/master")
POLICY = Path("examples/company/policy.yaml")
LOOPBACK = "127.0.0.1"
API_CONNECTIONS_MAX = 200
