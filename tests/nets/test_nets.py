"""Networks: exact sizes, one meaning of body, head and layers, and freezing that really freezes."""

import copy

import pytest
import torch
from torch import nn

from artlib import nets
from artlib.nets import levels

SMALL = ["caffenet_s", "resnet18_s", "mobilenet_s"]


def count(module) -> int:
    return sum(p.numel() for p in module.parameters())


def shapes_only(name, outputs=10, **options):
    """A network without values: sizes and shapes at no cost."""
    with torch.device("meta"):
        return nets.create(name, outputs, seed=None, **options)


@pytest.mark.parametrize(("classes", "parameters"), [(1000, 60_965_224), (27, 56_978_843), (210, 57_728_594)])
def test_caffenet_has_exactly_the_published_number_of_parameters(classes, parameters):
    with torch.device("meta"):
        assert count(nets.CaffeNet(classes=classes)) == parameters


@pytest.fixture(scope="module")
def caffenet():
    return nets.CaffeNet(10)


def test_caffenet_is_built_as_caffe_defines_it(caffenet):
    network = caffenet
    assert [name for name, _ in network.layers()] == [*(f"conv{k}" for k in range(1, 6)), "fc6", "fc7", "fc8"]
    body = network.body
    assert [body.get_submodule(f"conv{k}.conv").groups for k in range(1, 6)] == [1, 2, 1, 2, 2]
    # Pooling comes before normalization; AlexNet has them the other way round.
    assert [name for name, _ in body.conv1.named_children()] == ["conv", "relu", "pool", "norm"]
    shapes = nets.summary(network).set_index("layer")["output shape"]
    assert shapes["conv1"] == "96x27x27"
    assert shapes["conv2"] == "256x13x13"
    assert shapes["conv5"] == "256x6x6"
    assert shapes["fc7"] == "4096"


def test_caffenet_sees_bgr_in_0_to_255_with_the_mean_subtracted(caffenet):
    picture = torch.tensor([1.0, 0.5, 0.0]).reshape(1, 3, 1, 1)
    seen = caffenet.normalize(picture).flatten()
    assert torch.allclose(seen, torch.tensor([0.0 - 104, 127.5 - 117, 255 - 123]), atol=1e-4)


def test_caffenet_of_another_picture_size_says_what_it_takes(caffenet):
    with pytest.raises(nets.NetsError, match="227x227 pixels, not 64x64"):
        caffenet(torch.zeros(1, 3, 64, 64))


def test_local_response_normalization_divides_alpha_by_the_size_as_caffe_does(caffenet):
    norm = caffenet.body.conv1.norm
    x = torch.full((1, 5, 1, 1), 100.0)
    assert norm(x)[0, 2, 0, 0] == pytest.approx(100 / (1 + 1e-4 / 5 * 5 * 100**2) ** 0.75, rel=1e-5)


def plain_caffenet(x, values):
    """CaffeNet as Caffe defines it, in bare arithmetic: no layer of torch, windows taken by hand."""

    def windows(x, size, stride):
        return x.unfold(2, size, stride).unfold(3, size, stride)

    def convolve(x, name, stride=1, padding=0, groups=1):
        weight, bias = values[f"body.{name}.conv.weight"], values[f"body.{name}.conv.bias"]
        x = torch.nn.functional.pad(x, (padding,) * 4)
        inputs, outputs = x.chunk(groups, 1), weight.chunk(groups, 0)
        size = weight.shape[-1]
        parts = [
            torch.einsum("bchwij,ocij->bohw", windows(a, size, stride), b) for a, b in zip(inputs, outputs, strict=True)
        ]
        return (torch.cat(parts, 1) + bias[:, None, None]).clamp(min=0)

    def pool(x):
        return windows(x, 3, 2).amax((-2, -1))  # 55, 27 and 13 pixels need no rounding

    def normalize(x):
        squares = torch.nn.functional.pad(x**2, (0, 0, 0, 0, 2, 2))
        nearby = sum(squares[:, k : k + x.shape[1]] for k in range(5))
        return x / (1 + 1e-4 / 5 * nearby) ** 0.75

    x = x[:, [2, 1, 0]] * 255 - torch.tensor([104.0, 117.0, 123.0])[:, None, None]
    x = normalize(pool(convolve(x, "conv1", stride=4)))
    x = normalize(pool(convolve(x, "conv2", padding=2, groups=2)))
    x = convolve(x, "conv3", padding=1)
    x = pool(convolve(convolve(x, "conv4", padding=1, groups=2), "conv5", padding=1, groups=2)).reshape(len(x), -1)
    for name in ("fc6.1", "fc7.0"):
        x = (x @ values[f"body.{name}.weight"].T + values[f"body.{name}.bias"]).clamp(min=0)
    return x @ values["head.weight"].T + values["head.bias"]


