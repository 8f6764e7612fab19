"""The list of recordings: files that were scanned, with what was detected and declared."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from phonoscope.catalogue.declared_vs_detected import declared_vs_detected
from phonoscope.catalogue.schema.tables import tables
from phonoscope.detector.disagreement import DISAGREEMENTS
from phonoscope.disclosure.declared_status import DECLARED_STATUSES
from phonoscope.findings.questions.verdicts import WORDS
from phonoscope.messages import Localised, gettext, ngettext
from phonoscope.view.lists.kind import ListColumn, ListKind

if TYPE_CHECKING:
    import ibis.expr.types as ir

# A recording whose file has changed stays in its table, without a file. No list counts it.
_ROWS = (
    "recordings r JOIN (SELECT recording_id, min(uri) AS uri, count(*) AS files FROM files "
    "WHERE recording_id IS NOT NULL GROUP BY recording_id) f ON f.recording_id = r.recording_id"
)
_KIND = (
    "CASE WHEN v.basis = 'declared' AND v.verdict IN ('generated', 'partly-generated') "
    "THEN 'declared-' || v.verdict ELSE v.verdict END"
)


def _counted(n: int) -> Localised:
    return ngettext("{n} recording", "{n} recordings", n)


@cache
def recordings() -> ListKind:
    """Return the list of recordings."""
    return ListKind(
        name="recordings",
        title=gettext("Recordings"),
        counted=_counted,
        search_label=gettext("Search title, artist, ISRC, file"),
        rows=_ROWS,
        joins={
            "verdict": "LEFT JOIN verdicts v ON v.recording_id = r.recording_id",
            "both": f"LEFT JOIN ({_both()}) b ON b.recording_id = r.recording_id",
            "copies": f"LEFT JOIN ({_COPIES}) c ON c.recording_id = r.recording_id",
        },
        key=("f.uri", "r.recording_id"),
        sort="file",
        hidden=("recording_id", "uri", "files", "model", "differs"),
        empty=gettext("Scan a folder to fill this list: {command}.",
                      command="phonoscope scan FOLDER --into CATALOGUE"),
        columns=_columns(),
    )  # fmt: skip


_COPIES = (
    "SELECT recording_id, count(*) AS n FROM (SELECT one AS recording_id FROM matches WHERE copy "
    "UNION ALL SELECT other FROM matches WHERE copy) GROUP BY recording_id"
)


def _columns() -> tuple[ListColumn, ...]:
    text = "nullif(trim(r.{}), '')".format
    return (
        ListColumn("title", gettext("Title"), text("tag_title"), "name", searched=True),
        ListColumn("recording_id", gettext("Identifier"), "r.recording_id", "code"),
        ListColumn("uri", gettext("File"), "f.uri", "file"),
        ListColumn("files", gettext("Files"), "f.files", "count"),
        ListColumn("model", gettext("Model"), "v.model", join="verdict"),
        ListColumn("differs", gettext("Disagreement"), "b.disagreement", join="both"),
        ListColumn("artist", gettext("Artist"), text("tag_artist"), "artist", searched=True),
        ListColumn("verdict", gettext("Verdict"), _KIND, "verdict", "verdict",
                   facet=True, words=WORDS),
        ListColumn("declared", gettext("Declared"), "b.declared_status", "declared", "both",
                   facet=True, words={str(key): word for key, word in DECLARED_STATUSES.items()}),
        ListColumn("disagreement", gettext("Disagreement"), "b.disagreement", "text", "both",
                   by_default=False, facet=True, words=DISAGREEMENTS),
        ListColumn("generator", gettext("Generator"), "v.generator", "text", "verdict", facet=True),
        ListColumn("duration_s", gettext("Duration"), "r.duration_s", "seconds"),
        ListColumn("album", gettext("Album"), text("tag_album"), by_default=False, searched=True),
        ListColumn("label", gettext("Label"), text("tag_label"), "label", by_default=False,
                   facet=True),
        ListColumn("year", gettext("Year"),
                   "TRY_CAST(regexp_extract(r.tag_date, '[12][0-9]{3}') AS INTEGER)", "year",
                   facet=True),
        ListColumn("isrc", gettext("ISRC"), text("tag_isrc"), "code", by_default=False,
                   searched=True),
        ListColumn("codec", gettext("Codec"), "r.codec", "code", facet=True),
        ListColumn("copies", gettext("Copies"), "c.n", "count", "copies"),
        ListColumn("loudness_lufs", gettext("Loudness"), "r.loudness_lufs", "lufs",
                   by_default=False),
        ListColumn("tempo_bpm", gettext("Tempo"), "r.tempo_bpm", "bpm", by_default=False),
        ListColumn("size_bytes", gettext("Size"), "r.size_bytes", "bytes", by_default=False),
        ListColumn("file", gettext("File"), "f.uri", "file", by_default=False, searched=True),
    )  # fmt: skip


def _both() -> str:
    """Return the statement of what is declared and detected; it has no values of a request."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    def table(name: str) -> ir.Table:
        return ibis.table(ibis.Schema.from_pyarrow(tables()[name].schema), name=name)

    return str(ibis.to_sql(declared_vs_detected(table), dialect="duckdb"))
