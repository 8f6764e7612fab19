"""A small catalogue in which every finding has an answer: metadata, charts, plays, recordings."""

import random
from datetime import date, datetime, timedelta

from phonoscope.linking.sample import NUMBERS
from tests.helpers.catalogues import MemoryCatalogue, file_row, mark_row, plausible, weighed

SOURCE = "planted"
UTC = datetime(2026, 1, 2, 3, 4)
TRACKS = 3_000
_ISRC = 1_000_000
_KNOWN = ("Taylor Quick", "The Old Guard", "Marble Arcade")
_PRETENDERS = ("Taylor Qulck", "The Old Guard\u200b", "Marble Arcade Official")


def planted(tracks=TRACKS, seed=5):
    """Return the catalogue: each finding that needs data finds some."""
    rng = random.Random(seed)
    rows = [_track(rng, at) for at in range(tracks)]
    recorded = _recordings(rows)
    return MemoryCatalogue(
        tracks=rows,
        albums=_albums(rows),
        artists=_artists(),
        track_artists=[
            {
                "source": SOURCE,
                "track_id": row["track_id"],
                "artist_id": row["album_id"].partition("-")[0],
                "release_year": row["release_year"],
            }
            for row in rows
        ],
        artist_genres=[
            {"source": SOURCE, "artist_id": f"a{at}", "genre": genre}
            for at, genre in ((0, "opera"), (1, "opera"), (2, "rock"))
        ],
        features=[_features(rng, row) for row in rows],
        chart_entries=_charts(rng),
        machine_artists=[
            {"source": "list", "artist": "x", "name": "Taylor Qulck", "artist_id": "a3"}
        ],
        rejects=[{"source": SOURCE, "source_table": "tracks.csv", "row": 1, "reason": "no id"}],
        ingests=[{"source": SOURCE, "state": "done", "deduplicated": True}],
        voices=[{"voice_id": "anna", "name": "Anna", "owner": "O", "uses": ["covers"],
                 "commercial": True, "valid_until": date(2020, 1, 1)}],
        **_plays(rows),
        **recorded,
    )  # fmt: skip


def _track(rng, at):
    year = min(2025, int(1990 + 36 * rng.random() ** 0.6))
    artist = rng.randrange(9)
    seconds = rng.choice([120, 180, 240]) if rng.random() < 0.1 else max(20, rng.gauss(190, 45))
    return {
        "source": SOURCE,
        "track_id": f"t{at}",
        "name": f"Song {at % 400}",
        "artist_names": (*_KNOWN, *_PRETENDERS, "Anna", "Bert", "Cora")[artist],
        "album_id": f"a{artist}-{year}-{at % 5}",
        "album_name": f"Album {at % 90}",
        "duration_ms": 0 if at % 97 == 0 else int(1000 * seconds),
        "explicit": rng.choice([True, False, None]),
        "popularity": rng.choice([0, 0, 3, 12, 55, 72, 101]),
        "plays": int(rng.paretovariate(0.5)) if at % 50 else None,
        "isrc": None if at % 11 == 0 else "x",
        "isrc_code": None if at % 11 == 0 else -1 if at % 13 == 0 else _ISRC + at * 2 // 3,
        "release_date": None if at % 61 == 0 else f"{year}-0{1 + at % 9}-{10 + at % 18}",
        "release_date_precision": None if at % 61 == 0 else "day",
        "release_year": None if at % 61 == 0 else year,
        "label": rng.choice(["Big", "Big", "Mid", f"Own {at % 40}", None]),
        "genre": rng.choice(["opera", "rock", None]),
        "market_count": rng.choice([1, 2, 180, 0]),
        "only_market": "DE",
        "declared_generated": rng.choice([True, False, False, None]),
        "file": f"m/{at:032x}.mp3",
        "sample": at % NUMBERS,
    }


def _albums(rows):
    albums = {row["album_id"]: row for row in rows}
    return [
        {**{name: row[name] for name in ("source", "album_id", "release_date", "label",
                                         "release_date_precision", "release_year")},
         "name": row["album_name"], "album_type": "album", "total_tracks": 12, "popularity": 3}
        for row in albums.values()
    ]  # fmt: skip


def _artists():
    return [
        {
            "source": SOURCE,
            "artist_id": f"a{at}",
            "name": name,
            "followers": 9_000_000 if at < 3 else 12,
            "popularity": 80 if at < 3 else 2,
        }
        for at, name in enumerate((*_KNOWN, *_PRETENDERS, "Anna", "Bert", "Cora"))
    ]


