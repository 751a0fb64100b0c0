"""Fine-tuning: what is frozen stays, rates follow the recipe, the same call gives the same weights, and it learns."""

import io
import re
import warnings
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from artlib import nets, progress, splits, tasks
from artlib.learners import base, finetune, linear
from artlib.learners.checkpoints import CheckpointWarning
from artlib.learners.finetune import FineTuneError, Recipe, RecipeError
from artlib.nets.folded import is_folded, unfold
from artlib.nets.network import Normalize
from artlib.pixels import Pictures

COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}


def tiny(outputs=3, seed=0, dropout=0.2) -> nets.Network:
    """Four layers with everything that matters: batch normalization, biases, dropout."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        stages = OrderedDict(
            conv1=nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU()),
            conv2=nn.Sequential(nn.Conv2d(8, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU()),
            fc3=nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(48, 16), nn.ReLU(), nn.Dropout(dropout)),
        )
        body, head = nn.Sequential(stages), nn.Linear(16, outputs)
    return nets.Network("tiny", body, head, Normalize((0.5,) * 3, (0.25,) * 3), list(stages.items()), size=16)


def make_pictures(n=48, size=16, seed=0, noise=30) -> Pictures:
    """Coloured noise, a class a colour: easy to learn, and never two pictures alike."""
    generator = np.random.default_rng(seed)
    styles = [list(COLOURS)[k % 3] for k in range(n)]
    base = np.array([COLOURS[s] for s in styles], dtype=float)[:, None, None, :]
    pixels = np.clip(base + generator.normal(0, noise, (n, size, size, 3)), 0, 255).astype("uint8")
    names = [f"w{k}" for k in range(n)]
    works = pd.DataFrame({"work_id": names, "image": names, "style": styles})
    return Pictures(works, pixels, size, "colours", pd.DataFrame({"image": [], "reason": []}), f"colours-{seed}")


@pytest.fixture(scope="module")
def pictures():
    return make_pictures()


@pytest.fixture(scope="module")
def task(pictures):
    return tasks.make(pictures.works, "style")


@pytest.fixture(scope="module")
def split(pictures, task):
    return splits.stratified(pictures.works, task, (0.5, 0.25, 0.25))


QUICK = Recipe(epochs=2, lr=0.01, batch_size=12)


def train(pictures, task, split, recipe=QUICK, network=None, **options):
    network = network or tiny(task.outputs)
    return finetune.learner(pictures, task, split, network, recipe, quiet=True, **options).fit_recipe()


class Optimizer(base.Callback):
    """Holds on to the recipe's optimizer, which is gone when the recipe has been followed."""

    def after_fit(self):
        self.torch = self.learn.opt.opt


def state(learner) -> dict:
    return {k: v.clone() for k, v in learner.model.state_dict().items()}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


# --- what learns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "frozen"),
    [
        ("all", []),
        ("skip-first", ["conv1"]),
        ("skip-first-two", ["conv1", "conv2"]),
        ("only-last-three", ["conv1", "conv2", "conv3", "conv4", "conv5"]),
        ("only-last", ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"]),
    ],
)
def test_scenarios_freeze_the_layers_that_the_paper_names(scenario, frozen):
    layers = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]
    assert Recipe(scenario=scenario).frozen(layers) == frozen


@pytest.mark.parametrize("scenario", ["skip-first-two", "only-last"])
def test_frozen_layers_do_not_change_and_have_no_optimizer_state(pictures, task, split, scenario):
    network = tiny(3)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    kept = Optimizer()
    train(pictures, task, split, replace(QUICK, scenario=scenario, epochs=1), network=network, cbs=kept)
    frozen = {
        id(t) for name in network.frozen for t in dict(network.layers())[name].state_dict(keep_vars=True).values()
    }
    assert frozen
    for name, tensor in network.state_dict(keep_vars=True).items():
        if "num_batches" in name or name.startswith("normalize"):
            continue
        # Running statistics are among these tensors.
        assert torch.equal(tensor, before[name]) == (id(tensor) in frozen), name
    held = {id(p) for group in kept.torch.param_groups for p in group["params"]}
    assert not held & frozen
    assert held == {id(p) for p in network.parameters()} - frozen
    assert {id(p) for p in kept.torch.state} == held


