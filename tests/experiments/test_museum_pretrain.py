"""Pre-training writes weights that load by name and say how they were made; the kept ones are sound."""

import pytest

from artlib import nets, paths
from artlib.experiments import pretrain
from artlib.nets import weights


@pytest.mark.slow
def test_pretraining_keeps_weights_with_their_provenance(tmp_path):
    path = pretrain.pretrain("caffenet_s", "sentiment", works=200, epochs=1, folder=tmp_path)
    said = weights.provenance(path)
    assert path.name == "caffenet_s-sentiment.safetensors"
    assert said["classes"] == "negative, positive"
    assert "works=200, epochs=1" in said["command"]
    network = nets.create("caffenet_s", 5, path)
    assert network.provenance["network"] == "caffenet_s"


@pytest.mark.parametrize("options", [{"source": "smells"}, {"works": 10}, {"epochs": 0}, {"seed": 0.5}])
def test_pretraining_that_cannot_be_run_is_refused(options):
    with pytest.raises(pretrain.PretrainError):
        pretrain.pretrain(**options)


def test_missing_weights_are_named_with_the_call_that_makes_them():
    with pytest.raises(weights.WeightsError, match="artlib pretrain timm/resnet50 --source style"):
        weights.find("timm/resnet50", "photographs-style")


def test_kept_weights_load_by_name_and_are_small():
    folder = paths.data() / "weights"
    files = sorted(folder.glob("*.safetensors"))
    assert sum(file.stat().st_size for file in files) < 20_000_000
    for file in files:
        said = weights.provenance(file)
        assert float(said["valid_score"]) > 0
        assert file.name in (folder / "README.md").read_text() or file.stem in (folder / "README.md").read_text()
        network = nets.create(said["network"], 7, file)
        assert "pretrain(" in network.provenance["command"]
    for name in ("resnet18_s", "caffenet_s"):
        assert nets.create(name, 7, "photographs").provenance["weights"] == "photographs"
