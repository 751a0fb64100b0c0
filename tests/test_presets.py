"""Presets: every chapter has all three, and a wrong name is told apart."""

import copy

import pytest

from artlib import presets


@pytest.mark.parametrize("chapter", presets.chapters())
@pytest.mark.parametrize("name", presets.NAMES)
def test_every_chapter_has_every_preset(chapter, name):
    preset = presets.load(chapter, name)
    assert preset.timeout > 60 * preset.minutes
    assert preset.left_out.endswith(".")
    assert set(preset.parameters) == set(presets.load(chapter, "smoke").parameters)


def test_the_visible_line_says_which_and_how_long():
    preset = presets.load("fine-tuning", "smoke")
    line = str(preset)
    assert "smoke" in line
    assert "minutes" in line
    assert copy.copy(preset).epochs == preset.parameters["epochs"]


def test_auto_is_decided_by_the_hardware():
    import torch

    expected = "course" if torch.cuda.is_available() or torch.backends.mps.is_available() else "smoke"
    assert presets.load("fine-tuning").name == expected


@pytest.mark.parametrize(("chapter", "name"), [("poetry", "smoke"), ("fine-tuning", "huge")])
def test_unknown_names_are_refused_with_the_known_ones(chapter, name):
    with pytest.raises(presets.PresetError, match="fine-tuning"):
        presets.load(chapter, name)


def test_an_unknown_parameter_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no parameter 'colour'"):
        _ = presets.load("fine-tuning", "smoke").colour


def test_changes_replace_parameters_and_none_changes_nothing():
    changed = presets.load("fine-tuning", "smoke", network="resnet50", weights=None)
    assert changed.network == "resnet50"
    assert changed.weights == presets.load("fine-tuning", "smoke").weights
    with pytest.raises(presets.PresetError, match="colour"):
        presets.load("fine-tuning", "smoke", colour="red")
