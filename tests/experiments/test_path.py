"""From the cell ``experiments.run(study, pictures)`` to its record: few functions, each called by name."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType

from artlib import collections, experiments, pixels, records
from artlib.evaluate import predictions
from artlib.experiments import training
from artlib.learners import finetune
from artlib.learners.base import ArtLearner

PATH = (
    experiments.run,
    experiments.RunContext.run,
    training.train,
    training.trained_and_tested,
    training.trained,
    finetune.learner,
    ArtLearner.fit_recipe,
    predictions.predict,
    records.write,
)
"""What a reader opens, in this order."""


@contextmanager
def calls_between(functions: tuple[Callable, ...]) -> Iterator[set[tuple[CodeType, CodeType]]]:
    """(caller, called) of all calls between these functions inside the block."""
    codes, found = {function.__code__ for function in functions}, set()

    def watch(frame, event, _):
        if event == "call" and frame.f_code in codes and frame.f_back and frame.f_back.f_code in codes:
            found.add((frame.f_back.f_code, frame.f_code))

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield found
    finally:
        sys.setprofile(before)


def test_nine_functions_lie_between_the_cell_and_its_record(tmp_path):
    collection = collections.read("museum", size=120)
    pictures = pixels.cache(collection, 32)
    study = experiments.Study(
        paper="finetuning", experiment="transfer", collection="museum", preset="smoke",
        questions={"style": experiments.Question("style", minimum=10)}, methods={"all": {"kind": "train"}},
        network="mobilenet_s", weights="none", recipe={"epochs": 1, "lr": 0.01, "batch_size": 32}, pixels=32,
    )  # fmt: skip
    with calls_between(PATH) as called:
        runs = experiments.run(study, pictures, folder=tmp_path)
    assert runs["metrics.accuracy"].between(0, 1).all()
    assert len(PATH) <= 9
    assert len({inspect.getsourcefile(function) for function in PATH}) <= 9
    # Each is called directly by one that stands before it; the last one by the first, with nothing between.
    codes = [function.__code__ for function in PATH]
    for number, code in enumerate(codes[1:], start=1):
        assert any((caller, code) in called for caller in codes[:number]), f"{code.co_qualname} is called by no step"
    assert (codes[0], codes[-1]) in called


def test_no_step_is_known_by_a_string_alone():
    """Each step is written in the source of another; a kind is an object that an editor can follow."""
    sources = {function: inspect.getsource(function) for function in PATH}
    for function in set(PATH[1:]) - {training.train}:
        others = [source for step, source in sources.items() if step is not function]
        assert any(f".{function.__name__}(" in source or f" {function.__name__}(" in source for source in others)
    assert experiments.KINDS["train"].run is training.train
    assert '"train": Kind(train, recipe)' in inspect.getsource(training)
