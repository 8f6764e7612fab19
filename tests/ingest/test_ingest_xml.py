"""Discogs' dumps and DDEX messages; and XML that means harm."""

import gzip
import tracemalloc
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.disclosure import xml_tree
from phonoscope.ingest.formats import ddex_xml, discogs_xml
from phonoscope.ingest.readers import xml_file
from tests.helpers.sources import table

RELEASE = """<release id="{id}" status="Accepted"><images><image type="x"/></images>
<artists><artist><id>1</id><name>A (2)</name><join>feat.</join></artist>
<artist><id>2</id><name>B &amp; Co</name><join>,</join></artist></artists>
<title>Album</title><labels><label name="Label" catno="1" id="5"/><label name="Label"/></labels>
<formats><format name="Vinyl" qty="2"><descriptions><description>LP</description></descriptions>
</format></formats><genres><genre>Electronic</genre></genres><country>UK</country>
<released>{released}</released><tracklist>{tracks}</tracklist>
<identifiers><identifier type="Barcode" value="0123"/></identifiers></release>"""
TRACK = "<track><position>A{n}</position><title>{title}</title><duration>{time}</duration></track>"


def discogs(releases, encoding="UTF-8"):
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<releases>{"".join(releases)}</releases>'
    return text.encode(encoding)


def release(number, times=("3:45",), released="1999-00-00"):
    tracks = [TRACK.format(n=n, title=f"T{n}", time=time) for n, time in enumerate(times, 1)]
    return RELEASE.format(id=number, released=released, tracks="\n".join(tracks))


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_releases_of_discogs(tmp_path, catalogue, encoding):
    times = ("3:45", "1:02:03", "", "0:00", "three", "62:05")
    content = discogs(
        [release(1, times), release(2, ("4:00",), "2040-02-00"), release("", ("1:00",))], encoding
    )
    (tmp_path / "x").write_bytes(gzip.compress(content))
    summary = catalogue.ingest(tmp_path / "x")
    assert summary.layout == "discogs-xml"
    assert summary.reasons == {"no album_id": 1}
    assert [(e.column, e.row, e.cell) for e in summary.emptied] == [("duration_ms", 5, "three")]
    names = ("album_id", "name", "label", "upc", "album_type", "total_tracks", "release_date")
    assert table(catalogue, "albums", *names, "release_date_precision") == [
        ("1", "Album", "Label", "0123", "LP", 6, "1999", "year"),
        ("2", "Album", "Label", "0123", "LP", 1, "2040-02", "month"),
    ]
    names = ("track_id", "name", "artist_names", "duration_ms", "genre", "release_date_precision")
    assert table(catalogue, "tracks", *names) == [
        (f"1-{n}", f"T{n}", "A feat. B & Co", ms, "Electronic", "year")
        for n, ms in ((1, 225_000), (2, 3_723_000), (3, None), (4, 0), (5, None), (6, 3_725_000))
    ] + [("2-1", "T1", "A feat. B & Co", 240_000, "Electronic", "month")]
    assert table(catalogue, "artists", "artist_id", "name") == [("1", "A (2)"), ("2", "B & Co")]
    assert len(table(catalogue, "track_artists", "track_id")) == 14
    for name in ("tracks", "track_artists", "albums"):
        assert set(table(catalogue, name, "release_year")) == {(1999,), (2040,)}


def entry(position, title, time="", parts=""):
    inner = f"<sub_tracks>{parts}</sub_tracks>" if parts else ""
    return (
        f"<track><position>{position}</position><title>{title}</title>"
        f"<duration>{time}</duration>{inner}</track>"
    )


PARTS = entry("1a", "Promenade", "1:42") + entry("1b", "Gnomus", "2:58")
UNTIMED = entry("2a", "One") + entry("2b", "Other")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (entry("", "Bonus tracks") + entry("1", "First", "3:00"), [("First", 180)]),
        (
            entry("", "Pictures", "", PARTS) + entry("2", "Last", "1:00"),
            [("Promenade", 102), ("Gnomus", 178), ("Last", 60)],
        ),
        (entry("1", "Pictures", "4:40", PARTS), [("Promenade", 102), ("Gnomus", 178)]),
        (entry("2", "Medley", "5:00", UNTIMED), [("Medley", 300)]),
        (
            entry("", "Side", "", entry("", "Scene") + UNTIMED) + entry("3", "Last"),
            [("One", None), ("Other", None), ("Last", None)],
        ),
        (entry("", "A") + entry("", "B"), [("A", None), ("B", None)]),
    ],
    ids=["heading", "index", "index with a position", "medley", "heading within", "no positions"],
)
def test_headings_and_index_tracks_of_discogs(tmp_path, catalogue, listed, expected):
    content = (
        '<releases><release id="9"><title>Suite</title><released>1998</released><tracklist>'
        f"{listed}</tracklist></release></releases>"
    )
    (tmp_path / "x").write_text(content)
    assert catalogue.ingest(tmp_path / "x").rejected == 0
    assert table(catalogue, "tracks", "track_id", "name", "duration_ms") == [
        (f"9-{n}", title, seconds and 1000 * seconds)
        for n, (title, seconds) in enumerate(expected, 1)
    ]
    assert table(catalogue, "albums", "total_tracks") == [(len(expected),)]


