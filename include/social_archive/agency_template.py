"""What `archive init` writes: an agency's folder whose comments teach. It loads as it is, with no account yet."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

import yaml

from social_archive.config import load_agency
from social_archive.config_schedule import RULE_KINDS
from social_archive.errors import ConfigError
from social_archive.yaml_lines import shown

_AGENCY: Final = """\
# Who keeps these records, where they are kept, and who signs for them.
# A wrong line is refused with its number. No file in this folder ever holds a password or a token: what is secret is
# a reference, `env:NAME` (an environment variable) or `connection:ID` (an Airflow connection).

agency:
  name: {name}
  slug: {slug}
  # whose records law applies
  jurisdiction: {jurisdiction}
  # dates on letters and cut-offs are in this zone; the archive itself keeps UTC
  time_zone: {time_zone}
  # county: DuPage
  # address: 1 Example Lane, Example
  # contact_email: records@library.example
  # website: https://library.example

store:
  # Its ledger goes into a second bucket, this name with -ledger. Both need S3 Object Lock; `archive doctor` tries them.
  bucket: {slug}-social-records
  # Leave the endpoint out for Amazon S3.
  endpoint_url: env:ARCHIVE_S3_ENDPOINT
  access_key: env:ARCHIVE_S3_ACCESS_KEY
  secret_key: env:ARCHIVE_S3_SECRET_KEY
  # governance, or compliance: then not even the store's administrator can delete what is locked.
  lock_mode: governance
  # For records that have no disposal date. The audit renews these locks.
  default_lock_days: 365

ledger:
  # The log's name for ever, quoted by every proof: put your own domain here before the first harvest.
  origin: {slug}.example/social-records
  # Or file:/path/to/the.key. `archive up` makes a key for the embedded stack.
  signing_key: env:ARCHIVE_SIGNING_KEY

# Who gets the daily list of accounts that need a person; without this, the contact_email above.
# digest:
#   to: it@library.example

# Who may act on records, by the user name in Airflow. What would let records go earlier needs a second person, and a
# disposal needs two: one of each list.
# people:
#   - {{user: records, name: A. Example, title: Records officer}}
#   - {{user: director, name: B. Example, title: Director}}
# disposal:
#   first_approvers: [records]
#   second_approvers: [director]
# Requests for records: who keeps their files and decides, who looks at it again, who lets an answer go out.
# foia:
#   officers: [records]
#   second_reviewers: [director]
#   release_approvers: [director]
#   control_prefix: REC
"""

_ACCOUNTS: Final = """\
# The social-media accounts that are your public records. What is not listed here is not archived.
#
#   name        your name for it: small letters, digits, hyphens. It never changes, it is in the keys of the records.
#   platform    {platforms}; `archive accounts show NAME` says what one asks for
#   handle      as the platform knows it
#   enabled     false keeps the entry without harvesting it
#   schedule    "@hourly", "@daily" or five cron fields; in quotes, because of the @
#   settings    the platform's options, such as a Mastodon server's address
#   secrets     references only: {{token: "env:LIBRARY_TOKEN"}} or {{token: "connection:library_mastodon"}}
#   watch_days  for so long comments and edits under a post are looked for (default 30)
#
# Take the # away from the lines below to make your first one, then: archive accounts test library

accounts: []
#  - name: library
#    platform: mastodon
#    handle: library
#    schedule: "@daily"
#    settings: {{server: "https://social.example"}}
"""

_RETENTION: Final = """\
# Your retention schedule. Until an item has a period (or `permanent: true`), nothing in it can become due for disposal.
# Copy items from your approved schedule, with their numbers and titles as they stand there. Rules select by platform,
# account, kind ({kinds}), state (ever seen so) and tag; of all that match a record, the item
# that keeps it longest wins, and the last rule takes the rest.
#
# A change has no effect until it is proposed: archive retention plan, then archive retention propose.

retention:
  version: "1"
  effective: 2026-01-01
  # authority: who approved it
  # application_number: "00:000"
  # fiscal_year_starts: 7

  items:
    - id: unscheduled
      series: unscheduled           # part of the keys of the records: small letters, digits, hyphens
      title: Social media postings, not yet scheduled
      citation: none yet
      confidence: unverified        # source, secondary, unverified ("verify with counsel") or inferred
    # - id: "101"
    #   series: social-postings
    #   title: Social media postings
    #   citation: Application 00:000, item 101
    #   years: 3                    # with months and days if there are such
    #   trigger: created            # or withdrawn, superseded, request_closed: when the clock starts
    #   cutoff: calendar_year       # or fiscal_year, month: from the end of which the period counts
    # - id: "102"                   # requests for records, with their answers: each waits while it is open
    #   series: records-requests
    #   title: Requests for records
    #   citation: Application 00:000, item 102
    #   years: 3
    #   trigger: request_closed

  rules:
    # - {{item: "101", kind: post}}
    # - {{item: "102", kind: request}}
    - item: unscheduled
"""

_POLICY: Final = """\
# Your comment policy as data, in its own words. A check may point at a clause; only a person applies one, and what is
# removed from a page stays in the archive. Take out what your policy does not say.

policy:
  title: Social Media Policy
  source: {policy}
  clauses: []
  #  - id: off-topic
  #    text: Off-topic comments
  notices: []
  #  - requirement: Each page says that what is posted on it is a public record and open to disclosure.
"""


def make_agency(folder: Path, *, name: str, jurisdiction: str, time_zone: str) -> list[Path]:
    """Write the four files and load them. Raises ConfigError if one is there already or a value is not fit."""
    from social_archive.platforms import registry

    slug = _slug(name)
    values = {
        "name": _quoted(name), "policy": _quoted(f"{name}, Social Media Policy"), "slug": slug,
        "jurisdiction": _quoted(jurisdiction), "time_zone": _quoted(time_zone),
        "platforms": ", ".join(registry()), "kinds": ", ".join(RULE_KINDS),
    }  # fmt: skip
    texts = {"agency.yaml": _AGENCY, "accounts.yaml": _ACCOUNTS, "retention.yaml": _RETENTION, "policy.yaml": _POLICY}
    if there := [file for file in texts if (folder / file).exists()]:
        raise ConfigError(
            f"{shown(folder / there[0])} exists already.", remedy="Choose another folder; nothing was changed."
        )
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    try:
        for file, text in texts.items():
            (folder / file).write_text(text.format(**values), encoding="utf-8")
            made.append(folder / file)
        load_agency(folder)
    except (OSError, ConfigError):
        for path in made:
            path.unlink()
        raise
    return made


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].strip("-") or "agency"


def _quoted(text: str) -> str:
    """A YAML scalar on one line, in quotes where YAML wants them."""
    scalar: str = yaml.safe_dump(text, allow_unicode=True, width=10_000).split("\n")[0]
    return scalar
