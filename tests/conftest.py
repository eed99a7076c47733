"""Slow tests run only when they are asked for; every run draws the same examples."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("spinboard", deadline=None, derandomize=True)
settings.load_profile("spinboard")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