def test_biases_learn_twice_as_fast_without_decay_and_a_new_head_ten_times(pictures, task, split):
    network = tiny()
    network.provenance = {"weights": "photographs"}
    kept = Optimizer()
    train(pictures, task, split, replace(QUICK, epochs=1), network=network, cbs=kept)
    rule = {id(p): (g["lr"], g["weight_decay"], g["momentum"]) for g in kept.torch.param_groups for p in g["params"]}
    body, head, gain = network.body.fc3[2], network.head, network.body.conv1[1]
    assert rule[id(body.weight)] == pytest.approx((0.01, 5e-4, 0.9))
    assert rule[id(body.bias)] == pytest.approx((0.02, 0, 0.9))
    assert rule[id(gain.weight)] == rule[id(gain.bias)] == pytest.approx((0.01, 0, 0.9))
    assert rule[id(head.weight)] == pytest.approx((0.1, 5e-4, 0.9))
    assert rule[id(head.bias)] == pytest.approx((0.2, 0, 0.9))


def test_from_scratch_every_layer_is_new_and_learns_at_one_rate(pictures, task, split):
    kept = Optimizer()
    train(pictures, task, split, replace(QUICK, epochs=1), cbs=kept)
    assert {g["factor"] for g in kept.torch.param_groups} == {1, 2}


# --- rates ------------------------------------------------------------------------------------------------------------


def test_step_divides_the_rate_every_so_many_epochs():
    recipe = Recipe(schedule="step", lr=1e-3, step_every=5, step_factor=10)
    rates = [recipe.rate([1.0] * n) for n in range(20)]
    assert rates == pytest.approx([1e-3] * 5 + [1e-4] * 5 + [1e-5] * 5 + [1e-6] * 5)
    assert Recipe(lr=3e-4).rate([1.0] * 50) == 3e-4


def test_plateau_divides_the_rate_when_the_loss_has_not_fallen():
    recipe = Recipe(schedule="plateau", lr=1.0, patience=2, step_factor=10)
    losses = [3.0, 2.0, 2.5, 2.5, 2.5, 2.5]
    assert [recipe.rate(losses[:n]) for n in range(7)] == pytest.approx([1, 1, 1, 1, 1, 0.1, 0.1])
    assert recipe.rate([3.0 - k * 0.1 for k in range(20)]) == 1


def test_the_rate_of_the_schedule_reaches_every_group(pictures, task, split):
    recipe = replace(QUICK, schedule="step", step_every=1, step_factor=10, epochs=3)
    kept = Optimizer()
    learner = train(pictures, task, split, recipe, cbs=kept)
    assert list(learner.history["rate"]) == pytest.approx([0.01, 0.001, 0.0001])
    assert sorted(g["lr"] for g in kept.torch.param_groups) == pytest.approx([1e-4, 1e-4, 2e-4])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"scenario": "none"}, "Unknown scenario 'none'; choose one of: all, skip-first"),
        ({"schedule": "cosine"}, "Unknown schedule"),
        ({"precision": "half"}, "Unknown precision"),
        ({"epochs": 0}, "epochs must be more than 0"),
        ({"lr": float("nan")}, "lr must be more than 0"),
        ({"weight_decay": -1}, "weight_decay must not be negative"),
        ({"stop_after": 0}, "stop_after is a number of epochs"),
    ],
)
def test_recipes_that_cannot_be_followed_are_refused(wrong, words):
    with pytest.raises(RecipeError, match=words):
        Recipe(**wrong)


def test_the_default_recipe_is_the_papers():
    recipe = Recipe().described()
    assert (recipe["lr"], recipe["epochs"], recipe["batch_size"]) == (1e-4, 100, 256)
    assert (recipe["momentum"], recipe["weight_decay"], recipe["schedule"]) == (0.9, 5e-4, "fixed")


