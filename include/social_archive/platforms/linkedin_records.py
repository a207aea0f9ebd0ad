"""LinkedIn's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, Unreadable

_SITE: Final = "https://www.linkedin.com"
_API: Final = "https://api.linkedin.com"
_LAST_MILLISECOND: Final = 253_402_300_799_999
# LinkedIn's "little text": {hashtag|\#|Tag}, @[Name](urn:li:…), and a backslash before each reserved character.
_MARKS: Final = re.compile(r"\{hashtag\|\\?#\|([^{}|]*)\}|@\[([^\[\]]*)\]\(urn:li:[^()]*\)|\\(.)", re.DOTALL)

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_IN_URL: Final = str.maketrans({":": "%3A", "(": "%28", ",": "%2C", ")": "%29"})  # all that a URN has of these

Item = Observation | Unreadable


def is_comment(native_id: str) -> bool:
    return native_id.startswith("urn:li:comment:")


def parts_of(comment: str) -> tuple[str, str] | None:
    """`urn:li:comment:(urn:li:activity:1,2)` as the thread that it stands in and its number there."""
    inside = comment.removeprefix("urn:li:comment:(").removesuffix(")")
    thread, comma, number = inside.rpartition(",")
    return (thread, number) if comma and thread and number else None


def plain(little_text: str) -> str:
    """A commentary as a reader sees it, without LinkedIn's marks and escapes."""
    if "\\" not in little_text and "{" not in little_text and "@[" not in little_text:
        return little_text
    return _MARKS.sub(_unmarked, little_text)


def _unmarked(mark: re.Match[str]) -> str:
    tag, name, escaped = mark.groups()
    if escaped is not None:
        return str(escaped)
    return _ESCAPED.sub(r"\1", f"#{tag}" if name is None else f"@{name}")


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    reader = Reader(page)
    if page.kind in ("item", "profile"):
        yield reader.item(page.body)
        return
    for native in natives(page.body, page.endpoint):
        yield reader.item(native)


