"""Walking one account: what to ask the platform for, and what its answers mean.

The order is profile, posts, threads, and then every known thing that ought to have shown and did not. A thing that
is absent is asked for by its id; only the platform's positive answer makes it `deleted`. A walk that cannot go on
yields what it has, and then the gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from social_archive.catalog import Known
from social_archive.config import Account
from social_archive.errors import PlatformError
from social_archive.harvest.ahead import ahead
from social_archive.harvest.gaps import NEVER_CLOSED, closed, coverage_gap, failure_gap, notice
from social_archive.harvest.media import MediaStep
from social_archive.harvest.report import GapNotice, Step
from social_archive.harvest.walked import Tracks, Walked
from social_archive.joining import is_idless
from social_archive.platforms import Page, Platform
from social_archive.platforms.base import VISITOR_POST
from social_archive.record import Observation, State, Unreadable, now_micros

if TYPE_CHECKING:
    from social_archive.archive import Archive

BATCH: Final = 15_000  # rows in a step: bounds memory (about 80 MB) and the size of a ledger entry
_DAY: Final = 86_400_000_000
_GONE: Final = frozenset({"deleted", "account_gone"})


@dataclass
class _Seen:
    """What this walk has met so far. Ids only: a million of them stay under 150 MB."""

    posts: dict[str, int | None] = field(default_factory=dict)  # own posts: native id -> created_at
    replies: dict[str, int] = field(default_factory=dict)  # own posts: native id -> the platform's number of replies
    newest: int | None = None
    rows: int = 0
    absent: list[Known] = field(default_factory=list)
    under: set[str] = field(default_factory=set)
    whole: bool = True  # the thread at hand lies in one step so far


class Walk:
    """One account, one run. Iterate `steps()`; then `failure` says whether it got to its end, `walked` what it did."""

    def __init__(
        self,
        archive: Archive,
        account: Account,
        adapter: Platform,
        *,
        harvest_id: str,
        full: bool = False,
        resume_since: int | None = None,
        batch: int = BATCH,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        self.archive = archive
        self.account = account
        self.adapter = adapter
        self.harvest_id = harvest_id
        self.full = full
        self.resume_since = resume_since
        self.failure: PlatformError | None = None
        self.gaps: list[GapNotice] = []
        self.seen = 0
        self.walked: Walked | None = None
        self.started = now_micros()
        self._batch = batch
        self._progress = progress or (lambda stage, count: None)
        self._where = (account.platform, account.name)
        self._cursor = archive.catalog.cursor(*self._where)
        self._met = _Seen()
        self._tracks = Tracks(account.handle)
        self._window = self._since()
        self._step = Step()
        self._media = MediaStep(archive, account, adapter)
        self._looked: list[str] = []  # threads that were read to their end; "" is the whole account
        self._left: set[str] = set()  # gaps that this walk has left itself

    # ---------------------------------------------------------------- the walk, top-down

    def steps(self) -> Iterator[Step]:
        """The walk in bounded pieces. Platform failures end it with a gap; anything else is a bug and raises."""
        try:
            yield from self._profile()
            yield from self._posts()
            yield from self._threads()
            yield from self._absent()
            self._close_gaps()
            self._step.cursor = self._cursor_reached()
        except PlatformError as failure:
            self.failure = failure
            self._leave_gap(failure)
        self._step.walked = self.walked = self._summed_up()
        yield self._flush()
        if self.failure is None:
            self._looked.append("")

    def note_looks(self) -> None:
        """Remember what was read to its end; for the caller, once it is in the ledger. Else a retry would skip it."""
        for root in self._looked:
            self.archive.catalog.note_look(*self._where, root, self.started)

    def _summed_up(self) -> Walked:
        return self._tracks.walked(
            self.adapter, self.failure, harvest_id=self.harvest_id, platform=self.account.platform,
            account=self.account.name, started=self.started, full=self._window is None, since=self._window,
            posts=len(self._met.posts),
        )  # fmt: skip

    def _profile(self) -> Iterator[Step]:
        for page in self.adapter.profile():
            yield from self._absorb(page)

    def _posts(self) -> Iterator[Step]:
        for page in ahead(self.adapter.posts(self._window)):
            yield from self._absorb(page)
            if page.shortfall:
                self._note_shortfall(page, None)
            self._progress("posts", len(self._met.posts))
        known = self.archive.catalog.posts(*self._where, self._window)
        self._met.absent += [k for i, k in known.items() if i not in self._met.posts and _can_be_asked_for(k)]

    def _threads(self) -> Iterator[Step]:
        roots = self._roots()
        before: str | None = None
        short = False
        for done, (root, page) in enumerate(ahead(self._thread_pages(roots))):
            if root != before:
                self._end_thread(before, short)
                before, short = root, False
            if page is None:
                continue
            yield from self._absorb(page, root)
            if page.shortfall:
                short = True
                self._note_shortfall(page, root)
            self._progress("threads", done + 1)
        self._end_thread(before, short)

    def _thread_pages(self, roots: Iterable[str]) -> Iterator[tuple[str, Page | None]]:
        """Pages of all threads in order; a thread that shows nothing is still told (None), for its absentees."""
        for root in roots:
            yield root, None
            for page in self.adapter.thread(root):
                yield root, page

    def _absent(self) -> Iterator[Step]:
        """Ask for each known thing that did not show, by its id; and, where a post is gone, for what stood under it."""
        for done, known in enumerate(self._met.absent):  # grows while it is read
            state = self._confirm(known)
            if known.kind == "post" and state in _GONE:
                self._met.absent += self._left_behind(known)
            self._progress("absent", done + 1)
            if len(self._step.observations) >= self._batch:
                yield self._flush()

    def _left_behind(self, post: Known) -> list[Known]:
        """What the archive knows under a post that is gone. On some platforms it went along, on others it is alive."""
        waiting = {k.native_id for k in self._met.absent}
        under = self.archive.catalog.under(*self._where, post.native_id).values()
        return [k for k in under if k.kind != "gap" and k.native_id not in waiting and _can_be_asked_for(k)]

    # ---------------------------------------------------------------- where to look

    def _since(self) -> int | None:
        """How far back the posts are read: the watch window, and always an overlap with the last harvest."""
        reached = (self._cursor or {}).get("seen_until")
        if self.full or reached is None:
            return None
        overlap: int = reached - self.account.overlap_hours * _DAY // 24
        return min(overlap, self.started - self.account.watch_days * _DAY)

    def _roots(self) -> list[str]:
        """Posts whose threads are read in this run; when resuming after a throttle, not those just read."""
        if self.full:
            self._met.posts |= {
                i: k.created_at
                for i, k in self.archive.catalog.posts(*self._where, None).items()
                if _can_be_asked_for(k) and i not in self._met.posts
            }
        return [root for root in self._met.posts if not self._looked_already(root)]

    def _looked_already(self, root: str) -> bool:
        if self.resume_since is None:
            return False
        looked = self.archive.catalog.looked(*self._where, root)
        return looked is not None and looked >= self.resume_since

    def _cursor_reached(self) -> dict[str, int | None] | None:
        """Own watermark, never the platform's cursor. A post dated in the future does not move it past today."""
        newest = self._met.newest
        if newest is None:
            return self._cursor
        reached = min(newest, self.started)
        before = (self._cursor or {}).get("seen_until")
        return {"seen_until": max(reached, before) if before is not None else reached}

    # ---------------------------------------------------------------- taking in

    def _absorb(self, page: Page, root: str | None = None) -> Iterator[Step]:
        items = 0
        for item in self.adapter.records(page):
            items += 1
            if isinstance(item, Unreadable):
                self._step.unreadable.append(item)
            else:
                self._take(item)
                if root is not None:
                    self._met.under.add(item.native_id)
        self.seen += 1
        self._tracks.page(page, items)
        if len(self._step.observations) + len(self._step.unreadable) >= self._batch:
            yield self._flush()

    def _take(self, o: Observation) -> None:
        o.platform, o.account = self._where
        o.harvest_id = self.harvest_id
        o.adapter = self.adapter.adapter
        if not o.native:
            o.native = b"(empty answer)"
        if o.kind == "post" and (o.author_is_account or VISITOR_POST in o.flags):
            self._met.posts[o.native_id] = o.created_at
            if o.created_at is not None and (self._met.newest is None or o.created_at > self._met.newest):
                self._met.newest = o.created_at
            if o.replies is not None:
                self._met.replies[o.native_id] = o.replies
        self._tracks.took(o)
        self._step.observations.append(o)

    def _flush(self) -> Step:
        step, self._step = self._step, Step()
        step.media = self._media.fetch(step.observations)
        self._met.rows += len(step.observations)
        self._met.whole = False
        return step

    # ---------------------------------------------------------------- what did not show

    def _end_thread(self, root: str | None, short: bool) -> None:
        if root is None:
            return
        known = self.archive.catalog.under(*self._where, root)
        for native_id, k in known.items():
            if native_id not in self._met.under and k.kind != "gap" and _can_be_asked_for(k):
                self._met.absent.append(k)
        if not short:
            self._close_gaps(thread=root)
        if self._met.whole and root in self._met.replies:
            self._step.expected_replies[root] = self._met.replies[root]
        self._met.under, self._met.whole = set(), True
        self._tracks.threads += 1
        self._looked.append(root)

    def _confirm(self, known: Known) -> State:
        sighting = self.adapter.item_under(known.native_id, known.root)
        self._tracks.page(sighting.page, 1)
        self._tracks.absent[sighting.state] += 1
        if sighting.observation is not None:
            o = sighting.observation
            o.kind, o.parent_native_id, o.root_native_id = known.kind, known.parent, known.root  # type: ignore[assignment]
            o.state = sighting.state
            self._take(o)
            return sighting.state
        o = Observation(
            kind=known.kind,  # type: ignore[arg-type]
            native_id=known.native_id,
            native=sighting.page.body,
            parent_native_id=known.parent,
            root_native_id=known.root,
            created_at=known.created_at,
            state=sighting.state,
        )
        self.adapter.stamped(o, sighting.page)
        self._take(o)
        return sighting.state

    # ---------------------------------------------------------------- gaps

    def _leave_gap(self, failure: PlatformError) -> None:
        last_look = self.archive.catalog.looked(*self._where, "")
        if last_look is None:
            last_look = (self._cursor or {}).get("seen_until")
        self._keep_gap(
            failure_gap(
                failure,
                open_gaps=self.archive.catalog.open_gaps(*self._where),
                last_look=last_look,
                now=now_micros(),
            )
        )

    def _note_shortfall(self, page: Page, root: str | None) -> None:
        sentence = (
            f"The platform showed only a part of this ({page.shortfall}); what it kept back is not in the archive."
        )
        created_at = self._met.posts.get(root) if root else None
        gap = coverage_gap(page.shortfall or "shortfall", root, created_at, sentence)
        gap.endpoint, gap.observed_at = page.endpoint, page.observed_at
        self._tracks.shortfalls[page.shortfall or "shortfall"] += 1
        self._left.add(gap.native_id)
        self._keep_gap(gap)

    def _close_gaps(self, thread: str | None = None) -> None:
        """Close what this walk has now seen: a thread's coverage gap, or (at the end) the failures before it."""
        for gap in self.archive.catalog.open_gaps(*self._where):
            of_thread = gap.native_id.split(":thread:", 1)[1] if ":thread:" in gap.native_id else None
            if of_thread == thread and gap.native_id not in self._left and gap.reason not in NEVER_CLOSED:
                self._keep_gap(closed(gap, now=self.started))

    def _keep_gap(self, gap: Observation) -> None:
        gap.observed_at = gap.observed_at or now_micros()
        self._take(gap)
        self.gaps.append(notice(gap))


def _can_be_asked_for(known: Known) -> bool:
    """Not what is gone, and not what came from an export without the platform's id: nobody knows it by ours."""
    return known.state not in _GONE and not is_idless(known.native_id)