# --- what comes out ---------------------------------------------------------------------------------------------------


def test_it_learns_what_can_be_learned(pictures, task, split):
    learner = train(pictures, task, split, replace(QUICK, epochs=12, lr=0.05))
    history = learner.history
    assert list(history["epoch"]) == list(range(1, 13))
    assert history["accuracy"].max() == 1
    assert history["train_loss"].iloc[-1] < 0.3 < history["train_loss"].iloc[0]


@pytest.mark.parametrize("name", ["caffenet_s", "mobilenet_s"])
def test_the_small_networks_can_learn_a_few_pictures_by_heart(name):
    few = make_pictures(12, size=32, noise=90)
    # Labels that nothing in the pictures explains.
    few.works["style"] = ["red", "red", "green", "green", "blue", "blue"] * 2
    task = tasks.make(few.works, "style")
    everything = splits.Split(np.arange(12), np.arange(12), np.arange(0), 0, "style")
    recipe = Recipe(epochs=30, lr=0.01, batch_size=12, augment=False, weight_decay=0)
    options = {"dropout": 0.0} if name == "caffenet_s" else {}
    learner = train(few, task, everything, recipe, network=nets.create(name, 3, **options))
    assert learner.history["train_loss"].min() < 0.1


def test_the_same_call_gives_the_same_weights_whatever_happened_before(pictures, task, split):
    one = train(pictures, task, split)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    torch.rand(7)
    two = train(pictures, task, split)
    other = train(pictures, task, split, seed=1)
    assert same(state(one), state(two))
    pd.testing.assert_frame_equal(one.history.drop(columns="seconds"), two.history.drop(columns="seconds"))
    assert not same(state(one), state(other))


def test_training_leaves_the_global_generators_as_they_were(pictures, task, split):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    train(pictures, task, split, replace(QUICK, epochs=1))
    assert torch.equal(torch.rand(1), expected)


def test_the_epoch_best_on_validation_is_kept(pictures, task, split):
    """A rate that wrecks the network in the third epoch: the weights of an earlier one come back."""

    class Wreck(base.Callback):
        def before_train(self):
            if len(self.learn.rows) == 2:
                with torch.no_grad():
                    self.model.head.weight.normal_(std=50)

    learner = train(pictures, task, split, replace(QUICK, epochs=3, lr=0.03), cbs=[Wreck()])
    history = learner.history
    assert history["valid_loss"].iloc[2] > 2 * history["valid_loss"].iloc[1]
    assert learner.best_epoch == history["accuracy"].iloc[:2].argmax() + 1 or learner.best_epoch == 2
    learner.model.eval()
    with torch.no_grad():
        x, y = next(iter(learner.dls.valid))
        accuracy = (learner.model(x).argmax(1) == y).float().mean()
    assert accuracy == pytest.approx(history["accuracy"].iloc[learner.best_epoch - 1])
    assert learner.model.head.weight.abs().max() < 10


def test_stopping_early_when_validation_does_not_improve(pictures, task, split):
    recipe = replace(QUICK, epochs=30, lr=1e-9, stop_after=2)
    learner = train(pictures, task, split, recipe, network=tiny(3, dropout=0.0))
    assert len(learner.history) < 30
    assert len(learner.history) - learner.best_epoch == 2


def test_a_training_warns_of_nothing(pictures, task, split):
    # A callback named like an attribute that another one sets would be told in every notebook.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(pictures, task, split)


def test_a_learner_that_has_run_does_not_run_again(pictures, task, split):
    learner = train(pictures, task, split)
    before = state(learner)
    learner.fit_recipe()
    assert len(learner.history) == 2
    assert same(before, state(learner))


