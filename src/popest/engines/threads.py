"""One thread for linear algebra, so that numbers do not depend on the number of cores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> Any:
    # Looking for the libraries takes longer than a small estimate, so it is done once.
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which NumPy's linear algebra runs on one thread."""
    return _controller().limit(limits=1, user_api="blas")