def test_caffenet_agrees_with_plain_tensor_operations(caffenet):
    """Values large enough that every unit matters, so that an error of order, group or rounding cannot hide."""
    torch.manual_seed(1)
    network = caffenet.eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            scale = (2 / parameter[0].numel()) ** 0.5 if parameter.ndim > 1 else 0.1
            if "conv1" in name and parameter.ndim > 1:
                scale /= 60  # pictures come in hundreds
            parameter.normal_(std=scale)
        x = torch.rand(1, 3, 227, 227)
        single = network(x)
        exact, x = copy.deepcopy(network).double(), x.double()
        found, expected = exact(x), plain_caffenet(x, exact.state_dict())
    assert expected.std() > 0.05
    assert torch.allclose(found, expected, atol=1e-10, rtol=0)
    # Single precision rounds, by processor differently: 1e-5 of the range of what comes out.
    assert (single - expected).abs().max() < 1e-5 * expected.abs().max()


@pytest.mark.parametrize("name", [*SMALL, "mobilenetv2_100"])
def test_forward_is_head_of_body_of_normalize(name):
    network = nets.create(name, 7).eval()
    assert network.name == name
    assert network.outputs == 7
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        features = network.body(network.normalize(x))
        assert features.shape == (2, network.features)
        assert torch.equal(network(x), network.head(features))


@pytest.mark.parametrize(
    "name",
    [*nets.names(), "timm/vit_tiny_patch16_224", "torchvision/mobilenet_v3_small"],
)
def test_layers_partition_the_parameters_and_shapes_agree(name):
    network = shapes_only(name)
    owned = [id(p) for _, layer in network.layers() for p in layer.parameters()]
    assert len(owned) == len(set(owned))
    assert set(owned) == {id(p) for p in network.parameters()}
    assert network.layers()[-1][1] is network.head
    assert len({layer for layer, _ in network.layers()}) == len(network.layers()) >= 6
    x = torch.zeros(2, 3, network.size, network.size, device="meta")
    assert network.body(network.normalize(x)).shape == (2, network.features)
    assert network(x).shape == (2, 10)


def test_a_vision_transformer_has_body_head_and_layers_like_any_other_network():
    network = nets.create("timm/vit_tiny_patch16_224", 5, seed=1).eval()
    names = [name for name, _ in network.layers()]
    assert names == ["patch_embed", *(f"blocks.{k}" for k in range(12)), "head"]
    first = {id(p) for p in network.layers()[0][1].parameters()}
    assert {id(network.body.cls_token), id(network.body.pos_embed)} < first
    for side in (64, 72, 224):
        x = torch.rand(2, 3, side, side)
        with torch.no_grad():
            features = network.body(network.normalize(x))
            assert features.shape == (2, network.features) == (2, 192)
            assert torch.equal(network(x), network.head(features))
    network.train().freeze(names[:2])
    network(torch.rand(2, 3, 64, 64)).sum().backward()
    assert network.body.pos_embed.grad is None
    assert network.body.blocks[0].mlp.fc1.weight.grad is None
    assert network.body.blocks[1].mlp.fc1.weight.grad.abs().sum() > 0
    fixed = nets.create("timm/swin_tiny_patch4_window7_224", 2)
    with pytest.raises(nets.NetsError, match="takes pictures of 224x224 pixels, not 64x64"):
        fixed(torch.rand(1, 3, 64, 64))


def test_layers_begin_at_weights_and_take_their_batch_normalization_along():
    layers = dict(shapes_only("resnet18").layers())
    assert list(layers) == ["conv1", "layer1", "layer2", "layer3", "layer4", "head"]
    assert any(isinstance(m, nn.BatchNorm2d) for m in layers["conv1"].modules())
    names = [name for name, _ in shapes_only("alexnet").layers()]
    assert names == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "head"]
    assert [name for name, _ in shapes_only("vgg16_bn").layers()][-4:] == ["conv13", "fc14", "fc15", "head"]


def test_caffenet_s_has_about_a_million_parameters_and_the_same_layers():
    network = nets.create("caffenet_s", 27)
    assert 0.9e6 < count(network) < 1.1e6
    assert [name for name, _ in network.layers()] == [name for name, _ in shapes_only("caffenet").layers()]


def test_the_same_seed_gives_the_same_values_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two, other = (nets.create("resnet18_s", 4, seed=s) for s in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one.head.weight, other.head.weight)
    assert not torch.equal(one.body.stem[0].weight, other.body.stem[0].weight)


@pytest.mark.parametrize("name", SMALL)
def test_signal_neither_dies_nor_explodes_from_random_values(name):
    torch.manual_seed(0)
    network = nets.create(name, 4)
    features = network.body(network.normalize(torch.rand(8, 3, 64, 64)))
    assert 0.05 < features.std() < 20


