"""What is so of each row, as SQL over row numbers and lookup tables.

A row's numbers come from hashes of the row's number and of what is drawn. DuckDB's
``hash(a, b)`` of a constant ``b`` is not independent of that of another ``b`` (correlation 0.99),
so the two are added far apart and hashed as one number; a test looks at the correlations.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.synthetic import patterns, planted, published
from bench.synthetic.lookups import GENRE_GROUPS, WORDS
from bench.synthetic.plan import Plan, markets
from bench.synthetic.years import CLASSES

APART = 10**12
"""Distance of two draws in what is hashed; more than rows of any table."""
PER_SEED = 1000
(
    ALBUM_YEAR, ALBUM_YEAR_KEEP, ALBUM_PRECISION, ALBUM_DAY, ALBUM_FRIDAY, ALBUM_LABEL,
    ALBUM_NO_LABEL, ALBUM_ARTIST, ALBUM_ID, ALBUM_ID_END, ALBUM_WORDS, TRACK_ID, TRACK_ID_END,
    TRACK_EXPLICIT, TRACK_POPULARITY, TRACK_POPULARITY_KEEP, TRACK_MARKET, TRACK_MARKET_KEEP,
    TRACK_JITTER, GROUP_WORDS, GROUP_VARIANT, GROUP_DURATION, GROUP_DURATION_KEEP, GROUP_WITHIN,
    ARTIST_ID, ARTIST_ID_END, CREDIT, GENRE_GROUP, GENRE, GENRE_KEEP, KEY, KEY_KEEP, DANCEABILITY,
    ENERGY, VALENCE, TEMPO, SPEECHINESS, ACOUSTICNESS, INSTRUMENTALNESS, LIVENESS, LOUDNESS,
    METRE, NO_ANSWER, FOLLOWERS, UPC, SAMPLE,
) = range(46)  # fmt: skip
"""Everything that is drawn; the order must not change, or seeds mean something else."""


@dataclass(frozen=True)
class Draws:
    """SQL of random numbers of a seed."""

    seed: int

    def bits(self, what: int, row: str) -> str:
        """Return 64 random bits for a row."""
        return f"hash(({row}) + {(what + self.seed * PER_SEED) * APART}::BIGINT)"

    def unit(self, what: int, row: str) -> str:
        """Return a number in [0, 1)."""
        return f"(({self.bits(what, row)} >> 11)::DOUBLE * {2.0**-53!r})"

    def below(self, what: int, row: str, count: int) -> str:
        """Return a whole number of 0 to ``count`` less one."""
        return f"({self.bits(what, row)} % {count})::BIGINT"

    def triangle(self, what: int, row: str) -> str:
        """Return a number of -1 to 1, most likely 0, by the halves of one hash."""
        halves = f"({self.bits(what, row)} >> 32)::DOUBLE + ({self.bits(what, row)} & 4294967295)"
        return f"(({halves}::DOUBLE) * {2.0**-32!r} - 1)"


@dataclass(frozen=True)
class Facts:
    """SQL of a plan's rows."""

    plan: Plan

    @property
    def draws(self) -> Draws:
        """Random numbers of its seed."""
        return Draws(self.plan.seed)

    def id_of(self, row: str, head: int, end: int) -> str:
        """Return the id of a row: its number, or 22 characters."""
        if self.plan.short_ids:
            return f"({row})::VARCHAR"
        return (
            f"(to_base(({self.draws.bits(head, row)} >> 1)::BIGINT, 36, 13) || "
            f"lower(to_base(({self.draws.bits(end, row)} >> 18)::BIGINT, 36, 9)))"
        )

    def artist_id(self, row: str) -> str:
        """Return the id of an artist."""
        return self.id_of(row, ARTIST_ID, ARTIST_ID_END)

    def name_of(self, row: str, first: str, second: str) -> tuple[str, str, str]:
        """Return joins and the words of a name that is another for each of 16.7 million rows."""
        scattered = f"(({row}) * 10000019 % {WORDS * WORDS})"
        joins = (
            f" JOIN words {first} ON {first}.k = {scattered} // {WORDS}"
            f" JOIN words {second} ON {second}.k = {scattered} % {WORDS}"
        )
        return joins, f"{first}.word", f"{second}.word"

    def rank(self, unit: str, count: int) -> str:
        """Return a rank of 0 to ``count`` less one, the lower the likelier: a Zipf law, cut."""
        q = self.plan.long_tail
        return (
            f"least(floor({count * q!r} * (pow({1 + 1 / q!r}, {unit}) - 1))::BIGINT, {count - 1})"
        )

    def albums(self, rows: str) -> str:
        """Return the query of albums; ``rows`` is a query with their numbers ``j``."""
        d, year_count = self.draws, len(self.plan.years.year)
        mill = " ".join(f"WHEN {17 + 14 * k} THEN {k + 1}" for k in range(self.plan.mills))
        future = ", ".join(map(str, planted.FUTURE_ALBUMS))
        month = planted.MILL_MONTH
        drawn = f"""
            SELECT a.j, s.size, CASE a.j % {self.plan.mill_period} {mill} ELSE 0 END AS mill,
              CASE WHEN a.j IN ({future}) THEN {year_count}
                   WHEN {d.unit(ALBUM_YEAR_KEEP, "a.j")} < y.keep
                   THEN {d.below(ALBUM_YEAR, "a.j", year_count)} ELSE y.other END AS category
            FROM ({rows}) a JOIN album_size s ON s.k = a.j % 100
            JOIN year_drawn y
              ON y.k = s.big * {year_count} + {d.below(ALBUM_YEAR, "a.j", year_count)}"""
        placed = f"""
            SELECT d.j, d.size, d.mill,
              CASE WHEN d.mill > 0 AND d.category < {year_count} THEN {self.plan.years.mill}
                   ELSE d.category END AS category
            FROM ({drawn}) d"""
        precise = f"""
            SELECT p.j, p.size, p.mill, y.*,
              CASE WHEN p.mill > 0 AND y.year <> 2040
                   THEN DATE '{month}-01' + ({d.below(ALBUM_DAY, "p.j", 31)})::INTEGER
                   WHEN y.is_default THEN make_date(y.year, 1, 1)
                   ELSE make_date(y.year, 1, 1) + floor({d.unit(ALBUM_DAY, "p.j")}
                     * CASE WHEN y.year = 2025 THEN 212 ELSE 365 END)::INTEGER END AS first_date,
              CASE WHEN p.mill > 0 OR y.is_default
                     OR {d.unit(ALBUM_PRECISION, "p.j")} < y.day_until THEN 'day'
                   WHEN {d.unit(ALBUM_PRECISION, "p.j")} < y.month_until THEN 'month'
                   ELSE 'year' END AS precision
            FROM ({placed}) p JOIN years y ON y.k = p.category"""
        since, share = planted.FRIDAYS
        return f"""
            SELECT q.j, q.size, q.mill, q.year, q.class, q.explicit, q.since_mean, q.precision,
              CASE WHEN q.precision = 'year' THEN left(q.first_date::VARCHAR, 4)
                   WHEN q.precision = 'month' THEN left(q.first_date::VARCHAR, 7)
                   WHEN q.year >= {since} AND q.mill = 0 AND dayofyear(q.first_date) > 7
                     AND {d.unit(ALBUM_FRIDAY, "q.j")} < {share}
                   THEN (q.first_date - ((isodow(q.first_date) + 2) % 7)::INTEGER)::VARCHAR
                   ELSE q.first_date::VARCHAR END AS release_date,
              {self.rank(d.unit(ALBUM_LABEL, "q.j"), self.plan.labels)} AS label_rank,
              {d.unit(ALBUM_NO_LABEL, "q.j")} < {planted.NO_LABEL} AS no_label,
              CASE WHEN q.mill BETWEEN 1 AND {len(planted.MILL_ARTISTS)}
                   THEN {self.plan.usual_artists} + q.mill - 1
                   ELSE {self.rank(d.unit(ALBUM_ARTIST, "q.j"), self.plan.usual_artists)} END
                AS first_artist
            FROM ({precise}) q"""

    def labelled_albums(self, rows: str) -> str:
        """Return the query of albums with the names of their labels, and their ids."""
        joins, first, second = self.name_of("a.label_rank", "l1", "l2")
        mills = " ".join(
            f"WHEN {len(planted.MILL_ARTISTS) + k + 1} THEN '{name}'"
            for k, name in enumerate(planted.MILL_LABELS)
        )
        return f"""
            SELECT a.*, {self.id_of("a.j", ALBUM_ID, ALBUM_ID_END)} AS album_id,
              CASE a.mill {mills} ELSE
                CASE WHEN NOT a.no_label THEN {first} || ' ' || {second} || ' Records' END
                END AS label
            FROM ({self.albums(rows)}) a {joins}"""

    def tracks(self, first: int, last: int) -> str:
        """Return the query of the tracks from row ``first`` up to, not including, ``last``."""
        d, plan = self.draws, self.plan
        factor, offset = plan.step
        per_block = patterns.isrcs()[0]
        groups = len(per_block.size)
        low, high = plan.album_pattern.groups_in(first), plan.album_pattern.groups_in(last)
        albums = self.labelled_albums(f"SELECT j FROM range({max(low - 1, 0)}, {high}) r(j)")
        numbered = f"""
            SELECT r.i, t.member, (r.i // {plan.album_pattern.members}) * 100 + t.grp AS j,
              (r.i * {factor} + {offset}) % {plan.tracks} AS place
            FROM range({first}, {last}) r(i)
            JOIN album_of t ON t.k = r.i % {plan.album_pattern.members}"""
        grouped = f"""
            SELECT n.i, n.member, n.j, g.member AS g_member, g.state, g.shared,
              (n.place // {per_block.members}) * {groups} + g.grp AS g
            FROM ({numbered}) n JOIN isrc_of g ON g.k = n.place % {per_block.members}"""
        bins = len(plan.durations.share)
        klass = f"CASE WHEN g.shared THEN {CLASSES} ELSE a.class END"
        # Tracks of one ISRC are drawn alike, by its number; others by its number too.
        duration_at = d.below(GROUP_DURATION, "g.g", bins)
        scattered = "((g.g + 1) * 18446744071 % 466560000000)"
        joins, word_1, word_2 = self.name_of(d.below(GROUP_WORDS, "g.g", 2**30), "w1", "w2")
        drawn = f"""
            SELECT g.i, g.g, g.member, g.g_member, g.state, a.*,
              {word_1} || ' ' || {word_2} AS words,
              c.text || right(({scattered} % 10000000 + 10000000)::VARCHAR, 7) AS code,
              c.worth + {scattered} % 10000000 AS code_number,
              CASE WHEN {d.unit(GROUP_DURATION_KEEP, "g.g")} < u.keep THEN {duration_at}
                   ELSE u.other END AS bin,
              CASE WHEN {d.unit(TRACK_POPULARITY_KEEP, "g.i")} < p.keep
                   THEN {d.below(TRACK_POPULARITY, "g.i", 101)} ELSE p.other END AS popularity,
              CASE WHEN {d.unit(TRACK_MARKET_KEEP, "g.i")} < m.keep
                   THEN {d.below(TRACK_MARKET, "g.i", len(markets()))} ELSE m.other END AS market
            FROM ({grouped}) g
            JOIN ({albums}) a ON a.j = g.j {joins}
            JOIN registrants c ON c.k = {scattered} // 10000000
            JOIN duration_drawn u ON u.k = ({klass}) * {bins} + {duration_at}
            JOIN popularity_drawn p
              ON p.k = a.class * 101 + {d.below(TRACK_POPULARITY, "g.i", 101)}
            JOIN market_drawn m ON m.k = {d.below(TRACK_MARKET, "g.i", len(markets()))}"""
        return self._finished(drawn)

    def _finished(self, drawn: str) -> str:
        """Return the query of tracks with everything that is written of them."""
        d = self.draws
        karaoke, instrumental = planted.VARIANTS
        share = self._variant_share()
        own = f"(b.start_ms + floor({d.unit(GROUP_WITHIN, 't.g')} * b.width_ms)::BIGINT)"
        jitter = (
            f"CASE WHEN b.width_ms > 0 AND t.g_member > 0 "
            f"THEN {d.below(TRACK_JITTER, 't.i', 1601)} - 800 ELSE 0 END"
        )
        spread = d.below(GROUP_WITHIN, "t.g", 120_000)
        apart = "CASE WHEN t.g_member > 0 THEN 3500 ELSE -3500 END"
        return f"""
            SELECT t.i, {self.id_of("t.i", TRACK_ID, TRACK_ID_END)} AS track_id, t.album_id, t.j,
              t.member + 1 AS track_number, t.first_artist, t.year, t.since_mean, t.release_date,
              t.precision, t.label, t.popularity, t.market, k.countries AS market_count,
              k.single AS only_market,
              t.words || CASE WHEN {d.unit(GROUP_VARIANT, "t.g")} >= {share} THEN ''
                WHEN {d.unit(GROUP_VARIANT, "t.g")} < {share / 2} THEN '{karaoke}'
                ELSE '{instrumental}' END
                || CASE WHEN t.state = {patterns.OTHER_TITLE} AND t.g_member > 0 THEN ' - Live'
                ELSE '' END AS name,
              CASE t.state WHEN {patterns.MISSING} THEN NULL
                WHEN {patterns.MALFORMED} THEN left(t.code, 11) ELSE t.code END AS isrc,
              CASE WHEN t.state NOT IN ({patterns.MISSING}, {patterns.MALFORMED})
                THEN t.code_number WHEN t.state = {patterns.MALFORMED} THEN -1 END AS isrc_code,
              CASE WHEN t.state = {patterns.OTHER_DURATION} THEN
                     CASE WHEN b.width_ms = 0 OR b.start_ms < 10000
                       THEN 120000 + {spread} ELSE {own} END
                     + {apart}
                   ELSE greatest({own} + {jitter}, 0) END AS duration_ms,
              {d.unit(TRACK_EXPLICIT, "t.i")} < t.explicit AS explicit
            FROM ({drawn}) t JOIN duration_bins b ON b.k = t.bin
            JOIN markets k ON k.k = t.market"""

    def _variant_share(self) -> float:
        return published.VARIANT_TITLES / published.TRACKS

    def credits(self, tracks: str) -> str:
        """Return the query of the artists of the tracks in a table made by :meth:`tracks`."""
        d = self.draws
        unit = d.unit(CREDIT, f"t.i * {patterns.MOST_CREDITS} + c.member")
        drawn = f"""
            SELECT t.i, t.track_id, t.release_date, t.first_artist, c.*,
              ((t.first_artist >= c.b1)::BIGINT + (t.first_artist >= c.b2)::BIGINT
                + (t.first_artist >= c.b3)::BIGINT) % c.size AS own
            FROM {tracks} t JOIN credit_of c ON c.grp = t.i % 10000"""
        parted = f"""
            SELECT t.*, (t.own + t.member) % t.size AS part FROM ({drawn}) t"""
        rank = self.rank(
            f"((t.part + {unit.replace('c.member', 't.member')}) / t.size)",
            self.plan.usual_artists,
        )
        low = "CASE t.part WHEN 0 THEN t.b0 WHEN 1 THEN t.b1 WHEN 2 THEN t.b2 ELSE t.b3 END"
        high = "CASE t.part WHEN 0 THEN t.b1 WHEN 1 THEN t.b2 WHEN 2 THEN t.b3 ELSE t.b4 END"
        return f"""
            SELECT t.i, t.track_id, t.release_date, CASE WHEN t.member = 0 THEN t.first_artist
              ELSE greatest(least({rank}, ({high}) - 1), {low}) END AS artist
            FROM ({parted}) t"""

    def features(self, tracks: str) -> str:
        """Return the query of what a service measured in the tracks of a table."""
        d = self.draws
        rows = published.FEATURE_ROWS / published.TRACKS
        answered = published.FEATURES_ANSWERED / published.TRACKS
        means = published.FEATURE_MEANS

        def drifting(name: str, what: int) -> str:
            mean, slope, half = means[name], planted.DRIFT[name], planted.HALF_WIDTH[name]
            return f"({mean} + {slope} * t.since_mean + {half} * {d.triangle(what, 't.i')})"

        def skewed(name: str, what: int) -> str:
            return f"round(pow({d.unit(what, 't.i')}, {1 / means[name] - 1!r}), 3) AS {name}"

        base, more, half = planted.LOUDNESS
        drawn = f"""
            SELECT t.*, {d.unit(NO_ANSWER, "t.i")} AS answer,
              CASE WHEN {d.unit(KEY_KEEP, "t.i")} < k.keep THEN {d.below(KEY, "t.i", 24)}
                   ELSE k.other END AS key_mode, {drifting("energy", ENERGY)} AS energy
            FROM {tracks} t JOIN key_drawn k ON k.k = {d.below(KEY, "t.i", 24)}"""
        names = ("danceability", "energy", "key", "mode", "loudness_db", "speechiness",
                 "acousticness", "instrumentalness", "liveness", "valence", "tempo_bpm",
                 "time_signature", "measured_ms")  # fmt: skip
        known = ", ".join(
            f"CASE WHEN f.answer < {answered!r} THEN f.{name} END AS {name}" for name in names
        )
        measured = f"""
            SELECT t.i, t.track_id, t.answer, round({drifting("danceability", DANCEABILITY)}, 3)
                AS danceability, round(t.energy, 3) AS energy, t.key_mode % 12 AS key,
              1 - t.key_mode // 12 AS mode,
              round({base} + {more} * t.energy + {half} * {d.triangle(LOUDNESS, "t.i")}, 2)
                AS loudness_db,
              {skewed("speechiness", SPEECHINESS)}, {skewed("acousticness", ACOUSTICNESS)},
              {skewed("instrumentalness", INSTRUMENTALNESS)}, {skewed("liveness", LIVENESS)},
              round({drifting("valence", VALENCE)}, 3) AS valence,
              round({drifting("tempo_bpm", TEMPO)}, 2) AS tempo_bpm,
              CASE {d.below(METRE, "t.i", 100)} WHEN 0 THEN 1 WHEN 1 THEN 5 WHEN 2 THEN 3
                WHEN 3 THEN 3 WHEN 4 THEN 3 WHEN 5 THEN 3 WHEN 6 THEN 3 WHEN 7 THEN 3
                ELSE 4 END::BIGINT AS time_signature,
              t.duration_ms AS measured_ms
            FROM ({drawn}) t WHERE t.answer < {rows!r}"""
        return f"""
            SELECT f.i, f.track_id, {known}, f.answer >= {answered!r} AS null_response
            FROM ({measured}) f"""

    def artists(self, first: int, last: int) -> str:
        """Return the query of the artists from ``first`` up to, not including, ``last``."""
        joins, one, two = self.name_of("r.a", "w1", "w2")
        usual = self.plan.usual_artists
        mills = " ".join(
            f"WHEN {usual + k} THEN '{name}'" for k, name in enumerate(planted.MILL_ARTISTS)
        )
        followers = f"floor(pow({1e-7!r}, {self.draws.unit(FOLLOWERS, 'r.a')} - 1))::BIGINT // 10"
        return f"""
            SELECT r.a, {self.artist_id("r.a")} AS artist_id,
              CASE r.a {mills} ELSE {one} || ' ' || {two} END AS name,
              least({followers}, 100000000) AS followers,
              least(floor(ln({followers} + 1) * 5), 100)::BIGINT AS popularity
            FROM range({first}, {last}) r(a) {joins}"""

    def genres(self, first: int, last: int) -> str:
        """Return the query of the genres of those artists."""
        d = self.draws
        each = 768 // GENRE_GROUPS
        row = "t.a * 4 + t.member"
        drawn = f"""
            SELECT r.a, g.member, ({d.below(GENRE_GROUP, "r.a", GENRE_GROUPS)} + g.member)
                % {GENRE_GROUPS} AS part
            FROM range({first}, {last}) r(a) JOIN genre_of g ON g.grp = r.a % 10000"""
        return f"""
            SELECT t.a, {self.artist_id("t.a")} AS artist_id, n.genre
            FROM ({drawn}) t
            JOIN genre_drawn k ON k.k = t.part * {each} + {d.below(GENRE, row, each)}
            JOIN genre_names n ON n.k = t.part * {each} + CASE
              WHEN {d.unit(GENRE_KEEP, row)} < k.keep THEN {d.below(GENRE, row, each)}
              ELSE k.other END"""
