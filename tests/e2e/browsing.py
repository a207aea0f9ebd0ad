"""A person at a browser: logged in to Airflow, asked, answering; pictures of it for docs/images."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import Stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 120_000  # milliseconds: the machine may be busy with other tests
PICTURES = os.environ.get("PICTURES")  # a folder, when the pictures of docs/images are to be made anew


@contextmanager
def chromium() -> Iterator[Any]:
    missing = "chromium" if CHROMIUM is None else "playwright" if find_spec("playwright") is None else None
    if missing and "CI" not in os.environ:
        pytest.skip(f"{missing} is not installed here: `apt-get install chromium`, `make test`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def logged_in(browser: Any, stack: Stack, user: str) -> Iterator[Any]:
    """A page of one person's own browser session."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(stack.home.url)
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", stack.home.passwords()[user])
    page.click("button[type=submit]")
    page.wait_for_selector("text=Pool Slots")  # of the home page
    yield page
    context.close()


def question(page: Any, stack: Stack, dag_id: str, task_id: str, subject: str) -> None:
    """Wait until the last run of a DAG puts it, and open it from the list of required actions."""
    with stack.api() as api:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{api.runs(dag_id)[0]['dag_run_id']}/taskInstances"
        while "awaiting_input" not in (states := _states(api, path, task_id)):
            assert not states & {"success", "failed", "upstream_failed", "skipped"}, states
            time.sleep(0.5)
    time.sleep(2)  # as a person does: an answer in the very moment of the question may be lost
    page.goto(f"{stack.home.url}/required_actions?response_received=false")
    page.locator("a", has_text=subject).first.click()
    page.wait_for_selector("text=plan")


def _states(api: Any, path: str, task_id: str) -> set[str]:
    return {task["state"] for task in api._get(path)["task_instances"] if task["task_id"] == task_id}


def answer(page: Any, option: str) -> None:
    with page.expect_response(lambda r: r.url.endswith("/hitlDetails") and r.request.method == "PATCH") as told:
        page.get_by_role("button", name=option, exact=True).click()
    assert told.value.status == 200, told.value.text()


def picture(page: Any, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(1_000)
        page.screenshot(path=str(Path(PICTURES) / name))