def test_artists_of_discogs(tmp_path, catalogue):
    artist = "<artist><id>1</id><name>A</name><profile>x</profile></artist>"
    (tmp_path / "x").write_text(f"<artists>{artist}<artist><name>B</name></artist><x/></artists>")
    assert catalogue.ingest(tmp_path / "x").reasons == {"no artist_id": 1, "unexpected element": 1}
    assert table(catalogue, "artists", "artist_id", "name") == [("1", "A")]


ERN_382 = """<?xml version="1.0" encoding="{encoding}"?>
<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/382">
<MessageHeader><MessageId>m1</MessageId></MessageHeader><ResourceList><SoundRecording>
<SoundRecordingId><ISRC>USABC2512345</ISRC></SoundRecordingId>
<ResourceReference>A1</ResourceReference>
<ReferenceTitle><TitleText>Söng</TitleText><SubTitle>Live</SubTitle></ReferenceTitle>
<Duration>{duration}</Duration><SoundRecordingDetailsByTerritory>
<TerritoryCode>Worldwide</TerritoryCode>
<DisplayArtist><PartyName><FullName>A</FullName></PartyName></DisplayArtist>
<DisplayArtist><PartyName><FullName>B</FullName></PartyName></DisplayArtist>
<LabelName>Label</LabelName><Genre><GenreText>Pop</GenreText></Genre>
<ParentalWarningType>{warning}</ParentalWarningType></SoundRecordingDetailsByTerritory>
</SoundRecording></ResourceList><ReleaseList>
<Release><ReleaseId><ISRC>USABC2512345</ISRC></ReleaseId><ReleaseReference>R1</ReleaseReference>
</Release><Release IsMainRelease="true"><ReleaseId><ICPN IsEan="true">{icpn}</ICPN></ReleaseId>
<ReleaseReference>R0</ReleaseReference><ReferenceTitle><TitleText>Album</TitleText></ReferenceTitle>
<ReleaseType>Single</ReleaseType><ReleaseDetailsByTerritory><LabelName>Label</LabelName>
<ReleaseDate>2025-06-27</ReleaseDate></ReleaseDetailsByTerritory></Release></ReleaseList>
<DealList><ReleaseDeal><DealReleaseReference>R0</DealReleaseReference>{deals}</ReleaseDeal>
</DealList></ern:NewReleaseMessage>"""
ERN_43 = """<?xml version="1.0" encoding="{encoding}"?>
<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/43" AvsVersionId="5">
<PartyList><Party><PartyReference>P1</PartyReference><PartyName><FullName>A</FullName></PartyName>
</Party><Party><PartyReference>P2</PartyReference><PartyName><FullName>Label</FullName></PartyName>
</Party></PartyList><ResourceList><SoundRecording><ResourceReference>A1</ResourceReference>
<SoundRecordingEdition><ResourceId><ISRC>USABC2512345</ISRC></ResourceId></SoundRecordingEdition>
<DisplayTitleText>Söng (Live)</DisplayTitleText><DisplayArtistName>A, B</DisplayArtistName>
<Duration>{duration}</Duration><Genre><GenreText>Pop</GenreText></Genre>
<ParentalWarningType>{warning}</ParentalWarningType></SoundRecording></ResourceList>
<ReleaseList><Release><ReleaseReference>R0</ReleaseReference><ReleaseType>Single</ReleaseType>
<ReleaseId><ICPN>{icpn}</ICPN></ReleaseId><DisplayTitleText>Album</DisplayTitleText>
<ReleaseLabelReference>P2</ReleaseLabelReference><ReleaseDate>2025-06-27</ReleaseDate></Release>
<TrackRelease><ReleaseReference>R1</ReleaseReference></TrackRelease></ReleaseList>
<DealList><ReleaseDeal><DealReleaseReference>R0</DealReleaseReference>{deals}</ReleaseDeal>
</DealList></ern:NewReleaseMessage>"""


