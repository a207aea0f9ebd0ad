"""Labelled texts for the speech criteria, and how many of them the criteria get right.

Three sets for each criterion (`speech.yaml`). *Written first*: comments with hard negatives, on whose mistakes the
rules were then improved. *Written last*: written after that, and the rules were not changed for them, so the nearest
to what is to be expected.
*Generated*: frames filled with names of many languages, places and amounts by Faker (MIT licence) under a fixed seed.
Nothing is anybody's real post; every name is invented or drawn by Faker.

The same hands wrote the rules and the texts, so the figures say how the rules do on what was thought of, not on what
people will write next year. `python -m tests.bench.policy_labelled.speech` prints them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from faker import Faker

from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry

TEXTS: Final = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
WRITTEN: Final = ("written first", "written last")
SEED: Final = 20_260_401
GENERATED: Final = 400  # texts of each label for each criterion
DRAWN: Final = 120  # different names, places, titles to fill the frames with
WAYS: Final = ("St", "Avenue", "Rd", "Court")
LOCALES: Final = (
    "en_US", "es_MX", "pl_PL", "de_DE", "fr_FR", "vi_VN", "en_IN", "it_IT", "tr_TR", "cs_CZ", "en_NG", "pt_BR",
)  # fmt: skip
OPENINGS: Final = (
    "", "", "", "Just so you know: ", "Sorry. ", "FYI, ", "Hi all, ", "I have had it. ", "Honestly, ", "😡 ",
)  # fmt: skip
CLOSINGS: Final = ("", "", ".", "!", " 😡", " 🙂", ". Thanks for reading", ". Just saying.", ", believe me", "!!!")
SHOWN: Final = 12  # examples of each kind of mistake


class Labelled(NamedTuple):
    criterion: str
    is_meant: bool
    text: str
    kind: str  # one of WRITTEN, or "generated"


def labelled() -> list[Labelled]:
    """All labelled texts, the same ones each time."""
    return [*_written(), *_generated()]


def measure() -> list[dict[str, Any]]:
    """For each criterion and set: how many texts, precision, recall, and examples of what it gets wrong."""
    rows = []
    texts = labelled()
    for name in sorted({text.criterion for text in texts}):
        for kind in (*WRITTEN, "generated"):
            mine = [text for text in texts if text.criterion == name and text.kind == kind]
            rows.append(_measured(name, kind, mine))
    return rows


def _measured(name: str, kind: str, texts: list[Labelled]) -> dict[str, Any]:
    cls = registry()[name]
    batch = Batch.of([text.text for text in texts], is_own=cls.audience == "own", kinds=["reply"] * len(texts))
    found = {hit.row for hit in cls().find(batch)}
    meant = {row for row, text in enumerate(texts) if text.is_meant}
    return {
        "criterion": name,
        "set": kind,
        "positives": len(meant),
        "negatives": len(texts) - len(meant),
        "precision": len(found & meant) / len(found) if found else 1.0,
        "recall": len(found & meant) / len(meant) if meant else 1.0,
        "missed": [texts[row].text for row in sorted(meant - found)][:SHOWN],
        "false_alarms": [texts[row].text for row in sorted(found - meant)][:SHOWN],
    }


def _written() -> Iterator[Labelled]:
    for kind in WRITTEN:
        for name, texts in TEXTS[kind].items():
            yield from (Labelled(name, True, text, kind) for text in texts["meant"])
            yield from (Labelled(name, False, text, kind) for text in texts["harmless"])


def _generated() -> Iterator[Labelled]:
    dice = random.Random(SEED)
    drawn = _drawn(dice)
    for name, texts in TEXTS["frames"].items():
        for is_meant, frames in ((True, texts["meant"]), (False, [*texts["harmless"], *TEXTS["harmless frames"]])):
            for _ in range(GENERATED):
                filled = dice.choice(frames).format_map({field: dice.choice(words) for field, words in drawn.items()})
                text = dice.choice(OPENINGS) + filled + dice.choice(CLOSINGS)
                yield Labelled(name, is_meant, text, "generated")


def _drawn(dice: random.Random) -> dict[str, list[str]]:
    """Words for the fields of the frames: names of all the languages, places and titles of English."""
    fakers = [Faker(locale) for locale in LOCALES]
    for number, faker in enumerate(fakers):
        faker.seed_instance(SEED + number)
    english = fakers[0]
    names = [(faker.first_name(), faker.last_name()) for faker in fakers for _ in range(DRAWN // len(fakers))]
    return {
        "name": [f"{first} {last}" for first, last in names],
        "first": [first for first, _ in names],
        "surname": [last for _, last in names],
        "place": [english.city() for _ in range(DRAWN)],
        "street": [f"{dice.randint(10, 9999)} {english.last_name()} {dice.choice(WAYS)}" for _ in range(DRAWN)],
        "title": [english.catch_phrase().title() for _ in range(DRAWN)],
        "company": [english.company() for _ in range(DRAWN)],
        "job": [english.job().lower() for _ in range(DRAWN)],
        "role": ["Director", "Mayor", "Trustee", "Dr.", "Ms.", "Coach", "Officer", ""],
        "month": ["March", "April", "June", "November"],
        "amount": ["5", "20", "150", "4000"],
    }


if __name__ == "__main__":
    for row in measure():
        print(
            f"{row['criterion']:16} {row['set']:13} {row['positives']:4} + {row['negatives']:4} -"
            f"  precision {row['precision']:.3f}  recall {row['recall']:.3f}"
        )
        for kind in ("missed", "false_alarms"):
            for text in row[kind]:
                print(f"      {kind}: {text}")