def test_it_is_a_fastai_learner_with_callbacks_predictions_and_validation(pictures, task, split):
    class Count(base.Callback):
        batches = 0

        def after_batch(self):
            self.batches += self.training

    count = Count()
    learner = train(pictures, task, split, cbs=[count])
    assert count.batches == 2 * len(learner.dls.train)
    outputs, targets = learner.get_preds(ds_idx=1, inner=True)
    assert outputs.shape == (len(split.valid), 3)
    accuracy = (outputs.argmax(1) == targets).float().mean()
    assert accuracy == pytest.approx(learner.history["accuracy"].iloc[learner.best_epoch - 1])


def test_works_without_a_label_teach_nothing(pictures, split):
    works = pictures.works.copy()
    task = tasks.make(works, "style")
    blind = replace(pictures, works=works.assign(style=works["style"].where(works.index % 2 == 0, None)))
    learner = train(blind, task, split)
    assert np.isfinite(learner.history["train_loss"]).all()
    assert learner.history["accuracy"].between(0, 1).all()


def test_a_regression_is_chosen_by_its_loss(pictures, split):
    works = pictures.works.assign(year_begin=np.where(pictures.works["style"] == "red", 1.0, -1.0))
    dated = replace(pictures, works=works)
    task = tasks.make(works, "year_begin", kind="regression")
    learner = train(dated, task, split, replace(QUICK, epochs=3))
    assert learner.history["accuracy"].isna().all()
    assert learner.best_epoch == learner.history["valid_loss"].argmin() + 1


def test_bfloat16_can_be_asked_for_and_is_not_chosen_on_a_cpu(pictures, task, split):
    assert not base.computes_in_bfloat16("auto", torch.device("cpu"))
    seen = []

    class Look(base.Callback):
        def after_loss(self):
            seen.append(torch.is_autocast_enabled("cpu"))

        def after_batch(self):
            seen.append(torch.is_autocast_enabled("cpu"))

    recipe = replace(QUICK, epochs=1, precision="bfloat16")
    learner = train(pictures, task, split, recipe, cbs=[Look()])
    assert not any(seen[1::2])
    assert {p.dtype for p in learner.model.parameters()} == {torch.float32}
    assert not same(state(learner), state(train(pictures, task, split, replace(recipe, precision="float32"))))


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_a_learner_says_what_it_is_without_an_address(pictures, task, split):
    learner = finetune.learner(pictures, task, split, tiny(), QUICK)
    assert repr(learner) == "FineTuner(tiny on style, all, 0 of 2 epochs)"
    assert repr(learner.fit_recipe()).startswith(
        "FineTuner(tiny on style, all, 2 of 2 epochs, best on validation: epoch "
    )


def test_nothing_is_written_where_nobody_watches(pictures, task, split, capfd):
    finetune.learner(pictures, task, split, tiny(), QUICK).fit_recipe()
    assert capfd.readouterr() == ("", "")


def test_a_notebook_gets_one_line_that_ends_as_a_summary(pictures, task, split, monkeypatch):
    texts = []

    class Handle:
        def update(self, data, raw):
            texts.append(data["text/plain"])

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "_handle", Handle)
    learner = finetune.learner(pictures, task, split, tiny(), QUICK).fit_recipe()
    assert texts[-2].startswith("epoch 2 of 2, accuracy ")
    assert re.fullmatch(r"2 epochs in \d+ s; best on validation: epoch [12] \(accuracy 0\.\d+ at the end\)", texts[-1])
    assert f"epoch {learner.best_epoch} " in texts[-1]


def test_a_terminal_gets_a_line_that_vanishes_also_inside_another(pictures, task, split, monkeypatch):
    import rich
    from rich.console import Console
    from rich.progress import track

    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100)
    monkeypatch.setattr(rich, "get_console", lambda: console)
    finetune.learner(pictures, task, split, tiny(), QUICK).fit_recipe()
    assert "epoch 2 of 2" in written.getvalue()
    assert written.getvalue().rstrip().endswith("\x1b[2K")  # the line is erased
    for _ in track([1], console=console):
        finetune.learner(pictures, task, split, tiny(), QUICK).fit_recipe()


# --- bad input --------------------------------------------------------------------------------------------------------


