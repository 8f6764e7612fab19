"""The encoding of text, and tables with other delimiters, in files that people name."""

import pytest

from phonoscope.delimited import delimited
from phonoscope.encodings import encoding_named, encoding_of
from phonoscope.files import uri_of
from phonoscope.local_null.listed import entries_of as listed_entries
from phonoscope.scan.manifests import entries_of

# Words of songs and names, each in encodings that files of their language are really in.
WRITTEN = {
    "Für Elise Café;Beyoncé": ("latin-1", "cp1252"),
    "Don\u2019t Stop \u2013 \u201cLive\u201d;Beyoncé": ("cp1252",),
    "Ångström på sjön;Björk\nGånglåt;Åsa": ("cp1252",),
    "Coração;João;Não é ilusão\n" * 20: ("cp1252",),
    "Chanson d'été;Héloïse;à la plage;Noël où\n" * 20: ("cp1252", "mac_roman"),
    "Звезда;Кино": ("cp1251",),
    "Группа крови;Виктор\n" * 9: ("cp1251", "koi8_r", "cp866"),
    "Dvořák;Příliš žluťoučký kůň\n" * 20: ("cp1250",),
    "Zażółć gęślą jaźń;Łąka\n" * 20: ("cp1250",),
    "Şarkı;Gülümse; ağaç ışık\n" * 20: ("cp1254",),  # noqa: RUF001
    "夜に駆ける;YOASOBI": ("shift_jis", "euc_jp"),
    "夜曲;周杰伦\n青花瓷;周杰伦\n": ("gb18030",),
    "夜曲;周杰倫\n青花瓷;周杰倫\n": ("big5",),
    "봄날;방탄소년단\n": ("euc_kr",),
}
HEAD = "id;name;artists;duration_ms\n"
PAIRS = [(text, encoding) for text, encodings in WRITTEN.items() for encoding in encodings]


@pytest.mark.parametrize(("text", "encoding"), PAIRS)
def test_text_in_an_older_encoding_is_read_as_written(text, encoding):
    data = (HEAD + text).encode(encoding)
    assert data.decode(encoding_of(data)) == HEAD + text


@pytest.mark.parametrize("text", ["plain", "Für Elise", "夜曲", "\U0001f3b5"])
def test_utf_8_stays_utf_8_even_with_a_stray_byte_or_cut(text):
    data = text.encode()
    assert encoding_of(data) == "utf-8"
    assert encoding_of((text * 9).encode() + b"\n\xe9\n") == (
        "utf-8" if text != "plain" else "windows-1252"
    )
    assert encoding_of((text * 3).encode()[:-1]) == "utf-8"


@pytest.mark.parametrize("name", ["rot13", "zip", "idna", "nothing", "", "utf\0-8", "x" * 5000])
def test_what_is_no_encoding_of_files_is_none(name):
    assert encoding_named(name) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".txt", "# notes\r\na.mp3\r\nfile://localhost{}/b%20c.mp3\r\n"),
        (".csv", "id;path\r\n1;a.mp3\r\n2;FILE:{}/b%20c.mp3\r\n"),
        (".csv", "sep=|\npath|n\na.mp3|1\nfile://{}/../b%20c.mp3|\n"),
        (".csv", "path\tn\na.mp3\t1\nfile://{}/b%20c.mp3\t\n"),
    ],
)
def test_a_list_of_files_in_any_encoding_and_with_any_delimiter(tmp_path, encoding, ending, text):
    path = tmp_path / f"list{ending}"
    folder = tmp_path / "x" if ".." in text else tmp_path
    path.write_bytes(text.format(folder).encode(encoding))
    found = [entry for group in entries_of(str(path)) for entry in group]
    assert found == [f"{tmp_path}/a.mp3", f"{tmp_path}/b c.mp3"]
    if ending == ".csv":
        assert next(entry.text for entry in listed_entries(path)) == "a.mp3"


def test_names_that_are_no_utf_8_keep_their_bytes(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.mp3\n")
    ((found,),) = entries_of(str(tmp_path / "list.txt"))
    assert found == uri_of(tmp_path / "caf\udce9.mp3")
    assert uri_of(found.replace("file://", "file://localhost")) == found


def test_the_delimiter_is_the_one_that_cuts_the_heading_or_that_is_stated():
    assert delimited("a;b,c;d\n1;2;3\n")[1] == ";"
    assert delimited('"sep=|"\na|b\n') == ("a|b\n", "|")
