import pickle
from dataclasses import dataclass
from typing import Any, Self

from schemas import carried
from schemas.carried import Carried


@dataclass(frozen=True, slots=True)
class Table(Carried):
    name: str
    rows: dict[str, int]

    def plain(self) -> Any:
        return self.name, self.rows

    @classmethod
    def made_of(cls, plain: Any) -> Self:
        return cls(*plain)


def test_a_copy_in_the_same_process_is_the_table_itself() -> None:
    table = Table("a", {"x": 1})
    assert pickle.loads(pickle.dumps([table, table])) == [table, table]
    assert pickle.loads(pickle.dumps(table)) is table


def test_a_copy_in_another_process_is_equal_and_there_once() -> None:
    sent = pickle.dumps(Table("b", {"x": 1}))
    carried._here.clear()  # what another process has
    first, second = pickle.loads(sent), pickle.loads(sent)
    assert first == Table("b", {"x": 1})
    assert first is second


def test_tables_that_differ_are_not_taken_for_one_another() -> None:
    kept = [Table("c", {"x": 1}), Table("c", {"x": 2})]
    assert [pickle.loads(pickle.dumps(table)).rows["x"] for table in kept] == [1, 2]


def test_what_nobody_holds_any_more_is_forgotten() -> None:
    carried._here.clear()
    table = Table("d", {})
    table.packed()
    assert len(carried._here) == 1
    del table
    assert len(carried._here) == 0
