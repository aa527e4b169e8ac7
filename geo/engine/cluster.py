"""A connection to a cluster of dask workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from geo.errors import CorridorError, MissingDependencyError

__all__ = ["connect"]


@contextmanager
def connect(address: str, timeout: str = "10s") -> Iterator[Any]:
    """Connect to a scheduler for as long as the context lasts.

    Parameters
    ----------
    address
        Such as ``tcp://host:8786``.
    timeout
        How long to wait for it.

    Raises
    ------
    MissingDependencyError
        If dask.distributed is not installed.
    CorridorError
        If there is no scheduler, or it has no workers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingDependencyError(
            'counting on a cluster needs dask.distributed: pip install "innovation-corridors[scale]"'
        ) from error
    try:
        client: Any = Client(address, timeout=timeout, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise CorridorError(
            f"{address}: no scheduler answers ({str(error)[:200]}); start one with: dask scheduler"
        ) from error
    with client:
        if not client.nthreads():
            raise CorridorError(
                f"{address}: the scheduler has no workers; start some with: dask worker {address}"
            )
        yield client
