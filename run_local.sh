#!/usr/bin/env bash
# Runs Sellable on this machine: makes a virtual environment in .venv when there is none, then runs what is asked for.
# Needs bash and Python 3.11 or 3.12 with venv, nothing else. `./run_local.sh help` says more.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
venv="$root/.venv"
python="$venv/bin/python"

usage() {
    cat <<'HELP'
Usage:
  ./run_local.sh [OPTION...]         run the example company's day into out/sellable.db
  ./run_local.sh prism [OPTION...]   the same on Prism, which `go install` puts into .venv/bin
  ./run_local.sh flink [OPTION...]   the same on a Flink cluster that is started for it (a JDK of 11 or 17, and Maven)
  ./run_local.sh test [ARGUMENT...]  run ruff, mypy and all tests; arguments go to pytest
  ./run_local.sh help                show this text

Options are those of pipelines.inventory_sync and of Apache Beam; one given here takes the place of the default:
  ./run_local.sh --policy my_policy.yaml --database out/trial.db
All of them: .venv/bin/python -m pipelines.inventory_sync --help
The quick tests only:
  ./run_local.sh test -m "not slow"

Environment:
  PYTHON             the Python to make .venv with, instead of the first of python3.12, python3.11 and python3
  SELLABLE_REQUIRE   parts, separated by commas, whose tests must not be skipped: pubsub,
                     prism, flink, postgres, bigtable, browser
  SELLABLE_PRISM     a Prism binary that is there already
  SELLABLE_FLINK_JARS  a folder with Flink's and Beam's jars that is there already (else .venv/flink-jars)
  SELLABLE_TEST_PROCESSES  how many processes run the tests: by default one for each core; 0 for none beside the main one
HELP
}

say() { printf '==> %s\n' "$*" >&2; }

die() {
    printf 'run_local.sh: %s\n' "$*" >&2
    exit 1
}

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.12 python3.11 python3; do
        if is_supported "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
        if [ "$candidate" = "${PYTHON:-}" ]; then
            die "PYTHON=$PYTHON is not a working Python 3.11 or 3.12"
        fi
    done
    die "found no Python 3.11 or 3.12. Install one (Debian, Ubuntu: apt-get install python3 python3-venv;" \
        "macOS: brew install python@3.12), or name one: PYTHON=/path/to/python3.12 ./run_local.sh"
}

