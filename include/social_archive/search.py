"""Finding records: DuckDB over the archive's Parquet, read from verified local copies.

What is searched is the *thing*: its latest version, and where that version only says what became of it ("deleted",
"account gone"), the last text that was seen. Every answer says which gaps overlap it and how many quarantined items
may belong to it, so that an empty list is never mistaken for proof that there was nothing.

Answers depend on the records alone, not on which object a row lies in: after `rebuild` they are the same bytes.
All times are microseconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

import pyarrow as pa

from social_archive import wording
from social_archive.errors import ArchiveError, NotFound
from social_archive.record import SCHEMA
from social_archive.search_files import Files, Moving, again
from social_archive.threads import Node, Thread, moment, reading_order, tree

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.retention.answers import DisposedFolder

__all__ = ["GROUPS", "Gap", "Node", "Query", "Results", "Search", "SearchError", "Thread"]

Row = dict[str, Any]
Group = Literal["platform", "account", "kind", "state", "month", "author"]
GROUPS: Final[tuple[str, ...]] = get_args(Group)

_NEVER: Final = frozenset({"native", "secret"})  # `native` only when asked; the salts' secret never leaves the row
_TIMES: Final = frozenset(f.name for f in SCHEMA if pa.types.is_timestamp(f.type))
_COLUMNS: Final = tuple(f.name for f in SCHEMA if f.name not in _NEVER)
_OF_LATEST: Final = frozenset(
    {"version", "state", "observed_at", "flags", "harvest_id", "endpoint", "response_sha256", "http_date", "adapter",
     "schema", "digest", "commitment", "gap_reason", "gap_from", "gap_to"}
)  # fmt: skip
"""What a thing takes from its latest version even when its text is from an earlier one."""


class SearchError(ArchiveError):
    """The search itself makes no sense."""

    remedy = "See `archive find --help` for examples."


@dataclass(frozen=True)
class Query:
    """What to look for; everything that is given must hold. `since` is inclusive, `until` exclusive.

    `text`: all words, in any order; "quoted words" as a phrase. `any_of`: words or phrases of which at least one must
    stand there, `none_of`: of which none may. `author`: a handle, an id, or part of a name.
    `by_observation`: the span is of when the archive saw it, not of when it was posted.
    """

    text: str = ""
    account: str | None = None
    platform: str | None = None
    author: str | None = None
    since: int | None = None
    until: int | None = None
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    all_versions: bool = False
    by_observation: bool = False
    limit: int = 50
    offset: int = 0
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """A span in which the archive could not see. None as an end: open.

    `closed`: a later harvest could see again, but what came and went within the span stays unknown.
    """

    rid: str
    platform: str
    account: str
    reason: str
    start: int | None
    end: int | None
    closed: bool
    root_native_id: str | None


@dataclass(frozen=True)
class Results:
    """One page of an answer, newest first. `quarantined` counts unresolved items that may belong to the span.

    `disposed` are folders that may have held what was asked for, and were destroyed.
    """

    rows: list[Row]
    total: int
    gaps: list[Gap]
    quarantined: int
    disposed: list[DisposedFolder] = field(default_factory=list)


class Search(Moving):
    """A search over Parquet files of `SCHEMA`. Cheap to make; one per command or request, not shared by threads.

    `follow` tells which files there are by now: objects may be rewritten while somebody searches.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        quarantine: Sequence[Path] = (),
        resolved: frozenset[str] = frozenset(),
        disposed: Callable[[Query], list[DisposedFolder]] = lambda query: [],
        time_zone: str = "UTC",
        memory_limit: str = "1GB",
        threads: int = 2,
        follow: Callable[[], Files] | None = None,
    ) -> None:
        import duckdb

        self._db = duckdb.connect(
            ":memory:",
            config={"memory_limit": memory_limit, "threads": threads, "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                    "dynamic_or_filter_threshold": "2000"},  # a page's ids become a filter of the scan
        )  # fmt: skip
        self._db.execute("SET TimeZone = $zone", {"zone": time_zone})  # only for grouping by month
        self._db.register("nothing", SCHEMA.empty_table())
        self._disposed = disposed
        self.follow = follow
        if follow is None:
            self._look_at(Files(paths, quarantine, resolved))
        else:
            self.look_at_what_is_there()

    @classmethod
    def of(cls, archive: Archive) -> Self:
        """The search over everything that an archive's ledger names."""
        from social_archive.retention.answers import cohorts

        return cls(
            (),
            disposed=lambda query: cohorts(archive, query),
            time_zone=archive.agency.body.time_zone,
            follow=lambda: archive.catalog.reading(lambda: Files.of(archive)),
        )

    def _look_at(self, files: Files) -> None:
        self._quarantine, self._resolved, self.position = list(files.quarantine), files.resolved, files.position
        source = _parquet(files.records) if files.records else "nothing"
        self._db.execute(f"CREATE OR REPLACE TEMP VIEW records AS SELECT * FROM {source}")  # noqa: S608
        self._view_things()

    def close(self) -> None:
        self._db.close()

    # ---------------------------------------------------------------- finding

    @again
    def find(self, query: Query) -> Results:
        """The things that match, newest first, with the gaps that overlap the asked-for span."""
        if query.limit < 0 or query.offset < 0:
            raise SearchError("--limit and --offset cannot be negative.")
        source = "records" if query.all_versions else "things"
        where, values = _conditions(query)
        self._db.execute(
            f"CREATE OR REPLACE TEMP TABLE hits AS SELECT rid, version, created_at, {_MOMENT} AS moment"  # noqa: S608
            f" FROM {source} WHERE {where}",
            values,
        )
        total = int(self._db.execute("SELECT count(*) FROM hits").fetchall()[0][0])
        return Results(self._page(source, query), total, self.gaps(query), self.quarantined(query),
                       self.disposed(query))  # fmt: skip

    def _page(self, source: str, query: Query) -> list[Row]:
        """The full rows of one page of `hits`. The span of their dates lets DuckDB skip all other row groups."""
        some = f"SELECT * FROM hits ORDER BY {_NEWEST} LIMIT $limit OFFSET $offset"  # noqa: S608
        self._db.execute(
            f"CREATE OR REPLACE TEMP TABLE page AS {some}",
            {"limit": query.limit, "offset": query.offset},
        )
        oldest, newest, dated = self._db.execute(
            "SELECT epoch_us(min(created_at)), epoch_us(max(created_at)), count(*) = count(created_at) FROM page"
        ).fetchall()[0]
        span = "TRUE"
        if dated and oldest is not None:
            span = f"created_at BETWEEN {_instant(oldest)} AND {_instant(newest)}"
        return self._rows(
            f"SELECT {_select(source)}, epoch_us({_MOMENT}) AS moment FROM {source} SEMI JOIN page USING (rid, version)"  # noqa: S608
            f" WHERE {span} ORDER BY {_NEWEST}",
            {},
        )

    @again
    def counts(self, by: Sequence[str], query: Query | None = None) -> list[tuple[Any, ...]]:
        """(group values…, things) for what a query matches, sorted by the groups. Groups are those of `GROUPS`."""
        if unknown := [name for name in by if name not in GROUPS]:
            raise SearchError(f"Cannot count by {unknown[0]!r}; there are {', '.join(GROUPS)}.")
        query = query or Query()
        where, values = _conditions(query)
        source = "records" if query.all_versions else "things"
        columns = [_GROUP_SQL.get(name, name) for name in by]
        numbers = ", ".join(str(i + 1) for i in range(len(by)))
        grouping = f" GROUP BY {numbers} ORDER BY {numbers}" if by else ""
        counted = ", ".join([*columns, "count(*)"])
        return self._db.execute(f"SELECT {counted} FROM {source} WHERE {where}{grouping}", values).fetchall()  # noqa: S608

    @again
    def gaps(self, query: Query | None = None) -> list[Gap]:
        """Gaps that overlap a query's accounts and span, oldest first.

        A closed gap of one thread (the thread was read again, whole) hides nothing any more and is left out.
        """
        query = query or Query()
        rows = self._rows(
            f"SELECT {_select('things')} FROM things WHERE kind = 'gap'"  # noqa: S608
            " AND NOT (state = 'present' AND root_native_id IS NOT NULL)"
            " AND ($platform IS NULL OR platform = $platform) AND ($account IS NULL OR account = $account)"
            " AND ($until IS NULL OR gap_from IS NULL OR epoch_us(gap_from) < $until)"
            " AND ($since IS NULL OR gap_to IS NULL OR epoch_us(gap_to) >= $since)"
            " ORDER BY gap_from NULLS FIRST, platform, account, rid",
            {"platform": query.platform, "account": query.account, "since": query.since, "until": query.until},
        )
        return [
            Gap(r["rid"], r["platform"], r["account"], r["gap_reason"] or "unknown", r["gap_from"], r["gap_to"],
                r["state"] == "present", r["root_native_id"])
            for r in rows
        ]  # fmt: skip

    @again
    def quarantined(self, query: Query | None = None) -> int:
        """Unresolved quarantined items that may belong to a query's accounts and span.

        What is wrong with them may be their date, so the only bound that can be trusted is: nothing was posted after
        it was observed.
        """
        if not self._quarantine:
            return 0
        query = query or Query()
        rows = self._db.execute(
            f"SELECT qid FROM {_parquet(self._quarantine)}"  # noqa: S608
            " WHERE ($platform IS NULL OR platform = $platform) AND ($account IS NULL OR account = $account)"
            " AND ($since IS NULL OR observed_at IS NULL OR epoch_us(observed_at) >= $since)",
            {"platform": query.platform, "account": query.account, "since": query.since},
        ).fetchall()
        return len({qid for (qid,) in rows} - self._resolved)

    def mark(self, query: Query, name: str) -> None:
        """Put the ids of all things of which any version matches into a temporary table `name`, column `rid`.

        For a hold: what was edited away counts, and so does a thing whose versions match only together.
        """
        where, values = _conditions(query)
        self._db.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT rid FROM records WHERE {where}"  # noqa: S608
            f" UNION SELECT rid FROM edited WHERE {where}",
            values,
        )

    def disposed(self, query: Query | None = None) -> list[DisposedFolder]:
        """Folders that were destroyed and overlap a query's accounts and span."""
        return self._disposed(query or Query())

    # ---------------------------------------------------------------- one thing

    @again
    def resolve(self, reference: str) -> str:
        """The rid behind a rid (or the first eight or more characters of one), a permalink or a platform's own id."""
        reference = reference.strip()
        is_prefix = 8 <= len(reference) <= 32 and all(c in "0123456789abcdef" for c in reference)
        rows = self._db.execute(
            "SELECT DISTINCT rid FROM records WHERE permalink = $r OR native_id = $r"
            " OR ($prefix AND starts_with(rid, $r)) ORDER BY rid LIMIT 10",
            {"r": reference, "prefix": is_prefix},
        ).fetchall()
        if not rows:
            raise NotFound("Nothing in the archive has this id or address.")
        rids = [rid for (rid,) in rows]
        if len(rids) > 1:
            raise SearchError(f"{len(rids)} things or more fit this id: {', '.join(rids)}.",
                              remedy="Ask again with one of these ids.")  # fmt: skip
        return str(rids[0])

    @again
    def thing(self, rid: str) -> Row:
        """One thing: its latest state with the last text that was seen."""
        rows = self._rows(f"SELECT {_select('things')} FROM things WHERE rid = $rid", {"rid": rid})  # noqa: S608
        if not rows:
            raise NotFound("There is no record with this id.")
        return rows[0]

    @again
    def kinds(self, rids: Sequence[str]) -> dict[str, str]:
        """What each of these things is (post, comment, …); one that is not there is left out."""
        rows = self._db.execute(
            "SELECT DISTINCT rid, kind FROM records WHERE rid IN (SELECT unnest($rids))", {"rids": list(rids)}
        ).fetchall()
        return dict(sorted(rows))

    @again
    def versions(self, rid: str, *, native: bool = False) -> list[Row]:
        """Every version of one thing, oldest first; with the platform's own bytes if asked for."""
        extra = ", native" if native else ""
        return self._rows(
            f"SELECT {_select('records')}{extra} FROM records WHERE rid = $rid ORDER BY version",  # noqa: S608
            {"rid": rid},
        )

    @again
    def all_versions(self, rids: Sequence[str]) -> list[Row]:
        """Every version of many things, by rid and version."""
        return self._rows(
            f"SELECT {_select('records')} FROM records"  # noqa: S608
            " SEMI JOIN (SELECT unnest($rids::VARCHAR[]) AS rid) AS wanted USING (rid) ORDER BY rid, version",
            {"rids": list(rids)},
        )

    @again
    def thread(self, rid: str) -> Thread:
        """The whole thread that a thing stands in, oldest first at each level, all versions at hand."""
        asked = self.thing(rid)
        root = asked["root_native_id"] or asked["native_id"]
        key = {"platform": asked["platform"], "account": asked["account"], "root": root}
        same = "platform = $platform AND account = $account AND (root_native_id = $root OR native_id = $root)"
        shown = f"{same} AND kind != 'gap'" if asked["kind"] != "gap" else "rid = $rid"
        key = key if asked["kind"] != "gap" else {"rid": rid}
        items = self._rows(f"SELECT {_select('things')} FROM things WHERE {shown}", key)  # noqa: S608
        versions: dict[str, list[Row]] = {}
        every = f"SELECT {_select('records')} FROM records WHERE {shown} ORDER BY rid, version"  # noqa: S608
        for row in self._rows(every, key):
            versions.setdefault(row["rid"], []).append(row)
        nodes = [Node(item, versions[item["rid"]]) for item in sorted(items, key=reading_order)]
        moments = [m for node in nodes if (m := moment(node.item)) is not None]
        span = Query(platform=asked["platform"], account=asked["account"],
                     since=min(moments, default=None), until=None)  # fmt: skip
        gaps = [g for g in self.gaps(span) if g.root_native_id in (None, root)]
        return Thread(rid, tree(nodes), len(nodes), gaps)

    # ---------------------------------------------------------------- plumbing

    def _view_things(self) -> None:
        """`things`: one row per thing. Only what has a second version is put together; the rest is read in place."""
        plain = ", ".join(_COLUMNS)
        merged = ", ".join(f"{'l' if name in _OF_LATEST else 'c'}.{name}" for name in _COLUMNS)
        self._db.execute(
            f"CREATE OR REPLACE TEMP TABLE edited AS WITH every AS ("  # noqa: S608
            f"  SELECT {plain} FROM records SEMI JOIN (SELECT rid FROM records WHERE version > 1) AS many USING (rid)),"
            " ranked AS (SELECT *, row_number() OVER (PARTITION BY rid ORDER BY version DESC) AS newest,"
            f"  row_number() OVER (PARTITION BY rid ORDER BY {_HAS_CONTENT} DESC, version DESC) AS fullest,"
            "  count(*) OVER (PARTITION BY rid) AS versions FROM every)"
            f" SELECT {merged}, c.version AS body_version, l.versions FROM ranked AS l"
            " JOIN ranked AS c ON l.rid = c.rid AND l.newest = 1 AND c.fullest = 1"
        )
        self._db.execute(
            f"CREATE OR REPLACE TEMP VIEW things AS SELECT {plain}, version AS body_version, 1::BIGINT AS versions"  # noqa: S608
            f" FROM records ANTI JOIN edited USING (rid) UNION ALL SELECT {plain}, body_version, versions FROM edited"
        )

    def _rows(self, sql: str, values: dict[str, Any]) -> list[Row]:
        """Rows as dicts: times as integers, hashes as hex."""
        answer = self._db.execute(sql, values)  # not through Arrow: DuckDB would import pandas for it, two seconds
        names = [column[0] for column in answer.description]
        rows: list[Row] = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        for row in rows:
            row.pop("moment", None)
            for name in ("digest", "commitment"):
                if isinstance(row.get(name), bytes):
                    row[name] = row[name].hex()
        return rows