def test_a_task_and_a_network_that_do_not_fit_are_told_apart_before_training(pictures, task, split):
    with pytest.raises(FineTuneError, match=r"has 5 outputs, the task 'style' needs 3: create it with nets\.create"):
        finetune.learner(pictures, task, split, tiny(5), QUICK)


def test_an_empty_validation_set_is_refused(pictures, task, split):
    with pytest.raises(FineTuneError, match="The valid set of the split by 'style' is empty"):
        finetune.learner(pictures, task, replace(split, valid=split.valid[:0]), tiny(3), QUICK)


def test_a_loss_that_is_not_a_number_says_what_to_do(pictures, task, split, tmp_path):
    with pytest.raises(FineTuneError, match=r"^The loss is not a finite number in epoch \d .*Take a smaller lr"):
        train(pictures, task, split, replace(QUICK, lr=1e6), folder=tmp_path)


# --- checkpoints ------------------------------------------------------------------------------------------------------


class Stop(base.Callback):
    """Interrupts in the middle of an epoch, as a reader does who loses patience."""

    order = 90

    def __init__(self, epoch: int):
        self.at = epoch

    def after_batch(self):
        if self.training and len(self.learn.rows) == self.at and self.iter == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("schedule", ["step", "plateau"])
def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(pictures, task, split, tmp_path, schedule):
    recipe = replace(QUICK, epochs=4, schedule=schedule, step_every=2, patience=0)
    one, two = Optimizer(), Optimizer()
    whole = train(pictures, task, split, recipe, cbs=one)
    for epoch in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            train(pictures, task, split, recipe, folder=tmp_path, cbs=[Stop(epoch)])
    resumed = train(pictures, task, split, recipe, folder=tmp_path, cbs=two)
    assert same(state(whole), state(resumed))
    assert resumed.best_epoch == whole.best_epoch
    pd.testing.assert_frame_equal(whole.history.drop(columns="seconds"), resumed.history.drop(columns="seconds"))
    for before, after in zip(one.torch.state.values(), two.torch.state.values(), strict=True):
        assert torch.equal(before["momentum_buffer"], after["momentum_buffer"])


def test_a_finished_run_is_read_back_without_training(pictures, task, split, tmp_path):
    first = train(pictures, task, split, folder=tmp_path)
    began = []

    class Began(base.Callback):
        def before_train(self):
            began.append(1)

    again = train(pictures, task, split, folder=tmp_path, cbs=[Began()])
    assert not began
    assert same(state(first), state(again))
    assert first.history.equals(again.history)


@pytest.mark.parametrize("change", ["recipe", "seed", "split", "weights", "pictures", "labels"])
def test_a_checkpoint_of_something_else_is_not_taken(pictures, task, split, tmp_path, change):
    train(pictures, task, split, replace(QUICK, epochs=1), folder=tmp_path)
    options = {"recipe": replace(QUICK, epochs=1), "folder": tmp_path}
    if change == "recipe":
        options["recipe"] = replace(QUICK, epochs=1, lr=0.02)
    elif change == "seed":
        options["seed"] = 5
    elif change == "split":
        split = replace(split, train=split.train[1:])
    elif change == "weights":
        options["network"] = tiny(3, seed=8)
    elif change == "pictures":
        pictures = make_pictures(seed=1)
    else:
        works = pictures.works.copy()
        works.loc[split.train[0], "style"] = None
        pictures = replace(pictures, works=works)
    expected = train(pictures, task, split, **{**options, "folder": None, "network": _copy(options.get("network"))})
    with pytest.warns(CheckpointWarning, match="another recipe, split, network or collection: starting afresh"):
        found = train(pictures, task, split, **options)
    assert same(state(expected), state(found))


def _copy(network):
    import copy

    return copy.deepcopy(network)


