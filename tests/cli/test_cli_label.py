"""``phonoscope label`` as a person and a program use it."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from phonoscope.api import open_catalogue
from phonoscope.cli.label_tally import MOST_FILES, Tally
from phonoscope.disclosure.policy import RuleResult, RuleStatus, read_policy, shipped
from phonoscope.disclosure.rights import USES
from tests.helpers.marked import blank, raw_id3
from tests.helpers.program import PROGRAM, ROOT, environment, run
from tests.helpers.pseudo import PSEUDO_ENV, untranslated

DOCUMENTED = (ROOT / "docs" / "label-json.md").read_text(encoding="utf-8")


def documented(heading: str) -> list[str]:
    """The names in the first table that follows a heading."""
    rows = DOCUMENTED.split(heading, 1)[1].strip().split("\n\n")[0].splitlines()
    return [row.split("|")[1].strip().strip("`") for row in rows[2:]]


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_written_then_read_then_checked_is_as_documented(tmp_path):
    song = blank(tmp_path, "mp3")
    what = ["--what", "vocals=converted-voice,lyrics=human", "--tool", "Tool 2"]
    what += ["--voice", "Ä", "--unlicensed"]
    (dry,) = lines(run("label", "write", str(song), *what, "--json", "--dry-run"))
    (done,) = lines(run("label", "write", str(song), *what, "--json"))
    assert list(done) == documented("## `label write --json`")
    assert (dry["changed"], dry["dry_run"], done["dry_run"]) == (True, True, False)
    (again,) = lines(run("label", "write", str(song), *what, "--json"))
    assert (done["changed"], again["changed"]) == (True, False)
    (read,) = lines(run("label", "read", str(song), "--json"))
    assert list(read) == documented("## `label read --json`")
    assert [(d["part"], d["making"], d["tool"], d["voice"]) for d in read["declared"]] == [
        ("vocals", "converted-voice", "Tool 2", "Ä"),
        ("lyrics", "human", None, None),
    ]
    (checked,) = lines(run("label", "check", str(song), "--policy", "spotify,eu", "--json"))
    assert list(checked) == documented("## `label check --json`")
    assert list(checked["rules"][0]) == documented("A finding of `rules`:")
    outcomes = {(r["policy"], r["rule"]): r["outcome"] for r in checked["rules"]}
    assert outcomes["spotify", "voice-named"] == "met"
    assert outcomes["eu", "machine-readable-mark"] == "not-met"


def test_the_tool_is_not_declared_for_human_parts_and_the_voice_only_for_what_is_sung(tmp_path):
    song = blank(tmp_path, "mp3")
    what = ["--what", "vocals=converted-voice,lyrics=human,composition=assisted", "--unlicensed"]
    what += ["--tool", "T", "--voice", "v1", "--standard", "sidecar"]
    assert run("label", "write", str(song), *what).returncode == 0
    (read,) = lines(run("label", "read", str(song), "--json"))
    assert [(d["part"], d["tool"], d["voice"]) for d in read["declared"]] == [
        ("vocals", "T", "v1"),
        ("lyrics", None, None),
        ("composition", "T", None),
    ]


def test_a_csv_that_was_read_can_be_written_back(tmp_path):
    song = blank(tmp_path, "flac")
    run("label", "write", str(song), "--what", "whole", "--tool", "=1+1", "--producer", 'A, "B"')
    table = run("label", "read", str(song), "--csv").stdout
    other = tmp_path / "other"
    other.mkdir()
    blank(other, "flac")
    (other / "declared.csv").write_text(table.replace(str(song), "blank.flac"))
    done = run("label", "write", "--from", str(other / "declared.csv"))
    assert done.returncode == 0
    ((_, *first),) = list(csv.reader(io.StringIO(table)))[1:]
    again = run("label", "read", str(other / "blank.flac"), "--csv").stdout
    ((_, *second),) = list(csv.reader(io.StringIO(again)))[1:]
    assert first == second
    assert first[:4] == ["whole", "generated", "=1+1", 'A, "B"']


def test_a_bad_row_of_a_table_costs_its_file_and_no_other(tmp_path):
    song, other = blank(tmp_path, "flac"), blank(tmp_path, "mp3")
    content = song.read_bytes()
    table = tmp_path / "declared.csv"
    table.write_text(
        "file;part;making;standard\n"
        "blank.flac;whole;generated;\nblank.flac;drums;generated;\n"
        "blank.mp3;whole;generated;\n"
        ";whole;generated;\n"
        "gone.mp3;whole;generated;\n"
    )
    done = run("label", "write", "--from", str(table), "--json")
    assert done.returncode == 3
    rows = {Path(row["file"]).name: row for row in lines(done)}
    assert [bool(row["error"]) for row in rows.values()] == [True, False, True, True]
    assert all(word in rows["blank.flac"]["error"] for word in ("line 3", "drums", "vocals"))
    assert "line 5" in rows["declared.csv, line 5"]["error"]
    assert song.read_bytes() == content
    assert rows["blank.mp3"]["changed"]
    assert b"AI_DISCLOSURE" in other.read_bytes()


def test_rows_of_several_standards_go_back_into_the_same_and_into_bare_files(tmp_path):
    kinds = ("mp3", "flac", "wav", "m4a")
    for kind in kinds:
        blank(tmp_path, kind)
    what = ["--what", "vocals=converted-voice,lyrics=human", "--tool", "T", "--producer", "P"]
    what += ["--standard", "tags,gb45438,iptc,sidecar", "--produce-id", "p-7", "--quiet"]
    assert run("label", "write", str(tmp_path), *what).returncode == 0
    table = run("label", "read", str(tmp_path), "--csv", "--quiet").stdout
    assert {row["standard"] for row in csv.DictReader(io.StringIO(table))} == {
        "ai-tags",
        "gb45438",
        "iptc",
        "sidecar",
    }
    listed = tmp_path / "declared.csv"
    listed.write_text(table)
    again = lines(run("label", "write", "--from", str(listed), "--json"))
    assert [(row["changed"], row["error"]) for row in again] == [(False, None)] * len(kinds)
    bare = tmp_path / "bare"
    bare.mkdir()
    for kind in kinds:
        blank(bare, kind)
    # As a spreadsheet saves it in much of Europe.
    rows = list(csv.reader(io.StringIO(table.replace(str(tmp_path) + "/", ""))))
    with (bare / "declared.csv").open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    done = run("label", "write", "--from", str(bare / "declared.csv"), "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    copied = run("label", "read", str(bare), "--csv", "--quiet").stdout
    assert copied.replace(str(bare), str(tmp_path)) == table


def test_chosen_standards_get_what_all_rows_say_together(tmp_path):
    blank(tmp_path, "mp3")
    blank(tmp_path, "flac")
    table = tmp_path / "declared.csv"
    table.write_text(
        "file,part,making,tool,producer,standard\n"
        "blank.mp3,unspecified,generated,,Maker,gb45438\n"
        "blank.mp3,some,generated,,,iptc\n"
        "blank.mp3,vocals,generated,Tool 2,,ai-tags\n"
        "blank.mp3,lyrics,human,,,ai-tags\n"
        "blank.mp3,unspecified,generated,,,generator-comment\n"
        "blank.flac,whole,human,,,ai-tags\n"
        "blank.flac,unspecified,generated,,,gb45438\n"
    )
    done = run("label", "write", "--from", str(table), "--standard", "tags", "--json")
    assert done.returncode == 3
    first, second = lines(done)
    assert (first["standards"], first["error"]) == (["ai-tags"], None)
    assert (second["changed"], bool(second["error"])) == (False, True)
    (read,) = lines(run("label", "read", str(tmp_path / "blank.mp3"), "--json"))
    assert [(d["part"], d["making"], d["tool"], d["producer"]) for d in read["declared"]] == [
        ("vocals", "generated", "Tool 2", "Maker"),
        ("lyrics", "human", None, "Maker"),
    ]
    # Without a choice, each row goes into its own standard, and a comment is never written.
    table.write_text(table.read_text().replace("generator-comment\n", "ddex\n"))
    (own, _) = lines(run("label", "write", "--from", str(table), "--json"))
    assert own["standards"] == ["ai-tags", "gb45438", "iptc"]
    assert own["passed_over"] == ["ddex"]


def test_removed_labels_are_as_documented(tmp_path):
    song = blank(tmp_path, "mp3")
    what = ["--what", "whole", "--producer", "P", "--standard", "tags,gb45438", "--quiet"]
    run("label", "write", str(song), *what)
    refused = run("label", "write", str(song), "--what", "whole=human", "--quiet")
    assert refused.returncode == 3
    assert "gb45438" in refused.stderr
    gone = ["label", "remove", str(song), "--standard", "tags", "--json"]
    (dry,) = lines(run(*gone, "--dry-run"))
    (done,) = lines(run(*gone))
    (again,) = lines(run(*gone))
    assert list(done) == documented("## `label remove --json`")
    assert [row["changed"] for row in (dry, done, again)] == [True, True, False]
    assert [d["standard"] for d in done["removed"]] == ["ai-tags"]
    assert [d["standard"] for d in done["left"]] == ["gb45438"]
    assert run("label", "remove", str(song), "--standard", "all").returncode == 0
    (read,) = lines(run("label", "read", str(song), "--json"))
    assert read["declared"] == []
    assert run("label", "remove", str(song), "--standard", "ddex").returncode == 2


def test_one_bad_file_does_not_stop_the_others(tmp_path):
    song = blank(tmp_path, "mp3")
    (tmp_path / "broken.mp3").write_bytes(b"no audio at all" * 10)
    done = run("label", "write", str(tmp_path), "--what", "whole")
    assert done.returncode == 3
    assert "broken.mp3" in done.stderr
    assert [Path(line.split(":")[0]).name for line in done.stdout.splitlines()] == ["blank.mp3"]
    read = run("label", "read", str(song), str(tmp_path / "broken.mp3"))
    assert read.returncode == 3
    assert "ai-tags" in read.stdout


def test_write_shows_what_it_declares_before_it_writes(tmp_path):
    song = blank(tmp_path, "mp3")
    done = run("label", "write", str(song), "--what", "vocals", "--tool", "T 2", "--dry-run")
    assert "blank.mp3" in done.stderr
    assert "T 2" in done.stderr
    quiet = run("label", "write", str(song), "--what", "vocals=human", "--quiet")
    assert quiet.stderr == ""


def at_terminal(*arguments: str, answer: str) -> tuple[int, str]:
    """Run with stdin and stderr on a terminal, where a person types an answer."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        [*PROGRAM, *arguments],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        env=environment(TERM="dumb"),
        timeout=120,
        check=False,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # Linux ends a terminal that nobody holds any more with EIO.
        pass
    os.close(ours)
    return done.returncode, shown.decode()