# --------------------------------------------------------------------------- SQL that is made of names, never of values

_MOMENT: Final = "coalesce(created_at, observed_at)"
_NEWEST: Final = "moment DESC, rid, version DESC"
_HAS_CONTENT: Final = "(state = 'present' OR body IS NOT NULL OR coalesce(len(media), 0) > 0 OR kind = 'gap')"
_GROUP_SQL: Final = {
    "month": f"strftime({_MOMENT}, '%Y-%m')",  # on the agency's own calendar
    "author": "coalesce(author_handle, author_id)",
}


def _select(source: str) -> str:
    columns = [f"epoch_us({name}) AS {name}" if name in _TIMES else name for name in _COLUMNS]
    return ", ".join([*columns, "body_version", "versions"] if source == "things" else columns)


def _instant(moment: int) -> str:
    """A literal that DuckDB compares with a column's statistics."""
    return f"make_timestamptz({int(moment)})"


def _parquet(paths: Sequence[Path]) -> str:
    quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in sorted(paths))
    return f"read_parquet([{quoted}], union_by_name = true, hive_partitioning = false)"


def _conditions(query: Query) -> tuple[str, dict[str, Any]]:
    """A WHERE clause over fixed names, and its values."""
    clauses: list[str] = []
    values: dict[str, Any] = {}

    def demand(sql: str, **given: Any) -> None:
        clauses.append(sql)
        values.update(given)

    for name, wanted in (("account", query.account), ("platform", query.platform)):
        if wanted is not None:
            demand(f"{name} = ${name}", **{name: wanted})
    if query.kinds:
        demand("list_contains($kinds, kind)", kinds=list(query.kinds))
    else:
        demand("kind != 'gap'")  # gaps stand beside an answer, not in it, unless asked for
    if query.states:
        demand("list_contains($states, state)", states=list(query.states))
    when = "observed_at" if query.by_observation else _MOMENT
    if query.since is not None:
        demand(f"epoch_us({when}) >= $since", since=query.since)
    if query.until is not None:
        demand(f"epoch_us({when}) < $until", until=query.until)
    if query.author is not None:
        handle = query.author.strip().lstrip("@")
        name_pattern = wording.pattern(wording.fold(handle))
        demand("(lower(author_handle) = lower($handle) OR author_id = $handle"
               " OR regexp_matches(author_name, $author))", handle=handle, author=name_pattern)  # fmt: skip
    if query.text.strip():
        clauses += [_stands(values, term) for term in _terms(query.text)]
    if query.any_of:
        clauses.append(f"({' OR '.join(_stands(values, wording.fold(one)) for one in query.any_of)})")
    clauses += [f"NOT coalesce({_stands(values, wording.fold(one))}, FALSE)" for one in query.none_of]
    return " AND ".join(clauses), values


