"""The comparison of costs with the baseline."""

import json

import av
import pytest

from bench import costs, ingest_costs


def test_a_ratio_fails_from_thirty_per_cent_over_the_baseline(tmp_path, monkeypatch):
    (tmp_path / "baseline.json").write_text(json.dumps({"a": 3.0, "b": 2.0}))
    monkeypatch.setattr(costs, "BASELINE", tmp_path / "baseline.json")
    assert costs.worse({"a": 3.89, "b": 2.59, "new": 99.0}) == []
    assert [text.partition(":")[0] for text in costs.worse({"a": 3.91, "b": 1.0})] == ["a"]


def test_the_baseline_has_a_ratio_for_every_codec_and_command():
    names = json.loads(costs.BASELINE.read_text())
    measured = (*costs.CODECS, "report", "find", "copies", "rescan", *ingest_costs.LIMITS)
    assert all(any(one in name for name in names) for one in measured)


def test_the_least_of_the_repetitions_counts_in_turns(monkeypatch):
    spent, order = [0.0], []

    def action(name, seconds):
        def run():
            order.append(name)
            spent[0] += next(seconds)

        return run

    monkeypatch.setattr(costs, "cpu_s", lambda: spent[0])
    actions = [action("a", iter([3.0, 1.0])), action("b", iter([5.0, 7.0]))]
    assert costs.least(actions, 2) == [1.0, 5.0]
    assert order == ["a", "b", "a", "b"]


@pytest.mark.parametrize("codec", costs.CODECS)
def test_made_sound_has_its_length_in_every_codec(tmp_path, codec):
    sound = costs.made_music(2.0)
    assert sound.std(axis=0).min() > 0.01
    assert (sound[:, 0] - sound[:, 1]).std() > 0.005
    with av.open(str(costs.encoded(sound, codec, tmp_path, "made"))) as container:
        stream = container.streams.audio[0]
        samples = sum(frame.samples for frame in container.decode(stream))
        assert stream.channels == 2
    assert samples / stream.rate == pytest.approx(2.0, abs=0.1)
