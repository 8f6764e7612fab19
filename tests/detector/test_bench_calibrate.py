"""The benchmark of catalogues' own nulls, on a table whose truth is known."""

import csv
import json

import pytest

from bench.calibrate import main, synthetic


def test_a_catalogue_of_its_own_gets_what_is_promised(tmp_path, capsys):
    table = tmp_path / "scores.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["label", "group", "score", "p_value"])
        writer.writeheader()
        writer.writerows(synthetic())
    main([str(table), "--draws", "60", "--json", str(tmp_path / "out.json")])
    printed = capsys.readouterr().out.splitlines()
    results = json.loads((tmp_path / "out.json").read_text())
    assert len(printed) == 2 + len(results)
    by = {(one["group"], one["null"], one["promised"]): one for one in results}
    assert len(by) == 5 * 3 * 2
    for level in (0.01, 0.05):
        assert by["as trained", "shipped", level]["within"] == 1.0
        # Made with a mean one standard deviation higher than the shipped null's.
        assert by["shifted", "shipped", level]["false_alarms"] > 3 * level
        for group in ("as trained", "shifted", "wider", "skewed", "two genres"):
            alarms = by[group, "by score", level]["false_alarms"]
            assert abs(alarms / level - 1) <= 0.4, group


@pytest.mark.parametrize("given", [[], ["x.csv", "--synthetic"]])
def test_one_table_is_needed(given, capsys):
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert "synthetic" in capsys.readouterr().err


def test_a_table_without_enough_recordings_is_refused(tmp_path, capsys):
    table = tmp_path / "scores.csv"
    table.write_text("label,group,score,p_value\nhuman,a,0.5,0.3\n")
    with pytest.raises(SystemExit):
        main([str(table)])
    table.write_text("label,group,score\nhuman,a,0.5\n")
    with pytest.raises(SystemExit):
        main([str(table)])
    assert "p_value" in capsys.readouterr().err