def test_frozen_layers_get_no_gradient_and_keep_their_statistics():
    network = nets.create("resnet18_s", 4).train()
    network.freeze(["stem", "layer1"])
    before = {k: v.clone() for k, v in network.state_dict().items()}
    network(torch.rand(4, 3, 64, 64)).sum().backward()
    frozen = [p for name in ("stem", "layer1") for p in dict(network.layers())[name].parameters()]
    assert all(p.grad is None and not p.requires_grad for p in frozen)
    changed = {k for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert any(k.startswith("body.layer2") and "running_mean" in k for k in changed)
    assert not any(k.startswith(("body.stem", "body.layer1")) for k in changed)
    assert network.frozen == ("stem", "layer1")


def test_autograd_records_nothing_for_a_frozen_beginning():
    network = nets.create("caffenet_s", 4).train()
    network.freeze([name for name, _ in network.layers()[:-1]])
    features = network.body(network.normalize(torch.rand(2, 3, 64, 64)))
    assert features.grad_fn is None
    assert network.head(features).grad_fn is not None


def test_thawing_makes_everything_learn_again_and_training_mode_survives():
    network = nets.create("resnet18_s", 4)
    network.freeze(["stem"])
    network.freeze([])
    assert all(p.requires_grad for p in network.parameters())
    assert network.train().body.stem[1].training
    network.freeze(["stem"])
    assert not network.train().body.stem[1].training
    assert network.body.layer1[0].norm1.training


def test_evaluating_gives_every_module_the_mode_back_that_it_had():
    network = nets.create("resnet18_s", 4).train()
    network.body.layer2.eval()
    before = [module.training for module in network.modules()]
    with nets.evaluating(network) as same:
        assert same is network
        assert not any(module.training for module in network.modules())
    assert [module.training for module in network.modules()] == before
    assert len(set(before)) == 2


def test_freezing_an_unknown_layer_names_the_known_ones():
    with pytest.raises(nets.NetsError, match=r"has no layer conv9\. Its layers are: stem, layer1"):
        nets.create("resnet18_s", 2).freeze(["conv9"])


@pytest.mark.parametrize("name", ["resnet81", "timm/nothing_like_it", "torchvision/nothing", "elsewhere/resnet18"])
def test_unknown_networks_are_one_clear_message(name):
    with pytest.raises(nets.NetsError, match=r"There is no network called .* timm/NAME"):
        nets.create(name, 2)


def test_no_outputs_and_foreign_options_are_one_clear_message():
    with pytest.raises(nets.NetsError, match="at least one output"):
        nets.create("resnet18_s", 0)
    with pytest.raises(nets.NetsError, match="does not take these options"):
        nets.create("mobilenetv2_100", 2, colour="red")


def test_summary_has_a_row_a_layer_and_says_what_is_trained():
    network = nets.create("mobilenetv2_100", 5)
    network.freeze(["conv_stem"])
    table = nets.summary(network, size=64)
    assert list(table["layer"]) == [name for name, _ in network.layers()]
    assert table["parameters"].sum() == count(network)
    assert not table["trained"][0]
    assert table["trained"][1:].all()
    assert "batch normalization" in table["kind"][0]
    assert table["output shape"].iloc[-1] == "5"
    assert network.training


def test_a_deeper_head_leaves_the_body_as_it_is_and_learns_alone():
    from artlib.learners.recipe import Recipe

    plain = nets.create("resnet18_s", 4, seed=3)
    deeper = nets.add_hidden_layers(plain, (16, 8), seed=1)
    x = torch.rand(2, 3, 64, 64)
    assert deeper(x).shape == (2, 4)
    assert deeper.features == 8
    plain.eval(), deeper.eval()
    assert torch.equal(plain.body(plain.normalize(x)), deeper.body[0](deeper.normalize(x)))
    names = [name for name, _ in deeper.layers()]
    deeper.freeze(Recipe(scenario="only-new").frozen(names))
    learns = sum(p.numel() for p in deeper.parameters() if p.requires_grad)
    assert learns == plain.features * 16 + 16 + 16 * 8 + 8 + 8 * 4 + 4
    with pytest.raises(nets.NetsError, match="widths"):
        nets.add_hidden_layers(plain, ())


@pytest.mark.parametrize("options", [{"in_chans": 1}, {"num_classes": 7}, {"global_pool": ""}, {"foo": 1}])
@pytest.mark.parametrize("name", ["timm/resnet18", "torchvision/resnet18"])
def test_options_that_a_network_cannot_take_are_one_sentence(name, options):
    with pytest.raises(nets.NetsError, match=r"leave in_chans|does not take these options"):
        nets.create(name, 3, **options)


def test_networks_with_side_branches_or_without_a_linear_layer():
    assert nets.create("torchvision/googlenet", 3).train()(torch.rand(2, 3, 64, 64)).shape == (2, 3)
    with pytest.raises(nets.NetsError, match="ends in a convolution"):
        nets.create("torchvision/squeezenet1_1", 3)


def test_places_of_a_layers_output():
    shapes = {(2, 8, 7, 7): (2, 3), (2, 7, 7, 8): (1, 2), (2, 50, 8): (1,), (2, 8): ()}
    assert {shape: levels.places(torch.zeros(shape)) for shape in shapes} == shapes