@pytest.mark.parametrize(
    ("more", "answer", "status", "asks", "labelled"),
    [
        ([], "n\n", 2, True, False),
        ([], "\n", 2, True, False),
        ([], "y\n", 0, True, True),
        (["--quiet"], "n\n", 2, True, False),
        (["--yes"], "", 0, False, True),
        (["--dry-run"], "", 0, False, False),
    ],
)
def test_write_asks_on_a_terminal_before_it_changes_several_files(
    tmp_path, more, answer, status, asks, labelled
):
    songs = [blank(tmp_path, kind) for kind in ("mp3", "wav")]
    before = [song.read_bytes() for song in songs]
    write = ["label", "write", *map(str, songs), "--what", "whole", *more]
    found, shown = at_terminal(*write, answer=answer)
    assert (found, "[y/N]" in shown) == (status, asks)
    assert [song.read_bytes() != content for song, content in zip(songs, before, strict=True)] == [
        labelled,
        labelled,
    ]


def test_write_never_asks_about_one_file_or_in_a_pipe(tmp_path):
    song, other = blank(tmp_path, "mp3"), blank(tmp_path, "wav")
    status, shown = at_terminal("label", "write", str(song), "--what", "whole", answer="")
    assert (status, "[y/N]" in shown) == (0, False)
    done = run("label", "write", str(song), str(other), "--what", "whole")
    assert (done.returncode, "[y/N]" in done.stderr) == (0, False)


