"""Painting networks: exact sizes, the same pictures after a kill, losses that do what they say, one message a fault."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import nets, splits, tasks
from artlib.learners import base
from artlib.learners.checkpoints import CheckpointWarning
from artlib.papers.artist_gan import data
from artlib.papers.artist_gan import learner as gan
from artlib.papers.artist_gan.learner import GANError, Recipe
from artlib.papers.artist_gan.network import DCGAN, Discriminator, Generator
from artlib.pixels import Pictures
from artlib.works import SkippedWarning

QUICK = Recipe(epochs=3, batch_size=16, width=4, z=8, fixed=5)


def make_pictures(n=56, size=16, seed=0) -> Pictures:
    """Bright on dark or dark on bright, a genre each; the artists are of unequal size."""
    generator = np.random.default_rng(seed)
    genres = ["portrait" if k % 2 else "landscape" for k in range(n)]
    base = np.array([200 if g == "portrait" else 60 for g in genres], dtype=float)[:, None, None, None]
    pixels = np.clip(base + generator.normal(0, 25, (n, size, size, 3)), 0, 255).astype("uint8")
    names = [f"w{k}" for k in range(n)]
    artists = ["Rembrandt" if k < 5 else "Vermeer" for k in range(n)]
    works = pd.DataFrame({"work_id": names, "image": names, "genre": genres, "artist": artists})
    works.loc[n - 1, "artist"] = None
    return Pictures(works, pixels, size, "tones", works.iloc[:0], f"tones-{seed}")


@pytest.fixture(scope="module")
def pictures():
    return make_pictures()


def train(pictures, recipe=QUICK, rows=None, **options):
    rows = np.arange(len(pictures)) if rows is None else rows
    return gan.learner(pictures, rows, recipe, quiet=True, device="cpu", **options).fit_recipe()


def state(learner) -> dict:
    return {k: v.clone() for k, v in learner.tensors().items()}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def told(learner) -> list[dict]:
    return learner.history.drop(columns="seconds").to_dict("records")


# --- networks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "painter", "judge"), [(64, 3_576_704, 2_765_568), (128, 12_658_432, 11_036_160)])
def test_the_networks_have_exactly_the_published_sizes(width, painter, judge):
    assert sum(p.numel() for p in Generator(width).parameters()) == painter
    assert sum(p.numel() for p in Discriminator(width).parameters()) == judge


def test_initial_weights_are_drawn_as_radford_draws_them():
    networks = DCGAN(width=32, seed=1)
    for module in networks.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.15)
            assert abs(module.weight.mean().item()) < 0.003
        elif isinstance(module, torch.nn.BatchNorm2d):
            assert abs(module.weight.mean().item() - 1) < 0.02
            assert module.weight.std().item() < 0.05
            assert not module.bias.any()
    slopes = {m.negative_slope for m in networks.discriminator.modules() if isinstance(m, torch.nn.LeakyReLU)}
    assert slopes == {0.2}


def test_the_seed_alone_decides_initial_weights():
    before = torch.get_rng_state()
    one, two, other = DCGAN(4, 8, 16, seed=3), DCGAN(4, 8, 16, seed=3), DCGAN(4, 8, 16, seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(one.state_dict(), two.state_dict())
    assert not same(one.state_dict(), other.state_dict())


@pytest.mark.parametrize("size", [8, 32, 64])
def test_pictures_are_rgb_between_0_and_1_and_go_in_as_they_came_out(size):
    networks = DCGAN(width=4, z=6, size=size, styles=3)
    painted = networks(torch.randn(5, 6) * 50)
    assert painted.shape == (5, 3, size, size)
    assert 0 <= painted.min() <= painted.max() <= 1
    odds, styles = networks.discriminator(painted)
    assert odds.shape == (5,)
    assert styles.shape == (5, 3)
    # What the discriminator sees of 0..1 is -1..1.
    assert networks.discriminator.normalize(torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2))[0, 0].flatten().tolist() == [
        -1,
        1,
    ]


def test_networks_of_impossible_sizes_say_why():
    with pytest.raises(nets.NetsError, match="8, 16, 32, 64"):
        DCGAN(size=48)
    with pytest.raises(nets.NetsError, match="width of at least one"):
        DCGAN(width=0)
    with pytest.raises(nets.NetsError, match="16x16 pixels, not 32x32"):
        Discriminator(4, 16)(torch.zeros(1, 3, 32, 32))


# --- selection --------------------------------------------------------------------------------------------------------


def test_pictures_are_chosen_by_any_column_or_all(pictures):
    assert data.select(pictures).tolist() == list(range(56))
    assert data.select(pictures, genre="portrait").tolist() == list(range(1, 56, 2))
    assert data.select(pictures, genre=("portrait", "landscape"), artist="Rembrandt").tolist() == [0, 1, 2, 3, 4]


def test_a_value_that_is_not_there_names_what_is(pictures):
    with pytest.raises(GANError, match=re.escape("Did you mean 'Rembrandt' (5 pictures)?")):
        data.select(pictures, artist="Rembrant")
    with pytest.raises(GANError, match=re.escape("The most frequent are: Vermeer (50), Rembrandt (5).")):
        data.select(pictures, artist="Xu")
    with pytest.raises(GANError, match="no column 'style'"):
        data.select(pictures, style="baroque")
    none = replace(
        pictures, works=pictures.works.assign(artist=["Rembrandt"] * 2 + ["Vermeer"] * 54, genre=["a"] * 2 + ["b"] * 54)
    )
    with pytest.raises(GANError, match="No picture has artist 'Vermeer' and genre 'a' at once"):
        data.select(none, artist="Vermeer", genre="a")


def test_pictures_of_one_colour_are_left_out_and_counted(pictures):
    pixels = pictures.pixels.copy()
    pixels[[1, 4]] = (10, 200, 30)
    some = replace(pictures, pixels=pixels)
    with pytest.warns(SkippedWarning, match="2 of 56 pictures are of one colour and left out; the first is w1"):
        assert not {1, 4} & set(data.select(some).tolist())
    plain = replace(pictures, pixels=np.broadcast_to(pixels[1], pixels.shape))
    with pytest.raises(GANError, match="All 56 pictures are of one colour"):
        gan.learner(plain, np.arange(56), QUICK)


def test_fewer_pictures_than_a_batch_are_refused(pictures):
    rows = data.select(pictures, artist="Rembrandt")
    with pytest.raises(GANError, match="5 pictures do not fill a batch of 16"):
        gan.learner(pictures, rows, QUICK)
    with pytest.raises(GANError, match="Rows of these pictures count from 0 to 55"):
        gan.learner(pictures, np.arange(40, 60), QUICK)


@pytest.mark.parametrize(
    "field", [{"lr": 0}, {"batch_size": 1}, {"beta1": 1}, {"average": 1.0}, {"style_ambiguity": -1}]
)
def test_recipes_that_cannot_be_followed_say_which_number(field):
    with pytest.raises(GANError, match=next(iter(field)) if "batch_size" not in field else "two pictures or more"):
        Recipe(**field)


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(pictures):
    return train(pictures)


def test_the_same_call_gives_the_same_pictures(pictures, trained):
    torch.manual_seed(99)
    again = train(pictures)
    assert same(state(trained), state(again))
    assert told(trained) == told(again)
    assert np.array_equal(trained.frames, again.frames)
    assert not same(state(trained), state(train(pictures, seed=1)))


def test_fixed_noise_is_painted_before_and_after_every_epoch(trained):
    assert trained.frames.shape == (4, 5, 16, 16, 3)
    assert trained.frames.dtype == np.uint8
    assert np.array_equal(trained.frames[-1], trained.generate(data.latents(5, 8, trained.seed)))
    changes = np.abs(np.diff(trained.frames.astype(float), axis=0)).mean(axis=(1, 2, 3, 4))
    assert (changes > 0).all()
    assert list(trained.history.columns) == ["epoch", "d_loss", "g_loss", "real", "fake", "seconds"]


def test_pictures_are_painted_in_evaluation_mode_one_apart_from_another(trained):
    before = state(trained)
    noise = data.latents(6, 8, 7)
    alone = trained.generate(noise[:2])
    assert np.array_equal(alone, trained.generate(noise)[:2])
    # The poster's mistake: there a picture depends on its neighbours.
    assert not np.array_equal(
        trained.generate(noise[:2], training_mode=True), trained.generate(noise, training_mode=True)[:2]
    )
    assert same(before, state(trained))
    assert np.array_equal(trained.sample(300, 5), np.concatenate(list(trained.samples(300, 5))))
    assert not np.array_equal(trained.sample(4, 5), trained.sample(4, 6))
    with pytest.raises(GANError, match="one picture or more"):
        trained.sample(0)


@pytest.mark.slow
def test_the_generator_learns_what_pictures_look_like():
    """From mid-grey noise to the tone of the pictures: bright ones, and then dark ones."""
    recipe = replace(QUICK, epochs=25, lr=5e-3)
    pictures = make_pictures(96)
    means = {}
    for genre in ("portrait", "landscape"):
        learner = train(pictures, recipe, data.select(pictures, genre=genre))
        assert abs(learner.frames[0].mean() - 128) < 10
        means[genre] = learner.sample(32).mean()
    assert means["portrait"] > 155
    assert means["landscape"] < 100


def test_each_step_moves_its_own_network_only(pictures):
    learner = gan.learner(pictures, np.arange(56), QUICK, quiet=True, device="cpu")
    learner.opt = learner.recipe_optimizer()
    learner.model.train()
    real = torch.rand(16, 3, 16, 16)
    fake = learner.model.generator(torch.randn(16, 8))
    before = {k: p.detach().clone() for k, p in learner.model.named_parameters()}
    learner._discriminate(real, fake.detach(), None)
    moved = {k for k, p in learner.model.named_parameters() if not torch.equal(p, before[k])}
    assert moved == {k for k in before if k.startswith("discriminator.")}
    before = {k: p.detach().clone() for k, p in learner.model.named_parameters()}
    learner._generate(fake)
    moved = {k for k, p in learner.model.named_parameters() if not torch.equal(p, before[k])}
    assert moved == {k for k in before if k.startswith("generator.")}
    groups = learner.opt.opt.param_groups
    assert [group["betas"] for group in groups] == [(0.5, 0.999)] * 2
    assert [group["lr"] for group in groups] == [2e-4] * 2


def test_scores_over_epochs_stand_in_the_history_and_disturb_nothing(pictures, trained):
    def bright(learner):
        torch.manual_seed(1)
        np.random.seed(1)  # noqa: NPY002 - to show that nothing depends on it
        return {"brightness": learner.sample(20).mean()}

    measured = train(pictures, measure=bright)
    assert same(state(measured), state(trained))
    assert measured.history["brightness"].iloc[-1] == pytest.approx(trained.sample(20).mean())
    assert measured.history["brightness"].nunique() == 3


# --- resume -----------------------------------------------------------------------------------------------------------

EXTENDED = replace(QUICK, average=0.99, style_ambiguity=1.0)


@pytest.mark.parametrize("recipe", [QUICK, EXTENDED], ids=["plain", "extended"])
def test_a_run_broken_off_ends_as_an_undisturbed_one(pictures, tmp_path, recipe):
    task = tasks.make(pictures.works, "genre")
    whole = train(pictures, recipe, task=task)

    class Power(base.Callback):
        def after_batch(self):
            if self.learn.done == 2 and self.iter == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(pictures, recipe, task=task, folder=tmp_path, cbs=[Power()])
    again = train(pictures, recipe, task=task, folder=tmp_path)
    assert same(state(whole), state(again))
    assert told(whole) == told(again)
    assert np.array_equal(whole.frames, again.frames)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"last.pt", "best-0003.safetensors", *(f"frame-{k:04d}.npy" for k in range(4))}
    # A finished run is read, not trained again.
    assert train(pictures, recipe, task=task, folder=tmp_path, cbs=[Power()]).rows == again.rows
    (tmp_path / "notes.txt").touch()
    gan.discard(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_more_epochs_go_on_from_fewer_and_fewer_are_refused(pictures, trained, tmp_path):
    train(pictures, replace(QUICK, epochs=1), folder=tmp_path)
    longer = train(pictures, folder=tmp_path)
    assert same(state(longer), state(trained))
    with pytest.raises(GANError, match="is that of 3 epochs, and the recipe wants 2"):
        train(pictures, replace(QUICK, epochs=2), folder=tmp_path)


@pytest.mark.slow
def test_checkpoints_of_other_pictures_or_damaged_ones_start_afresh(pictures, trained, tmp_path):
    train(make_pictures(seed=1), folder=tmp_path)
    with pytest.warns(CheckpointWarning, match="starting afresh"):
        assert same(state(train(pictures, folder=tmp_path)), state(trained))
    for damage in ("last.pt", "best-0003.safetensors", "frame-0001.npy"):
        content = (tmp_path / damage).read_bytes()
        (tmp_path / damage).write_bytes(content[: len(content) // 3])
        with pytest.warns(CheckpointWarning, match="cannot be read"):
            again = train(pictures, folder=tmp_path)
        assert same(state(again), state(trained))
        assert np.array_equal(again.frames, trained.frames)


# --- faults -----------------------------------------------------------------------------------------------------------


class Poison(base.Callback):
    """A weight that is no number, in the middle of an epoch."""

    def __init__(self, epoch):
        self.at = epoch

    def before_batch(self):
        if self.learn.done + 1 == self.at and self.iter == 1:
            next(self.learn.model.generator.parameters()).data.fill_(float("nan"))


def test_a_loss_that_is_no_number_stops_with_the_last_good_epoch(pictures, tmp_path):
    good = train(pictures, replace(QUICK, epochs=2))
    learner = gan.learner(pictures, np.arange(56), QUICK, folder=tmp_path, quiet=True, device="cpu", cbs=[Poison(3)])
    with pytest.raises(
        GANError, match=r"not a finite number in epoch 3 .* those of epoch 2, also in .*smaller lr"
    ) as info:
        learner.fit_recipe()
    assert "\n" not in str(info.value)
    assert same(state(learner), state(good))
    assert np.array_equal(learner.sample(4), good.sample(4))
    assert len(learner.history) == 2
    assert (tmp_path / "best-0002.safetensors").exists()
    # Without the fault the training goes on from there.
    assert same(state(train(pictures, folder=tmp_path)), state(train(pictures)))


def test_a_fault_in_the_first_epoch_leaves_the_initial_networks(pictures):
    learner = gan.learner(pictures, np.arange(56), QUICK, quiet=True, device="cpu", cbs=[Poison(1)])
    with pytest.raises(GANError, match=r"in epoch 1 .* those before training"):
        learner.fit_recipe()
    assert same(learner.model.state_dict(), DCGAN(4, 8, 16, seed=0).state_dict())


# --- extensions -------------------------------------------------------------------------------------------------------


def test_the_average_follows_the_generator_and_paints(pictures, trained):
    learner = train(pictures, replace(QUICK, average=0.9))
    # The average only looks on: the networks train as without it.
    assert same(learner.model.state_dict(), trained.model.state_dict())
    assert learner.generator is learner.average.module
    assert not np.array_equal(learner.sample(4), trained.sample(4))
    past, now = (m.state_dict()["1.weight"] for m in (learner.generator, learner.model.generator))
    start = DCGAN(4, 8, 16, seed=0).generator.state_dict()["1.weight"]
    assert (past - now).norm() < (start - now).norm()


def test_ambiguity_is_least_where_no_style_is_told():
    equal, sure = torch.zeros(3, 4), torch.tensor([[9.0, 0, 0, 0]])
    assert gan._ambiguity(equal).item() == pytest.approx(np.log(4))
    assert gan._ambiguity(sure) > gan._ambiguity(equal)
    said, styles = torch.tensor([[5.0, 0], [0, 5.0], [0.0, 0]]), torch.tensor([0, 0, -1])
    expected = torch.nn.functional.cross_entropy(said[:2], styles[:2])
    assert torch.allclose(gan._style_loss(said, styles), expected)
    assert gan._style_loss(said[2:], styles[2:]).item() == 0


@pytest.mark.slow
def test_the_discriminator_learns_styles_of_real_pictures(pictures):
    task = tasks.make(pictures.works, "genre")
    learner = train(pictures, replace(QUICK, epochs=8, lr=2e-3, style_ambiguity=1.0), task=task)
    assert learner.history["style_loss"].iloc[-1] < 0.3 * learner.history["style_loss"].iloc[0]
    assert (learner.history["ambiguity"] >= np.log(2) - 1e-6).all()
    portraits = data.select(pictures, genre="portrait")
    for rows, given in ((np.arange(56), None), (portraits, task)):
        with pytest.raises(GANError, match="needs a task of two styles or more"):
            gan.learner(pictures, rows, EXTENDED, task=given)


def test_a_walk_is_closed_and_passes_the_stops():
    way = data.interpolate_latents(stops=3, steps=4, z=8, seed=2)
    stops = data.latents(3, 8, 2).numpy()
    assert way.shape == (12, 8)
    assert np.allclose(way[::4], stops, atol=1e-5)
    strides = np.linalg.norm(way - np.roll(way, -1, axis=0), axis=1)
    assert strides.max() < 4 * strides.min()


# --- pictures that are held out ---------------------------------------------------------------------------------------


def test_no_work_is_learned_from_and_held_out():
    works = pd.DataFrame({"work_id": [f"w{k // 3}" for k in range(90)]})
    rows = np.arange(90)
    train, held = data.train_test_rows(works, rows, 20, 40, seed=1)
    assert (len(train), len(held)) == (40, 20)
    assert not set(works["work_id"][train]) & set(works["work_id"][held])
    assert np.array_equal(train, np.sort(train))
    assert np.array_equal(data.train_test_rows(works, rows, 20, 40, seed=1)[1], held)
    assert not np.array_equal(data.train_test_rows(works, rows, 20, 40, seed=2)[1], held)


def test_a_generator_learns_from_what_a_published_split_trains_on():
    works = pd.DataFrame({"work_id": [f"w{k // 2}" for k in range(90)], "set": ["Train"] * 59 + ["test"] * 31})
    with pytest.warns(splits.SplitWarning, match="is kept: 58 to learn from, 32 to hold out"):
        train, held = data.train_test_rows(works, np.arange(90), 20, 40)
    assert (len(train), len(held)) == (40, 20)
    assert train.max() < 58 <= held.min()
    with pytest.warns(splits.SplitWarning, match="58 to learn from and 32 to hold out: too few"):
        assert len(data.train_test_rows(works, np.arange(90), 40, 40)[1]) == 40


@pytest.mark.parametrize(("held", "train"), [(80, 20), (1, 10), (200, None)])
def test_too_few_pictures_to_hold_some_out_are_refused(held, train):
    works = pd.DataFrame({"work_id": [f"w{k}" for k in range(90)]})
    with pytest.raises(GANError, match="too few"):
        data.train_test_rows(works, np.arange(90), held, train)


def test_nothing_left_to_train_on_is_one_sentence():
    with pytest.raises(GANError, match="No picture is left"):
        data.train_test_rows(pd.DataFrame({"work_id": ["a"]}), np.array([], dtype=int), 2)
