"""Lists with sides hold both sides, or they are not accepted."""

from __future__ import annotations

import pytest

from social_archive.errors import ConfigError
from social_archive.policy.trade.campaign import Campaign, both, campaign

WHOLE = {name: [["a", "b"]] for name in campaign().lists()} | {"version": 1, "fundraising": "x.example"}


def test_every_entry_has_one_opposite() -> None:
    for name, pairs in campaign().lists().items():
        sides = both(pairs)
        assert len(sides) == len(set(sides)) == 2 * len(pairs), name


@pytest.mark.parametrize("entry", [["alone"], ["a", "b", "c"], "text", ["yes", False]])
def test_an_entry_without_an_opposite_is_refused(entry: object) -> None:
    with pytest.raises(ConfigError, match="needs its opposite"):
        Campaign.of(WHOLE | {"answers": [entry]})


def test_an_entry_that_stands_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="stands twice"):
        Campaign.of(WHOLE | {"answers": [["a", "b"], ["b", "c"]]})