def _features(rng, row):
    shares = ("danceability", "energy", "speechiness", "acousticness", "instrumentalness",
              "liveness", "valence")  # fmt: skip
    # Danceability grows with the years, so that there is a trend.
    grows = ((row["release_year"] or 2000) - 1990) / 100
    return {
        "source": SOURCE,
        "track_id": row["track_id"],
        **{name: rng.random() / 2 for name in shares},
        "danceability": 0.2 + grows + rng.random() / 10,
        "key": rng.choice([-1, *range(12)]),
        "mode": rng.choice([0, 1]),
        "loudness_db": rng.gauss(-9, 3),
        "tempo_bpm": rng.gauss(120, 20),
        "null_response": rng.random() < 0.02,
        "sample": row["sample"],
    }


def _charts(rng):
    entries = []
    for week in range(60):
        day = date(2023, 1, 7) + timedelta(days=7 * week)
        for rank in range(1, 9):
            at = rng.randrange(week + 3)
            performer = rng.choice([f"Artist {at}", "Taylor Quick", "Taylor Qulck"])
            entries += [
                {
                    "source": "charts",
                    "chart": chart,
                    "region": "de",
                    "chart_date": f"{day:%Y-%m-%d}",
                    "rank": rank,
                    "title": f"Song {at}",
                    "performer": performer,
                    "track_id": f"t{at}",
                }
                for chart in ("Top <1>", "Other")
            ]
    return entries


def _recordings(tracks):
    """Return recordings, half of them scored by a detector, some with marks or damage."""
    plain, scored = plausible(300), weighed(1_500)
    recordings = [*scored.rows["recordings"]]
    verdicts = [*scored.rows["verdicts"]]
    for row, track in zip(recordings, tracks, strict=False):
        row["tag_isrc"] = track["isrc"]
    files = [
        file_row(f"/music/m/{row['recording_id']}.mp3", row["recording_id"]) for row in recordings
    ]
    files += [row for row in plain.rows["files"] if row["error_kind"]]
    files.append(file_row("/music/again.mp3", recordings[0]["recording_id"]))
    marks = [mark_row(row["recording_id"]) for row in recordings[1:40]]
    marks += [
        mark_row(row["recording_id"], "Udio", "human", "by hand") for row in recordings[40:90]
    ]
    marks += [
        {**mark_row(row["recording_id"], making="converted-voice"), "part": "vocals",
         "voice": voice}
        for row, voice in zip(recordings[90:93], ("anna", "ben", None), strict=True)
    ]  # fmt: skip
    return {"recordings": recordings, "verdicts": verdicts, "files": files, "declared": marks}


def _plays(tracks):
    listened = [
        {
            "source": SOURCE,
            "track_id": tracks[at % 40]["track_id"],
            "listened_utc": UTC + timedelta(minutes=at),
            "user_hash": f"u{at % 7}",
        }
        for at in range(400)
    ]
    summary = {
        "source": SOURCE,
        "plays": 400,
        "accounts": 7,
        "tracks": 40,
        "artificial_accounts": 1,
        "undecided_accounts": 1,
        "artificial_tracks": 4,
        "artificial_plays": 60,
        "undecided_plays": 20,
        "artificial_share": 0.15,
        "share_low": 0.05,
        "share_high": 0.3,
        "doubt_share": 0.2,
        "doubt_low": 0.1,
        "doubt_high": 0.3,
        "uncounted_share": 0.1,
        "barely_share": 0.2,
        "weighed_utc": UTC,
        "phonoscope_version": "0",
    }
    listeners = [
        {
            "source": SOURCE,
            "user_hash": f"u{at}",
            "verdict": ("artificial", "undecided", "no-sign-found")[min(at, 2)],
            "score": 9.0 - at,
            "reasons": ["It never pauses."],
            "group_id": 0 if at == 0 else None,
            "plays": 57,
            "artificial_plays": 57 if at == 0 else 0,
            "undecided_plays": 57 if at == 1 else 0,
            "days": 1,
            "plays_a_day": 57.0,
            "tracks": 40,
            "hours": 7,
        }
        for at in range(7)
    ]
    played = [
        {
            "source": SOURCE,
            "track_id": tracks[at]["track_id"],
            "verdict": "artificial" if at < 4 else "no-sign-found",
            "plays": 10,
            "accounts": 7,
            "artificial_plays": 10 if at < 4 else 1,
            "undecided_plays": 1,
            "artificial_share": 1.0 if at < 4 else 0.1,
            "share_low": 0.7 if at < 4 else 0.0,
            "share_high": 1.0 if at < 4 else 0.4,
        }
        for at in range(40)
    ]
    group = {
        "source": SOURCE,
        "group_id": 0,
        "verdict": "artificial",
        "score": 9.0,
        "reasons": ["They play the same tracks."],
        "accounts": 3,
        "tracks": 4,
        "plays": 60,
        "exclusive": 0.9,
        "each_share": 0.5,
    }
    return {
        "listens": listened,
        "plays_summary": [summary],
        "listeners": listeners,
        "played_tracks": played,
        "play_groups": [group],
    }
