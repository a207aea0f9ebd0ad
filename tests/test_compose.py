"""docker-compose.yaml is what it claims to be: valid, private, least-privileged, and filled by our own .env."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docker-compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_it_is_valid_by_the_compose_specification():
    schema = json.loads((ROOT / "tests" / "compose" / "compose-spec.json").read_text())

    jsonschema.Draft201909Validator(schema).validate(COMPOSE)


def test_the_schema_refuses_what_is_no_compose_file():
    schema = json.loads((ROOT / "tests" / "compose" / "compose-spec.json").read_text())
    wrong = {**COMPOSE, "services": {**SERVICES, "redis": {**SERVICES["redis"], "helthcheck": {}}}}

    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.Draft201909Validator(schema).validate(wrong)


def test_all_of_production_is_there():
    assert set(SERVICES) == {
        "postgres", "redis", "seaweed", "init", "api-server", "scheduler", "dag-processor", "triggerer", "worker",
    }  # fmt: skip


def test_ports_are_published_on_loopback_only():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_service_that_stays_has_a_health_check():
    for name, service in SERVICES.items():
        assert name == "init" or service["healthcheck"]["test"], name


def test_our_services_run_the_same_image_without_privileges():
    assert len({service["image"] for service in OURS.values()}) == 1
    for name, service in OURS.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert "no-new-privileges:true" in service["security_opt"], name
    assert re.search(r"^USER archive$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_volumes_and_dependencies_name_what_exists():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), f"{name}: {volume}"
        assert set(service.get("depends_on", {})) <= set(SERVICES), name


def test_no_secret_stands_in_the_file():
    environments = [service.get("environment", {}) for service in SERVICES.values()]
    for environment in environments:
        for name, value in environment.items():
            if re.search(r"PASSWORD$|SECRET|FERNET|SIGNING|ACCESS_KEY", name):
                assert value.startswith("${"), name


def test_only_the_worker_has_the_keys_that_may_lift_a_lock():
    disposer = {"ARCHIVE_S3_DISPOSER_ACCESS_KEY", "ARCHIVE_S3_DISPOSER_SECRET_KEY"}
    given = {name for name, service in SERVICES.items() if disposer & set(service.get("environment", {}))}

    assert given == {"worker", "seaweed"}  # the store has to know whose keys they are
    assert disposer <= set(SERVICES["worker"]["environment"])


def test_the_two_who_approve_and_the_administrator_are_three_users():
    from social_archive.stack.airflow import USERS

    users = COMPOSE["x-environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"]
    passwords = {f"AIRFLOW_{user.upper()}_PASSWORD" for user in USERS}

    assert dict(user.split(":") for user in users.split(",")) == USERS
    assert passwords <= set(SERVICES["init"]["environment"])
    assert not passwords & set(COMPOSE["x-environment"])


def test_the_generated_env_file_holds_everything_that_compose_demands(monkeypatch):
    from social_archive.stack.production import environment_file

    monkeypatch.setenv("ARCHIVE_AGENCY", str(ROOT / "include" / "agency"))
    given = dict(line.split("=", 1) for line in environment_file().splitlines() if not line.startswith("#"))

    assert set(re.findall(r"\$\{([A-Z0-9_]+):\?", TEXT)) <= set(given)
    assert len(given["AIRFLOW_JWT_SECRET"]) >= 64
    assert all(given.values())


def test_the_image_holds_what_the_services_need():
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert {"include", "plugins", "dags"} <= sources <= allowed
    assert sources - {"README.md"} == {s for s in sources if (ROOT / s).exists()} - {"README.md"}
