"""The page that people read says what the tables are."""

from pathlib import Path

from transforms.publication.view_document import views_markdown

PAGE = Path(__file__).parents[3] / "docs" / "views.md"
REWRITE = "python -m transforms.publication.view_document > docs/views.md"


def test_the_page_is_made_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == views_markdown(), f"write it again: {REWRITE}"


def test_the_page_shows_a_view_with_its_key_and_its_columns() -> None:
    page = views_markdown()
    assert "## decision\n\nOne row is the one answer to one reservation request." in page
    assert "Key: `transaction_key`, `item`. Newer by: nothing: the first row stays." in page
    assert "| `expires_at` | time or empty | when the hold ends by itself; empty where it does not |" in page
