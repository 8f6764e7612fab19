"""A finding for Phonoscope: how many titles say that a track is sped up or slowed down."""

from phonoscope.findings.base import Answer, Share, cannot_tell, finding
from phonoscope.plugins import hookimpl

WORDS = r"\b(sped[ -]?up|slowed)\b"


@finding(
    name="sped_up",
    title="Sped up",
    question="How many tracks say that they are sped up or slowed down?",
    needs={"tracks": ("name",)},
)
def sped_up(catalogue):
    """Count titles that name a change of speed.

    Method
    ------
    A title counts when it holds "sped up" or "slowed", in any case. Tracks without a title are left
    out.

    Caveats
    -------
    Many altered copies don't say so, and a song can be called "Slowed". `phonoscope copies`
    compares the sound itself.
    """
    titles = catalogue.table("tracks").name
    named = titles.notnull()
    counts = catalogue.table("tracks").aggregate(
        total=named.sum(), hits=titles.lower().re_search(WORDS).sum()
    )
    (row,) = counts.to_pyarrow().to_pylist()
    if not row["total"]:
        return cannot_tell("No track has a title.")
    share = Share(row["hits"] or 0, row["total"])
    return Answer(
        headline=f"{share} of {share.total:,} tracks say that they are sped up or slowed down.",
        certainty=share.certainty(),
        figures=(share.figure("sped_up_share"),),
    )


@hookimpl
def phonoscope_findings():
    """Register the finding."""
    return [sped_up]
