"""What the museum says of itself is what its pictures and labels show; each switch cuts what it names and no more."""

import numpy as np
import pytest

from artlib.collections import museum
from artlib.collections.museum import truth


@pytest.fixture(scope="module")
def drawn_museum():
    return museum.read(2000, artists=24)


def test_distances_follow_the_map_with_a_deviation():
    pairs = np.triu_indices(11, 1)
    true, far = truth.distances().to_numpy()[pairs], truth.kilometres().to_numpy()[pairs]
    assert 0.6 < np.corrcoef(true, far)[0, 1] < 0.97
    assert np.allclose(truth.distances(), truth.distances().T)


def test_teachers_are_older_and_of_the_same_culture(drawn_museum):
    artists = truth.lineage(drawn_museum).set_index("artist")
    taught = artists[artists.teacher.notna()]
    masters = artists.loc[taught.teacher]
    assert len(taught) > 3
    assert (taught.birth.to_numpy() > masters.birth.to_numpy()).all()
    assert (taught.culture.to_numpy() == masters.culture.to_numpy()).all()


def test_the_son_paints_like_his_father_first_and_like_himself_late(drawn_museum):
    people = drawn_museum.source.causes()
    father, son, turn = people.kin
    hands = people.hands(np.array([father, son, son]), np.array([turn - 15, turn - 15, turn + 15]))
    early, late = (np.linalg.norm(hands[0] - hands[k]) for k in (1, 2))
    assert early < 0.5 * late
    assert sorted(truth.lineage(drawn_museum).relation.dropna()) == ["father", "son"]


def test_labels_are_entangled(drawn_museum):
    bits = truth.information(drawn_museum, ("culture", "style", "timeframe"))
    assert bits.loc["culture", "style"] > 1
    left = truth.artist_entropy(drawn_museum)
    assert left["period and materials"] < left["period"] < left["nothing"] - 1


def test_subject_and_evidence_lie_in_the_picture(drawn_museum):
    works = truth.causes(drawn_museum)
    image = drawn_museum.works.image[np.flatnonzero((works.genre == "marina") & (works.detail < 0))[0]]
    subject = truth.subject(drawn_museum, image, 96)
    assert 0.02 < subject.mean() < 0.9
    seen = truth.evidence(drawn_museum, image, "culture", 96, draws=2)
    assert seen.shape == (96, 96)
    assert seen.max() == pytest.approx(1)
    assert np.array_equal(seen, truth.evidence(drawn_museum, image, "culture", 96, draws=2))
    assert np.array_equal(truth.evidence(drawn_museum, image, "genre", 96) > 0.5, subject)


def test_a_counterfactual_changes_only_when_its_cause_does(drawn_museum):
    row = int(np.flatnonzero(truth.causes(drawn_museum).genre == "landscape")[0])
    image, now = drawn_museum.works.image[row], truth.causes(drawn_museum).iloc[row]
    same = truth.redraw(drawn_museum, image, 64, culture=now.culture, style=now["style"], artist=now.artist)
    assert np.array_equal(same, drawn_museum.source.read(image, 64))
    other = "Japanese" if now.culture != "Japanese" else "French"
    assert not np.array_equal(truth.redraw(drawn_museum, image, 64, culture=other), same)
    with pytest.raises(museum.MuseumError, match="culture"):
        truth.redraw(drawn_museum, image, 64, culture="Martian")
    with pytest.raises(museum.MuseumError, match="cause"):
        truth.redraw(drawn_museum, image, 64, frame="gilt")


@pytest.mark.parametrize(
    ("switch", "column"),
    [
        ("culture", "culture"),
        ("artist", "artist"),
        ("style", "style"),
        ("genre", "genre"),
        ("year", "timeframe"),
        ("material", "materials"),
    ],
)
def test_a_cut_label_tells_nothing_and_the_others_stay(drawn_museum, switch, column):
    cut = museum.read(2000, artists=24, cut=switch)
    labels = ("culture", "artist", "timeframe", "style", "genre", "materials")
    before, after = truth.information(drawn_museum, labels), truth.information(cut, labels)
    for label in labels:
        others = [other for other in labels if other not in (label, column)]
        if label == column:
            assert (after.loc[label, others] < 0.16).all(), after.loc[label]
        else:
            assert np.allclose(before.loc[label, others], after.loc[label, others], atol=0.08)
    assert np.array_equal(drawn_museum.source.read("0/000007", 64), cut.source.read("0/000007", 64))


def test_without_entanglement_all_labels_are_independent_with_the_same_margins(drawn_museum):
    free = museum.read(2000, artists=24, cut="entanglement")
    labels = ("culture", "artist", "timeframe", "style", "genre")
    bits = truth.information(free, labels).to_numpy()
    assert bits[~np.eye(5, dtype=bool)].max() < 0.16
    known = truth.causes(drawn_museum), truth.causes(free)
    for column in ("culture", "style", "genre"):
        a, b = (t[column][t.detail < 0].value_counts(normalize=True) for t in known)
        assert (a.sub(b, fill_value=0).abs() < 0.02).all()


def test_without_teachers_pupils_do_not_resemble_their_masters():
    def likeness(collection):
        a = collection.source.causes().artists
        pupils = np.flatnonzero(a["teacher"] >= 0)
        pairs = zip(a["hand"][pupils], a["hand"][a["teacher"][pupils]], strict=True)
        return np.mean([np.corrcoef(x, y)[0, 1] for x, y in pairs])

    assert likeness(museum.read(400, artists=150)) > 0.4
    assert abs(likeness(museum.read(400, artists=150, cut="teacher"))) < 0.2


def test_labels_carry_the_faults_of_real_ones_at_a_set_rate(drawn_museum):
    works, clean = drawn_museum.works, museum.read(2000, artists=24, cut="faults").works
    assert 0.03 < works.artist.isna().mean() < 0.06
    assert 0.1 < works.date_text.str.startswith("c. ").mean() < 0.22
    assert (works.year_begin < works.year_end).mean() > 0.2
    assert 0.01 < 1 - works.work_id.nunique() / len(works) < 0.03
    assert works.materials.map(len).max() >= 3
    true = truth.causes(drawn_museum)
    medium = {name: row[1].split("; ") for name, row in museum.MEDIA.items()}
    wrong = np.mean([t != medium[m] for t, m in zip(works.types, true.medium, strict=True)])
    assert 0.002 < wrong < 0.02
    assert clean.artist.notna().all()
    assert (clean.year_begin == clean.year_end).all()
    assert clean.work_id.is_unique


def test_wings_keep_to_their_years_and_kinds():
    for wing, (low, high) in {"modern": (1800, 1950), "survey": (1200, 1900)}.items():
        years = truth.causes(museum.read(800, wing=wing)).year
        assert low <= years.min() <= years.max() <= high
    prints = museum.read(800, wing="prints", cut="faults").works
    assert prints.types.map(lambda t: t[0]).eq("print").all()


def test_class_sizes_follow_the_papers_tables():
    share = museum.read(4000, artists=150).works.culture.value_counts(normalize=True)
    paper = {name: row[2] / 6663 for name, row in museum.CULTURES.items()}
    for name, value in paper.items():
        assert share[name] == pytest.approx(value, abs=0.03)
    assert share.index[0] == "American"
