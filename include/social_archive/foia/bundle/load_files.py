"""The same answer for review software: Concordance DAT, Opticon OPT and EDRM XML 1.2, from the shown records alone.

DAT: UTF-8 with a byte order mark, lines end in CR LF; fields stand in þ (U+00FE) and are parted by U+0014; a line break
inside of a field is ® (U+00AE). These characters are not there for words: where somebody wrote one it is shown by its
code. `load-files/README.txt` says all of this to whoever imports them. Paths are relative to the bag's folder `data`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

from social_archive.foia.bundle import cells, native
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.reading import account_title, moment
from social_archive.foia.dispositions import ShownItem, ShownMedia, ShownVersion
from social_archive.record import canonical

FOLDER: Final = "load-files"
QUOTE: Final = "\u00fe"
PART: Final = "\u0014"
BREAK: Final = "\u00ae"
FIELDS: Final = (
    "CONTROLNUMBER", "PARENT", "RECORDCONTROL", "VERSION", "DOCTYPE", "OUTCOME", "EXEMPTIONS", "ACCOUNT", "AUTHOR",
    "HANDLE", "DATEPOSTED", "DATECAPTURED", "STATE", "TEXT", "PERMALINK", "FILEPATH", "MIMETYPE", "FILESIZE", "SHA256",
)  # fmt: skip
_RESERVED: Final = re.compile(f"[{QUOTE}{PART}{BREAK}]")
_MIME: Final = {"json": "application/json", "txt": "text/plain"}


@dataclass(frozen=True)
class Document:
    """One row of a load file: a version of a record, an attachment of it, or a hit of which nothing is shown."""

    values: tuple[str, ...]

    def __getitem__(self, name: str) -> str:
        return self.values[FIELDS.index(name)]


def write(contents: Contents) -> Iterable[File]:
    """DAT and EDRM, and how to read them; nothing unless they were asked for (`contents.options.load_files`)."""
    if not contents.options.load_files:
        return
    found = list(documents(contents))
    yield File(f"{FOLDER}/records.dat", dat(found))
    yield File(f"{FOLDER}/records-edrm.xml", edrm(found))
    yield File(f"{FOLDER}/README.txt", _README.encode())


# --------------------------------------------------------------------------- the rows


def documents(contents: Contents) -> Iterator[Document]:
    """In the order of the search: each version, behind it its attachments."""
    zone = ZoneInfo(contents.agency.body.time_zone)
    titles: dict[tuple[str, str], str] = {}
    for shown in contents.items:
        if not shown.versions:
            yield _silent(shown)
        for version in shown.versions:
            pair = (version.row.get("platform") or "", version.row.get("account") or "")
            if pair not in titles:
                titles[pair] = account_title(contents, *pair)
            yield _version(shown, version, titles[pair], zone)
            yield from (_attachment(shown, version, media) for media in version.media)


def _silent(shown: ShownItem) -> Document:
    item = shown.item
    return _document(CONTROLNUMBER=item.control, RECORDCONTROL=item.control, DOCTYPE="record", OUTCOME=item.outcome,
                     EXEMPTIONS="; ".join(item.codes))  # fmt: skip


def _version(shown: ShownItem, version: ShownVersion, account: str, zone: ZoneInfo) -> Document:
    item, row = shown.item, version.row
    path = native.native_path(item, version)
    body = canonical(native.derivative(item, version)) if version.native is None else version.native
    return _document(
        CONTROLNUMBER=_number(shown, version), RECORDCONTROL=item.control, VERSION=str(version.version),
        DOCTYPE=row.get("kind") or "", OUTCOME=item.outcome, EXEMPTIONS="; ".join(item.codes), ACCOUNT=account,
        AUTHOR=row.get("author_name") or "", HANDLE=row.get("author_handle") or "",
        DATEPOSTED=_utc(row.get("created_at"), zone), DATECAPTURED=_utc(row.get("observed_at"), zone),
        STATE=row.get("state") or "", TEXT=row.get("body") or "", PERMALINK=row.get("permalink") or "", FILEPATH=path,
        MIMETYPE=_MIME.get(path.rpartition(".")[2], "application/octet-stream"), FILESIZE=str(len(body)),
        SHA256=hashlib.sha256(body).hexdigest(),
    )  # fmt: skip


def _attachment(shown: ShownItem, version: ShownVersion, media: ShownMedia) -> Document:
    path = native.media_path(shown.item, version, media) or ""
    given = media.derivative is not None
    sha256 = hashlib.sha256(media.derivative or b"").hexdigest() if given else media.sha256 or ""
    size = len(media.derivative or b"") if given else media.size
    return _document(
        CONTROLNUMBER=f"{_number(shown, version)}-{media.number}", PARENT=_number(shown, version),
        RECORDCONTROL=shown.item.control, VERSION=str(version.version), DOCTYPE="attachment",
        OUTCOME="withheld" if media.code else "" if path else "not in the archive", EXEMPTIONS=media.code or "",
        TEXT=media.alt or "", FILEPATH=path, MIMETYPE=media.mime or "", FILESIZE=str(size) if path else "",
        SHA256=sha256 if path else "",
    )  # fmt: skip


def _document(**values: str) -> Document:
    return Document(tuple(values.get(name, "") for name in FIELDS))


def _number(shown: ShownItem, version: ShownVersion) -> str:
    return f"{shown.item.control}-v{version.version}"


def _utc(value: object, zone: ZoneInfo) -> str:
    return moment(value, zone)[1]


# --------------------------------------------------------------------------- the files


def dat(found: Iterable[Document]) -> bytes:
    rows = [FIELDS, *(one.values for one in found)]
    lines = (PART.join(f"{QUOTE}{_field(value)}{QUOTE}" for value in row) for row in rows)
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def _field(value: str) -> str:
    """Text in which nothing can be taken for the file's own marks."""
    shown = cells.shown(_RESERVED.sub(lambda found: f"\u2039U+{ord(found.group()):04X}\u203a", value))
    return shown.replace("\n", BREAK)


