"""Classes as points: known distances, a Mantel test with its false alarms, layouts and their stability."""

import numpy as np
import pandas as pd
import pytest

from artlib import claims
from artlib.collections import museum
from artlib.collections.museum import truth
from artlib.papers.culture import measures


@pytest.fixture
def line():
    """Four classes on a line, at 0, 1, 3 and 7."""
    features = np.array([[0.0], [1], [3], [7], [1], [-1]])
    return measures.means(features, ["a", "b", "c", "d", "b", None])


def test_means_and_distances(line):
    apart = measures.distances(line)
    assert line.loc["b", 0] == 1
    assert apart.loc["a"].tolist() == [0, 1, 3, 7]


def test_similarity_is_a_share_and_has_a_direction(line):
    found = measures.similarity(measures.distances(line))
    assert found.sum(axis=1).tolist() == pytest.approx([1, 1, 1, 1])
    assert found.loc["a", "b"] == pytest.approx(1 / (1 + 1 / 3 + 1 / 7))
    assert found.loc["d", "c"] < found.loc["c", "b"]
    assert found.loc["a", "b"] != found.loc["b", "a"]
    with pytest.raises(measures.ClusterError, match="same place"):
        measures.similarity(measures.distances(pd.DataFrame({0: [1.0, 1.0, 2.0]})))


def test_mantel_finds_a_map_and_is_silent_without_one():
    rng, names = np.random.default_rng(0), list("abcdefghij")
    points = pd.DataFrame(rng.normal(size=(10, 2)), names)
    turned = measures.distances(points @ np.array([[0.0, 1], [-1, 0]]) * 5 + 3)
    same = measures.mantel(measures.distances(points), turned, permutations=499)
    assert same.r == pytest.approx(1)
    assert same.p == pytest.approx(1 / 500)
    alarms = [
        measures.mantel(turned, measures.distances(pd.DataFrame(rng.normal(size=(10, 2)), names)), 99, seed).p <= 0.05
        for seed in range(100)
    ]
    assert sum(alarms) <= 12


def test_mantel_needs_enough_classes(line):
    apart = measures.distances(line)
    with pytest.raises(measures.ClusterError, match="four classes"):
        measures.mantel(apart, apart.loc[["a", "b"], ["a", "b"]])


def test_the_museums_own_map_agrees_with_geography():
    assert measures.mantel(truth.distances(), truth.kilometres()).p < 0.05


def test_east_and_west_are_those_of_the_claim_on_top_3():
    declared = claims.claim("C6").parts[0].options["regions"]
    assert {side: set(names) for side, names in declared.items()} == {
        side: set(names) for side, names in measures.EAST_WEST.items()
    }


def test_regions_stand_apart_on_the_globe():
    assert measures.silhouette(truth.kilometres()) > 0.4
    shuffled = truth.kilometres().sample(frac=1, random_state=1)
    renamed = pd.DataFrame(shuffled.to_numpy(), truth.kilometres().index, truth.kilometres().index)
    assert measures.silhouette(renamed) < measures.silhouette(truth.kilometres())


def test_great_circles_are_those_of_the_museum():
    coordinates = {"Berlin": (52.52, 13.405), "Tokyo": (35.68, 139.69)}
    assert measures.kilometres(["Berlin", "Tokyo"], coordinates).iloc[0, 1] == pytest.approx(8_918, rel=0.01)
    assert np.allclose(measures.kilometres(list(museum.CULTURES)), truth.kilometres(), atol=0.5)
    with pytest.raises(measures.ClusterError, match="No coordinates for Atlantis"):
        measures.kilometres(["Berlin", "Atlantis"], coordinates)


def test_a_layout_keeps_neighbours_and_says_how_steady_it_is():
    near = pd.DataFrame(
        np.random.default_rng(0).normal(scale=0.1, size=(6, 2)) + np.repeat([[0, 0], [9, 9]], 3, axis=0), list("abcdef")
    )
    layouts = [measures.layout(measures.distances(near), seed, iterations=200) for seed in range(3)]
    placed = measures.distances(layouts[0])
    assert placed.loc["a", ["b", "c"]].max() < placed.loc["a", ["d", "e", "f"]].min()
    assert measures.stability([layouts[0], layouts[0] * 3 + 1]) == pytest.approx(0, abs=1e-9)
    assert 0 <= measures.stability(layouts) < 0.7


def test_the_cultures_are_those_of_the_paper():
    named = [name for members in measures.REGIONS.values() for name in members]
    assert sorted(named) == sorted(museum.CULTURES)


def test_matrices_that_are_none_are_refused():
    points = pd.DataFrame(np.random.default_rng(0).normal(size=(5, 3)), list("ABCDE"))
    distances = measures.distances(points)
    unknown = distances.copy()
    unknown.iloc[0, 1] = unknown.iloc[1, 0] = np.nan
    level = distances * 0 + 1 + 1e-15 * distances  # differs by rounding only
    for wrong in (unknown, measures.similarity(distances), level):
        for pair in ((wrong, distances), (distances, wrong)):
            with pytest.raises(measures.ClusterError, match="A Mantel test needs distances"):
                measures.mantel(*pair, permutations=9)
