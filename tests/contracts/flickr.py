"""Flickr's method table (in flickr_api): the arguments of its methods, and the shape of their sample answers.

The samples are XML and old. Flickr turns them into JSON by one rule: attributes and children become members, text
becomes `_content`, children that repeat become lists. Members that today's answers have beyond the samples stand in
`LATER`; they were read in recorded answers of public projects and are **not verified** against Flickr.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from functools import cache
from typing import Any

from flickr_api.methods import __methods__

from sandbox.platforms.base import StandIn, dumps
from sandbox.platforms.flickr import Flickr
from social_archive.platforms.base import Page

_COMMON = {"method", "format", "nojsoncallback"}
_SAMPLE_OF = {"flickr.people.getPhotos": "flickr.photos.recentlyUpdated"}  # the table has no sample of the former
_REPEATED = {"photos/photo", "comments/comment", "photo/tags/tag", "photo/notes/note", "photo/urls/url"}
_EXTRAS: dict[str, tuple[str, ...]] = {
    "description": ("description",), "license": ("license",), "date_upload": ("dateupload",),
    "date_taken": ("datetaken", "datetakengranularity", "datetakenunknown"), "owner_name": ("ownername",),
    "icon_server": ("iconserver", "iconfarm"), "original_format": ("originalsecret", "originalformat"),
    "last_update": ("lastupdate",), "geo": ("latitude", "longitude", "accuracy", "context"), "tags": ("tags",),
    "machine_tags": ("machine_tags",), "o_dims": ("o_width", "o_height"), "views": ("views",),
    "media": ("media", "media_status"), "path_alias": ("pathalias",),
    **{f"url_{size}": (f"url_{size}", f"height_{size}", f"width_{size}") for size in ("sq", *"tsqmnzclo")},
}  # fmt: skip
_OBJECTS = {"description"}  # the one extra whose member is an object
LATER: dict[str, set[str]] = {
    "user": {"path_alias"},
    "person": {"id", "can_buy_pro", "path_alias", "has_stats", "description", "mobileurl"},
    "photos/photo": {"farm"},
    "photo": {"farm", "safety_level", "views", "media"},
    "photo/owner": {"iconserver", "iconfarm", "path_alias"},
    "photo/dates": {"takenunknown"},
    "photo/tags/tag": {"machine_tag"},
    "comments/comment": {"author_is_deleted", "iconserver", "iconfarm", "path_alias", "realname"},
}


def concerns(method: str, path: str) -> bool:
    return method == "GET" and path.startswith("/services/rest")


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Arguments that the method does not have, extras that it does not name, and a page that is larger than allowed."""
    known = __methods__.get(query.get("method", ""))
    if known is None:
        return [f"method={query.get('method')}"]
    arguments = {a["name"]: a["text"] for a in known["arguments"]}
    wrong = [name for name in query if name not in arguments and name not in _COMMON]
    wrong += [
        f"{name} is missing" for name in (a["name"] for a in known["arguments"] if a["optional"] == "0")
        if name not in query and name != "url"  # `url` stands for `user_id`
    ]  # fmt: skip
    offered = set(re.findall(r"<code>(\w+)</code>", arguments.get("extras", "")))
    wrong += [f"extras={extra}" for extra in query.get("extras", "").split(",") if extra and extra not in offered]
    if "The maximum allowed value is 500" in arguments.get("per_page", "") and int(query.get("per_page", 1)) > 500:
        wrong.append("per_page")
    return wrong


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """What is wrong with an answer, by the method's sample (or, for a failure, by its list of errors)."""
    method = query["method"]
    if body.get("stat") == "fail":
        known = {int(error["code"]) for error in __methods__[method]["errors"]}
        right = body["code"] in known and isinstance(body.get("message"), str)
        return [] if right else [f"{method} has no error {body.get('code')}"]
    name, shape = _shape(_SAMPLE_OF.get(method, method))
    if set(body) != {name, "stat"} or body["stat"] != "ok":
        return [f"the members are {sorted(body)}"]
    extras = {member for extra in query.get("extras", "").split(",") for member in _EXTRAS.get(extra, ())}
    return list(_judged(name, shape, body[name], extras))


@cache
def _shape(method: str) -> tuple[str, dict[str, Any]]:
    root = ET.fromstring(__methods__[method]["response"])  # noqa: S314 (a text of the package)
    return root.tag, _members(root)


def _members(element: ET.Element) -> dict[str, Any]:
    """A sample as JSON's shape: None for a value, a dict for an object; lists are known by `_REPEATED`."""
    found: dict[str, Any] = dict.fromkeys(element.attrib)
    for child in element:
        found[child.tag] = {**(found.get(child.tag) or {}), **_members(child)}
    if (element.text or "").strip() or (not len(element) and not element.attrib):
        found["_content"] = None
    return found


def _judged(where: str, shape: dict[str, Any], value: Any, extras: set[str]) -> Iterable[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    later = LATER.get(where, set()) | (extras if where == "photos/photo" else set())
    for name, member in value.items():
        inside = f"{where}/{name}"
        if name not in shape:
            if name not in later:
                yield f"{inside} is unknown"
            elif isinstance(member, dict):
                yield from _judged(inside, {"_content": None}, member, extras)
            elif name in _OBJECTS:
                yield f"{inside} is no object"
        elif shape[name] is None or not shape[name]:
            if not isinstance(member, str | int) or isinstance(member, bool):
                yield f"{inside} is {type(member).__name__}"
        elif inside in _REPEATED:
            if not isinstance(member, list):
                yield f"{inside} is no list"
            for one in member if isinstance(member, list) else ():
                yield from _judged(inside, shape[name], one, extras)
        else:
            yield from _judged(inside, _leaf(shape[name]), member, extras)


def _leaf(shape: dict[str, Any]) -> dict[str, Any]:
    """In JSON a child with children of its own keeps them; one that only has text has `_content`."""
    return shape or {"_content": None}


def pages_for_bench(stand_in: StandIn) -> Iterable[Page]:
    """2,000 comments in pages of 500, out of the stand-in's own answers."""
    assert isinstance(stand_in, Flickr)
    comments = [stand_in._comment(i) for i in stand_in.world.items.values() if not i.is_post and not i.malformed]
    context = {"owner": stand_in.native_account("larkspur"), "photo": "53100000000"}
    for number in range(4):
        page = [comments[(number * 500 + n) % len(comments)] for n in range(500)]
        body = dumps({"comments": {"photo_id": "53100000000", "comment": page}, "stat": "ok"})
        yield Page(kind="thread", endpoint="https://api.flickr.com/services/rest/", body=body,
                   response_sha256="0" * 64, http_date=None, observed_at=1, context=context)  # fmt: skip