def test_check_analyses_the_sound_and_fails_when_asked(tmp_path):
    song = blank(tmp_path, "wav")
    common = ["label", "check", str(song), "--policy", "vocals"]
    done = run(*common, "--fail-on", "not-met")
    assert done.returncode == 1
    assert "vocals vocals-declared" in done.stdout
    assert "--listen" in done.stderr
    assert run(*common).returncode == 0
    analysed = run(*common, "--listen", "--json")
    assert analysed.returncode == 0
    (row,) = lines(analysed)
    assert {r["rule"]: r["outcome"] for r in row["rules"]}["vocals-declared"] == "not-met"


def test_check_of_several_files_counts_by_rule_and_lists_the_worst_files_first(tmp_path):
    for kind, what in (("flac", "whole=human"), ("mp3", "vocals=converted-voice"), ("wav", None)):
        song = blank(tmp_path, kind)
        if what:
            assert run("label", "write", str(song), "--what", what).returncode == 0
    (tmp_path / "broken.ogg").write_bytes(b"nothing to decode" * 9)
    done = run("label", "check", str(tmp_path), "--policy", "vocals,eu,spotify")
    assert done.returncode == 3
    table, worst = done.stdout.split("\n\n")
    counts = {tuple(row.split()[:2]): row.split()[2:] for row in table.splitlines()[1:]}
    assert counts == {
        # Met, not met, unknown, doesn't apply.
        ("vocals", "vocals-declared"): ["2", "1", "0", "0"],
        ("vocals", "nothing-hidden"): ["0", "0", "3", "0"],
        ("eu", "machine-readable-mark"): ["0", "1", "2", "0"],
        ("eu", "mark-not-broken"): ["0", "0", "0", "3"],
        ("eu", "imitated-voice-disclosed"): ["1", "0", "0", "2"],
        ("spotify", "role-named"): ["1", "0", "0", "2"],
        ("spotify", "voice-named"): ["0", "1", "0", "2"],
    }
    first, second = worst.splitlines()[1:]
    assert "blank.mp3: 2 " in first
    assert "eu machine-readable-mark, spotify voice-named" in first
    assert "blank.wav: 1 " in second
    assert "broken.ogg" in done.stderr
    every = run("label", "check", str(tmp_path), "--policy", "vocals", "--full", "--quiet")
    assert every.stdout.count("vocals nothing-hidden") == 4
    assert every.stderr.count("\n") == 1


