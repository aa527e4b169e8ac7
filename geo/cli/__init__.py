"""The command line: ``corridor``, with a command for each thing that one can ask.

Exit codes: 0 done; 1 the data have problems; 2 the call was wrong; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import geo.cli.audit
import geo.cli.author
import geo.cli.chance
import geo.cli.compare
import geo.cli.compare_layouts
import geo.cli.concentration
import geo.cli.fit
import geo.cli.here
import geo.cli.layout
import geo.cli.links
import geo.cli.match
import geo.cli.points
import geo.cli.policies
import geo.cli.profile
import geo.cli.reach
import geo.cli.report
import geo.cli.score
import geo.cli.site
import geo.cli.units  # noqa: F401  (the commands register themselves)
from geo.cli.base import app, main

__all__ = ["app", "main"]
