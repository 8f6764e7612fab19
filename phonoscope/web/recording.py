"""The page of one recording, with its sound and drawings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from phonoscope.catalogue.music_folders import MusicFolders
from phonoscope.detector.detector import least_counted
from phonoscope.detector.disagreement import DISAGREE, in_words
from phonoscope.detector.generated import Band, detected_band
from phonoscope.errors import UnreadableError
from phonoscope.messages import gettext
from phonoscope.view import verdict
from phonoscope.view.fields import fields_of
from phonoscope.view.lines import line_strip, lines_on_spectrogram
from phonoscope.view.local_p_value import local_field, read_local_p_value
from phonoscope.view.p_value_scale import p_value_scale
from phonoscope.view.record import Record
from phonoscope.view.release import shown_group
from phonoscope.view.scale import frequency_ticks, time_ticks
from phonoscope.view.stretches import stretch_bars
from phonoscope.view.timeline import timeline_of
from phonoscope.web import sound
from phonoscope.web.cache import BusyError
from phonoscope.web.data import known_record
from phonoscope.web.groups import count_copies
from phonoscope.web.overview import Overview, paint_first
from phonoscope.web.png import as_png
from phonoscope.web.problem import Problem
from phonoscope.web.spectrum import excess_of, spectrum_chart
from phonoscope.web.view import View

router = APIRouter(prefix="/recordings/{recording_id}", include_in_schema=False)

_DRAWN = {"cache-control": "private, max-age=3600"}


@router.get("")
def page(request: Request, recording_id: str) -> Response:
    """Show everything about a recording, even if its file is gone."""
    record = known_record(request, recording_id)
    stream = record.analysis.stream
    judged = record.analysis.verdict
    disagreed = record.analysis.disagreement
    duration_s = record.analysis.duration_s
    rate_hz = stream.sample_rate_hz if stream else 0
    local = read_local_p_value(request.app.state.queries, record)
    least = _least_counted(record)
    return View(request, request.app.state.queries).page(
        "recording.html",
        record=record,
        shape=record.to_json(),
        lost=why_lost(record, request.app.state.queries.music_folders()),
        copies=count_copies(request.app.state.queries, recording_id),
        playable=bool(stream and sound.media_type(stream.container, stream.codec)),
        groups=fields_of(record),
        based_on=verdict.based_on(judged),
        detected={
            # A recording without a score is as open as one whose score decides nothing.
            "band": detected_band(judged) or Band.UNDECIDED,
            "says": verdict.detected_says(judged, least),
            "fields": [*verdict.verdict_fields(judged, least), *local_field(local)],
            "scale": p_value_scale(judged.p_value, judged.false_alarms),
            "lines": line_strip(judged.lines_hz, rate_hz / 2) if rate_hz else None,
        },
        disagree=DISAGREE,
        disagreement=disagreed and in_words(disagreed),
        other_model=verdict.other_model_says(judged),
        timeline=timeline_of(record.analysis.segments, duration_s),
        stretches=stretch_bars(judged.stretches, duration_s),
        marked=lines_on_spectrogram(judged.lines_hz, rate_hz / 2),
        hertz=frequency_ticks(rate_hz / 2) if rate_hz else [],
        seconds=time_ticks(duration_s or 0.0),
    )


@router.api_route("/audio", methods=["GET", "HEAD"])
def audio(request: Request, recording_id: str) -> Response:
    """Send the sound, or the requested part of it."""
    record = known_record(request, recording_id)
    stream = record.analysis.stream
    kind = sound.media_type(stream.container, stream.codec) if stream else None
    if kind is None:
        raise Problem(
            415,
            "not-playable",
            gettext("Browsers can't play this format."),
            gettext("Open the file in a player."),
        )
    try:
        file = sound.open_first(record.files, request.app.state.queries.music_folders())
    except UnreadableError as error:
        missing = gettext("The audio file can't be read.")
        raise Problem(404, "no-audio", missing, error.message) from error
    return sound.respond(file, kind, request.headers.get("range"), head=request.method == "HEAD")


@router.get("/spectrogram.png")
def spectrogram(request: Request, recording_id: str) -> Response:
    """Draw the spectrogram."""
    overview = _overview(request, known_record(request, recording_id))
    return Response(as_png(overview.picture), media_type="image/png", headers=_DRAWN)


@router.get("/outline.json")
def outline(request: Request, recording_id: str) -> dict[str, Any]:
    """Return the largest sample of each column, for the waveform."""
    overview = _overview(request, known_record(request, recording_id))
    peaks = [round(float(peak), 4) for peak in overview.outline]
    return {"format": "phonoscope-outline/1", "duration_s": overview.duration_s, "peaks": peaks}


@router.get("/spectrum")
def spectrum(request: Request, recording_id: str) -> Response:
    """Draw the mean spectrum: a part of a page for a script, or else a whole page."""
    record = known_record(request, recording_id)
    queries = request.app.state.queries
    overview = _overview(request, record)
    descriptors = record.analysis.descriptors
    excess = excess_of(overview, descriptors)
    lines_hz = record.analysis.verdict.lines_hz or ()
    charts = {
        "spectrum": spectrum_chart(overview, descriptors, lines_hz),
        "excess": excess and excess.chart(lines_hz),
        "close": excess and excess.close(),
    }
    return View(request, queries).page(
        "spectrum.html",
        record=record,
        overview=overview,
        descriptors=descriptors,
        excess=excess,
        lines_hz=lines_hz,
        charts={name: chart and queries.draw(chart, name) for name, chart in charts.items()},
    )


@router.get("/groups")
def groups(request: Request, recording_id: str) -> Response:
    """Show the verdicts on its releases and artists: a part of a page for a script, or a page."""
    record = known_record(request, recording_id)
    queries = request.app.state.queries
    found = [(one, group) for one in queries.groups(recording_id) for group in one.groups]
    return View(request, queries).page(
        "groups.html",
        record=record,
        groups=[shown_group(group) for _, group in found],
        trial=found[0][0].trial_says() if found else "",
    )


def _least_counted(record: Record) -> float | None:
    measured = record.analysis.descriptors
    return least_counted(record.analysis.verdict.model, measured.get("trace_limit_hz"))


def _overview(request: Request, record: Record) -> Overview:
    decoded = record.analysis.decoded
    samples = decoded.samples if decoded and decoded.samples else 1

    folders = request.app.state.queries.music_folders()
    overview: Overview
    try:
        overview = request.app.state.overviews.get(
            record.recording_id, paint_first, record.files, folders, samples
        )
    except BusyError as error:
        busy = gettext("Too many pictures are being drawn right now.")
        again = gettext("Load the page again in a few seconds.")
        raise Problem(503, "busy", busy, again) from error
    except UnreadableError as error:
        undrawn = gettext("The sound can't be drawn.")
        raise Problem(404, "not-drawable", undrawn, error.message) from error
    return overview


def why_lost(record: Record, folders: MusicFolders) -> str | None:
    """Return why none of its files can be opened; ``None`` if one can."""
    try:
        sound.open_first(record.files, folders).close()
    except UnreadableError as error:
        return error.message
    return None