def _terms(text: str) -> list[str]:
    if not (terms := wording.terms(text)):
        raise SearchError("There is nothing to look for in that text.")
    return terms


def _stands(values: dict[str, Any], term: str) -> str:
    """The condition that a folded term stands anywhere in a record; what it is made of goes into `values`."""
    if not term:
        raise SearchError("There is nothing to look for in that text.")
    number = sum(name.startswith("pattern") for name in values)
    pattern, plain = f"pattern{number}", f"plain{number}"
    values[pattern] = wording.pattern(term)
    if (simple := wording.plain(term)) is not None:
        values[plain] = simple
    return _anywhere(f"${pattern}", f"${plain}" if simple is not None else None)


def _anywhere(pattern: str, plain: str | None) -> str:
    """The condition that a term stands in the text, the author's names or a picture's description."""
    alts = "array_to_string(list_transform(media, lambda m: m.alt), ' ')"
    fields = (_matches(name, pattern, plain) for name in ("body", "author_name", "author_handle"))
    return f"({' OR '.join(fields)} OR (len(media) > 0 AND regexp_matches({alts}, {pattern})))"


def _matches(column: str, pattern: str, plain: str | None) -> str:
    """Pure ASCII text (as many bytes as characters) needs no pattern for a plain word: that is several times faster."""
    if plain is None:
        return f"coalesce(regexp_matches({column}, {pattern}), FALSE)"
    fast, thorough = f"contains(lower({column}), {plain})", f"regexp_matches({column}, {pattern})"
    return f"coalesce(CASE WHEN strlen({column}) = length({column}) THEN {fast} ELSE {thorough} END, FALSE)"
