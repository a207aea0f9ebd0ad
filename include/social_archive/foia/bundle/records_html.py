"""The records as one page for a screen: opens anywhere, asks nothing of the network, runs nothing.

Everything that somebody wrote is escaped and stands in its own direction of writing; no address in it can be clicked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Final

from social_archive.documents.figures import counted, volume
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.reading import Attachment, Entry, Group, Said, groups
from social_archive.foia.dispositions import token_pattern

PATH: Final = "3-records/records.html"
DEEPEST: Final = 8

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

# What HTML cannot hold, what nobody can see, and what would turn round the text that follows it: shown by its code.
_SHOWN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]"
)


def write(contents: Contents) -> Iterable[File]:
    """`3-records/records.html`."""
    yield File(PATH, "".join(_page(contents, groups(contents))).encode())


def text(words: str) -> str:
    """What somebody wrote, as it can stand in a page."""
    if not (words.isascii() and words.isprintable()):
        words = _SHOWN.sub(lambda found: f"‹U+{ord(found.group()):04X}›", words.replace("\r\n", "\n"))
    return escape(words)


def _page(contents: Contents, found: Sequence[Group]) -> Iterator[str]:
    body, number = text(contents.agency.body.name), text(contents.request.number)
    total = sum(len(group.entries) for group in found)
    yield (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>Records for request {number} · {body}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n<p class=over>Records</p>\n<h1>{body}</h1>\n"
        f"<p class=quiet>Request {number} · {counted(total, 'record')} · times are local, then UTC · a dark bar marks "
        "words that were removed, with the exemption</p>\n</header>\n"
    )
    yield "<nav aria-label=Accounts>\n<h2>Accounts</h2>\n<ol>\n"
    for at, group in enumerate(found, 1):
        first, last = group.entries[0].control, group.entries[-1].control
        yield (f'<li><a href="#account-{at}">{_title(group)}</a> <span class=quiet>'
               f"{counted(len(group.entries), 'record')}, {first} to {last}</span></li>\n")  # fmt: skip
    yield "</ol>\n</nav>\n<main>\n" if found else "</ol>\n<p>No record matched the search.</p>\n</nav>\n<main>\n"
    for at, group in enumerate(found, 1):
        yield f'<section id="account-{at}">\n<h2>{_title(group)}</h2>\n'
        for entry in group.entries:
            yield _entry(entry)
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def _title(group: Group) -> str:
    return f"<bdi>{text(group.title)}</bdi>"


def _entry(entry: Entry) -> str:
    codes = "".join(f"<b class=code>{text(code)}</b>" for code in entry.codes)
    level = f", level {entry.depth}" if entry.depth > DEEPEST else ""
    head = (f'<article id="{entry.control}" class=d{min(entry.depth, DEEPEST)}>\n'
            f'<p class=no><a href="#{entry.control}">{entry.control}</a>{codes}</p>\n')  # fmt: skip
    if not entry.versions:
        return f"{head}<p class=end>{text(entry.ending)}</p>\n</article>\n"
    answers = f"<p class=quiet><i>{text(entry.answers)}</i></p>\n" if entry.answers else ""
    of = len(entry.versions)
    shown = "".join(_said(said, f"version {i} of {of}" if of > 1 else "", f"{entry.kind}{level}")
                    for i, said in enumerate(entry.versions, 1))  # fmt: skip
    return f"{head}{answers}{shown}</article>\n"


def _said(said: Said, label: str, kind: str) -> str:
    codes = said.codes
    lines = [
        f"<p class=version>{label}</p>" if label else "",
        f"<p class=who><b>{_words(said.who, codes)}</b>"
        + (f" <span class=quiet>{_words(said.handle, codes)}</span>" if said.handle else "")
        + (" <span class=own>the account itself</span>" if said.official else "")
        + f" <span class=quiet>· {text(kind)}</span></p>",
        f"<p class=quiet>{_times(said)}</p>",
        f"<p class=state>{text(said.state)}</p>" if said.state else "",
        f"<p class=text dir=auto>{_marked(said.text, codes)}</p>" if said.text else "<p class=quiet><i>no text</i></p>",
        *(f"<p class=quiet>link · {_words(link, codes)}</p>" for link in said.links),
        *(_attachment(one, codes) for one in said.attachments),
        f"<p class=quiet>address · {_words(said.permalink, codes)}</p>" if said.permalink else "",
        f"<p class=state>redacted · {text(said.removed)}</p>" if said.removed else "",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _times(said: Said) -> str:
    times = (("posted", said.posted), ("edited", said.edited), ("captured", said.captured))
    told = [f"{what} {local} · {utc}" for what, (local, utc) in times if local]
    return "<br>".join(told if said.posted[0] else ["when it was posted is not known", *told])


def _attachment(one: Attachment, codes: Sequence[str]) -> str:
    facts = [one.mime or "of unknown kind", volume(one.size) if one.size and one.file else "", one.remark]
    name = one.file or f"attachment {one.number + 1}"
    alt = f", described as “{_words(one.alt, codes)}”" if one.alt else ""
    return f"<p class=quiet>attachment · <b>{name}</b> ({text(', '.join(f for f in facts if f))}){alt}</p>"


def _words(words: str, codes: Sequence[str]) -> str:
    return f"<bdi>{_marked(words, codes)}</bdi>"


def _marked(words: str, codes: Sequence[str]) -> str:
    """Escaped; tokens of codes under which something was cut here stand as bars."""
    shown = text(words)
    return _bars(tuple(codes)).sub(r"<mark>\1</mark>", shown) if codes else shown


@lru_cache(maxsize=1024)
def _bars(codes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"({token_pattern(codes, text)})")


_INDENTS: Final = "".join(f".d{n}{{margin-left:{n * 1.1:.1f}rem}}" for n in range(1, DEEPEST + 1))
_NARROW: Final = "".join(f".d{n}{{margin-left:{n * 0.45:.2f}rem}}" for n in range(1, DEEPEST + 1))

_STYLE: Final = f"""
:root{{color-scheme:light;--ink:#1d2733;--quiet:#5a6673;--line:#c9d1d9;--pale:#f4f6f8;--green:#2c7a5b;--red:#b3261e}}
*{{box-sizing:border-box}}
body{{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:48rem;color:var(--ink);background:#fff;
font:1rem/1.5 Georgia,"Times New Roman",serif}}
h1{{margin:.1em 0;font-size:2rem;line-height:1.2}}
h2{{margin:2.2rem 0 1rem;font-size:1.15rem;color:var(--green)}}
nav h2{{margin:1.4rem 0 .4rem;font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--quiet)}}
nav ol{{margin:0;padding-left:1.3rem}}
p{{margin:.15em 0;overflow-wrap:anywhere}}
a{{color:inherit}}
header{{border-bottom:1px solid var(--ink);padding-bottom:.6rem}}
.over{{font-size:.8rem;font-weight:bold;letter-spacing:.08em;text-transform:uppercase;color:var(--green)}}
.quiet{{font-size:.82rem;line-height:1.4;color:var(--quiet)}}
article{{margin-top:1.5rem;padding-left:.8rem;border-left:2px solid var(--line);break-inside:avoid-page;
content-visibility:auto;contain-intrinsic-size:auto 9rem}}
article:target{{border-left-color:var(--green);background:var(--pale)}}
.no{{font:bold .72rem/1.6 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}}
.no a{{text-decoration:none}}
.code{{margin-left:.8em;color:var(--red)}}
.version{{margin-top:.9em;font-size:.82rem;font-weight:bold;color:#8a5a00}}
.own{{font-size:.82rem;font-weight:bold;color:var(--green)}}
.state{{font-size:.82rem;color:var(--red)}}
.text{{margin:.5em 0;white-space:pre-wrap;unicode-bidi:plaintext}}
.end{{padding:.3em .6em;background:var(--pale);font-size:.9rem}}
mark{{padding:0 .3em;background:var(--ink);color:#fff;font-size:.82em;font-weight:bold;
print-color-adjust:exact;-webkit-print-color-adjust:exact}}
{_INDENTS}
@media (max-width:34rem){{body{{padding:1rem .8rem 3rem}}h1{{font-size:1.5rem}}{_NARROW}}}
@media print{{body{{max-width:none;padding:0;font-size:10pt}}
article{{content-visibility:visible}}nav a{{text-decoration:none}}}}
"""
