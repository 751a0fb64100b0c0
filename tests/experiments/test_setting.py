"""The way of computing: chosen where it is faster and reaches the same losses, measured once."""

import pytest

from artlib import nets
from artlib.experiments import setting

ROWS = {
    "eager": {"pictures_per_second": 100.0, "loss": 2.0},
    setting.USUAL: {"pictures_per_second": 120.0, "loss": 2.0},
}
COMPILED = "compiled, channels last"


@pytest.mark.parametrize(("third", "chosen"), [
    ({"pictures_per_second": 121.0, "loss": 2.0}, setting.USUAL),  # not worth leaving what is usual
    ({"pictures_per_second": 200.0, "loss": 2.01}, COMPILED),
    ({"pictures_per_second": 200.0, "loss": 2.5}, setting.USUAL),  # another training
])  # fmt: skip
def test_only_the_same_training_done_clearly_faster_is_taken(third, chosen):
    assert setting.choose({**ROWS, COMPILED: third}) == chosen


def test_a_processor_is_measured_once_and_a_short_training_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path))
    network, asked = nets.create("mobilenet_s", 3), []
    monkeypatch.setattr(
        setting,
        "measure",
        lambda *_: asked.append(1) or {**ROWS, COMPILED: {"pictures_per_second": 300.0, "loss": 2.0}},
    )
    assert setting.fastest(network, 32, 8, setting.WORTH - 1) == (setting.WAYS[setting.USUAL], {})
    assert not asked
    for _ in range(2):
        chosen, told = setting.fastest(network, 32, 8, 20 * setting.WORTH)
    assert len(asked) == 1
    assert chosen == {"channels_last": True, "compiled": True}
    assert told["setting"]["chosen"] == COMPILED
    assert told["setting"]["pictures_per_second"]["eager"] == 100


def test_all_ways_compute_the_same_training():
    network = nets.create("mobilenet_s", 3)
    before = [parameter.clone() for parameter in network.parameters()]
    found = setting.measure(network, 32, 8, ("eager", setting.USUAL), rounds=1)
    assert found["eager"]["loss"] == pytest.approx(found[setting.USUAL]["loss"], rel=1e-3)
    assert all(row["pictures_per_second"] > 0 for row in found.values())
    assert all((a == b).all() for a, b in zip(before, network.parameters(), strict=True)), "a copy is trained"
