"""Batches: the right pixels with the right answers, the same after a kill, accepted by fastai."""

import importlib
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import loaders, tasks
from artlib.loaders import LoadersError
from artlib.loaders.cutting import Draw, Store, indexed, one_ahead
from artlib.pixels import Pictures
from artlib.splits import Split

SIZE, COUNT = 24, 70


@pytest.fixture
def pictures(tmp_path):
    """70 noise pictures of 24 px in a memory map, with labels of every kind and some missing."""
    file = np.lib.format.open_memmap(tmp_path / "pixels.npy", "w+", np.uint8, (COUNT, SIZE, SIZE, 3))
    file[:] = np.random.default_rng(0).integers(0, 256, file.shape, dtype=np.uint8)
    file.flush()
    works = pd.DataFrame(
        {
            "work_id": [f"w{row}" for row in range(COUNT)],
            "image": [f"{row}.jpg" for row in range(COUNT)],
            "style": [None if row % 10 == 0 else f"style {row % 3}" for row in range(COUNT)],
            "materials": [[] if row % 7 == 0 else ["oil", "panel"][: 1 + row % 2] for row in range(COUNT)],
            "year": [None if row % 5 == 0 else 1600.0 + row for row in range(COUNT)],
        }
    )
    skipped = pd.DataFrame({"image": [], "reason": []})
    return Pictures(works, np.load(tmp_path / "pixels.npy", mmap_mode="r"), SIZE, "noise", skipped, "key")


def split_of(train=range(40), valid=range(40, 53), test=range(53, 70)):
    return Split(*(np.array(rows, dtype=np.int64) for rows in (train, valid, test)), seed=0, column="style")


def made(pictures, task=None, split=None, **options):
    options = {"batch_size": 16, "device": "cpu"} | options
    return loaders.dataloaders(pictures, split or split_of(), task or tasks.make(pictures.works, "style"), **options)


def plain(pictures, rows):
    return torch.from_numpy(np.array(pictures.pixels[np.asarray(rows)])).permute(0, 3, 1, 2).float() / 255


def everything(batches):
    found = [(x.clone(), y) for x, y in batches]
    return torch.cat([x for x, _ in found]), torch.cat([y for _, y in found])


# --- what a batch is --------------------------------------------------------------------------------------------------


def test_validation_and_test_show_the_rows_in_order(pictures):
    dls = made(pictures)
    for batches, rows in ((dls.valid, range(40, 53)), (dls[2], range(53, 70))):
        x, y = everything(batches)
        torch.testing.assert_close(x, plain(pictures, rows), rtol=0, atol=1e-6)
        assert y.tolist() == tasks.make(pictures.works, "style").targets(pictures.works)[list(rows)].tolist()
        assert [len(x) for x, _ in batches][:-1] == [16] * (len(batches) - 1)


def test_a_batch_is_float_rgb_with_channels_last(pictures):
    x, y = made(pictures).train.one_batch()
    assert (x.dtype, tuple(x.shape)) == (torch.float32, (16, 3, SIZE, SIZE))
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert 0 <= x.min() < 0.1 < 0.9 < x.max() <= 1
    assert y.dtype == torch.int64


def test_training_shows_every_row_once_in_another_order(pictures):
    dls = made(pictures, augment=False)
    first, second = everything(dls.train)[0], everything(dls.train)[0]
    expected = plain(pictures, range(40))
    for shown in (first, second):
        distances = (shown[:, None] - expected[None]).abs().amax(dim=(2, 3, 4))
        assert sorted(distances.argmin(dim=1).tolist()) == list(range(40))
        assert distances.min(dim=1).values.max() < 1e-6
    assert not torch.equal(first, second)