def test_policies_are_printed_with_their_source():
    done = run("label", "policies")
    assert done.returncode == 0
    for name in ("eu", "china", "spotify", "apple-music"):
        assert f"\n{name}\n" in f"\n{done.stdout}"
    assert "2024/1689" in done.stdout
    (china,) = lines(run("label", "policies", "china", "--json"))
    assert china["rules"][0]["needs"]["standard"] == ["gb45438"]


def test_every_command_speaks_the_language_of_its_reader(tmp_path):
    song, other = blank(tmp_path, "mp3"), blank(tmp_path, "wav")
    (tmp_path / "broken.ogg").write_bytes(b"nothing to decode" * 9)
    policies = [read_policy(name).model_dump_json() for name in shipped()]
    # Paths, names of standards and uses, and the texts of policies are data.
    names = [str(tmp_path), "broken.ogg", "blank.mp3", "blank.wav", "ai-tags", *USES]
    data = " ".join([*names, *policies])
    write = ["label", "write", str(song), str(other), "--what", "vocals=assisted", "--tool", "T"]
    for arguments in (
        [*write, "--dry-run"],
        write,
        write,
        ["label", "read", str(tmp_path)],
        ["label", "check", str(tmp_path), "--policy", "vocals,eu"],
        ["label", "check", str(song), "--policy", "vocals,eu"],
        ["label", "policies"],
        ["label", "rights"],
        ["label", "write", str(song), "--what", "vocals,lyrics=human"],
        ["label", "write", str(song), "--what", "drums"],
        ["label", "write", str(song), "--what", "whole", "--standard", "gb45438"],
        ["label", "write", str(song), "--what", "whole", "--voice", "v1"],
        ["label", "policies", "none.toml"],
        ["label", "rights", "--use", "karaoke"],
    ):
        done = run(*arguments, **PSEUDO_ENV)
        words = untranslated(f"{done.stdout}\n{done.stderr}".replace("phonoscope: ", ""))
        assert [word for word in words if word not in data] == [], arguments


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["write", "{song}"], "--what"),
        (["write", "{song}", "--what", "drums"], "vocals"),
        (["write", "{song}", "--what", "vocals=robot"], "converted-voice"),
        (["write", "{song}", "--what", "whole", "--standard", "gb45438"], "--producer"),
        (["write", "{song}", "--what", "whole", "--standard", "watermark"], "gb45438"),
        (["write", "{song}", "--what", "whole", "--date", "soon"], "2026-11-21"),
        (["write", "{song}", "--from", "x.csv"], "--from"),
        (["write", "{song}", "--what", "vocals,lyrics=human"], "vocals=human,lyrics=human"),
        (["write", "{song}", "--what", "vocals", "--what", "lyrics=human"], "vocals=human"),
        (["write", "{song}", "--what", "vocals=human", "--tool", "T"], "--tool"),
        (["write", "{song}", "--what", "lyrics", "--voice", "v", "--unlicensed"], "--voice"),
        (["write", "--from", "none.csv"], "none.csv"),
        (["check", "{song}", "--policy", "none.toml"], "china"),
        (["check", "{song}"], "--policy"),
        (["read", "no-such-folder/"], "no-such-folder"),
    ],
)
def test_wrong_usage_says_what_to_do_and_changes_nothing(tmp_path, arguments, says):
    song = blank(tmp_path, "mp3")
    content = song.read_bytes()
    done = run("label", *[a.format(song=song) for a in arguments], cwd=tmp_path)
    assert done.returncode in (2, 3)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert song.read_bytes() == content


