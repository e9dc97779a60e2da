"""Every column of every view is explained, and nothing else is."""

from transforms.publication.view_columns import MEANINGS, SPECIAL_MEANINGS, meaning_of
from transforms.publication.view_tables import VIEWS


def test_each_meaning_belongs_to_a_column() -> None:
    columns = {(view.name, column.name) for view in VIEWS for column in view.columns}
    assert set(MEANINGS) == {column for view, column in columns if (view, column) not in SPECIAL_MEANINGS}
    assert set(SPECIAL_MEANINGS) <= columns


def test_a_view_may_mean_something_special_by_a_column() -> None:
    assert meaning_of("alert", "quantity") == "how much is concerned; 0 once it is cured"
    assert meaning_of("channel_update", "quantity") == "the figure to tell the channel, in its sell units"
