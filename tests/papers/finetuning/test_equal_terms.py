"""Layers above frozen ones learn from what these made once, as they would from pictures; and a recipe of today."""

from collections import OrderedDict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from artlib import loaders, nets, splits, tasks
from artlib.evaluate import predictions
from artlib.learners.recipe import Recipe
from artlib.nets import NetsError
from artlib.nets.network import Normalize
from artlib.papers.finetuning import kept, statistics, study
from artlib.papers.finetuning.study import MODERN
from artlib.pixels import Pictures


def tiny() -> nets.Network:
    """Three layers and a head, with batch normalization."""
    stages = OrderedDict(
        conv1=nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU()),
        conv2=nn.Sequential(nn.Conv2d(8, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU()),
        fc3=nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(48, 16), nn.ReLU()),
    )
    body = nn.Sequential(stages)
    return nets.Network(
        "tiny", body, nn.Linear(16, 3), Normalize((0.5,) * 3, (0.25,) * 3), list(stages.items()), size=16
    )


def make_pictures() -> Pictures:
    """48 pictures of noise about one of three colours."""
    colours = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200]])[np.arange(48) % 3][:, None, None]
    pixels = np.clip(colours + np.random.default_rng(0).normal(0, 30, (48, 16, 16, 3)), 0, 255).astype("uint8")
    names = [f"w{k}" for k in range(48)]
    works = pd.DataFrame({"work_id": names, "image": names, "style": [f"s{k % 3}" for k in range(48)]})
    return Pictures(works, pixels, 16, "colours", pd.DataFrame({"image": [], "reason": []}), "colours")


@pytest.fixture(scope="module")
def coloured():
    pictures = make_pictures()
    task = tasks.make(pictures.works, "style")
    return pictures, task, splits.stratified(pictures.works, task, (0.5, 0.25, 0.25))


def test_the_upper_half_answers_from_kept_maps_as_the_whole_from_pictures(coloured):
    pictures = coloured[0]
    network = tiny().eval()
    upper, maps = kept.halves(network, pictures, ["conv1", "conv2"], 4, np.arange(4, 48), crop=12)
    assert maps.shape[:2] == (len(pictures), 4)
    x = loaders.batch_of(pictures, np.arange(48), crop=12)
    for view, seen in ((0, x), (1, x.flip(-1))):
        said = upper(torch.from_numpy(maps[4:, view]))
        torch.testing.assert_close(said, network(seen)[4:], rtol=1e-2, atol=1e-2)
    assert not maps[:4].any()
    assert {id(p) for p in upper.parameters()} < {id(p) for p in network.parameters()}
    with pytest.raises(NetsError, match="first ones"):
        kept.halves(network, pictures, ["conv2"], 4, np.arange(4))


@pytest.mark.parametrize("scenario", ["skip-first-half", "only-last"])
def test_what_learns_on_kept_views_is_the_network_itself(coloured, scenario):
    pictures, task, split = coloured
    network = tiny()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    recipe = Recipe(**{**MODERN, "epochs": 4, "lr": 0.01}, scenario=scenario, crop=12)
    learner = kept.learner(pictures, task, split, network, recipe, 4, quiet=True).fit_recipe()
    changed = {
        name.split(".")[1] for name, tensor in network.named_parameters() if not torch.equal(tensor, before[name])
    }
    assert changed == {"skip-first-half": {"fc3", "weight", "bias"}, "only-last": {"weight", "bias"}}[scenario]
    assert learner.model is network
    assert learner.history["valid_loss"].iloc[-1] < learner.history["valid_loss"].iloc[0]
    said = predictions.probabilities(learner, split.test)
    x = loaders.batch_of(pictures, split.test, crop=12)
    with torch.inference_mode():
        mean = (network(x).softmax(1) + network(x.flip(-1)).softmax(1)) / 2
    np.testing.assert_allclose(said, mean.numpy(), atol=1e-5)


def test_the_modern_rate_rises_within_the_first_quarter_and_ends_at_nothing():
    recipe = Recipe(**MODERN)
    rates = [recipe.rate([0.0] * epoch, share) for epoch in range(recipe.epochs) for share in (0, 0.5)]
    assert np.argmax(rates) == 2 * recipe.epochs // 4
    assert rates[0] < recipe.lr / 20
    assert rates[-1] < recipe.lr / 50


def test_colours_and_edges_tell_colours_apart_and_know_no_place():
    pictures = make_pictures()
    body = statistics.ColoursAndEdges()
    x = loaders.batch_of(pictures, np.arange(6))
    found = body(x)
    assert found.shape == (6, body.features)
    torch.testing.assert_close(found[:, :64], body(x.flip(-1))[:, :64])
    assert len(set(found[:3, :64].argmax(1).tolist())) == 3
    stripes = (torch.arange(16) % 4 < 2).float().expand(1, 3, 16, 16)
    across, down = body(stripes)[0, 70:78], body(stripes.transpose(2, 3))[0, 70:78]
    assert across.argmax() == 0
    assert down.argmax() == 4


def test_within_painters_only_their_own_classes_are_asked():
    works = pd.DataFrame({"artist": ["a", "a", "b", "b", "c", None]})
    data = SimpleNamespace(works=works, targets=np.array([0, 1, 1, 2, 0, 1]), split=SimpleNamespace(test=np.arange(6)))
    shares = np.array([[0.3, 0.2, 0.5], [0.6, 0.3, 0.1], [0.8, 0.1, 0.1], [0.9, 0.04, 0.06], [0, 0, 1], [0, 0, 1]])
    found = study._within(data, "artist", shares)
    assert found == {"accuracy_within_artist": 0.75, "chance_within_artist": 0.5, "n_within_artist": 4}