def test_a_voice_is_declared_only_for_what_its_owner_allows(tmp_path):
    song, catalogue = blank(tmp_path, "mp3"), str(tmp_path / "catalogue")
    content = song.read_bytes()
    open_catalogue(catalogue, create=True)
    allow = ["--owner", "Anna", "--allow", "covers", "--royalty", "0.5"]
    assert run("voices", catalogue, "add", "v1", *allow).returncode == 0
    declare = ["label", "write", str(song), "--what", "vocals=converted-voice", "--voice", "v1"]
    for more, says in (
        ([], "--in CATALOGUE"),
        (["--in", catalogue, "--use", "original-songs"], "--unlicensed"),
        (["--in", catalogue, "--use", "covers", "--commercial"], "--unlicensed"),
        (["--in", catalogue, "--use", "karaoke"], "original-songs"),
    ):
        done = run(*declare, *more)
        assert done.returncode == 2
        assert says in done.stderr
        assert song.read_bytes() == content
    assert run(*declare, "--in", catalogue, "--use", "covers").returncode == 0
    (read,) = lines(run("label", "read", str(song), "--json"))
    assert read["declared"][0]["voice"] == "v1"


def test_a_signature_from_the_command_line(tmp_path):
    from tests.helpers.certificates import Root

    song = blank(tmp_path, "mp3")
    signer = Root.make().signer()
    (tmp_path / "c.pem").write_bytes(signer.certificates_pem)
    (tmp_path / "k.pem").write_bytes(signer.private_key_pem)
    write = ["label", "write", str(song), "--what", "whole", "--standard", "tags,c2pa"]
    assert "--key" in run(*write, "--certificate", str(tmp_path / "c.pem")).stderr
    pair = ["--certificate", str(tmp_path / "c.pem"), "--key", str(tmp_path / "k.pem")]
    done = run(*write, *pair)
    assert done.returncode == 0
    assert "C2PA manifest" in done.stdout
    (read,) = lines(run("label", "read", str(song), "--json"))
    assert {d["standard"]: d["signature"] for d in read["declared"]} == {
        "ai-tags": None,
        "c2pa": "valid",
    }
    assert "--break-signature" in run("label", "write", str(song), "--what", "lyrics").stderr


