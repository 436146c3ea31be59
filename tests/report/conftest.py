"""Reports of many studies, made when they are first asked for."""

import pytest
from report_pages import Pages


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Reports, made when they are first asked for."""
    return Pages(tmp_path_factory.mktemp("studies"))
