"""Similarity: neighbours by cosine distance, precision by label, and features that must not be mixed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from artlib import nets
from artlib.evaluate import similarity
from artlib.evaluate.similarity import SimilarityError
from artlib.learners import shards


def clustered(n, d=32, clusters=20, noise=0.3, seed=0):
    """Vectors around centres, and which centre each is from."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(clusters, d)).astype("float32")
    kinds = generator.integers(0, clusters, n)
    return centres[kinds] + noise * generator.normal(size=(n, d)).astype("float32"), kinds


@pytest.fixture
def works():
    """60 works of three genres; styles change along them, and picture 1 shows the same work as picture 0."""
    table = pd.DataFrame({"work_id": [f"w{i}" for i in range(60)], "genre": np.repeat(list("abc"), 20)})
    table["style"] = np.tile(list("xy"), 30)
    table.loc[1, "work_id"] = "w0"
    table.loc[59, "genre"] = None
    return table


def by_genre(works):
    """Features in which genres are directions, and styles nothing."""
    directions = np.repeat(np.eye(3), 20, axis=0)
    return similarity.features_from_vectors(directions + 0.01 * np.random.default_rng(0).normal(size=(60, 3)))


def test_neighbours_are_those_of_plain_arithmetic(works):
    vectors, _ = clustered(60)
    found = similarity.neighbours(
        similarity.index(similarity.features_from_vectors(vectors)), similarity.features_from_vectors(vectors), works, 5
    )
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    distances = 1 - unit @ unit.T
    distances[works["work_id"].to_numpy()[:, None] == works["work_id"].to_numpy()] = np.inf
    expected = np.sort(distances, axis=1)[:, :5]
    assert len(found) == 60 * 5
    assert np.allclose(found["distance"].to_numpy().reshape(60, 5), expected, atol=1e-5)
    assert (found.groupby("query")["rank"].apply(list).map(lambda ranks: ranks == [1, 2, 3, 4, 5])).all()
    assert not ((found["query"] == 0) & found["row"].isin([0, 1])).any()


def test_precision_tells_what_the_features_know(works):
    features = by_genre(works)
    found = similarity.neighbours(similarity.index(features), features, works, 10)
    genre, style = (similarity.precision_at(found, works, column) for column in ("genre", "style"))
    assert genre.mean() == 1
    assert 0.3 < style.mean() < 0.7
    assert 59 not in genre.index  # it has no genre
    assert similarity.chance(works, "style") == 0.5
    with pytest.raises(SimilarityError, match="no column 'school'"):
        similarity.precision_at(found, works, "school")


def test_features_of_two_networks_are_not_mixed():
    from artlib.pixels import Pictures

    pixels = np.random.default_rng(0).integers(0, 255, (12, 64, 64, 3), dtype=np.uint8)
    works = pd.DataFrame({"work_id": [f"w{i}" for i in range(12)]})
    pictures = Pictures(works, pixels, 64, "noise", works.iloc[:0], "noise")
    one, other = (nets.create("mobilenet_s", 2, seed=seed) for seed in (1, 2))
    mine = similarity.features(one, pictures, range(12))
    assert np.allclose(np.linalg.norm(mine.values, axis=1), 1, atol=1e-5)
    index = similarity.index(mine)
    assert (index.search(mine, 1)[1][:, 0] == np.arange(12)).all()
    with pytest.raises(SimilarityError, match="built with other features"):
        index.search(similarity.features(other, pictures, range(12)), 1)
    with pytest.raises(SimilarityError, match="built with other features"):
        index.search(similarity.features(one, pictures, range(12), crop=32), 1)
    with pytest.raises(SimilarityError, match="holds 12 pictures: ask for 1 to so many, not 13"):
        index.search(mine, 13)
    apart = similarity.between({"one": mine, "other": similarity.features(other, pictures, range(12))})
    assert np.allclose(np.diag(apart), 0, atol=1e-6)
    assert apart.loc["one", "other"] == pytest.approx(apart.loc["other", "one"], abs=1e-6)
    assert apart.loc["one", "other"] > 0.05
    with pytest.raises(SimilarityError, match="other pictures or another length"):
        similarity.between({"one": mine, "fewer": similarity.features(one, pictures, range(6))})


def test_distances_between_models_are_means_of_cosine_distances():
    a = similarity.features_from_vectors(np.array([[1.0, 0], [0, 2]]))
    b = similarity.features_from_vectors(np.array([[0, 3.0], [0, 1]]))
    assert similarity.between({"a": a, "b": b}).loc["a", "b"] == pytest.approx(0.5)


def test_the_inverted_file_finds_nearly_all():
    vectors, _ = clustered(6000, clusters=60)
    features = similarity.features_from_vectors(vectors)
    queries = similarity.Features(features.values[:200], features.rows[:200], features.key)
    exact, quick = (similarity.index(features, exact=choice).search(queries, 10)[1] for choice in (True, False))
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, quick, strict=True)])
    assert recall >= 0.95
    assert similarity.reach(similarity.index(features), queries, 100).shape == (200,)


def test_a_compressed_index_compares_its_best_candidates_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(similarity, "EXACT", 1_000)
    monkeypatch.setattr(similarity, "COMPRESSED", 2_000)
    vectors, _ = clustered(3000, d=8, clusters=60)  # of few units: each is compressed by 256 centres of its own
    features = similarity.features_from_vectors(vectors)
    index = similarity.index(features)
    assert index.again is features
    alone, exact = similarity.Index(index.key, index.rows, index.searcher), similarity.index(features, exact=True)
    some = similarity.Features(features.values[:50], features.rows[:50], features.key)
    true = exact.search(some, 5)[0]
    assert np.abs(alone.search(some, 5)[0] - true).max() > 1e-3
    assert np.allclose(index.search(some, 5)[0], true, atol=1e-6)
    # The same from features that stay on disk, in half precision and of any length.
    monkeypatch.setattr(shards, "ROWS", 1_024)
    shards.filled(tmp_path, 3000, lambda rows: (3 * vectors[rows.start : rows.stop]).astype("float16"), {})
    kept = similarity.of_shards(shards.Shards(tmp_path))
    near = similarity.index(kept).search(replace(some, key=kept.key), 5)[0]
    assert np.allclose(near, true, atol=2e-3)


@pytest.mark.parametrize("values", [np.ones(3), np.array([[1.0, np.nan]])])
def test_what_is_no_table_of_features_is_refused(values):
    with pytest.raises(SimilarityError, match="finite table"):
        similarity.features_from_vectors(values)
    with pytest.raises(SimilarityError, match="no picture"):
        similarity.index(similarity.features_from_vectors(np.empty((0, 4))))