def test_a_damaged_checkpoint_starts_afresh_with_a_warning(pictures, task, split, tmp_path):
    whole = train(pictures, task, split, folder=tmp_path)
    for damage in ("last.pt", f"best-{whole.best_epoch:04d}.safetensors"):
        content = (tmp_path / damage).read_bytes()
        (tmp_path / damage).write_bytes(content[: len(content) // 3])
        with pytest.warns(CheckpointWarning, match="cannot be read"):
            assert same(state(train(pictures, task, split, folder=tmp_path)), state(whole))


def test_a_checkpoint_runs_no_code(pictures, task, split, tmp_path, capsys):
    class Evil:
        def __reduce__(self):
            return (print, ("code ran",))

    torch.save({"run": Evil()}, tmp_path / "last.pt")
    with pytest.warns(CheckpointWarning, match="starting afresh"):
        train(pictures, task, split, replace(QUICK, epochs=1), folder=tmp_path)
    assert "code ran" not in capsys.readouterr().out


def test_discard_removes_checkpoints_and_nothing_else(pictures, task, split, tmp_path):
    folder = tmp_path / "run"
    train(pictures, task, split, replace(QUICK, epochs=1), folder=folder)
    assert {p.name for p in folder.iterdir()} == {"last.pt", "best-0001.safetensors"}
    (folder / "notes.txt").touch()
    finetune.discard(folder)
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    finetune.discard(folder)
    assert not folder.exists()
    finetune.discard(folder)


# --- folded normalization ---------------------------------------------------------------------------------------------


def fold(network) -> None:
    """What a converter for phones does: filters and offsets take over what normalization did."""
    body = network.body
    with torch.no_grad():
        for conv, norm in ((body.conv1[0], body.conv1[1]), (body.conv2[0], body.conv2[1])):
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            conv.weight *= (gain * (1 + norm.eps) ** 0.5).reshape(-1, 1, 1, 1)
            norm.bias -= gain * norm.running_mean
            norm.weight.fill_(1)
            norm.running_mean.zero_()
            norm.running_var.fill_(1)


def test_unfolding_gives_normalization_its_statistics_back_and_changes_no_answer(pictures, task, split):
    network = train(pictures, task, split, replace(QUICK, epochs=3, lr=0.05)).model.eval()
    x = torch.rand(16, 3, 16, 16)
    answers = network(x)
    fold(network)
    assert is_folded(network)
    assert torch.allclose(network(x), answers, atol=1e-3)
    unfold(network, x)
    assert not is_folded(network)
    assert torch.allclose(network(x), answers, atol=1e-3)
    # On the pictures that it was measured on, training mode now answers like evaluation mode.
    network.body.fc3[-1].p = 0
    assert torch.allclose(network.train()(x), answers, atol=1e-2)
    lengths = torch.cat([m.weight.flatten(1).norm(dim=1) for m in network.body.modules() if isinstance(m, nn.Conv2d)])
    assert torch.allclose(lengths, torch.ones_like(lengths), atol=1e-4)


def test_folded_weights_are_unfolded_before_they_are_trained(pictures, task, split):
    network = train(pictures, task, split, replace(QUICK, epochs=3, lr=0.05)).model
    fold(network)
    untouched = finetune.learner(pictures, task, split, _copy(network), QUICK)
    assert is_folded(untouched.model)  # random weights look the same and are left alone
    network.provenance = {"weights": "photographs"}
    learner = finetune.learner(pictures, task, split, network, QUICK, quiet=True)
    assert not is_folded(learner.model)
    assert learner.fit_recipe().history["accuracy"].max() > 0.9


# --- linear probes ----------------------------------------------------------------------------------------------------


def test_a_probe_learns_from_frozen_features_and_changes_nothing(pictures, task, split):
    network = tiny(3).train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    probe = linear.probe(pictures, task, split, network)
    assert network.training
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    shares = probe.probabilities(split.test)
    assert shares.shape == (len(split.test), 3)
    assert np.allclose(shares.sum(1), 1, atol=1e-5)
    assert (shares.argmax(1) == task.targets(pictures.works)[split.test]).mean() == 1
    assert probe.C in linear.GRID
    assert probe.scores[probe.C] == min(probe.scores.values())
    assert linear.probe(pictures, task, split, network, C=0.5).C == 0.5


def test_features_are_the_bodys_and_are_computed_once(pictures, monkeypatch):
    from artlib import loaders

    linear._table.cache_clear()
    network = tiny(3).eval()
    calls, real = [], loaders.batch_of

    def counting(pictures, rows, **options):
        calls.extend(rows)
        return real(pictures, rows, **options)

    monkeypatch.setattr(loaders, "batch_of", counting)
    found = linear.features(network, pictures, [5, 3, 5], batch_size=2)
    with torch.no_grad():
        expected = network.body(network.normalize(real(pictures, [5, 3, 5]))).numpy()
    assert found.dtype == np.float32
    assert np.allclose(found, expected, atol=1e-5)
    linear.features(network, pictures, [3, 7])
    assert sorted(calls) == [3, 5, 7]
    # A head of another task does not matter, a body that was trained on does.
    linear.features(tiny(3), pictures, [3])
    assert len(calls) == 3
    with torch.no_grad():
        network.body.conv1[0].weight.data.add_(0.1)
    linear.features(network, pictures, [3])
    assert len(calls) == 4


def test_features_can_be_cropped(pictures):
    network = tiny(3)
    assert linear.features(network, pictures, [0, 1], crop=12).shape == (2, network.features)
    assert not np.allclose(linear.features(network, pictures, [0], crop=12), linear.features(network, pictures, [0]))


def test_classes_that_training_never_showed_get_no_probability(pictures, task, split):
    targets = task.targets(pictures.works)
    few = replace(split, train=split.train[targets[split.train] != 1])
    shares = linear.probe(pictures, task, few, tiny(3)).probabilities(split.test)
    assert (shares[:, 1] == 0).all()
    assert np.allclose(shares.sum(1), 1, atol=1e-5)


def test_probes_that_cannot_be_fitted_say_why(pictures, task, split):
    network = tiny(3)
    with pytest.raises(linear.ProbeError, match="fewer than two classes"):
        linear.probe(pictures, task, replace(split, train=split.train[:1]), network)
    with pytest.raises(linear.ProbeError, match="chosen on validation rows, and the split has none"):
        linear.probe(pictures, task, replace(split, valid=split.valid[:0]), network)
    with pytest.raises(linear.ProbeError, match="is a regression"):
        linear.probe(pictures, replace(task, kind="regression"), split, network)


def test_a_checkpoint_of_another_process_is_left_alone_and_an_old_draft_cleared_away(tmp_path):
    import os
    import time

    from artlib.learners import checkpoints

    theirs, left = tmp_path / ".last.pt.99998.draft", tmp_path / ".last.pt.99999.draft"
    for draft in (theirs, left):
        draft.write_bytes(b"half")
    long_ago = time.time() - 7200
    os.utime(left, (long_ago, long_ago))
    checkpoints.write(tmp_path, {"run": "this", "best_epoch": 1}, {"weight": torch.zeros(2)})
    assert theirs.read_bytes() == b"half", "that process will rename it itself"
    assert not left.exists()
    state, best = checkpoints.read(tmp_path, "this")
    assert state["best_epoch"] == 1
    assert best["weight"].tolist() == [0, 0]


def test_what_was_switched_on_for_a_batch_is_off_after_an_interruption(pictures, task, split):
    class Interrupted(base.Callback):
        order = 50

        def after_pred(self):
            assert torch.is_autocast_enabled("cpu")
            raise KeyboardInterrupt

    recipe = replace(QUICK, precision="bfloat16")
    with pytest.raises(KeyboardInterrupt):
        train(pictures, task, split, recipe, cbs=[Interrupted()], device="cpu")
    assert not torch.is_autocast_enabled("cpu")
    assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32


def test_a_batch_of_one_is_one_sentence(pictures, task):
    one = splits.Split(np.array([0]), np.array([1, 2]), np.array([3]), 0, "style")
    network = nets.create("resnet18_s", 3, width=8)  # its last maps are of one place
    with pytest.raises(FineTuneError, match="no variance over one picture"):
        train(pictures, task, one, network=network)
