"""The Records Desk: pages inside Airflow for the records officer. `app.py` puts them together.

Every component of Airflow loads every plugin; only the web server has a use for pages. So they are made when the first
one is asked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX: Final = "/desk"


class Desk:
    """The Desk as an ASGI application."""

    @cached_property
    def _app(self) -> FastAPI:
        from social_archive_airflow.desk.app import create

        return create()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Mounted as it is, it would look for its own pages' addresses among Airflow's.
        own = {name: value for name, value in scope.items() if name != "router"}
        own["app_root_path"] = scope.get("root_path", "")
        await self._app(own, receive, send)
