"""The Records Desk as one web application under `/desk/`, shown by Airflow in its own frame.

Airflow does not guard a plugin's application: every route here asks for a user who has logged in, and for the right
that the DAG behind the page would want. Pages load nothing from elsewhere, run no script, and are never kept by a
browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from social_archive_airflow.desk import requests

_HERE: Final = Path(__file__).parent
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
                               "frame-ancestors 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}  # fmt: skip


def create() -> FastAPI:
    """The application. Its pages of API documentation are off: nobody calls it but people."""
    app = FastAPI(title="Records Desk", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(requests.router)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")  # style only: public
    app.middleware("http")(_guarded)

    @app.get("/", dependencies=[Depends(get_user)])
    def home(request: Request) -> RedirectResponse:
        return RedirectResponse(request.url_for("list_requests").path)

    return app


async def _guarded(request: Request, proceed: RequestResponseEndpoint) -> Response:
    """What changes something must come from a page of ours, not from another site that the browser happens to show."""
    if request.method not in ("GET", "HEAD") and not _from_here(request):
        return Response("This form was not sent from the Records Desk. Nothing was written.", 403)
    response = await proceed(request)
    response.headers.update(_HEADERS)
    return response


def _from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin", "").partition("://")[2] == request.headers.get("host")
