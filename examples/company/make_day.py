"""Make the example company: master data, one day of raw messages, and what must come of them, from one fixed seed.

python examples/company/make_day.py             writes everything again, byte for byte the same
python examples/company/make_day.py --out DIR   writes it somewhere else
"""

import argparse
import csv
import shutil
import sys
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from making import backstage, bad_messages, day_end, master_rows, opening, partners, routine, story, traps  # noqa: E402  (found next to this file, wherever it is run)
from making.company import Company  # noqa: E402

SEED = 20260302


def make() -> Company:
    """The whole day."""
    company = Company()
    rng = Random(SEED)
    opening.open_books(company, rng)
    routine.trade(company, rng)
    story.tell(company)
    backstage.run(company)
    bad_messages.send_all(company)
    traps.set_all(company)
    for location, clock, item, off in (
        ("EAST", "22:00", "SAUCER-15", 0),
        ("EAST", "22:05", "TAMP-MAT", 0),
        ("WEST", "23:00", "MUG-BLACK", -1),
        ("WEST", "23:05", "BASKET-18G", 2),
    ):
        routine.count_exactly(company, location, clock, item, off)
    opening.report_evening(company)
    opening.report_closing(company)
    partners.report(company)  # last: the ERP's nightly list does not know their sites
    assert not day_end.negative_places(company), day_end.negative_places(company)
    assert set(day_end.shortages(company)) == {story.RUSH_ITEM}, day_end.shortages(company)
    return company


def write(company: Company, folder: Path) -> None:
    """Every generated file of the example."""
    master, day = folder / "master", folder / "day"
    shutil.rmtree(day, ignore_errors=True)
    master.mkdir(parents=True, exist_ok=True)
    for name, rows in master_rows.tables().items():
        _write_csv(master / f"{name}.csv", rows)
    (master / "boms.yaml").write_text(master_rows.BOMS, encoding="utf-8")
    company.bag.write(day)
    _write_csv(folder / "expected_outcomes.csv", company.bag.trap_rows())
    _write_csv(folder / "expected_totals.csv", company.bag.total_rows())
    _write_csv(folder / "expected_positions.csv", day_end.expected_positions(company))
    _write_csv(folder / "expected_claims.csv", day_end.expected_claims(company))


def _write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main() -> None:
    """Write the example."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: beside this file)")
    folder = parser.parse_args().out
    company = make()
    write(company, folder)
    files = company.bag.files()
    print(f"{len(files)} files, {sum(map(len, files.values()))} messages, in {folder}")


if __name__ == "__main__":
    main()
