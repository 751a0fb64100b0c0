"""Tasks: vocabularies, targets, and losses that pass over missing labels."""

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import tasks, works


@pytest.fixture
def few():
    return works.check(
        pd.DataFrame(
            {
                "work_id": list("abcdef"),
                "image": list("abcdef"),
                "style": ["dots", "dots", "bands", "bands", "rare", None],
                "materials": ["oil;canvas", "oil", "ink", "", "ink;paper", None],
                "year_begin": [1600, 1700, None, 1800, 1650, 1900],
                "artistic": ["yes", "no", "yes", None, "no", "no"],
            }
        ),
        "few",
    )


def test_a_category_leaves_rare_and_missing_labels_out(few):
    task = tasks.make(few, "style", minimum=2)
    assert task.classes == ("bands", "dots")
    assert task.targets(few).tolist() == [1, 1, 0, 0, -1, -1]
    assert task.labelled(few).tolist() == [True] * 4 + [False] * 2
    assert task.chance(few) == 0.5
    assert task.outputs == 2


def test_multilabel_marks_unlabelled_rows(few):
    task = tasks.make(few, "materials", "multilabel")
    assert task.classes == ("canvas", "ink", "oil", "paper")
    targets = task.targets(few)
    assert targets[0].tolist() == [1, 0, 1, 0]
    assert targets[3].tolist() == [-1] * 4
    assert task.labelled(few).tolist() == [True, True, True, False, True, False]


def test_regression_and_binary(few):
    years = tasks.make(few, "year_begin", "regression")
    assert np.isnan(years.targets(few)).tolist() == [False, False, True, False, False, False]
    assert years.outputs == 1
    artistic = tasks.make(few, "artistic", "binary")
    assert artistic.classes == ("false", "true")
    assert artistic.targets(few).tolist() == [1, 0, 1, -1, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("colour",), "no column 'colour'"),
        (("style", "guess"), "Unknown kind"),
        (("style", "category", 3), "at least 3"),
        (("year_begin", "regression", 6), "Only 5 pictures have a number"),
    ],
)
def test_impossible_tasks_say_why(few, arguments, words):
    with pytest.raises(tasks.TaskError, match=words):
        tasks.make(few, *arguments)


def test_a_column_of_one_class_is_no_question(few):
    with pytest.raises(tasks.TaskError, match="two classes"):
        tasks.make(few.assign(style="dots"), "style")


@pytest.mark.parametrize("kind", ["category", "multilabel", "regression"])
def test_losses_ignore_missing_labels(kind):
    outputs = torch.randn(4, 1 if kind == "regression" else 3, requires_grad=True)
    known = {
        "category": torch.tensor([0, 2, 1, 1]),
        "multilabel": torch.tensor([[1.0, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 0]]),
        "regression": torch.tensor([1.0, 2.0, 3.0, 4.0]),
    }[kind]
    loss = tasks.Task("x", kind, () if kind == "regression" else ("a", "b", "c")).loss()
    masked = known.clone()
    masked[2:] = float("nan") if kind == "regression" else -1
    torch.testing.assert_close(loss(outputs, masked), loss(outputs[:2], known[:2]))
    nothing = loss(outputs, torch.full_like(known, float("nan") if kind == "regression" else -1))
    nothing.backward()
    assert nothing.item() == 0
    assert outputs.grad.abs().sum() == 0


def test_class_weights_change_the_loss():
    outputs, targets = torch.tensor([[2.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 1])
    task = tasks.Task("x", "category", ("a", "b"))
    assert task.loss([1.0, 10.0])(outputs, targets) > task.loss()(outputs, targets)


def test_possible_tasks_keep_the_order_and_say_what_is_missing(few):
    with pytest.warns(tasks.TaskWarning, match="'genre'"):
        made = tasks.possible(few, ["genre", "style", "title"], minimum=2)
    assert [task.column for task in made] == ["style"]
    with pytest.warns(tasks.TaskWarning, match="'genre'"):
        assert len(tasks.possible(few, ["genre", "style", "title"], minimum=2, least=2)) == 1
    with pytest.raises(tasks.TaskError, match="'genre'"):
        tasks.possible(few, ["genre"])


def test_a_task_that_works_do_not_pose_is_refused_with_its_column(few):
    with pytest.warns(tasks.TaskWarning, match="Left out"):
        posed = tasks.mixed(few)
    assert list(posed) == ["material"]
    with pytest.raises(tasks.TaskError, match="'period', which asks for the column 'year_begin'"):
        posed["period"]


def test_a_minimum_is_halved_only_where_too_few_tasks_remain():
    few = pd.DataFrame({"genre": ["a"] * 12 + ["b"] * 11, "style": ["x"] * 12 + ["y"] * 5 + ["z"] * 6})
    with pytest.warns(tasks.TaskWarning, match="No two classes have 20 works or more: 10 are enough for genre"):
        (genre,) = tasks.possible(few, ["genre", "style"], minimum=20)
    assert genre.minimum == 10
    with pytest.warns(tasks.TaskWarning, match="5 are enough for style"):
        made = tasks.possible(few, ["genre", "style", "culture"], minimum=20, least=2)
    assert [task.minimum for task in made] == [10, 5]
    with pytest.raises(tasks.TaskError, match="no column 'culture'"):
        tasks.possible(few, ["culture"], minimum=20)
