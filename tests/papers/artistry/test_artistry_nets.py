"""The artistry networks: the paper's four parameter counts, what is shared and what is not."""

import pytest
import torch

from artlib import nets
from artlib.papers.artistry import network as artistry

COUNTS = {  # one field's path (the paper's Table 3), all four fields
    "single": (9_700_722, 38_802_888),
    "multi-1": (26_699_634, 106_133_448),
    "multi-1-swapped": (26_699_634, 103_476_168),
    "multi-2": (9_184_626, 35_851_464),
    "multi-3": (4_694_898, 18_335_688),
}


def _made(name):
    with torch.device("meta"):
        return artistry.named(name, family="paper", seed=None)


@pytest.mark.parametrize("name", COUNTS)
def test_the_papers_parameter_counts(name):
    network = _made(name)
    path, whole = COUNTS[name]
    assert {network.path_parameters(field) for field in artistry.FIELDS} == {path}
    assert sum(p.numel() for p in network.parameters()) == whole


def test_what_blocks_four_and_five_lose_when_they_are_split():
    lost = _made("single").path_parameters("garden") - _made("multi-2").path_parameters("garden")
    assert lost == 9 * (2**13 + 2**14 + 2**15)


@pytest.fixture(scope="module")
def small():
    return artistry.named("multi-2")


def test_a_field_moves_its_own_layers_and_the_common_ones(small):
    small.zero_grad()
    small(torch.rand(2, 3, 64, 64), "garden").sum().backward()
    touched = {name for name, p in small.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    met = {id(p) for p in small.field_parameters("garden")}
    assert touched == {name for name, p in small.named_parameters() if id(p) in met}
    assert any(artistry.SHARED in name for name in touched)
    assert not any("painting" in name for name in touched)


def test_the_control_shares_nothing():
    control = artistry.named("multi-2-unshared")
    ids = [{id(p) for p in control.field_parameters(field)} for field in artistry.FIELDS]
    assert not set.intersection(*ids)
    common = artistry.named("multi-2")
    assert set.intersection(*({id(p) for p in common.field_parameters(field)} for field in artistry.FIELDS))
    assert control.path_parameters("garden") == common.path_parameters("garden")


def test_the_small_family_keeps_the_proportions_of_the_papers():
    single, multi = artistry.named("single"), artistry.named("multi-2")
    assert single(torch.rand(1, 3, 64, 64), "sculpture").shape == (1, 2)
    assert multi.path_parameters("garden") < single.path_parameters("garden")
    assert set(multi.parts(torch.rand(1, 3, 64, 64), "garden")) == {"individual", "common"}
    assert set(single.parts(torch.rand(1, 3, 64, 64), "garden")) == {"stem"}


def test_initial_values_follow_from_the_seed_alone():
    torch.manual_seed(1)
    a = artistry.named("multi-2", seed=3).state_dict()
    torch.manual_seed(2)
    b = artistry.named("multi-2", seed=3).state_dict()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_bad_input_is_told(small):
    with pytest.raises(nets.NetsError, match="knows no field 'music'"):
        small(torch.rand(1, 3, 64, 64), "music")
    with pytest.raises(nets.NetsError, match="not 96x96"):
        small(torch.rand(1, 3, 96, 96), "garden")
    with pytest.raises(nets.NetsError, match="multiple of 16"):
        artistry.named("single", size=90)
    with pytest.raises(nets.NetsError, match="no 'multi-4'"):
        artistry.named("multi-4")
    with pytest.raises(nets.NetsError, match="each named once"):
        artistry.named("single", ["garden", "garden"])
    with pytest.raises(nets.NetsError, match="All fields are frozen"):
        artistry.named("multi-2").freeze(artistry.FIELDS)


def test_freezing_a_field_leaves_the_common_branch():
    network = artistry.named("multi-2").freeze(["garden"])
    learns = {name for name, p in network.named_parameters() if p.requires_grad}
    assert not any("garden" in name for name in learns)
    assert any(artistry.SHARED in name for name in learns)
