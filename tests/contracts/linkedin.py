"""LinkedIn has no contract in a registry package. These tables were written by hand, from what its documentation and
recorded answers in public projects show; they are **not verified** against LinkedIn.

`tests/social_archive/platforms/test_linkedin.py` holds adapter and stand-in to them, like the others to their vendors'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.platforms.base import StandIn, dumps
from sandbox.platforms.linkedin import LinkedIn
from social_archive.platforms.base import Page

no_contract = "LinkedIn publishes no machine-readable contract; see the tables in tests/contracts/linkedin.py"

URN = re.compile(r"urn:li:\w+:\S+")
TEXT, NUMBER, TRUTH, LIST, ANY = str, int, bool, list, object
_TIME = {"actor": URN, "time": NUMBER, "impersonator": URN}
_LOCALIZED = {"localized": ANY, "preferredLocale": {"country": TEXT, "language": TEXT}}
COMMENT: dict[str, Any] = {
    "id": TEXT, "commentUrn": URN, "$URN": URN, "actor": URN, "object": URN, "parentComment": URN, "created": _TIME,
    "lastModified": _TIME, "message": {"attributes": LIST, "text": TEXT}, "content": LIST,
    "likesSummary": {"selectedLikes": LIST, "aggregatedTotalLikes": NUMBER, "likedByCurrentUser": TRUTH,
                     "totalLikes": NUMBER},
    "commentsSummary": {"selectedComments": LIST, "totalFirstLevelComments": NUMBER, "aggregatedTotalComments": NUMBER},
}  # fmt: skip
POST: dict[str, Any] = {
    "id": URN, "author": URN, "commentary": TEXT, "visibility": TEXT, "lifecycleState": TEXT, "createdAt": NUMBER,
    "publishedAt": NUMBER, "lastModifiedAt": NUMBER, "isReshareDisabledByAuthor": TRUTH,
    "lifecycleStateInfo": {"isEditedByAuthor": TRUTH, "contentStatus": TEXT},
    "distribution": {"feedDistribution": TEXT, "targetEntities": LIST, "thirdPartyDistributionChannels": LIST},
    "content": {
        "media": {"id": URN, "altText": TEXT, "title": TEXT}, "multiImage": {"images": LIST, "altText": TEXT},
        "article": {"source": TEXT, "title": TEXT, "description": TEXT, "thumbnail": URN}, "poll": ANY,
    },
    "reshareContext": {"parent": URN, "root": URN}, "container": URN, "adContext": ANY,
    "contentLandingPage": TEXT, "contentCallToActionLabel": TEXT,
}  # fmt: skip
ORGANIZATION: dict[str, Any] = {
    "id": NUMBER, "$URN": URN, "localizedName": TEXT, "vanityName": TEXT, "localizedDescription": TEXT,
    "localizedWebsite": TEXT, "organizationType": TEXT, "primaryOrganizationType": TEXT, "versionTag": TEXT,
    "name": _LOCALIZED, "description": _LOCALIZED, "tagline": _LOCALIZED, "website": _LOCALIZED, "locations": LIST,
    "specialties": LIST, "logoV2": ANY, "coverPhotoV2": ANY, "defaultLocale": ANY, "localizedSpecialties": LIST,
}  # fmt: skip
ROLE: dict[str, Any] = {
    "organization": URN, "organizationTarget": URN, "roleAssignee": URN, "state": TEXT, "role": TEXT,
}  # fmt: skip
FILE: dict[str, Any] = {
    "owner": URN, "id": URN, "status": TEXT, "downloadUrl": TEXT, "downloadUrlExpiresAt": NUMBER,
}  # fmt: skip
PAGING: dict[str, Any] = {"start": NUMBER, "count": NUMBER, "total": NUMBER, "links": LIST}

_FINDING = {"start", "count"}
_ENDPOINTS: list[tuple[str, bool, dict[str, Any], set[str]]] = [  # path, is a list, of what, its parameters
    (r"/rest/organizationAcls", True, ROLE, {"q", "state", "role", *_FINDING}),
    (r"/rest/organizations/\d+", False, ORGANIZATION, set()),
    (r"/rest/posts", True, POST, {"author", "q", "sortBy", "isDsc", *_FINDING}),
    (r"/rest/posts/[^/]+", False, POST, {"viewContext"}),
    (r"/rest/(images|videos|documents)/[^/]+", False, FILE, set()),
    (r"/rest/socialActions/[^/]+/comments", True, COMMENT, _FINDING),
    (r"/rest/socialActions/[^/]+/comments/\d+", False, COMMENT, set()),
]
_VALUES = {"q": {"author", "roleAssignee"}, "sortBy": {"LAST_MODIFIED", "CREATED"}, "state": {"APPROVED"}}


def concerns(method: str, path: str) -> bool:
    return method == "GET" and path.startswith("/rest/")


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    for pattern, _, _, parameters in _ENDPOINTS:
        if re.fullmatch(pattern, path):
            wrong = [name for name in query if name not in parameters]
            wrong += [f"{n}={v}" for n, v in query.items() if n in _VALUES and v not in _VALUES[n]]
            return wrong + [n for n in ("count",) if int(query.get(n, 1)) > 100]
    return [f"no such endpoint: {path}"]


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    for pattern, is_list, shape, _ in _ENDPOINTS:
        if re.fullmatch(pattern, path):
            if not is_list:
                return list(_judged(path, shape, body))
            if set(body) - {"paging", "elements", "metadata"} or not isinstance(body.get("elements"), list):
                return [f"a list has paging and elements, not {sorted(body)}"]
            found = list(_judged("paging", PAGING, body.get("paging", {})))
            return found + [p for n, e in enumerate(body["elements"]) for p in _judged(f"elements/{n}", shape, e)]
    return [f"no such endpoint: {path}"]


def _judged(where: str, shape: Any, value: Any) -> Iterator[str]:
    if shape is ANY:
        return
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{where} is {type(value).__name__}"
            return
        for name, member in value.items():
            if name not in shape:
                yield f"{where}/{name} is unknown"
            else:
                yield from _judged(f"{where}/{name}", shape[name], member)
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value):
            yield f"{where} is no URN"
    elif not isinstance(value, shape) or (shape is NUMBER and isinstance(value, bool)):
        yield f"{where} is {type(value).__name__}"


def pages_for_bench(stand_in: StandIn) -> Iterable[Page]:
    """2,000 comments in pages of 100, out of the stand-in's own answers."""
    assert isinstance(stand_in, LinkedIn)
    items = [i for i in stand_in.world.items.values() if not i.is_post and not i.malformed and stand_in._is_there(i)]
    comments = [stand_in._comment(i) for i in items]
    context = {"organization": stand_in.native_account("larkspur"), "root": "urn:li:share:7000000000000000001"}
    for number in range(20):
        page = [comments[(number * 100 + n) % len(comments)] for n in range(100)]
        body = dumps({"paging": {"start": 0, "count": 100, "links": []}, "elements": page})
        yield Page(kind="thread", endpoint="https://api.linkedin.com/rest/socialActions", body=body, observed_at=1,
                   response_sha256="0" * 64, http_date=None, context=context)  # fmt: skip
