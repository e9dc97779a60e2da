"""A partner that misbehaves on command, over real HTTP on loopback: for tests, `run_local.sh` and trials."""
