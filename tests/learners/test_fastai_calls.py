"""fastai's own calls on each of the four learners: they work, or are refused with one sentence that says what to do."""

import copy
import io
import pickle
import re
import warnings
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from fastai.callback.core import Callback
from fastai.interpret import ClassificationInterpretation

from artlib import nets, splits, tasks
from artlib.learners import checkpoints, finetune
from artlib.papers.artist_gan import learner as gan
from artlib.papers.artistry import learner as artistry
from artlib.papers.artistry.network import FIELDS, named
from artlib.papers.omniart import learner as multitask
from artlib.pixels import Pictures

plt.switch_backend("agg")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Networks this small lose time to every further thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_pictures(n=40, size=16) -> Pictures:
    """Noise with a label of every kind."""
    pixels = np.random.default_rng(0).integers(0, 255, (n, size, size, 3)).astype("uint8")
    pixels[1::2, ..., 0] //= 3
    works = pd.DataFrame({"work_id": [f"w{k}" for k in range(n)], "style": ["a", "b"] * (n // 2)})
    works["image"] = works["work_id"]
    works["materials"] = [["oil"], ["ink", "oil"]] * (n // 2)
    works["year"] = [1500.0 + k for k in range(n)]
    works["field"] = [FIELDS[k // 10] for k in range(n)]
    works["artistic"] = [True, False] * (n // 2)
    return Pictures(works, pixels, size, "noise", works.iloc[:0], "noise")


PICTURES = make_pictures()
STYLE = tasks.make(PICTURES.works, "style")
SPLIT = splits.stratified(PICTURES.works, STYLE, (0.6, 0.2, 0.2))


def small():
    return nets.create("resnet18_s", 2, width=8, seed=0)


def fine_tuner(**options):
    recipe = finetune.Recipe(epochs=1, lr=0.01, batch_size=8)
    return finetune.learner(PICTURES, STYLE, SPLIT, small(), recipe, **options)


def multi_tasker(**options):
    works = PICTURES.works
    asked = {
        "style": STYLE,
        "material": tasks.make(works, "materials", "multilabel"),
        "year": tasks.make(works, "year", "regression"),
    }
    recipe = multitask.Recipe(epochs=1, shared=8, batch_size=8)
    return multitask.learner(PICTURES, asked, SPLIT, small(), recipe, **options)


def open_multi_tasker(**options):
    made = multi_tasker()
    recipe = replace(made.recipe, frozen=False)
    return multitask.learner(PICTURES, made.tasks, SPLIT, small(), recipe, **options)


def field_learner(**options):
    pictures = make_pictures(size=32)
    split = artistry.split(pictures.works, (0.6, 0.2, 0.2))
    recipe = artistry.Recipe(epochs=1, batch_size=4)
    return artistry.learner(pictures, split, named("multi-2", size=32), recipe, **options)


def gan_learner(**options):
    recipe = gan.Recipe(epochs=1, batch_size=8, width=4, z=8, fixed=2)
    return gan.learner(PICTURES, range(40), recipe, **options)


LEARNERS = {
    "fine-tuning": fine_tuner,
    "several tasks": multi_tasker,
    "several tasks, open body": open_multi_tasker,
    "fields": field_learner,
    "generating": gan_learner,
}


def weights(learner) -> dict:
    return {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}


def moved(learner, before) -> bool:
    return any(not torch.equal(before[name], tensor) for name, tensor in learner.model.state_dict().items())


def trains(call):
    """A call that has to change weights and to leave losses in fastai's recorder."""

    def check(learner, _):
        before = weights(learner)
        call(learner)
        assert moved(learner, before)
        assert len(learner.recorder.losses) >= len(learner.dls.train)
        assert np.isfinite([float(loss) for loss in learner.recorder.losses]).all()

    return check


def validate(learner, _):
    (loss,) = learner.validate()
    assert np.isfinite(loss)


def get_preds(learner, _):
    outputs, targets = learner.get_preds()
    first, truth = (one[0] if isinstance(one, tuple) else one for one in (outputs, targets))
    assert len(first) == len(truth) == len(learner.dls.valid_ds)
    torch.testing.assert_close(first.sum(1), torch.ones(len(first)))  # of classes, probabilities
    rows = [int(row) for row in learner.dls.valid_ds.items[::-1]]
    again = learner.get_preds(dl=learner.dls.test_dl(rows))[0]
    again = again[0] if isinstance(again, tuple) else again
    torch.testing.assert_close(again.flip(0), first, rtol=1e-4, atol=1e-5)


def predict(learner, _):
    words, number, shares = learner.predict(3)
    if isinstance(words, tuple):
        words, number, shares = words[0], number[0], shares[0]
    assert words in learner.dls.vocab or words in learner.dls.vocab[0]
    assert int(number) == int(shares.argmax())
    if not isinstance(learner, artistry.FieldLearner):
        unseen = learner.predict(np.full((30, 40, 3), 200, dtype="uint8"))
        assert len(unseen) == 3


def show_batch(learner, _):
    axes = learner.dls.show_batch(max_n=4)
    titles = [one.get_title() for one in axes[:4]]
    assert [len(one.images) for one in axes[:4]] == [1] * 4
    assert isinstance(learner, gan.GANLearner) or all(titles)


def show_results(learner, _):
    learner.show_results(max_n=4)
    axes = plt.gcf().axes
    assert [len(one.images) for one in axes[:4]] == [1] * 4
    assert isinstance(learner, gan.GANLearner) or all("\n" in one.get_title() for one in axes[:4])


def interpretation(learner, _):
    found = ClassificationInterpretation.from_learner(learner)
    matrix = found.confusion_matrix()
    assert matrix.sum() == len(learner.dls.valid_ds)
    assert len(found.losses) == len(learner.dls.valid_ds)
    losses, worst = found.top_losses(2)
    assert losses.numel() == 2
    found.plot_top_losses(2)
    titles = [axes.get_title() for axes in plt.gcf().axes]
    assert [title.split(" / ")[1] for title in titles] == [f"{float(loss):.2f}" for loss in losses]
    plt.close("all")
    found.show_results(worst.tolist())
    plt.close("all")


def plot_loss(learner, _):
    learner.fit(1)
    axes = learner.recorder.plot_loss(skip_start=0, with_valid=not isinstance(learner, gan.GANLearner))
    assert len(axes.lines[0].get_xdata()) == len(learner.dls.train)


def lr_find(learner, folder):
    before = weights(learner)
    assert learner.lr_find(num_it=12, show_plot=False).valley > 0
    assert not moved(learner, before)
    assert not (folder / "models").exists()


def summary(learner, _):
    assert "Conv2d" in str(learner.summary()) or "Linear" in str(learner.summary())


def freeze(learner, _):
    learner.freeze()
    learns = [name for name, p in learner.model.named_parameters() if p.requires_grad]
    assert any("head" in name or "blocks" in name for name in learns)
    assert len(learns) < len(list(learner.model.parameters()))
    learner.fit(1)


def unfreeze(learner, _):
    learner.freeze()
    learner.unfreeze()
    assert all(p.requires_grad for p in learner.model.parameters())


def to_fp16(learner, _):
    learner.to_fp16()
    learner.fit(1)


def to_bf16(learner, _):
    learner.to_bf16()
    learner.fit(1)
    assert {p.dtype for p in learner.model.parameters()} == {torch.float32}
    learner.to_fp32()
    learner.fit(1)


def recipe_in_bf16(learner, _):
    before = weights(learner)
    learner.recipe = replace(learner.recipe, precision="bfloat16")
    learner.fit_recipe()
    assert moved(learner, before)
    assert {p.dtype for p in learner.model.parameters()} == {torch.float32}
    assert len(learner.history)


def save_and_load(learner, folder):
    learner.path = folder
    before, file = weights(learner), learner.save("stage")
    assert file.name == "stage.safetensors"
    learner.fit(1)
    assert moved(learner, before)
    learner.load("stage")
    assert not moved(learner, before)


def loss_func(learner, _):
    assert isinstance(learner.loss_func, torch.nn.Module)


def export(learner, folder):
    learner.path = folder
    assert learner.export("mine.pkl").name == "mine.safetensors"  # and no pickle, which runs code when it is read
    learner.load("mine")
    copy.deepcopy(learner)
    pickle.dumps(learner)


CALLS = {
    "fit": trains(lambda learner: learner.fit(1, 1e-2)),
    "fit_one_cycle": trains(lambda learner: learner.fit_one_cycle(1, 1e-2)),
    "fine_tune": trains(lambda learner: learner.fine_tune(1, 1e-2)),
    "fit, then the recipe": trains(lambda learner: (learner.fit_recipe(), learner.fit(1, 1e-2))),
    "lr_find": lr_find,
    "validate": validate,
    "get_preds": get_preds,
    "predict": predict,
    "dls.show_batch": show_batch,
    "show_results": show_results,
    "ClassificationInterpretation": interpretation,
    "recorder.plot_loss": plot_loss,
    "summary": summary,
    "freeze": freeze,
    "unfreeze": unfreeze,
    "to_fp16": to_fp16,
    "to_bf16": to_bf16,
    "the recipe in bfloat16": recipe_in_bf16,
    "save, load": save_and_load,
    "loss_func": loss_func,
    "export": export,
}

KEEPS_BODY = "The recipe keeps the body as it is: make the learner with"
NO_ANSWERS = "A generator has no right answers to be compared with: score its sample"
BOTH_LEARN = "Both networks have to learn, or the other has nothing to work against: call fit"
SEVERAL = "Several tasks have no one loss a picture"
REFUSED = {
    ("fine_tune", "several tasks"): KEEPS_BODY,
    ("unfreeze", "several tasks"): KEEPS_BODY,
    ("ClassificationInterpretation", "several tasks"): SEVERAL,
    ("validate", "generating"): NO_ANSWERS,
    ("get_preds", "generating"): NO_ANSWERS,
    ("ClassificationInterpretation", "generating"): NO_ANSWERS,
    ("predict", "generating"): "A generator is shown no picture: generate",
    ("freeze", "generating"): BOTH_LEARN,
    ("unfreeze", "generating"): BOTH_LEARN,
    ("fine_tune", "generating"): BOTH_LEARN,
    ("lr_find", "generating"): "Neither loss falls when the rate is better",
    ("to_fp16", "generating"): "Half precision would need a loss scale for each of the two steps: take to_bf16",
}


# With an open body several tasks take pictures, not features: what is made of these is another way, the rest the same.
OPEN = ("fit", "fine_tune", "unfreeze", "predict", "get_preds", "dls.show_batch", "show_results")
PAIRS = [(call, name) for call in CALLS for name in LEARNERS if name != "several tasks, open body" or call in OPEN]


@pytest.mark.parametrize(("call", "name"), PAIRS)
def test_fastais_calls_work_or_say_why_not(call, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    learner = LEARNERS[name](device="cpu", quiet=True)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if (call, name) in REFUSED:
            sentence = REFUSED[call, name]
            with pytest.raises(learner.error, match=f"^{re.escape(sentence)}") as refused:
                CALLS[call](learner, tmp_path)
            assert str(refused.value).count(". ") == 0
        else:
            CALLS[call](learner, tmp_path)
    plt.close("all")


# --- interruptions, and what is kept ----------------------------------------------------------------------------------


class Interrupt(Callback):
    """Ctrl-C in an epoch (from 0), after the first of its batches; once."""

    def __init__(self, epoch):
        self.at = epoch

    def after_batch(self):
        """Interrupt."""
        if self.training and self.epoch == self.at:
            self.at = None
            raise KeyboardInterrupt


def longer(name, **options):
    learner = LEARNERS[name](device="cpu", quiet=True, **options)
    learner.recipe = replace(learner.recipe, epochs=2)
    return learner


@cache
def undisturbed(name) -> dict:
    """Weights after both epochs, which are the same every time."""
    return weights(longer(name).fit_recipe())


@pytest.mark.parametrize("epoch", [0, 1])
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("name", LEARNERS)
def test_an_interrupted_recipe_goes_on_as_if_nothing_had_happened(name, kept, epoch, tmp_path):
    folder = tmp_path if kept else None
    learner = longer(name, folder=folder, cbs=Interrupt(epoch))
    with pytest.raises(KeyboardInterrupt):
        learner.fit_recipe()
    assert learner.opt is None
    learner.fit_recipe()
    assert not moved(learner, undisturbed(name))
    assert learner.history["epoch"].unique().tolist() == [1, 2]
    if kept:
        assert not moved(longer(name, folder=folder).fit_recipe(), undisturbed(name))


@pytest.mark.parametrize("name", ["fine-tuning", "several tasks, open body", "fields"])
def test_a_learner_that_was_frozen_is_another_run(name, tmp_path):
    frozen = longer(name, folder=tmp_path)
    frozen.freeze()
    frozen.fit_recipe()
    with pytest.warns(checkpoints.CheckpointWarning, match="another recipe"):
        found = longer(name, folder=tmp_path).fit_recipe()
    assert not moved(found, undisturbed(name))


def test_an_interruption_leaves_the_discriminator_learning(monkeypatch):
    learner = gan_learner(device="cpu", quiet=True)
    monkeypatch.setattr(learner, "_generate", lambda fake: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        learner.fit(1)
    assert all(p.requires_grad for p in learner.model.parameters())


def test_saved_networks_paint_with_the_saved_average(tmp_path):
    recipe = gan.Recipe(epochs=1, batch_size=8, width=4, z=8, fixed=2, average=0.9)
    made, fresh = (gan.learner(PICTURES, range(40), recipe, device="cpu", quiet=True) for _ in range(2))
    made.fit_recipe().save(tmp_path / "networks")
    assert np.array_equal(fresh.load(tmp_path / "networks").sample(3), made.sample(3))


def test_looking_for_a_rate_leaves_learned_task_weights():
    first = multi_tasker()
    recipe = replace(first.recipe, loss_weights="uncertainty")
    learner = multitask.learner(PICTURES, first.tasks, SPLIT, small(), recipe, device="cpu", quiet=True)
    before = {name: tensor.clone() for name, tensor in learner.loss_func.state_dict().items()}
    learner.lr_find(num_it=12, show_plot=False)
    for name, tensor in learner.loss_func.state_dict().items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize("name", ["fine-tuning", "fields"])
def test_a_batch_that_is_shown_later_is_shown_with_its_own_pictures(name):
    learner = LEARNERS[name](device="cpu", quiet=True, cbs=Interrupt(None))  # one callback needs no list
    batch = learner.dls.one_batch()
    learner.fit(1)
    first = learner.dls.train.show_batch(batch, max_n=2)[0]
    assert np.allclose(first.images[0].get_array(), batch[0][0].permute(1, 2, 0))
    plt.close("all")


@pytest.mark.parametrize("name", LEARNERS)
def test_one_callback_needs_no_list(name):
    learner = LEARNERS[name](device="cpu", quiet=True, cbs=Callback())
    learner.fit(1)
    assert len(learner.recorder.losses) == len(learner.dls.train)
