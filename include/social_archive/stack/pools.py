"""A pool per platform: how many of its accounts Airflow reads at the same time.

A task whose pool does not exist is never started. `archive up` makes the pools; in production the init service does:

    python -m social_archive.stack.pools > pools.json && airflow pools import pools.json
"""

from __future__ import annotations

import json
import sys

from social_archive.platforms import registry

SLOTS = 2  # most platforms count requests per address, not per account: more would only wait for each other


def pools() -> dict[str, dict[str, object]]:
    """In the format of `airflow pools import`."""
    return {
        name: {"slots": SLOTS, "description": f"Accounts read at once on {cls.title}", "include_deferred": False}
        for name, cls in registry().items()
    }


if __name__ == "__main__":
    json.dump(pools(), sys.stdout, indent=1)
