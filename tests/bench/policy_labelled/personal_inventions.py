"""Invented facts about nobody, and how people write them. Everything follows from one seed."""

from __future__ import annotations

import random
from typing import Final

from faker import Faker
from stdnum import luhn


class Invention:
    """Invented facts of one seed."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.fake = Faker(["en_US"])
        self.fake.seed_instance(seed)

    def digits(self, count: int) -> str:
        return "".join(self.pick.choice("0123456789") for _ in range(count))

    def clock(self) -> str:
        return f"{self.pick.randint(1, 12)}:{self.pick.randint(10, 59)}"

    def one(self, *of: str) -> str:
        return self.pick.choice(of)


def ssn(i: Invention, forms: tuple[str, ...]) -> str:
    area = i.pick.choice([*range(1, 666), *range(667, 900)])
    return i.one(*forms).format(f"{area:03}", f"{i.pick.randint(1, 99):02}", f"{i.pick.randint(1, 9999):04}")


def licence(i: Invention, forms: tuple[str, ...]) -> str:
    day = i.pick.randint(1, 12) * 31 - i.pick.randint(0, 30) + i.pick.choice((0, 600))
    name = i.fake.last_name()[0] + i.one("100", "400", "430", "520", "256", "163", "650", "300")
    year = f"{i.pick.randint(40, 99)}"
    return i.one(*forms).format(name, i.digits(3) + year[0], f"{year[1]}{day:03}")


def card(i: Invention, forms: tuple[str, ...]) -> str:
    start, size = i.pick.choice(
        (("4", 16), ("51", 16), ("55", 16), ("2223", 16), ("6011", 16), ("3530", 16), ("37", 15))
    )
    bare = start + i.digits(size - len(start) - 1)
    number = bare + luhn.calc_check_digit(bare)
    groups = [number[:4], number[4:10], number[10:]] if size == 15 else [number[n : n + 4] for n in range(0, 16, 4)]
    return i.one(*forms).join(groups)


def iban(i: Invention, forms: tuple[str, ...]) -> str:
    fake = Faker(i.one("de_DE", "en_GB", "fr_FR", "it_IT", "nl_NL", "es_ES", "pl_PL", "de_AT"))
    fake.seed_instance(i.pick.randrange(10**9))
    number = fake.iban()
    return i.one(*forms).join(number[n : n + 4] for n in range(0, len(number), 4))


def routing(i: Invention, forms: tuple[str, ...]) -> str:
    return i.one(*forms).format(i.fake.aba())


def account(i: Invention, forms: tuple[str, ...]) -> str:
    return i.one(*forms).format(i.digits(i.pick.randint(8, 12)))


AREAS: Final = (
    "312", "630", "708", "773", "847", "331", "224", "815", "217", "618", "309", "872", "212", "415",
    "206", "305", "512", "617", "414", "317", "734",
)  # fmt: skip


def phone(i: Invention, forms: tuple[str, ...]) -> str:
    middle = f"{i.pick.randint(2, 9)}{i.pick.choice('023456789')}{i.pick.randint(0, 9)}"
    return i.one(*forms).format(i.one(*AREAS), middle, i.digits(4))


def email(i: Invention, forms: tuple[str, ...]) -> str:
    name = i.one(
        i.fake.user_name(), f"{i.fake.first_name()}.{i.fake.last_name()}", f"{i.fake.first_name().lower()}{i.digits(2)}"
    )
    host, top = i.one("gmail com", "yahoo com", "comcast net", "proton me", "example org", "hotmail com").split()
    return i.one(*forms).format(name, host, top)


_KINDS_OF_STREET: Final = [
    "St",
    "Street",
    "Ave",
    "Avenue",
    "Rd",
    "Road",
    "Dr",
    "Drive",
    "Ln",
    "Lane",
    "Ct",
    "Court",
    "Blvd",
    "Pl",
    "Place",
    "Way",
    "Cir",
    "Ter",
    "Pkwy",
]


def street(i: Invention, forms: tuple[str, ...]) -> str:
    number = i.one(
        str(i.pick.randint(1, 9999)), str(i.pick.randint(100, 2999)), f"{i.pick.randint(1, 30)}W{i.digits(3)}"
    )
    side = i.one("", "", "", "N ", "W. ", "South ", "E ")
    name = i.one(
        i.fake.last_name(),
        i.fake.last_name(),
        "Oak",
        "Cass",
        "Quincy",
        "Old Mill",
        "43rd",
        "5th",
        "St. Charles",
        "Lake Shore",
        "Martin Luther King",
    )
    line = f"{number} {side}{name} {i.one(*_KINDS_OF_STREET)}"
    town = f"{i.one('Westmont', 'Downers Grove', 'Oak Brook', 'Elgin', 'Springfield')}, {i.one('IL', 'Illinois')}"
    return i.one(*forms).format(
        line, unit=i.one("Apt 4", "Unit 2B", "#12", "apt. 301"), town=town, zip=f"60{i.digits(3)}"
    )


def born(i: Invention, forms: tuple[str, ...]) -> str:
    day = i.fake.date_of_birth(minimum_age=3, maximum_age=95)
    return day.strftime(i.one(*forms))


def plate(i: Invention, forms: tuple[str, ...]) -> str:
    letters = "".join(i.pick.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(3))
    return i.one(*forms).format(letters[:2], letters, i.digits(2), i.digits(3), i.digits(4), i.digits(5))


def barcode(i: Invention, forms: tuple[str, ...]) -> str:
    bare = f"2{i.digits(4)}00{i.digits(6)}"
    number = bare + luhn.calc_check_digit(bare)
    return i.one(*forms).format(
        number, number[0], number[1:5], number[5:10], number[10:13], number[13], number[5:9], number[9:13], number[10:]
    )


def title(i: Invention, forms: tuple[str, ...]) -> str:
    book = i.one(
        "The Silent Orchard", "Gone Tomorrow", "A Map of Small Rivers", "Salt and Cedar", "The Last Ferryman",
        "Letters to Nobody", "How to Leave a Marriage", "The Quiet Divorce", "Living With Bipolar Disorder",
    )  # fmt: skip
    who = i.one(
        "she",
        "he",
        "my neighbor",
        "your husband",
        "my sister",
        i.fake.first_name(),
        i.fake.name_nonbinary().split(",")[0],
        f"Mrs. {i.fake.last_name()}",
    )
    return i.one(*forms).format(who=who, book=book)


def password(i: Invention, forms: tuple[str, ...]) -> str:
    return i.one(*forms).format(i.fake.first_name(), i.digits(2), i.digits(4), i.fake.word(), i.digits(6))


def abroad(i: Invention, forms: tuple[str, ...]) -> str:
    return i.one(*forms).format(i.digits(4), i.digits(3), i.pick.randint(10, 79), i.digits(6))


def street_in_small_letters(i: Invention, forms: tuple[str, ...]) -> str:
    return street(i, forms).lower()


def box(i: Invention, forms: tuple[str, ...]) -> str:
    return i.one(*forms).format(i.digits(3))


MAKERS: Final = {
    make.__name__: make
    for make in (
        ssn, licence, card, iban, routing, account, phone, abroad, email, street, street_in_small_letters, box, born,
        plate, barcode, title, password,
    )
}  # fmt: skip
