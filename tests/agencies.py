"""Agency folders for tests: one library, one account, on whatever store the test has."""

from __future__ import annotations

from pathlib import Path

from social_archive.archive import Archive, open_archive
from social_archive.note import Signer
from tests.scripted import Script, Scripted

ORIGIN = "tests.example/ledger"


def agency_folder(folder: Path, bucket: str, *, server: str = "http://127.0.0.1:9", settings: str = "") -> Path:
    """An agency whose store is found through the environment (ARCHIVE_S3_*) and whose key lies beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "ledger.key"
    if not key.exists():
        Signer.generate(ORIGIN).save(key)
    (folder / "agency.yaml").write_text(
        f"""agency: {{name: Test Library, slug: test, jurisdiction: illinois, time_zone: America/Chicago}}
store: {{bucket: {bucket}, endpoint_url: "env:ARCHIVE_S3_ENDPOINT"}}
ledger: {{origin: {ORIGIN}, signing_key: "file:{key}"}}
"""
    )
    (folder / "accounts.yaml").write_text(
        f"""accounts:
  - name: larkspur
    platform: mastodon
    handle: larkspur
    settings: {{server: "{server}", insecure_local: true{settings}}}
"""
    )
    (folder / "retention.yaml").write_text(
        """retention:
  version: "1"
  effective: 2026-01-01
  items:
    - {id: "10", series: social-media, title: Posts and comments, citation: invented, years: 2}
    - {id: "11", series: profiles, title: Account profiles, citation: invented, permanent: true}
  rules:
    - {item: "11", kind: profile}
    - {item: "10"}
"""
    )
    return folder


class ScriptedArchive(Archive):
    """An archive whose accounts are all read from one script."""

    script: Script

    def adapter(self, account: object) -> Scripted:  # type: ignore[override]
        return Scripted(self.script)


def scripted_archive(agency: Path, state: Path, script: Script) -> ScriptedArchive:
    opened = open_archive(agency, state=state)
    archive = ScriptedArchive(opened.agency, opened.state)
    archive.script = script
    return archive