def natives(body: bytes, endpoint: str) -> list[bytes]:
    """The elements of a list as they stood in it."""
    try:
        return strict_json.items(strict_json.members(body)["elements"])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{endpoint} answered JSON of another shape than LinkedIn's API promises.") from None


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._organization: str | None = page.context.get("organization")
        self._root: str | None = page.context.get("root")
        self._files: dict[str, str] = page.context.get("files") or {}

    def item(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        drift = Drift()
        if "localizedName" in item or "vanityName" in item:
            parse, named_by = self._profile, item.get("id")
        elif "message" in item or "actor" in item:
            parse, named_by = self._comment, _comment_urn(item)
        elif "commentary" in item or "lifecycleState" in item or "author" in item:
            parse, named_by = self._post, item.get("id")
        else:
            return Unreadable(native=native, reason="unknown_kind")
        native_id = exact_id(named_by)
        if native_id is None:
            return bad_id(native, named_by)
        return finished(parse(native_id, item, native, drift), drift, repaired=repaired)

    # ---------------------------------------------------------------- a comment

    def _comment(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        """Its `object` may name the activity behind the post, so the root is the post that was asked about."""
        thread = drift.text(item.get("object"))
        root = self._root or thread
        parent = drift.text(item.get("parentComment"))
        actor = drift.text(item.get("actor"))
        made = drift.object(item.get("created")).get("time")
        changed = drift.object(item.get("lastModified")).get("time")
        is_edited = changed is not None and changed != made
        body = drift.text(drift.object(item.get("message")).get("text")) or ""
        return Observation(
            kind="reply" if parent else "comment",
            native_id=native_id,
            native=native,
            parent_native_id=parent or root,
            root_native_id=root,
            permalink=f"{_SITE}/feed/update/{root}?commentUrn={native_id.translate(_IN_URL)}" if root else None,
            author_id=actor,
            author_is_account=actor is not None and actor == self._organization,
            body=body,
            created_at=_moment(made, drift),
            created_at_text=_digits(made),
            edited_at=_moment(changed, drift) if is_edited else None,
            edited_at_text=_digits(changed) if is_edited else None,
            media=_attached(native_id, item["content"], drift) if item.get("content") else (),
            links=text.addresses(body),
            likes=count(drift.object(item.get("likesSummary")).get("totalLikes")),
            replies=count(drift.object(item.get("commentsSummary")).get("totalFirstLevelComments")),
        )

    # ---------------------------------------------------------------- a post

    def _post(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        author = drift.text(item.get("author"))
        content = drift.object(item.get("content"))
        article, poll = drift.object(content.get("article")), drift.object(content.get("poll"))
        said = plain(drift.text(item.get("commentary")) or "")
        body = "\n\n".join(part for part in (said, *_article(article, drift), _poll(poll, drift)) if part)
        source = drift.text(article.get("source"))
        published = item.get("publishedAt") if item.get("publishedAt") is not None else item.get("createdAt")
        is_edited = drift.truth(drift.object(item.get("lifecycleStateInfo")).get("isEditedByAuthor"))
        edited = item.get("lastModifiedAt") if is_edited else None
        visibility = drift.text(item.get("visibility")) or "PUBLIC"
        return Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=f"{_SITE}/feed/update/{native_id}/",
            author_id=author,
            author_is_account=author is not None and author == self._organization,
            body=body,
            created_at=_moment(published, drift),
            created_at_text=_digits(published),
            edited_at=_moment(edited, drift),
            edited_at_text=_digits(edited),
            media=tuple(self._file(urn, alt) for urn, alt in _files_of(content, drift)),
            links=tuple(dict.fromkeys((*((source,) if source else ()), *text.addresses(said)))),
            flags=named(
                (visibility.lower(), visibility != "PUBLIC"), ("reshare", bool(item.get("reshareContext"))),
                ("poll", bool(poll)),
            ),
        )  # fmt: skip

    def _file(self, urn: str, alt: str | None) -> Media:
        """A picture, video or document. Only its URN stands in the post; where it lies had to be asked for."""
        return Media(id=urn, url=self._files.get(urn) or f"{_API}/rest/{resource_of(urn)}/{urn}", alt=alt)

    # ---------------------------------------------------------------- the page of the organization

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        description = drift.text(item.get("localizedDescription")) or _localized(item.get("description"), drift)
        tagline = _localized(item.get("tagline"), drift)
        body = "\n\n".join(part for part in (tagline, description) if part)
        site = drift.text(item.get("localizedWebsite")) or _localized(item.get("website"), drift)
        vanity = drift.text(item.get("vanityName"))
        urn = f"urn:li:organization:{native_id}"
        return Observation(
            kind="profile",
            native_id=urn,
            native=native,
            permalink=f"{_SITE}/company/{vanity or native_id}/",
            author_id=urn,
            author_name=drift.text(item.get("localizedName")) or _localized(item.get("name"), drift),
            author_handle=vanity,
            author_is_account=urn == self._organization,
            body=body,
            links=tuple(dict.fromkeys((*((site,) if site else ()), *text.addresses(body)))),
        )


def _comment_urn(item: dict[str, Any]) -> Any:
    """The comment's own URN. Older answers call it `$URN`, or only give its number beside the thread."""
    for name in ("commentUrn", "$URN"):
        if name in item:
            return item[name]
    thread, number = item.get("object"), exact_id(item.get("id"))
    return f"urn:li:comment:({thread},{number})" if isinstance(thread, str) and number else item.get("id")


def _moment(value: Any, drift: Drift) -> int | None:
    """Milliseconds since the epoch, in microseconds."""
    milliseconds = drift.count(value)
    return None if milliseconds is None or milliseconds > _LAST_MILLISECOND else milliseconds * 1_000


def _digits(value: Any) -> str | None:
    return str(value) if type(value) in (str, int) else None


def _attached(native_id: str, content: Any, drift: Drift) -> tuple[Media, ...]:
    """The pictures in a comment: each has its address with it."""
    found = []
    for number, part in enumerate(drift.objects(content)):
        url = drift.text(part.get("url"))
        urn = drift.text(drift.object(part.get("entity")).get("image"))
        if url:
            found.append(Media(id=urn or f"{native_id}/{number}", url=url))
    return tuple(found)


def _files_of(content: dict[str, Any], drift: Drift) -> Iterator[tuple[str, str | None]]:
    """(URN, alternative text) of everything attached to a post."""
    single = drift.object(content.get("media"))
    several = drift.objects(drift.object(content.get("multiImage")).get("images"))
    thumbnail = drift.text(drift.object(content.get("article")).get("thumbnail"))
    for part in (single, *several):
        urn = drift.text(part.get("id"))
        if urn:
            yield urn, drift.text(part.get("altText")) or drift.text(part.get("title"))
    if thumbnail:
        yield thumbnail, None


def _article(article: dict[str, Any], drift: Drift) -> tuple[str, ...]:
    return tuple(words for name in ("title", "description") if (words := drift.text(article.get(name))))


def _poll(poll: dict[str, Any], drift: Drift) -> str:
    if not poll:
        return ""
    options = [drift.text(option.get("text")) or "" for option in drift.objects(poll.get("options"))]
    return "\n".join((f"Poll: {drift.text(poll.get('question')) or ''}", *(f"( ) {option}" for option in options)))


def _localized(value: Any, drift: Drift) -> str:
    """The first text of `{"localized": {"en_US": "…"}}`, in the preferred language if there is one."""
    field = drift.object(value)
    texts = drift.object(field.get("localized"))
    preferred = drift.object(field.get("preferredLocale"))
    chosen = texts.get(f"{preferred.get('language')}_{preferred.get('country')}")
    return drift.text(chosen if chosen is not None else next(iter(texts.values()), None)) or ""


# --------------------------------------------------------------------------- the little that fetching must know


def resource_of(urn: str) -> str:
    """The endpoint that knows where a file lies: `urn:li:image:…` is under `images`."""
    return f"{urn.split(':')[2]}s" if urn.count(":") >= 3 else "images"


class _Paging(msgspec.Struct, frozen=True):
    start: Any = None
    count: Any = None
    total: Any = None
    links: Any = None


class _List(msgspec.Struct):
    paging: _Paging = _Paging()


class Place(msgspec.Struct, frozen=True):
    """Where in a list a page stands: where it begins, whether another follows, and how many there are in all."""

    start: int
    goes_on: bool
    total: int | None


def place_of(answer: Answer, here: int, asked: int) -> Place:
    """Where this page stands. `here` elements are on it, `asked` were asked for.

    LinkedIn may leave elements out of a page, so a short one is the last only when nothing says that there is more.
    """
    try:
        paging = msgspec.json.decode(answer.json_bytes(), type=_List).paging
    except (ValueError, RecursionError):
        try:
            paging = msgspec.json.decode(strict_json.members(answer.body).get("paging", b"{}"), type=_Paging)
        except (ValueError, strict_json.BadJson):
            raise Unintelligible(f"{answer.url} answered paging that cannot be read.") from None
    start, total = count(paging.start) or 0, count(paging.total)
    if isinstance(paging.links, list) and paging.links:
        goes_on = any(isinstance(link, dict) and link.get("rel") == "next" for link in paging.links)
    elif total is not None:
        goes_on = start + asked < total
    else:
        goes_on = here >= asked
    return Place(start, goes_on, total)


class _Post(msgspec.Struct):
    lastModifiedAt: Any = None
    publishedAt: Any = None
    content: Any = None


class _Comment(msgspec.Struct):
    commentUrn: Any = None
    urn: Any = msgspec.field(default=None, name="$URN")
    object: Any = None
    id: Any = None
    commentsSummary: Any = None


def modified_at(native: bytes) -> int | None:
    """When a post was last changed, in microseconds."""
    try:
        milliseconds = count(msgspec.json.decode(native, type=_Post).lastModifiedAt)
    except (ValueError, RecursionError):
        return None
    return None if milliseconds is None else milliseconds * 1_000


def files_in(native: bytes) -> list[str]:
    """The URNs of what is attached to a post."""
    try:
        content = msgspec.json.decode(native, type=_Post).content
    except (ValueError, RecursionError):
        return []
    drift = Drift()
    return [urn for urn, _ in _files_of(drift.object(content), drift)]


def with_replies(natives_of_page: list[bytes], *, unsure: bool) -> list[str]:
    """The comments that have replies; if `unsure`, also those that do not say whether they have any."""
    found = []
    for native in natives_of_page:
        try:
            comment = msgspec.json.decode(native, type=_Comment)
        except (ValueError, RecursionError):
            continue
        told = {"commentUrn": comment.commentUrn} if comment.commentUrn is not None else {}
        told |= {"$URN": comment.urn} if comment.urn is not None else {}
        urn = _comment_urn({**told, "object": comment.object, "id": comment.id})
        summary = comment.commentsSummary
        number = count(summary.get("totalFirstLevelComments")) if isinstance(summary, dict) else None
        has_replies = unsure if number is None else number > 0
        if isinstance(urn, str) and is_comment(urn) and has_replies:
            found.append(urn)
    return found


class Role(msgspec.Struct, frozen=True):
    organization: str
    role: str


def roles_in(answer: Answer) -> list[Role]:
    """The organizations that the login has a role in, as `organizationAcls` tells them."""
    drift = Drift()
    body = drift.object(answer.json())
    if not isinstance(body.get("elements"), list):
        raise Unintelligible(f"{answer.url} answered roles that cannot be read.")
    found = []
    for element in drift.objects(body["elements"]):
        organization = drift.text(element.get("organization")) or drift.text(element.get("organizationTarget"))
        role = drift.text(element.get("role"))
        if organization and role and element.get("state") in (None, "APPROVED"):
            found.append(Role(organization, role))
    return found


def organization_in(answer: Answer) -> dict[str, Any]:
    """The organization by its id. Raises `Unintelligible` for one without a usable id."""
    body = answer.json()
    if not isinstance(body, dict) or exact_id(body.get("id")) is None:
        raise Unintelligible(f"{answer.url} answered an organization without a usable id.")
    return body


def download_url(answer: Answer) -> str | None:
    drift = Drift()
    return drift.text(drift.object(answer.json()).get("downloadUrl"))


def code_of(answer: Answer) -> str:
    """The code in LinkedIn's error, never its message; empty if it gave none."""
    try:
        body = answer.json()
    except Unintelligible:
        return ""
    drift = Drift()
    error = drift.object(body)
    code = drift.text(error.get("code")) or exact_id(error.get("serviceErrorCode")) or ""
    return code if len(code) < 60 else ""
