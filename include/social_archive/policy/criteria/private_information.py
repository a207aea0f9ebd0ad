"""Private or personal information: numbers, addresses, sentences that may be about one private person.

What counts follows the statute's list of private information (5 ILCS 140/2(c-5)) and the Library Records
Confidentiality Act (75 ILCS 70); how each kind is found is in `policy/personal/`, one module for each family.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import phonenumbers
from pydantic import Field, field_validator

from social_archive.config_schedule import Model, Text
from social_archive.policy.batch import Batch, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.personal.address import street_addresses
from social_archive.policy.personal.births import birth_dates
from social_archive.policy.personal.claim import Claim, settle
from social_archive.policy.personal.contact import emails, phones
from social_archive.policy.personal.identity import drivers_licences, licence_plates, social_security
from social_archive.policy.personal.library import card_barcodes, patrons_with_titles
from social_archive.policy.personal.money import bank_accounts, ibans, payment_cards
from social_archive.policy.personal.passwords import passwords


def _rule(kind: str, strength: Any, thing: str) -> Rule:
    says = f"Holds what looks like {thing} ({{masked}}); checked: {{validated}}."
    return Rule(f"private-information.{kind}", 1, strength, says)


_RULES: Final = {
    "ssn": _rule("ssn", "strong", "a US Social Security or taxpayer number"),
    "drivers-licence": _rule("drivers-licence", "strong", "the number of a driver's licence"),
    "payment-card": _rule("payment-card", "strong", "the number of a payment card"),
    "iban": _rule("iban", "strong", "an international bank account number"),
    "bank-account": _rule("bank-account", "strong", "a routing or account number of a US bank"),
    "phone": _rule("phone", "strong", "a telephone number"),
    "e-mail": _rule("e-mail", "strong", "an e-mail address"),
    "street-address": _rule("street-address", "moderate", "a street or postal address"),
    "date-of-birth": _rule("date-of-birth", "strong", "somebody's date of birth"),
    "licence-plate": _rule("licence-plate", "moderate", "the licence plate of a car"),
    "library-card": _rule("library-card", "strong", "the number of a library card"),
    "patron-title": _rule("patron-title", "weak", "a person named together with a title borrowed or ordered"),
    "password": _rule("password", "strong", "a password, PIN or access code"),
}

_DIGITS: Final = Pattern("[0-9]")
_LONG_NUMBER: Final = Pattern(r"\d(?:\D{0,4}\d){5}")
_AT: Final = Pattern(r"@|[(\[{< ]at[)\]}> ]")


_LICENCES: Final = {
    "IL": "X###-####-####",
    "WI": "X###-####-####-##",
    "MI": "X-###-###-###-###",
    "MN": "X-###-###-###-###",
    "FL": "X###-###-##-###-#",
    "IN": "####-##-####",
    "CA": "X#######",
    "NY": "###-###-###",
}
"""Illinois, its neighbours and states that people move from, as their licences print the number."""


class PrivateInformation(Criterion):
    """Numbers, addresses and sentences that may be about one private person."""

    name = "private-information"
    title = "Private or personal information"
    clause = "private-information"
    note = (
        "The form of a number does not tell whose it is. An organisation's own number, an official's work data and "
        "what people publish about themselves are not the same as a neighbour's home address: a person decides. The "
        "exemption is a suggestion for the FOIA officer to start from, never a determination."
    )
    rules = tuple(_RULES.values())

    class Settings(Model):
        """Where the body is, and what of its own is no private person's.

        `region`: ISO 3166 code of numbers that name no country. `licences`: by state, shapes of licence numbers: X a
        letter, # a digit, - a separator that may be left out. `barcode_prefixes`: what the library's cards begin with;
        none: every barcode of a patron. `exemptions`: the code to suggest for each kind; the pack of
        law has those of the jurisdiction.
        """

        region: str = "US"
        own_numbers: list[Text] = Field(default_factory=list)
        own_domains: list[Text] = Field(default_factory=list)
        own_addresses: list[Text] = Field(default_factory=list)
        barcode_prefixes: list[str] = Field(default_factory=list)
        licences: dict[str, str] = Field(default_factory=lambda: dict(_LICENCES))
        exemptions: dict[str, str] = Field(default_factory=dict)

        @field_validator("region")
        @classmethod
        def _is_region(cls, region: str) -> str:
            if region not in phonenumbers.SUPPORTED_REGIONS:
                raise ValueError("is no ISO 3166 code of a region with a number plan, such as US")
            return region

        @field_validator("licences")
        @classmethod
        def _are_shapes(cls, shapes: dict[str, str]) -> dict[str, str]:
            for state, shape in shapes.items():
                if set(shape) - set("X#-") or shape.count("#") < 5:
                    raise ValueError(f"{state}: a shape holds X, # and - only, and at least five #")
            return shapes

        @field_validator("exemptions")
        @classmethod
        def _are_kinds(cls, exemptions: dict[str, str]) -> dict[str, str]:
            if unknown := sorted(exemptions.keys() - _RULES.keys()):
                raise ValueError(f"there is no kind {unknown[0]!r}; kinds are {', '.join(_RULES)}")
            return exemptions

    def find(self, batch: Batch) -> Iterator[Hit]:
        for claim in settle(self._claims(batch)):
            yield Hit(claim.row, _RULES[claim.kind], claim.start, claim.end, self._evidence(claim), claim.strength)

    def _claims(self, batch: Batch) -> Iterator[Claim]:
        own = self.settings
        numbered = batch.rows(_DIGITS)
        long = batch.rows(_LONG_NUMBER, numbered)
        return chain(
            social_security(batch, long),
            drivers_licences(batch, long, own.licences),
            payment_cards(batch, long),
            ibans(batch, long),
            bank_accounts(batch, long),
            phones(batch, long, own.region, own.own_numbers),
            emails(batch, batch.rows(_AT), own.own_domains),
            street_addresses(batch, numbered, own.own_addresses),
            birth_dates(batch, numbered),
            licence_plates(batch, numbered),
            card_barcodes(batch, long, own.barcode_prefixes),
            patrons_with_titles(batch),
            passwords(batch, numbered),
        )

    def _evidence(self, claim: Claim) -> dict[str, Any]:
        evidence = {"kind": claim.kind, "masked": claim.masked, "validated": claim.validated}
        if code := self.settings.exemptions.get(claim.kind):
            evidence |= {"exemption": code, "exemption_note": "suggestion only"}
        return evidence
