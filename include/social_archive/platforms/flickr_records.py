"""Flickr's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type.

A photograph looks different in a list (`title` is text) and alone (`title` is an object with `_content`); both become
the same record, or each look by id would seem an edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, State, Unreadable

STATIC: Final = "https://live.staticflickr.com"
_SIZES: Final = ("url_o", "url_l", "url_c", "url_z", "url_m")

Item = Observation | Unreadable


def is_comment(native_id: str) -> bool:
    """A comment's id names its photograph: `6065-109722179-72057594077818641`. A photograph's is a number."""
    return "-" in native_id


def photo_of(comment_id: str) -> str | None:
    """The photograph that a comment stands under, by the comment's id."""
    parts = comment_id.split("-")
    return parts[1] if len(parts) == 3 and parts[1] else None


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    reader = Reader(page)
    for native in natives(page):
        yield reader.item(native)


def natives(page: Page) -> list[bytes]:
    """The items of a page as they stood in it. A photograph without comments has no list of them at all."""
    try:
        members = strict_json.members(page.body)
        if "person" in members:
            return [members["person"]]
        if "photo" in members:
            return [members["photo"]]
        if "photos" in members:
            return strict_json.items(strict_json.members(members["photos"])["photo"])
        if "comments" in members and "stat" in members:
            return strict_json.items(strict_json.members(members["comments"]).get("comment", b"[]"))
        if page.kind in ("item", "profile") and "stat" not in members:  # out of quarantine, without its envelope
            return [page.body]
    except (strict_json.BadJson, KeyError):
        if page.kind in ("item", "profile"):
            return [page.body]
    raise Unintelligible(f"{page.endpoint} answered JSON of another shape than Flickr's API promises.")


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._owner: str | None = page.context.get("owner")
        self._photo: str | None = page.context.get("photo")
        self._static = str(page.context.get("static") or STATIC)

    def item(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        named_by = "nsid" if "nsid" in item else "id"
        native_id = exact_id(item.get(named_by))
        if native_id is None:
            return bad_id(native, item.get(named_by))
        drift = Drift()
        if "datecreate" in item or "authorname" in item:
            found = self._comment(native_id, item, native, drift)
        elif "owner" in item:
            found = self._photograph(native_id, item, native, drift)
        elif "nsid" in item:
            found = self._profile(native_id, item, native, drift)
        else:
            return Unreadable(native=native, reason="unknown_kind")
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a comment

    def _comment(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        photo = self._photo or photo_of(native_id)
        author = drift.text(item.get("author"))
        markup = drift.text(item.get("_content")) or ""
        body = text.plain(markup)
        created = _digits(item.get("datecreate"))
        return Observation(
            kind="comment",
            native_id=native_id,
            native=native,
            parent_native_id=photo,
            root_native_id=photo,
            permalink=drift.text(item.get("permalink")),
            author_id=author,
            author_name=drift.text(item.get("realname")) or drift.text(item.get("authorname")),
            author_handle=drift.text(item.get("path_alias")) or drift.text(item.get("authorname")),
            author_is_account=author is not None and author == self._owner,
            body=body,
            body_html=markup if markup != body else None,
            created_at=drift.epoch(item.get("datecreate")),
            created_at_text=created,
            links=_links(markup, body),
            flags=("author_deleted",) if _is_one(item.get("author_is_deleted")) else (),
        )

    # ---------------------------------------------------------------- a photograph

    def _photograph(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        owner = item.get("owner")
        person = owner if type(owner) is dict else {"nsid": owner, "realname": item.get("ownername")}
        owner_id = drift.text(person.get("nsid"))
        dates = drift.object(item.get("dates"))
        posted = item.get("dateupload") if "dateupload" in item else dates.get("posted")
        title, markup = text.plain(_content(item.get("title"), drift)), _content(item.get("description"), drift)
        description = text.plain(markup)
        tags = " ".join(f"#{tag}" for tag in _tags(item.get("tags"), drift))
        state, audience = _audience(drift.object(item["visibility"]) if "visibility" in item else item)
        alias = drift.text(person.get("path_alias")) or drift.text(item.get("pathalias"))
        return Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=f"https://www.flickr.com/photos/{owner_id}/{native_id}/" if owner_id else None,
            author_id=owner_id,
            author_name=drift.text(person.get("realname")) or drift.text(person.get("username")),
            author_handle=alias,
            author_is_account=owner_id is not None and owner_id == self._owner,
            body="\n\n".join(part for part in (title, description, tags) if part),
            body_html=markup if markup != description else None,
            created_at=drift.epoch(posted),
            created_at_text=_digits(posted),
            state=state,
            media=(self._picture(native_id, item, drift),),
            links=_links(markup, description),
            replies=count(drift.object(item.get("comments")).get("_content")),
            flags=named((audience, bool(audience)), ("video", item.get("media") == "video")),
        )

    def _picture(self, native_id: str, item: dict[str, Any], drift: Drift) -> Media:
        """The file as it was uploaded, where Flickr gives it to us. Its secret changes when the owner replaces or
        turns the picture: then it is another picture, and is fetched again."""
        secret, original = drift.text(item.get("secret")), drift.text(item.get("originalsecret"))
        url = next((item[size] for size in _SIZES if type(item.get(size)) is str), None)
        if url is None:
            name = f"{native_id}_{original}_o" if original else f"{native_id}_{secret}_b"
            kind = drift.text(item.get("originalformat")) if original else None
            url = f"{self._static}/{item.get('server')}/{name}.{kind or 'jpg'}"
        return Media(id=f"{native_id}/{original or secret}", url=url)

    # ---------------------------------------------------------------- the account itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        markup = _content(item.get("description"), drift)
        body = text.plain(markup)
        picture = self._portrait(native_id, item)
        username = _content(item.get("username"), drift)
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=_content(item.get("profileurl"), drift) or f"https://www.flickr.com/people/{native_id}/",
            author_id=native_id,
            author_name=_content(item.get("realname"), drift) or username,
            author_handle=drift.text(item.get("path_alias")) or username,
            author_is_account=native_id == self._owner,
            author_avatar=picture[0].url if picture else None,
            body=body,
            body_html=markup if markup != body else None,
            media=picture,
            links=_links(markup, body),
        )

    def _portrait(self, native_id: str, item: dict[str, Any]) -> tuple[Media, ...]:
        """The buddy icon; server 0 means that the account has none."""
        server = str(item.get("iconserver") or "0")
        if server == "0":
            return ()
        return (Media(id=f"{native_id}/icon", url=f"{self._static}/{server}/buddyicons/{native_id}.jpg"),)


def _content(value: Any, drift: Drift) -> str:
    """Text that is bare in a list and `{"_content": …}` alone."""
    if type(value) is dict:
        value = value.get("_content")
    return drift.text(value) or ""


def _tags(value: Any, drift: Drift) -> list[str]:
    """A photograph's tags in Flickr's normal form: one text in a list, objects alone."""
    if type(value) is dict:
        found = [drift.text(tag.get("_content")) or "" for tag in drift.objects(value.get("tag"))
                 if not _is_one(tag.get("machine_tag"))]  # fmt: skip
    else:
        found = (drift.text(value) or "").split()
    return sorted({tag for tag in found if tag})


def _audience(visibility: dict[str, Any]) -> tuple[State, str]:
    """Who may see it: a photograph that its owner has withdrawn from the public is hidden."""
    if "ispublic" not in visibility or _is_one(visibility["ispublic"]):
        return "present", ""
    friends, family = _is_one(visibility.get("isfriend")), _is_one(visibility.get("isfamily"))
    return "hidden", {(True, True): "friends_and_family", (True, False): "friends", (False, True): "family"}.get(
        (friends, family), "private"
    )


def _links(markup: str, body: str) -> tuple[str, ...]:
    if "://" not in markup:
        return ()
    return tuple(dict.fromkeys((*text.links(markup), *text.addresses(body))))


def _is_one(value: Any) -> bool:
    """Flickr's truth: 1, and in older answers "1"."""
    return value in (1, "1")


def _digits(value: Any) -> str | None:
    return str(value) if type(value) in (str, int) else None


# --------------------------------------------------------------------------- the little that fetching must know


class _Envelope(msgspec.Struct):
    stat: Any = None
    code: Any = None


class _Photos(msgspec.Struct):
    page: Any = None
    pages: Any = None
    total: Any = None
    photo: list[msgspec.Raw] = []


class _PhotosAnswer(msgspec.Struct):
    photos: _Photos


class Listed(msgspec.Struct, frozen=True):
    """One page of a list of photographs: its number, how many pages and photographs there are, how many are here."""

    page: int
    pages: int
    total: int
    here: int


def code_of(answer: Answer) -> int | None:
    """The code of a failure, which Flickr sends with HTTP 200; None when all is well."""
    try:
        envelope = msgspec.json.decode(answer.json_bytes(), type=_Envelope)
    except (ValueError, RecursionError):
        envelope = _cut_envelope(answer)
    if envelope.stat == "ok":
        return None
    code = count(envelope.code)
    if envelope.stat != "fail" or code is None:
        raise Unintelligible(f"{answer.url} answered JSON of another shape than Flickr's API promises.")
    return code


def _cut_envelope(answer: Answer) -> _Envelope:
    """The same where one odd item keeps the page from being read as a whole."""
    try:
        members = strict_json.members(answer.body)
        return _Envelope(*(strict_json.load_item(members.get(name, b"null"))[0] for name in ("stat", "code")))
    except strict_json.BadJson:
        raise Unintelligible(f"{answer.url} answered JSON that cannot be read.") from None


def listed(answer: Answer) -> Listed:
    """Where in the list this page stands. Raises `Unintelligible` when it does not say."""
    try:
        found = msgspec.json.decode(answer.body, type=_PhotosAnswer).photos
    except (ValueError, RecursionError):
        found = _cut_photos(answer)
    page, pages, total = count(found.page), count(found.pages), count(found.total)
    if page is None or pages is None or total is None:
        raise Unintelligible(f"{answer.url} answered a list that does not say how long it is.")
    return Listed(page, pages, total, len(found.photo))


def _cut_photos(answer: Answer) -> _Photos:
    try:
        members = strict_json.members(strict_json.members(answer.body)["photos"])
        numbers = {name: strict_json.load_item(members[name])[0] for name in ("page", "pages", "total")}
        return _Photos(**numbers, photo=[msgspec.Raw(native) for native in strict_json.items(members["photo"])])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{answer.url} answered JSON of another shape than Flickr's API promises.") from None


class _Id(msgspec.Struct):
    id: Any = None


def ids_in(natives_of_page: list[bytes]) -> set[str]:
    """The ids of items, as far as they can be read."""
    found = set()
    for native in natives_of_page:
        try:
            name = exact_id(msgspec.json.decode(native, type=_Id).id)
        except (ValueError, RecursionError):
            continue
        if name:
            found.add(name)
    return found


def user_in(answer: Answer) -> str:
    """Whose token it is (`flickr.test.login`)."""
    drift = Drift()
    found = exact_id(drift.object(drift.object(answer.json()).get("user")).get("id"))
    if found is None:
        raise Unintelligible(f"{answer.url} answered without saying whose login this is.")
    return found


def names_of(answer: Answer) -> set[str]:
    """Everything that an account is called: NSID, user name, the alias in its addresses. In lower case."""
    drift = Drift()
    person = drift.object(drift.object(answer.json()).get("person"))
    urls = [_content(person.get(name), drift) for name in ("photosurl", "profileurl")]
    in_urls = [url.rstrip("/").rpartition("/")[2] for url in urls]
    username, alias = _content(person.get("username"), drift), drift.text(person.get("path_alias"))
    names = [exact_id(person.get("nsid")), alias, username]
    return {name.lower() for name in (*names, *in_urls) if name}


def photographs_of(answer: Answer) -> int | None:
    """How many photographs Flickr counts for an account."""
    drift = Drift()
    photos = drift.object(drift.object(drift.object(answer.json()).get("person")).get("photos"))
    number = photos.get("count")
    return count(number.get("_content") if type(number) is dict else number)