def deal(*codes, excluded=()):
    terms = [f"<TerritoryCode>{code}</TerritoryCode>" for code in codes]
    terms += [f"<ExcludedTerritoryCode>{code}</ExcludedTerritoryCode>" for code in excluded]
    return f"<Deal><DealTerms>{''.join(terms)}</DealTerms></Deal>"


def message(form, encoding="UTF-8", **more):
    facts = {"duration": "PT3M45S", "warning": "Explicit", "icpn": "0123", "deals": deal("DE")}
    return form.format(encoding=encoding, **{**facts, **more}).encode(encoding)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
@pytest.mark.parametrize("form", [ERN_382, ERN_43])
def test_a_message_of_ddex(tmp_path, catalogue, form, encoding):
    (tmp_path / "x").write_bytes(message(form, encoding))
    summary = catalogue.ingest(tmp_path / "x")
    assert (summary.layout, summary.rejected) == ("ddex-ern", 0)
    assert {name: counted.read for name, counted in summary.tables.items()} == {
        "messages": 1,
        "releases": 1,
        "recordings": 1,
    }
    names = ("album_id", "name", "album_type", "release_date", "label", "upc", "total_tracks")
    assert table(catalogue, "albums", *names) == [
        ("0123", "Album", "Single", "2025-06-27", "Label", "0123", 1)
    ]
    names = ("track_id", "name", "artist_names", "duration_ms", "explicit", "isrc", "genre")
    assert table(catalogue, "tracks", *names, "label", "release_date", "only_market") == [
        (
            *("0123:A1", "Söng (Live)", "A, B", 225_000, True, "USABC2512345", "Pop"),
            *("Label", "2025-06-27", "DE"),
        )
    ]


def test_what_a_message_declares_of_machines_is_kept(tmp_path, catalogue):
    said = '<Contributor IsAIGenerated="yes"><Role>Singer</Role></Contributor>'
    for form in (ERN_382, ERN_43):
        content = message(form).replace(
            b"<ResourceReference>", said.encode() + b"<ResourceReference>"
        )
        (tmp_path / "x").write_bytes(content)
        assert catalogue.ingest(tmp_path / "x").rejected == 0
        names = ("track_id", "position", "standard", "part", "making", "tool", "place", "value")
        assert table(catalogue, "track_declared", *names) == [
            (
                *("0123:A1", 1, "ddex", "unspecified", "unspecified", None),
                *("DDEX SoundRecording/Contributor", said),
            )
        ]