def opt(folder: str, pages: Iterable[tuple[str, int]]) -> File:
    """One line per part of the readable records, (name, pages): each a document of its own."""
    lines = (f"{name.removesuffix('.pdf')},VOL001,..\\{folder}\\{name},Y,,,{count}\r\n" for name, count in pages)
    return File(f"{FOLDER}/records.opt", "".join(lines).encode("ascii"))


def edrm(found: Iterable[Document]) -> bytes:
    listed, families = list(found), []
    lines = ['<?xml version="1.0" encoding="UTF-8"?>',
             '<Root MajorVersion="1" MinorVersion="2" Description="Answer to a request for records" Locale="US" '
             'DataInterchangeType="Update">', "<Batch>", "<Documents>"]  # fmt: skip
    for one in listed:
        lines += _edrm_document(one)
        if one["PARENT"]:
            families.append((one["PARENT"], one["CONTROLNUMBER"]))
    lines += ["</Documents>", "<Relationships>"]
    lines += [f'<Relationship Type="Attachment" ParentDocId={_attribute(parent)} ChildDocId={_attribute(child)}/>'
              for parent, child in families]  # fmt: skip
    lines += ["</Relationships>", "</Batch>", "</Root>"]
    return "\n".join([*lines, ""]).encode()


def _edrm_document(one: Document) -> Iterator[str]:
    kind = "File" if one["DOCTYPE"] == "attachment" else "Message"
    yield (f"<Document DocID={_attribute(one['CONTROLNUMBER'])} DocType={_attribute(kind)} "
           f"MimeType={_attribute(one['MIMETYPE'])}>")  # fmt: skip
    if one["FILEPATH"]:
        folder, _, name = one["FILEPATH"].rpartition("/")
        yield (f'<Files><File FileType="Native"><ExternalFile FilePath={_attribute(f"../{folder}")} '
               f"FileName={_attribute(name)} FileSize={_attribute(one['FILESIZE'])} Hash={_attribute(one['SHA256'])} "
               'HashType="SHA256"/></File></Files>')  # fmt: skip
    yield "<Tags>"
    for name in FIELDS:
        if one[name]:
            data = "DateTime" if name.startswith("DATE") else "LongText" if name == "TEXT" else "Text"
            value = one[name].replace(" ", "T", 1).replace(" UTC", "Z") if data == "DateTime" else one[name]
            yield f'<Tag TagName="{name}" TagDataType="{data}" TagValue={_attribute(value)}/>'
    yield "</Tags></Document>"


def _attribute(value: str) -> str:
    return quoteattr(cells.shown(value), {"\n": "&#10;", "\t": "&#9;"})


_README: Final = """Load files
==========

records.dat        Concordance. UTF-8 with a byte order mark; lines end in CR LF; the first line has the names of the
                   fields; text qualifier U+00FE, field separator U+0014, line break inside of a field U+00AE.
                   One row for each version of each record, one for each attachment (PARENT), and one for each record
                   of which nothing is shown (OUTCOME says why).
records.opt        Opticon. One line for each PDF file of the folder 3-records, with the number of its pages.
records-edrm.xml   EDRM XML 1.2, the same rows; attachments are related to their records.

FILEPATH is relative to the folder `data`, in which this folder lies. Times are UTC.
"""
