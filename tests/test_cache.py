"""What is kept on disk is taken only for what it is: same facts, same weights, same code."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from artlib import cache, records

CODE = ("cache.py",)


class Counted:
    """A computation that counts its calls and gives another number each time."""

    def __init__(self, value=None):
        self.calls, self.value = 0, value

    def __call__(self):
        self.calls += 1
        return {"number": self.calls} if self.value is None else self.value


def test_the_same_facts_are_computed_once():
    make = Counted()
    first = cache.once("sums", {"recipe": {"epochs": 3}}, make, code=CODE)
    second = cache.once("sums", {"recipe": {"epochs": 3}}, make, code=CODE)
    assert make.calls == 1
    assert first.value == second.value == {"number": 1}
    assert not first.cached
    assert second.cached
    assert cache.once("sums", {"recipe": {"epochs": 4}}, make, code=CODE).value == {"number": 2}


def test_an_entry_says_who_made_it():
    found = [cache.once("sums", {}, Counted(), code=CODE) for _ in range(2)]
    made = found[1].made
    assert made == found[0].made
    assert made["code"] == records.code_version(*CODE)
    assert made["versions"]["numpy"] == np.__version__
    assert made["minutes"] >= 0
    assert made["created"].startswith("20")
    assert "seed" not in made


def network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    made = torch.nn.Linear(3, 2)
    made.name = "the same name"
    return made


def test_other_weights_of_the_same_name_are_another_entry():
    make = Counted()
    for seed in (0, 1, 0):
        cache.once("sums", {"name": "resnet", "network": network(seed)}, make, code=CODE)
    assert make.calls == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1, 2]), np.array([2, 1])),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array(["a", None], dtype=object), np.array(["b", None], dtype=object)),
        (torch.zeros(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16)),
        (torch.tensor(1.0), torch.tensor(2.0)),
    ],
)
def test_arrays_and_tensors_count_by_content(one, other):
    assert cache.plain(one) != cache.plain(other)
    assert cache.plain(one) == cache.plain(one.copy() if isinstance(one, np.ndarray) else one.clone())


def test_other_code_is_another_entry(monkeypatch):
    make = Counted()
    cache.once("sums", {}, make, code=CODE)
    monkeypatch.setattr(records, "code_version", lambda *parts: "changed")
    assert cache.once("sums", {}, make, code=CODE).value == {"number": 2}


def test_a_path_is_no_fact(tmp_path):
    with pytest.raises(cache.CacheError, match="digest"):
        cache.once("sums", {"weights": tmp_path}, Counted(), code=CODE)


def test_arrays_tensors_and_plain_data_come_back_as_they_were():
    value = {
        "features": np.arange(6, dtype="float16").reshape(2, 3),
        "words": np.array(["oil", "paper"]),
        "weight": torch.ones(2, 2, dtype=torch.bfloat16),
        "history": {"loss": [1.5, float("inf")], "epochs": np.int64(2)},
    }
    for _ in range(2):
        found = cache.once("mixed", {}, Counted(value), code=CODE).value
        assert (found["features"] == value["features"]).all()
        assert found["features"].dtype == "float16"
        assert list(found["words"]) == ["oil", "paper"]
        assert torch.equal(found["weight"], value["weight"])
        assert found["history"] == {"loss": [1.5, float("inf")], "epochs": 2}


def test_a_large_array_is_written_block_by_block_and_mapped():
    blocks = cache.Blocks(5, lambda: (np.full((n, 2), n, dtype="float16") for n in (3, 2)))
    for _ in range(2):
        found = cache.once("large", {}, lambda: blocks, code=CODE, mapped=True).value
        assert isinstance(found, np.memmap)
        assert found[:, 0].tolist() == [3, 3, 3, 2, 2]
    with pytest.raises(cache.CacheError, match="6 rows"):
        cache.once("large", {"rows": 6}, lambda: cache.Blocks(6, blocks.blocks), code=CODE)


def test_an_array_of_objects_is_refused():
    with pytest.raises(cache.CacheError, match="pickle"):
        cache.once("objects", {}, lambda: np.array([None]), code=CODE)


@pytest.mark.parametrize("file", ["about.json", "0.npy", "tensors.safetensors"])
@pytest.mark.parametrize("left", [0, 20])
def test_a_damaged_entry_is_made_again(file, left):
    make = Counted({"array": np.arange(100), "tensor": torch.ones(3)})
    place = cache.once("damaged", {}, make, code=CODE).path
    (place / file).write_bytes((place / file).read_bytes()[:left])
    assert cache.once("damaged", {}, make, code=CODE).value["array"].sum() == 4950
    assert make.calls == 2
    assert cache.once("damaged", {}, make, code=CODE).cached


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(own_cache):
    own_cache.write_text("no folder")
    blocks = cache.Blocks(2, lambda: iter([np.ones((2, 2))]))
    make = Counted({"array": np.ones(2), "large": blocks, "pair": (1, 2)})
    for calls in (1, 2):
        found = cache.once("sums", {}, make, code=CODE)
        assert found.path is None
        assert not found.cached
        assert make.calls == calls
        assert found.value["pair"] == [1, 2]
        assert found.value["large"].sum() == 4
        assert found.made["code"] == records.code_version(*CODE)


def test_errors_pass_through_and_nothing_is_kept(own_cache):
    with pytest.raises(ZeroDivisionError):
        cache.once("sums", {}, lambda: 1 / 0, code=CODE)
    assert not list(own_cache.glob("sums/*"))
    with pytest.raises(cache.CacheError):
        cache.once("sums", {}, lambda: {"what": {1, 2}}, code=CODE)
    assert not list(own_cache.glob("sums/*"))


PROCESS = """
import json, time
import numpy as np
from artlib import cache
made = []
def make():
    made.append(1)
    time.sleep(0.5)
    return {"array": np.arange(1000)}
found = cache.once("shared", {}, make, code=("cache.py",))
print(json.dumps([int(found.value["array"].sum()), found.path is not None]))
"""


def test_two_processes_at_once_keep_one_whole_entry(own_cache):
    started = [
        subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, env={**os.environ}) for _ in range(2)
    ]
    told = [json.loads(process.communicate(timeout=60)[0]) for process in started]
    assert told == [[499500, True]] * 2
    assert len(list(own_cache.glob("shared/*"))) == len(list(own_cache.glob("shared/[!.]*"))) == 1
    assert not list(own_cache.glob("shared/.draft-*"))


def test_what_a_killed_process_left_is_cleared_away(own_cache):
    left = own_cache / "sums" / ".draft-old"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    cache.once("sums", {}, Counted(), code=CODE)
    assert not left.exists()


def test_a_place_to_rest_is_named_by_the_same_facts():
    found = cache.once("sums", {"seed": 3}, Counted(), code=CODE)
    assert found.path.name == cache.key("sums", {"seed": 3}, code=CODE) != cache.key("sums", {"seed": 4}, code=CODE)