@pytest.mark.parametrize(
    ("deals", "markets"),
    [
        (deal("DE", "FR") + deal("FR", "US"), 3),
        (deal("Worldwide"), None),
        (deal("DE", excluded=["US"]), None),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    ("warning", "explicit"),
    [("NotExplicit", False), ("NoAdviceAvailable", None), ("ExplicitContentEdited", False)],
)
def test_what_a_message_leaves_open_stays_empty(
    tmp_path, catalogue, deals, markets, warning, explicit
):
    (tmp_path / "x").write_bytes(message(ERN_43, deals=deals, warning=warning))
    catalogue.ingest(tmp_path / "x")
    names = ("market_count", "only_market", "explicit")
    assert table(catalogue, "tracks", *names) == [(markets, None, explicit)]


def test_a_folder_of_messages_is_one_source_and_a_broken_one_a_row(tmp_path, catalogue):
    folder = tmp_path / "folder"
    for number in range(5):
        (folder / f"2025{number}").mkdir(parents=True)
        content = message(ERN_43 if number % 2 else ERN_382, icpn=f"00{number}")
        if number == 3:
            content = content[:-40]
        if number == 4:
            content = message(ERN_43, icpn="004", duration="3:45")
        (folder / f"2025{number}" / "m.xml").write_bytes(content)
        (folder / f"2025{number}" / "cover.jpg").write_bytes(b"\xff\xd8\xff" + bytes(99))
    summary = catalogue.ingest(folder)
    assert summary.layout == "ddex-ern"
    assert summary.reasons == {"damaged file": 1}
    assert summary.ignored == ["cover.jpg"] * 5
    tracks = [track for (track,) in table(catalogue, "tracks", "track_id")]
    assert tracks == ["000:A1", "001:A1", "002:A1", "004:A1"]
    ((text,),) = (r for r in table(catalogue, "rejects", "row_text") if "m.xml" in r[0])
    assert "20253" in text


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_durations_are_what_they_say(hours, minutes, seconds, ms):
    total = ((hours % 1000 * 60 + minutes) * 60 + seconds) * 1000 + ms
    iso = f"PT{hours % 1000}H{minutes}M{seconds}.{ms:03}S"
    assert ddex_xml.milliseconds(iso) == total
    assert discogs_xml.milliseconds(f"{hours % 1000}:{minutes}:{seconds:02}.{ms:03}") == total
    assert ddex_xml.milliseconds(f"PT{total // 1000}S") == total // 1000 * 1000
    assert ddex_xml.milliseconds(f"PT{minutes}M") == minutes * 60_000


@pytest.mark.parametrize("text", ["P", "PT", "3:45", "PT-1S", "", "PT3M45", "P1Y", "PT1e9S", None])
def test_what_is_no_duration_stays_as_it_is(text):
    assert ddex_xml.milliseconds(text) == text


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_START = "<releases><release><title/><tracklist/>"
_LONG = "record-too-long"
HOSTILE = {
    "a billion laughs": (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'
        f"<releases><release><title>&l9;</title><tracklist/></release></releases>",
        "document-type",
    ),
    "another file": (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        "<releases><release><title>&e;</title><tracklist/></release></releases>",
        "document-type",
    ),
    "another address": ('<!DOCTYPE x SYSTEM "http://localhost/x"><releases/>', "document-type"),
    "HTML": ("<!DOCTYPE html><html></html>", "document-type"),
    "a library of iTunes": (
        '<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://x"><plist/>',
        "property-list",
    ),
    "an unknown entity": (
        "<releases><release><title>&e;</title><tracklist/></release></releases>",
        "unknown-format",
    ),
    "deep": (_START + "<a>" * 300_000, "too-deep"),
    "broken off": (discogs([release(1)])[:-20], "invalid-xml"),
    "unclosed": ("<releases><release><title></release></releases>", "unknown-format"),
    "many elements": (_START + "<a/>" * 600_000, _LONG),
    "a long text": ("<releases><release><tracklist/><title>" + "x" * (17 << 20), _LONG),
    "a long name": (f"{_START}<" + "x" * (17 << 20), _LONG),
    "text between records": ("<releases><release><title/><tracklist/></release>" + "x" * (17 << 20),
                             _LONG),
    "a long prolog": ("<!--" + "x" * 300_000 + "--><releases/>", "not-xml"),
    "no XML": ("<<<<", "not-xml"),
    "other XML": ("<a><b/><c/></a>", "unknown-format"),
    "no encoding": ('<?xml version="1.0" encoding="martian"?><releases/>', "not-xml"),
    "another DDEX message": (
        '<Purge xmlns="http://ddex.net/xml/ern/43"><a/></Purge>',
        "unknown-format",
    ),
    "bytes that are no text": (
        b"<releases><release><title>\xff\xfe</title><tracklist/>",
        "unknown-format",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_xml_is_refused_within_bounds(tmp_path, catalogue, kind):
    content, code = HOSTILE[kind]
    (tmp_path / "x").write_bytes(content.encode() if isinstance(content, str) else content)
    tracemalloc.start()
    with pytest.raises(ps.SourceError) as refused:
        catalogue.ingest(tmp_path / "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.code == code
    # Not even as an element's text: another file stays unread.
    assert "root:" not in refused.value.message
    assert len(refused.value.message) < 2000
    assert peak < 300e6


def test_records_are_let_go(tmp_path):
    """A long dump takes no more memory than a short one."""
    (tmp_path / "x").write_bytes(discogs([release(n, ("1:00",) * 20) for n in range(4000)]))
    file = xml_file.XmlFile(str(tmp_path / "x"), "x")
    tracemalloc.start()
    count = sum(1 for _ in file.records(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4000
    assert peak < 3e6


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)))
def test_any_titles_come_back(tmp_path_factory, texts):
    tracks = "".join(TRACK.format(n=1, title=escape(text), time="") for text in texts)
    path = tmp_path_factory.mktemp("xml") / "x"
    path.write_bytes(discogs([RELEASE.format(id=1, released="", tracks=tracks)]))
    (element,) = xml_file.XmlFile(str(path), "x").records(1)
    found = xml_tree.children(xml_tree.child(element, "tracklist"), "track")
    assert [xml_tree.text(t, "title") for t in found] == [text.strip() or None for text in texts]