def test_augmentation_cuts_and_mirrors_and_nothing_else(pictures):
    x, y = everything(made(pictures, crop=20, seed=3).train)
    assert tuple(x.shape) == (40, 3, 20, 20)
    windows = (
        plain(pictures, range(40)).unfold(2, 20, 1).unfold(3, 20, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3, 20, 20)
    )
    both = torch.cat([windows, windows.flip(-1)]).flatten(1)
    nearest = torch.cdist(x.flatten(1), both, compute_mode="donot_use_mm_for_euclid_dist")
    assert nearest.min(dim=1).values.max() < 1e-3
    place = nearest.argmin(dim=1)
    mirrored, offset = place >= len(windows), place % len(windows) % 25
    assert 8 <= mirrored.sum() <= 32
    assert len(offset.unique()) > 12
    targets = tasks.make(pictures.works, "style").targets(pictures.works)
    assert y.tolist() == targets[(place % len(windows) // 25).numpy()].tolist()


def test_the_middle_is_cut_where_nothing_is_augmented(pictures):
    x, _ = everything(made(pictures, crop=20).valid)
    torch.testing.assert_close(x, plain(pictures, range(40, 53))[:, :, 2:22, 2:22], rtol=0, atol=1e-6)
    torch.testing.assert_close(loaders.batch_of(pictures, [69, 0], crop=20), plain(pictures, [69, 0])[:, :, 2:22, 2:22])


def test_a_batch_of_chosen_rows(pictures):
    torch.testing.assert_close(loaders.batch_of(pictures, [3, 3, 0]), plain(pictures, [3, 3, 0]))
    assert tuple(loaders.batch_of(pictures, []).shape) == (0, 3, SIZE, SIZE)
    with pytest.raises(LoadersError, match="from 0 to 69"):
        loaders.batch_of(pictures, [70])


def test_slices_and_indices_give_the_same(pictures):
    chance = np.random.default_rng(1)
    draw = Draw(np.arange(30), *chance.integers(0, 9, (2, 30)), chance.random(30) < 0.5)
    store = Store(pictures.pixels)
    gathered = indexed(torch.from_numpy(np.array(pictures.pixels[:30])), draw, 16)
    assert torch.equal(store.batch(draw, 16, torch.device("cpu")), gathered)
    # As for a device that cannot hold all pixels: through two buffers that stay, of the largest batch so far.
    for part in (draw, draw.part(3, 7), draw.part(10, 20)):
        chosen = part.rows if part is draw else part.rows - draw.rows[0]
        assert torch.equal(store.sent(part, 16, torch.device("cpu")), gathered[chosen])
    assert {len(buffer) for buffer in store.staging.buffers} == {30, 7}
    assert gathered.is_contiguous(memory_format=torch.channels_last)


# --- answers ----------------------------------------------------------------------------------------------------------


def test_missing_answers_pass_through(pictures):
    works = pictures.works
    style = everything(made(pictures).valid)[1]
    assert style[0] == -1
    assert (style[1:10] >= 0).all()
    year = everything(made(pictures, tasks.make(works, "year", "regression")).valid)[1]
    assert torch.isnan(year).tolist() == [row % 5 == 0 for row in range(40, 53)]
    materials = everything(made(pictures, tasks.make(works, "materials", "multilabel")).valid)[1]
    assert materials[2].tolist() == [-1, -1]  # row 42
    assert materials[1].tolist() == [1, 1]
    assert materials[0].tolist() == [1, 0]


def test_several_tasks_give_a_tuple_in_step(pictures):
    both = [tasks.make(pictures.works, "style"), tasks.make(pictures.works, "year", "regression")]
    dls = made(pictures, both)
    single = made(pictures, both[1])
    (x, answers), (x_single, year) = next(iter(dls.train)), next(iter(single.train))
    assert isinstance(answers, tuple)
    assert torch.equal(x, x_single)  # the seed decides, not the tasks
    torch.testing.assert_close(answers[1], year, equal_nan=True)
    assert [list(classes) for classes in dls.vocab] == [["style 0", "style 1", "style 2"], []]
    assert dls.c == 4


# --- epochs -----------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_epoch_show_the_same(pictures):
    undisturbed = made(pictures, crop=20, seed=5).train
    epochs = [everything(undisturbed) for _ in range(3)]
    resumed = made(pictures, crop=20, seed=5).train
    resumed.set_epoch(2)
    assert torch.equal(everything(resumed)[0], epochs[2][0])
    assert not torch.equal(epochs[1][0], epochs[2][0])
    assert not torch.equal(everything(made(pictures, crop=20, seed=6).train)[0], epochs[0][0])
    resumed.set_epoch(1)
    next(iter(resumed))  # an epoch that is broken off does not shift the next
    resumed.set_epoch(2)
    assert torch.equal(everything(resumed)[0], epochs[2][0])


def test_looking_at_a_batch_does_not_use_it_up(pictures):
    train = made(pictures).train
    assert torch.equal(train.one_batch()[0], next(iter(train))[0])


def test_the_last_batch_is_dropped_only_when_it_is_a_single_picture(pictures):
    def sizes(count):
        split = split_of(range(count), range(40, 57))
        dls = made(pictures, split=split)
        assert len(dls.train) == len(list(dls.train))
        return [len(x) for x, _ in dls.train], [len(x) for x, _ in dls.valid]

    assert sizes(33) == ([16, 16], [16, 1])
    assert sizes(34) == ([16, 16, 2], [16, 1])
    assert sizes(32) == ([16, 16], [16, 1])
    assert sizes(1) == ([1], [16, 1])


def test_batches_stay_as_they_are_while_somebody_holds_them(pictures):
    train = made(pictures, augment=False, batch_size=8).train
    held = [x for x, _ in train]
    train.set_epoch(0)
    for kept, again in zip(held, train, strict=True):
        assert torch.equal(kept, again[0])
    view = held[0][:, :1].numpy()
    copy = view.copy()
    del held, kept, again
    for _ in train:
        assert (view == copy).all()


def test_no_buffer_is_handed_out_again_because_of_a_count_of_references(pictures, monkeypatch):
    """From Python 3.14 a call's own argument is not counted: an array in use looked free to code that counts."""
    counted = sys.getrefcount
    monkeypatch.setattr(sys, "getrefcount", lambda thing: counted(thing) - 2)
    train = made(pictures, augment=False, batch_size=8).train
    held, before = [], []
    for x, _ in train:
        held.append(x)
        before.append(x.clone())
    assert all(torch.equal(one, other) for one, other in zip(held, before, strict=True))


def test_memory_is_used_again(pictures):
    train = made(pictures, split=split_of(range(32))).train
    for _ in range(5):
        for _batch in train:
            pass
    assert sum(map(len, train.dataset.store.buffers.idle.values())) <= 2


def test_batches_prepared_ahead_are_the_same_and_faults_come_through():
    assert list(one_ahead(iter(range(1, 9)))) == list(range(1, 9))

    def failing():
        yield 1
        raise LoadersError("no more")

    ahead = one_ahead(failing())
    assert next(ahead) == 1
    with pytest.raises(LoadersError, match="no more"):
        next(ahead)
    broken_off = one_ahead(iter(range(1, 9)))
    assert next(broken_off) == 1
    broken_off.close()


# --- fastai -----------------------------------------------------------------------------------------------------------


def test_a_fastai_learner_trains_predicts_and_finds_its_loss(pictures):
    importlib.import_module("fastai.callback.progress")  # gives Learner no_bar
    from fastai.learner import Learner

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, 3))
    learner = Learner(made(pictures), network)
    with learner.no_bar(), learner.no_logging():
        learner.fit(2, lr=0.01)
        assert len(learner.recorder.values) == 2
        assert np.isfinite(learner.recorder.values).all()
        for number, rows in ((0, range(40)), (1, range(40, 53)), (2, range(53, 70))):
            outputs, targets = learner.get_preds(ds_idx=number, act=torch.nn.Identity())
            expected = network(plain(pictures, rows)).detach()
            torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-5)
            assert targets.tolist() == tasks.make(pictures.works, "style").targets(pictures.works)[list(rows)].tolist()
    assert learner.dls.device == torch.device("cpu")
    assert learner.dls.train.epoch == 2


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch_size": 0}, "batch size is a whole number"),
        ({"crop": 25}, "crop of 25 px cannot be cut from pictures of 24 px"),
        ({"crop": 0}, "crop of 0 px"),
        (
            {"split": split_of(test=range(60, 71))},
            r"test set counts to row 70, but there are 70 pictures.*pictures\.works",
        ),
        ({"split": split_of(train=[])}, "train set is empty"),
        ({"task": []}, "name at least one"),
    ],
)
def test_what_cannot_be_asked_for(pictures, options, said):
    options = {"task": tasks.make(pictures.works, "style"), "split": split_of(), "device": "cpu"} | options
    with pytest.raises(LoadersError, match=said):
        loaders.dataloaders(pictures, **options)


def test_an_empty_set_is_no_batch(pictures):
    dls = made(pictures, split=split_of(test=[]))
    assert list(dls[2]) == []
    with pytest.raises(LoadersError, match="empty"):
        dls[2].one_batch()


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timed
def test_the_measurement_compares_the_same_pictures(own_cache):
    from speed import cache

    rows = cache.measure(n=96, height=160, width=128, rounds=1)
    assert [row["target"] for row in rows] == [1, 15, 30]
    assert all(row["ratio"] == row["ours"] / row["peer"] for row in rows)
    assert rows[1]["ratio"] > 1  # how much more depends on the size of the files; `tests/speed cache` says it
    assert rows[2]["ratio"] > 1
    assert not (own_cache / "pixels").exists()  # it measures in a folder of its own