# What the environment was made from. It changes with the pins, and with the folder that the install points into.
fingerprint() {
    "$python" - "$root" "$1" <<'PY'
import hashlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
parts = [(root / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
print(hashlib.sha256(b"\0".join([*parts, str(root).encode(), sys.argv[2].encode()])).hexdigest())
PY
}

# Installs the project with extras ("" for none) unless exactly that is there already.
prepare() {
    local extra="$1" stamp="$venv/.sellable-installed${1:+-$1}" made_with
    if ! is_supported "$python" || ! "$python" -m pip --version >/dev/null 2>&1; then
        made_with="$(find_python)"
        say "Making .venv with $made_with ($("$made_with" --version 2>&1))"
        "$made_with" -m venv --clear "$venv" >&2 ||
            die "cannot make .venv; on Debian and Ubuntu: apt-get install python3-venv"
    fi
    if [ "$(cat "$stamp" 2>/dev/null || true)" = "$(fingerprint "$extra")" ]; then
        return
    fi
    say "Installing ${extra:+the tools for development and }what constraints.txt pins (about a minute)"
    rm -f "$venv"/.sellable-installed*
    if ! "$python" -m pip install --disable-pip-version-check -c "$root/constraints.txt" \
        -e "$root${extra:+[$extra]}" >"$venv/install.log" 2>&1; then
        tail -n 30 "$venv/install.log" >&2
        die "pip failed; all of what it said is in .venv/install.log"
    fi
    if [ -n "$extra" ]; then # an extra brings along what the plain install has
        fingerprint "" >"$venv/.sellable-installed"
    fi
    fingerprint "$extra" >"$stamp"
}

# Prism of the same version as Beam; prints its path.
find_prism() {
    local version
    if [ -n "${SELLABLE_PRISM:-}" ]; then
        printf '%s\n' "$SELLABLE_PRISM"
        return
    fi
    if [ ! -x "$venv/bin/prism" ]; then
        command -v go >/dev/null || die "Prism is installed by Go (1.23 or newer), or named by SELLABLE_PRISM"
        version="$("$python" -c 'from importlib.metadata import version; print(version("apache-beam"))')"
        say "Installing Prism $version (about two minutes)"
        GOBIN="$venv/bin" go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$version" >&2
    fi
    printf '%s\n' "$venv/bin/prism"
}

# The example day on a runner of its own: files, or with --input_subscription a queue.
run_on() {
    local runner="$1" prism
    shift
    prepare ""
    if [ "$runner" = prism ]; then
        prism="$(find_prism)"
        run_example --runner=PrismRunner --prism_location="$prism" --environment_type=LOOPBACK "$@"
    else
        say "Starting a Flink cluster; its logs, checkpoints and savepoints are in out/flink"
        around=("$python" -m deploy.flink.cluster --jars "${SELLABLE_FLINK_JARS:-$venv/flink-jars}"
            --folder "$root/out/flink" run --)
        (cd -- "$root" && run_example "$@" "{options}")
    fi
}

around=() # a command that runs the pipeline beside something it needs

# Fake partners for the run: real HTTP on this machine, slow, forgetful and failing as partner_behaviours.json says.
start_partners() {
    local address="$root/out/partners.url" name waited=0
    rm -f "$address"
    PYTHONPATH="$root" "$python" -m examples.fake_partner.server --address_file "$address" \
        --behaviours "$root/examples/company/partner_behaviours.json" 2>"$root/out/partners.log" &
    partners_pid=$!
    trap 'kill "$partners_pid" 2>/dev/null || true' EXIT
    while [ ! -s "$address" ]; do
        if [ "$waited" -ge 300 ] || ! kill -0 "$partners_pid" 2>/dev/null; then
            die "the fake partners do not start: see out/partners.log"
        fi
        waited=$((waited + 1))
        sleep 0.1
    done
    say "Fake partners listen at $(cat "$address"); files for partners go to out/partners"
    export SELLABLE_PARTNERS_URL="$(cat "$address")" SELLABLE_PARTNERS_FOLDER="file:$root/out/partners"
    for name in WEB_SHOP MARKETPLACE STOREFRONT ERP; do
        export "SELLABLE_${name}_TOKEN=no-secret-at-all"
    done
}

run_example() {
    local at="$root/" argument input=example partners=example is_plain="$(($# == 0))"
    prepare ""
    if [ "$PWD" = "$root" ]; then
        at="" # shorter names in what is printed
    fi
    for argument in "$@"; do
        case "$argument" in
            --input_*) input=own ;;
            --partners | --partners=*) partners=own ;;
        esac
    done
    set -- --master_data "${at}examples/company/master" \
        --policy "${at}examples/company/policy.yaml" \
        --mappings "${at}schemas/mappings" \
        --database "${at}out/sellable.db" \
        "$@"
    mkdir -p "$root/out"
    if [ "$input" = example ] && [ "$partners" = example ]; then
        start_partners "$at"
        set -- --partners "${at}examples/company/partners.yaml" --outbound "${at}schemas/outbound" "$@"
    fi
    if [ "$input" = example ]; then # the end of its day would be wrong for any other input
        set -- --input_folder "${at}examples/company/day" --as_of 2026-03-03T06:00:00Z \
            --acknowledgments_folder "${at}out/acknowledgments" "$@"
        say "Running the example company's day"
    fi
    ${around[@]+"${around[@]}"} "$python" -m pipelines.inventory_sync "$@"
    if [ "$is_plain" = 1 ]; then
        printf 'Demand planning: '
        "$venv/bin/sellable" positions --to "${at}out/planning" --database "${at}out/sellable.db"
    fi
}

summary=""
failed=0

# Runs one check, prints how it went, and remembers it for the summary. The others run all the same.
check() {
    local name="$1" outcome=ok started="$SECONDS"
    shift
    say "$name"
    "$@" || { outcome=FAILED && failed=1; }
    summary="$summary$(printf '    %-14s %-7s %4s s' "$name" "$outcome" "$((SECONDS - started))")"$'\n'
}

run_pytest() {
    local colour=no
    if [ -t 1 ]; then
        colour=yes
    fi
    "$python" -m pytest --color="$colour" "$@" 2>&1 | tee "$venv/pytest.log"
}

run_tests() {
    prepare dev,yaml
    cd -- "$root"
    check "ruff check" "$python" -m ruff check .
    check "ruff format" "$python" -m ruff format --check .
    check "mypy" "$python" -m mypy
    check "pytest" run_pytest -n "${SELLABLE_TEST_PROCESSES:-auto}" --dist loadfile "$@"
    say "Summary"
    printf '%s%s\n' "$summary" "$(tail -n 1 "$venv/pytest.log")"
    return "$failed"
}

case "${1:-}" in
    help | -h | --help) usage ;;
    prism | flink) run_on "$@" ;;
    test) shift && run_tests "$@" ;;
    "" | -*) run_example "$@" ;;
    *)
        usage >&2
        die "unknown command '$1', expected prism, flink, test, help, or options that begin with --"
        ;;
esac
