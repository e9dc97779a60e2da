"""Stage package: see the module docstrings."""
