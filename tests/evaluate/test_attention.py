"""What a network looks at: known maps, known scores, and networks without places."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from artlib import nets
from artlib.evaluate import attention
from artlib.nets.network import Network, Normalize


class _Brightest(nn.Module):
    """Passes on where a picture is bright: the first channel, halved in size."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 2, stride=2, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0] = 0.25
            self.conv.weight[1, 0] = 0.25
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        return self.pool(self.conv(x)).flatten(1)


@pytest.fixture
def network():
    body = _Brightest()
    head = nn.Linear(2, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    return Network("bright", body, head, Normalize((0, 0, 0)), [("conv", body)], size=16)


@pytest.fixture
def corner():
    """A dark picture with one bright corner."""
    x = torch.zeros(3, 3, 16, 16)
    x[:, :, :4, :4] = 1
    return x


def test_a_map_is_high_where_the_network_sees_something(network, corner):
    maps = attention.feature_maps(network, corner, size=16)
    assert maps.shape == (3, 16, 16)
    assert maps[:, :3, :3].min() > 0.9
    assert maps[:, 8:, 8:].max() == 0


def test_grad_cam_shows_what_speaks_for_a_class_and_not_what_speaks_against_it(network, corner):
    for_it = attention.grad_cam(network, corner, classes=[0, 0, 0])
    against = attention.grad_cam(network, corner, classes=[1, 1, 1])
    assert for_it[:, 0, 0].min() == 1
    assert for_it[:, 4:, 4:].max() == 0
    assert against.max() == 0


def test_a_frozen_network_can_be_looked_into(network, corner):
    free = attention.grad_cam(network, corner, classes=[0, 0, 0])
    assert np.array_equal(free, attention.grad_cam(network.freeze(["conv", "head"]), corner, classes=[0, 0, 0]))


def test_looking_changes_nothing(network, corner):
    network.freeze(["conv"]).train()
    before = [p.clone() for p in network.parameters()]
    attention.grad_cam(network, corner, size=8)
    attention.feature_maps(network, corner)
    assert network.training
    assert [p.requires_grad for p in network.parameters()] == [False, True, True]
    assert all(p.grad is None for p in network.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


@pytest.mark.parametrize("name", ["resnet18_s", "caffenet_s", "mobilenet_s"])
def test_every_small_network_has_places(name):
    found = nets.create(name, 3)
    maps = attention.feature_maps(found, torch.rand(2, 3, 64, 64))
    assert min(maps.shape[1:]) > 1
    assert attention.grad_cam(found, torch.rand(2, 3, 64, 64), size=32).shape == (2, 32, 32)


def test_the_layer_is_the_last_before_the_pooling():
    found = nets.create("torchvision/resnet18", 3)
    assert attention.spatial_layer(found, 64) is found.body.layer4


def test_a_network_without_places_says_so(network):
    with pytest.raises(attention.AttentionError, match="no layer with places"):
        attention.spatial_layer(network, 2)
    with pytest.raises(attention.AttentionError, match="no layer with places"):
        attention.spatial_layer(nets.create("timm/vit_tiny_patch16_224", 3))


def test_scores_of_known_maps():
    evidence = np.zeros((2, 8, 8))
    evidence[:, :4, :4] = 1
    right, even = evidence.copy(), np.ones_like(evidence)
    wrong = evidence[:, ::-1, ::-1]
    assert attention.energy_on_mask(right, evidence).tolist() == [1, 1]
    assert attention.energy_on_mask(even, evidence).tolist() == [0.25, 0.25]
    assert attention.energy_on_mask(wrong, evidence).tolist() == [0, 0]
    assert attention.pointing_game(right, evidence).tolist() == [1, 1]
    assert attention.pointing_game(wrong, evidence).tolist() == [0, 0]
    assert attention.area_above_half(right).tolist() == [0.25, 0.25]
    assert np.isnan(attention.energy_on_mask(right, np.zeros_like(evidence))).all()


def test_a_coarse_map_points_with_all_its_highest_pixels():
    evidence = np.zeros((1, 8, 8))
    evidence[:, 2:6, 2:6] = 1
    quarter = np.zeros((1, 8, 8))
    quarter[:, :4, :4] = 1  # the upper left of four cells, a quarter of it on the evidence
    assert attention.pointing_game(quarter, evidence).tolist() == [0.25]
    flat = np.ones((1, 8, 8))
    assert attention.pointing_game(flat, evidence).tolist() == [0.25], "pointing everywhere is pointing by chance"


def test_maps_keep_their_least_where_width_is_asked():
    ramp = np.linspace(0.5, 1, 9).reshape(1, 3, 3)
    assert attention.scaled(ramp).min() == 0
    assert attention.scaled(2 * ramp, subtract_min=False).min() == pytest.approx(0.5)


def test_runs_and_draws_widen_the_intervals_of_scores():
    rng = np.random.default_rng(0)
    rows = [
        {"map": "Grad-CAM", "work_id": f"{draw}/{work}", "draw": draw, "seed": seed, "inside": level, "pointing": level}
        for draw, level in enumerate((0.1, 0.5, 0.9)) for seed in range(3) for work in rng.permutation(20)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    known, blind = attention.summary(table), attention.summary(table.drop(columns=["draw", "seed"]))
    assert (known["high"] - known["low"]).min() > 2 * (blind["high"] - blind["low"]).max()


def test_chance_and_the_middle_stand_beside_every_map():
    rng = np.random.default_rng(0)
    evidence = np.zeros((200, 16, 16))
    for k, (y, x) in enumerate(rng.integers(0, 12, (200, 2))):
        evidence[k, y : y + 5, x : x + 5] = 1
    maps = {"evidence itself": evidence} | attention.baselines(200, 16)
    table = attention.score_maps(maps, evidence).groupby("map")["pointing"].mean()
    assert table["evidence itself"] == 1
    assert abs(table["anywhere"] - 25 / 256) < 0.06


def test_maps_of_different_sizes_are_not_compared():
    with pytest.raises(attention.AttentionError, match="one shape"):
        attention.energy_on_mask(np.ones((1, 7, 7)), np.ones((1, 14, 14)))


class _ChangedInPlace(nn.Module):
    """What the last layer with places gives is changed by the next one, as in a DenseNet; or has channels last."""

    def __init__(self, last=False):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 6, 4, stride=4), last
        self.norm = nn.LayerNorm(6)
        nn.init.uniform_(self.norm.weight)

    def forward(self, x):
        found = self.conv(x)
        if self.last:
            found = self.norm(found.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return torch.relu_(found).mean((2, 3))


@pytest.mark.parametrize("last", [False, True])
def test_activations_are_those_of_the_layer_wherever_its_channels_are(last):
    body, x = _ChangedInPlace(last), torch.rand(3, 3, 16, 16)
    seen = Network("own", body, nn.Linear(6, 2), Normalize((0, 0, 0)), [("body", body)], size=16)
    with torch.no_grad():  # a caller's own
        maps, gradient = attention.feature_maps(seen, x), attention.grad_cam(seen, x, [0, 1, 0])
    assert maps.shape == gradient.shape == (3, 4, 4)
    whole = body.conv(seen.normalize(x)).detach()
    whole = body.norm(whole.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) if last else whole
    assert np.allclose(maps, attention.scaled(whole.sum(1).detach().numpy()), atol=1e-5)


def test_classes_and_numbers_that_make_no_map_are_refused(network, corner):
    for classes in ([0, 0, 9], [0], [-1, 0, 0], []):
        with pytest.raises(attention.AttentionError, match="needs one class below 2 for each of 3"):
            attention.grad_cam(network, corner, classes)
    with torch.no_grad():
        network.head.weight.fill_(float("nan"))
    with pytest.raises(attention.AttentionError, match="finite"):
        attention.grad_cam(network, corner)
