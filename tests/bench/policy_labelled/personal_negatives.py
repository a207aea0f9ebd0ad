"""Comments that look as if they held something personal and do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.bench.policy_labelled.personal_inventions import Invention

Maker = Callable[[Invention], str]

_MEASURES: Final = (
    "minutes drive", "kids on the way", "people in the park", "blocks down the road", "miles of bad road",
    "cars on the street",
)  # fmt: skip
_NO_PASSWORD: Final = (
    "password is not working",
    "The password is wrong",
    "password is required",
    "password: forgotten",
)

NOT_PERSONAL_SEEN: Final[tuple[Maker, ...]] = (
    lambda i: f"ISBN {i.fake.isbn13()} is the one I want",
    lambda i: f"isbn {i.fake.isbn10()}",
    lambda i: f"Is {i.fake.isbn13(separator='')} in large print?",
    lambda i: f"It is at {i.pick.randint(100, 999)}.{i.digits(3)} {i.fake.last_name()[:3].upper()} on the second floor",
    lambda i: f"call number {i.pick.randint(100, 999)}.{i.digits(2)} {i.fake.last_name()[:3].upper()}",
    lambda i: f"${i.digits(1)},{i.digits(3)},{i.digits(3)} for a roof?!",
    lambda i: f"the levy is ${i.pick.randint(10, 99)}.{i.digits(2)} on a {i.digits(6)} house",
    lambda i: f"Storytime is {i.fake.date('%B %-d, %Y')} at 10:30",
    lambda i: f"open {i.one('9-5', '9:00-17:00', '10am - 9pm')} Mon-Fri, {i.fake.date('%m/%d/%Y')} closed",
    lambda i: f"We won {i.pick.randint(1, 120)}-{i.pick.randint(1, 120)}, {i.digits(2)}-{i.digits(2)} at half",
    lambda i: f"my order #{i.pick.randint(2, 9)}{i.digits(9)} never came",
    lambda i: f"Order number {i.pick.randint(2, 9)}{i.digits(2)}-{i.pick.randint(2, 9)}{i.digits(6)}-{i.digits(7)}",
    lambda i: f"tracking {i.pick.choice('45')}{i.digits(15)} says delivered",
    lambda i: f"#{i.fake.word()}{i.digits(4)} #reads{i.pick.randint(1990, 2030)}",
    lambda i: f"since {i.pick.randint(1900, 2026)} or {i.pick.randint(1900, 2026)}",
    lambda i: f"version {i.digits(1)}.{i.digits(2)}.{i.digits(4)} of the app broke it",
    lambda i: f"the Libby app {i.digits(1)}.{i.digits(1)}.{i.digits(1)} crashes",
    lambda i: f"book 3{i.digits(13)} is falling apart",
    lambda i: f"scan {i.fake.date_time().strftime('%Y%m%d%H%M%S')}.pdf is blank",
    lambda i: f"{i.pick.choice('6789')}{i.digits(13)} is the number on the back of the DVD",
    lambda i: f"anything new from {i.one('Main Street', 'Elm Street', 'Oak Avenue', 'Park Lane')} Press?",
    lambda i: f"{i.pick.randint(1950, 2025)} {i.one('Main Street', 'Elm Street', 'Oak Avenue')} Press, first edition",
    lambda i: f"meet in room {i.pick.randint(100, 400)} by the stairs",
    lambda i: f"{i.pick.randint(2, 60)} {i.one(*_MEASURES)}",
    lambda i: f"{i.pick.randint(2, 30)} new {i.one('Dr. Seuss books', 'books by the way', 'benches in the square')}",
    lambda i: f"March {i.pick.randint(10, 19)} St. Patrick's Day craft",
    lambda i: f"{i.one('May', 'July', 'June')} {i.pick.randint(1, 28)} Main Street parade starts at noon",
    lambda i: f"I checked out {i.pick.randint(2, 9)} books and loved them",
    lambda i: "He checked out the new building today",
    lambda i: "she ordered a pizza and returned home",
    lambda i: "they borrowed money for this",
    lambda i: "I have been on hold for 20 minutes",
    lambda i: f"I borrowed {i.one('Dune', 'The Hobbit', 'Beloved')} last week, what a book",
    lambda i: f"what is the wifi password? {i.one(*_NO_PASSWORD)}",
    lambda i: "forgot my PIN and my password again",
    lambda i: f"selling an enamel pin {i.pick.randint(2000, 2026)} edition",
    lambda i: f"home plate {i.digits(3)} feet away, a plate of {i.digits(2)} cookies",
    lambda i: f"plate {i.digits(2)} in the bird book is wrong",
    lambda i: f"license plate renewal went up to ${i.digits(3)} in {i.pick.randint(2015, 2026)}",
    lambda i: f"the library's birthday party is June {i.pick.randint(1, 28)}, 2026",
    lambda i: f"Our library was born on May {i.pick.randint(1, 28)}, 1962",
    lambda i: "Shakespeare was born on April 23, 1564",
    lambda i: f"@{i.fake.user_name()} @{i.fake.user_name()} look at this",
    lambda i: f"follow @{i.fake.user_name()}@mastodon.example",
    lambda i: "look at amazon.com or buy it at target dot com",
    lambda i: f"https://example.org/item/{i.pick.randint(2, 9)}{i.digits(9)}",
    lambda i: f"www.example.com/p/{i.digits(16)}?x={i.digits(10)}",
    lambda i: f"call the toll free line {i.one('800', '888', '877')}-555-{i.digits(4)}",
    lambda i: f"account of {i.pick.randint(1000, 9999)} years of history, {i.digits(3)} pages",
    lambda i: f"population {i.digits(2)},{i.digits(3)} vs {i.digits(3)},{i.digits(3)}",
    lambda i: f"{i.fake.sentence()} {i.fake.sentence()}",
    lambda i: f"{i.fake.name()} was great at the {i.one('knitting', 'chess')} club {'😀' * i.pick.randint(0, 3)}",
    lambda i: f"aspect ratio 16:9, {i.digits(4)}x{i.digits(4)}, {i.digits(2)}%",
    lambda i: f"OCLC {i.digits(9)} / LCCN {i.digits(10)}",
    lambda i: f"{i.pick.randint(1, 12)}/{i.pick.randint(1, 28)}/2026 6:30 pm {i.fake.sentence()}",
)  # fmt: skip

NOT_PERSONAL_UNSEEN: Final[tuple[Maker, ...]] = (
    lambda i: f"The barcode on the DVD is {i.pick.choice('013456789')}{i.digits(11)}",
    lambda i: f"Dewey {i.pick.randint(100, 999)}.{i.digits(4)} is where it should be",
    lambda i: f"invoice {i.digits(8)}-{i.digits(2)} for {i.digits(2)} chairs",
    lambda i: f"ticket {i.pick.randint(2, 9)}{i.digits(2)}-{i.digits(4)} was closed without an answer",
    lambda i: f"{i.pick.randint(3, 12)} Elm Street movies and not one is scary",
    lambda i: f"read chapter {i.pick.randint(1, 40)} Baker Street before Monday",
    lambda i: f"budget {i.digits(3)} {i.digits(3)} {i.digits(3)}, up {i.digits(1)}.{i.digits(1)}%",
    lambda i: f"score {i.digits(3)} {i.digits(3)} {i.digits(4)}",
    lambda i: f"Dolly Parton birthday celebration January {i.pick.randint(1, 28)}, 2026!",
    lambda i: f"Ordinance {i.digits(4)}-{i.digits(2)}-{i.digits(2)} was adopted {i.fake.date('%B %-d, %Y')}",
    lambda i: f"{i.fake.first_name()} returned to the board after a year",
    lambda i: f"Nobody checked out {i.one('the basement', 'my concern', 'the boiler')} either",
    lambda i: "I requested a password reset and the password is still the same",
    lambda i: "PIN is the last 4 digits of your phone",
    lambda i: f"meet at noon @ the {i.one('library', 'gym', 'park')}.{i.fake.sentence()}",
    lambda i: f"UPC {i.digits(12)}, part {i.digits(3)}-{i.digits(2)}-{i.digits(4)}",
    lambda i: f"Windows {i.digits(2)}.{i.digits(3)}.{i.digits(4)}.{i.digits(4)}",
    lambda i: f"lat 41.{i.digits(6)}, lon -87.{i.digits(6)}",
    lambda i: f"IP 192.168.{i.pick.randint(0, 255)}.{i.pick.randint(0, 255)}",
    lambda i: f"volume {i.pick.randint(1, 90)} Park Avenue Stories",
    lambda i: f"The {i.one('7', '10', '12')} best lane ideas in the square: {i.fake.sentence()}",
    lambda i: f"{i.fake.first_name()} has a point on the {i.one('budget', 'parking', 'hours')}, hold on",
    lambda i: f"check {i.digits(4)} dated {i.fake.date('%m/%d/%Y')} to the printer",
    lambda i: f"event id {i.digits(15)}",
    lambda i: f"{i.fake.paragraph()}",
    lambda i: f"fees: {i.digits(2)}c, {i.digits(2)}c, ${i.digits(2)}.{i.digits(2)} {i.fake.sentence()}",
)  # fmt: skip