def test_a_file_that_cannot_be_signed_does_not_stop_the_others(tmp_path):
    from tests.helpers.certificates import Root

    first, second = blank(tmp_path, "mp3"), blank(tmp_path, "wav")
    # An ID3v2.2 tag can't hold a manifest.
    first.write_bytes(raw_id3(2, b"TT2\0\0\6\0title") + first.read_bytes())
    signer = Root.make().signer()
    (tmp_path / "c.pem").write_bytes(signer.certificates_pem)
    (tmp_path / "k.pem").write_bytes(signer.private_key_pem)
    pair = ["--certificate", str(tmp_path / "c.pem"), "--key", str(tmp_path / "k.pem")]
    what = ["--what", "whole", "--standard", "c2pa", *pair, "--json"]
    done = run("label", "write", str(first), str(second), *what)
    assert done.returncode == 3
    assert [(row["changed"], row["error"] is None) for row in lines(done)] == [
        (False, False),
        (True, True),
    ]


def test_a_catalogue_is_read_and_checked_without_its_files(tmp_path):
    music, catalogue = tmp_path / "music", str(tmp_path / "catalogue")
    music.mkdir()
    marked = blank(music, "flac")
    blank(music, "wav")
    (music / "broken.mp3").write_bytes(b"nothing to hear" * 9)
    run("label", "write", str(marked), "--what", "vocals=assisted", "--tool", "Tool 2")
    assert run("scan", str(music), "--into", catalogue).returncode == 3
    (table,) = [run("label", "read", catalogue, "--csv").stdout]
    for file in music.iterdir():
        file.unlink()
    done = run("label", "read", catalogue, "--json")
    assert done.returncode == 3
    assert {row["file"].rsplit("/")[-1]: len(row["declared"]) for row in lines(done)} == {
        "blank.flac": 1,
        "blank.wav": 0,
        "broken.mp3": 0,
    }
    assert run("label", "read", catalogue, "--csv").stdout == table
    checked = run("label", "check", catalogue, "--policy", "vocals", "--json")
    outcomes = {
        row["file"].rsplit("/")[-1]: [r["outcome"] for r in row["rules"]] for row in lines(checked)
    }
    # A third of a second is too short to score, so rules about the sound stay unknown.
    assert outcomes == {
        "blank.flac": ["met", "unknown"],
        "blank.wav": ["not-met", "unknown"],
        "broken.mp3": [],
    }
    both = run("label", "read", catalogue, str(marked))
    assert both.returncode == 2
    assert "one catalogue" in both.stderr


def test_a_sidecar_that_is_named_with_its_file_is_no_recording(tmp_path):
    song = blank(tmp_path, "ape")
    done = run("label", "write", str(song), "--what", "whole", "--standard", "sidecar")
    assert done.returncode == 0
    both = [str(path) for path in sorted(tmp_path.iterdir())]
    assert len(both) == 2
    read = run("label", "read", *both, "--json")
    assert read.returncode == 0
    ((row,),) = [lines(read)]
    assert row["declared"][0]["standard"] == "sidecar"


def test_the_tally_keeps_the_worst_files_of_many(capsys):
    policy = read_policy("eu")
    tally = Tally([policy])
    for number in range(MOST_FILES + 5):
        broken = 1 if number % 4 else 2
        found = [
            RuleResult("eu", rule.name, RuleStatus(status), rule.says, "")
            for rule, status in zip(
                policy.rules, ["not-met"] * broken + ["met"] * (3 - broken), strict=True
            )
        ]
        tally.add(f"file:///f{number}", found)
    tally.show()
    rows = capsys.readouterr().out.split("\n\n")[1].splitlines()
    listed = [row.split(":")[0].strip() for row in rows[1 : MOST_FILES + 1]]
    worst = [n for n in range(MOST_FILES + 5) if n % 4 == 0]
    others = [n for n in range(MOST_FILES + 5) if n % 4]
    assert listed == [f"/f{n}" for n in [*worst, *others][:MOST_FILES]]
    assert rows[MOST_FILES + 1].startswith("5 ")
    assert tally.counts == {"not-met": 25 + len(worst), "met": 50 - len(worst)}
