"""Start of the server: what the pages need is computed while the person's browser opens."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time

__all__ = ["main"]


_WARM_UP = "warm-up"


def _warm() -> None:
    # Outside a page Streamlit remarks on every call of its own; here that is meant.
    remarks = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    remarks.addFilter(lambda record: record.threadName != _WARM_UP)
    from streamlit import runtime

    while not runtime.exists():
        time.sleep(0.02)
    try:
        # Not the pages: a component that is imported outside a page is never served.
        from app import data

        data.warm()
        # Streamlit collects garbage after each run of a page, and looks at every object that there
        # is. What is here now stays for good: it need not be looked at again.
        gc.collect()
        gc.freeze()
    except Exception as error:
        logging.getLogger(__name__).debug("not warmed up, the page will say why: %s", error)


class _Collector:
    """Collects garbage now and then.

    Streamlit does it after each run of a page, and looks at every object of all sessions: a set of
    a million points of one person would slow down everyone's next click.
    """

    def __init__(self, seconds: float = 5.0) -> None:
        self.seconds, self.last = seconds, 0.0

    def collect(self, generation: int = 2) -> int:
        """Collect if that was not done for a while; return how many objects went."""
        now = time.monotonic()
        if now - self.last < self.seconds:
            return 0
        self.last = now
        return gc.collect(generation)


def _collect_less_often() -> None:
    from streamlit.runtime.scriptrunner import script_runner

    if vars(script_runner).get("gc") is gc:
        vars(script_runner)["gc"] = _Collector()


def main() -> None:
    """Run Streamlit with this process's arguments and warm the caches beside it."""
    from streamlit.web import cli

    _collect_less_often()
    threading.Thread(target=_warm, name=_WARM_UP, daemon=True).start()
    sys.argv = ["streamlit", "run", *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
