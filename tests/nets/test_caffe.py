"""Caffe's files, written here by the same schema in both forms, and read into our CaffeNet."""

import struct
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from artlib import nets, paths
from artlib.nets import caffe, weights
from artlib.nets.caffenet import CAFFE_MEAN_BGR, _conv, _full
from artlib.nets.network import Network, Normalize

NAMES = [*(f"conv{k}" for k in range(1, 6)), "fc6", "fc7"]


def varint(number):
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def chunk(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def blob(array, old=False, packed=True, dims_packed=True):
    array = np.asarray(array, "<f4")
    if old:
        four = (1,) * (4 - array.ndim) + array.shape
        shape = b"".join(number(field, size) for field, size in enumerate(four, 1))
    elif dims_packed:
        shape = chunk(7, chunk(1, b"".join(map(varint, array.shape))))
    else:
        shape = chunk(7, b"".join(number(1, size) for size in array.shape))
    if packed:
        return shape + chunk(5, array.tobytes())
    return shape + b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in array.ravel())


def layer(name, arrays, old=False, **form):
    blobs = [blob(array, old, **form) for array in arrays]
    convolution = name.startswith("conv")
    if old:
        body = chunk(2, "bottom") + chunk(4, name) + number(5, 4 if convolution else 14)
        return chunk(2, body + b"".join(chunk(6, one) for one in blobs))
    body = chunk(1, name) + chunk(2, "Convolution" if convolution else "InnerProduct") + chunk(3, "bottom")
    # What is no weight is passed over: a phase, a learning rate, a fixed 64-bit number.
    body += number(10, 1) + varint(6 << 3 | 1) + b"\0" * 8
    return chunk(100, body + b"".join(chunk(7, one) for one in blobs))


def thin(outputs, seed=0):
    """A CaffeNet of few channels, with the same names: what the reader fills in a thousandth of the time."""
    torch.manual_seed(seed)
    body = nn.Sequential(
        OrderedDict(
            conv1=_conv(3, 4, 3, stride=2, pool=True, norm=True),
            conv2=_conv(4, 6, 3, padding=1, groups=2, pool=True, norm=True),
            conv3=_conv(6, 6, 3, padding=1),
            conv4=_conv(6, 6, 3, padding=1, groups=2),
            conv5=_conv(6, 4, 3, padding=1, groups=2, pool=True),
            fc6=nn.Sequential(nn.Flatten(), *_full(4, 8, 0.5)),
            fc7=_full(8, 8, 0.5),
        )
    )
    layers = list(body.named_children())
    normalize = Normalize(CAFFE_MEAN_BGR, scale=255, bgr=True)
    return Network("caffenet", body, nn.Linear(8, outputs), normalize, layers, size=32, head_name="fc8").eval()


def written(network, last="fc8", old=False, **form):
    """The network as a .caffemodel."""
    parts = [chunk(1, "CaffeNet")]  # the net's own name comes first, and layers without weights stand between
    named = {name: getattr(network.body, name) for name in NAMES} | {last: nn.Sequential(network.head)}
    for name, stage in named.items():
        inner = next(m for m in stage.modules() if isinstance(m, nn.Conv2d | nn.Linear))
        arrays = [inner.weight.detach().numpy(), inner.bias.detach().numpy()]
        parts += [layer(name, arrays, old, **form), layer(f"relu_{name}", [], old)]
    return b"".join(parts)


def mean_file(picture, old=True):
    return blob(picture[None], old)


@pytest.fixture
def mean(tmp_path):
    picture = np.random.default_rng(0).uniform(90, 130, (3, 5, 7)).astype("float32")
    (tmp_path / "net_mean.binaryproto").write_bytes(mean_file(picture))
    return picture


FORMS = [
    {"old": False},
    {"old": False, "packed": False, "dims_packed": False},
    {"old": True},
    {"old": True, "packed": False},
]


@pytest.mark.parametrize("form", FORMS, ids=["new", "new, one by one", "old", "old, one by one"])
def test_both_forms_give_the_network_that_was_written(form, mean, tmp_path):
    source = thin(3)
    (tmp_path / "net.caffemodel").write_bytes(written(source, **form))
    network = weights.load(thin(5, seed=1), tmp_path / "net.caffemodel")
    x = torch.rand(2, 3, 32, 32)
    expected = x.flip(1) * 255 - torch.tensor(mean.mean((1, 2))).reshape(1, 3, 1, 1)
    with torch.no_grad():
        assert torch.allclose(network.normalize(x), expected, atol=1e-3)
        assert torch.allclose(network.body(expected), source.body(expected), atol=1e-6)
    assert network.head.out_features == 5
    assert network.provenance == {
        "network": "caffenet", "file": "net.caffemodel", "last_layer": "fc8", "weights": "net.caffemodel"
    }  # fmt: skip


def test_the_last_layer_is_read_whatever_its_name(mean, tmp_path):
    source = thin(3)
    (tmp_path / "net.caffemodel").write_bytes(written(source, last="fc8_twitter"))
    network = weights.load(thin(3, seed=1), tmp_path / "net.caffemodel", head=True)
    assert torch.equal(network.head.weight, source.head.weight)
    with pytest.raises(weights.WeightsError, match=r"head\.bias is \(3,\) in the file and \(4,\)"):
        weights.load(thin(4), tmp_path / "net.caffemodel", head=True)


def test_the_five_published_files_are_named_with_their_last_layers_and_means():
    table = caffe.published()
    assert set(table) == set(weights.PUBLISHED)
    assert {name: entry["last"][1] for name, entry in table.items()} == {
        "caffe": 1000, "hybrid": 1183, "memnet": 1, "sentiment": 2, "flickr": 20
    }  # fmt: skip
    for entry in table.values():
        assert entry["file"].endswith(".caffemodel")
        assert entry["mean"].endswith(".binaryproto")


@pytest.mark.parametrize("name", weights.PUBLISHED)
def test_an_absent_file_says_what_to_get_where_to_put_it_and_how_to_name_it(name):
    with pytest.raises(caffe.CaffeError) as refused:
        weights.load(thin(3), name)
    said = str(refused.value)
    entry = caffe.published()[name]
    for word in (entry["file"], entry["mean"], str(paths.cache() / "weights"), str(paths.data() / "weights")):
        assert word in said
    with pytest.raises(weights.WeightsError, match="are CaffeNet's and do not fit resnet18_s"):
        nets.create("resnet18_s", 2, name)


def in_cache(name, content):
    folder = paths.scratch("weights")
    (folder / name).write_bytes(content)
    return folder


def test_a_published_file_in_the_cache_is_found_by_its_name_and_checked_by_its_hash():
    folder = in_cache("hybridCNN_iter_700000_upgraded.caffemodel", written(thin(3), old=True))
    with pytest.raises(caffe.CaffeError, match=r"mean picture .* is missing.*named hybridCNN_mean\.binaryproto"):
        weights.load(thin(2), "hybrid")
    in_cache("hybridCNN_mean.binaryproto", mean_file(np.full((3, 4, 4), 99.0)))
    assert weights.load(thin(2), "hybrid").normalize.mean.flatten().tolist() == [99.0] * 3
    in_cache("bvlc_reference_caffenet.caffemodel", written(thin(3)))
    with pytest.raises(caffe.CaffeError, match="is not the published file: its SHA-1 is"):
        weights.load(thin(2), "caffe")
    # By its path a file is taken as it is; ImageNet's mean is public knowledge.
    network = weights.load(thin(2), folder / "bvlc_reference_caffenet.caffemodel")
    assert network.normalize.mean.flatten().tolist() == pytest.approx([104.00699, 116.66877, 122.67892])


def test_every_file_that_is_cut_short_is_refused_with_one_message(mean, tmp_path):
    whole, path = written(thin(2), old=True), tmp_path / "net.caffemodel"
    for share in (0.03, 0.2, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(caffe.CaffeError, match=r"net\.caffemodel (ends in the middle|is no CaffeNet)"):
            weights.load(thin(2), path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n" + bytes(50), b"PK\x03\x04" + bytes(40), b"hello, I am text\n" * 9, b"\xff" * 99],
)
def test_foreign_files_are_refused(content, mean, tmp_path):
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)
    with pytest.raises(caffe.CaffeError, match=r"net\.caffemodel"):
        weights.load(thin(2), path)


def test_wrong_shapes_missing_layers_and_wrong_numbers_are_said(mean, tmp_path):
    path = tmp_path / "net.caffemodel"
    other = thin(2)
    other.body.conv3.conv = nn.Conv2d(6, 5, 3)
    path.write_bytes(written(other))
    with pytest.raises(weights.WeightsError, match=r"body\.conv3\.conv\.weight is \(5, 6, 3, 3\) in the file and \(6,"):
        weights.load(thin(2), path)
    path.write_bytes(layer("conv1", [np.ones((2, 3, 3, 3)), np.ones(2)]))
    with pytest.raises(caffe.CaffeError, match=r"no CaffeNet: it has no layer conv2.*Layers with weights: conv1\."):
        weights.load(thin(2), path)
    path.write_bytes(chunk(100, chunk(1, "conv1") + chunk(7, chunk(7, chunk(1, varint(4))) + chunk(5, bytes(12)))))
    with pytest.raises(caffe.CaffeError, match=r"a blob of the shape \(4,\) has 3 numbers"):
        weights.load(thin(2), path)
    broken = thin(2)
    broken.body.fc7[0].bias.data[0] = float("nan")
    path.write_bytes(written(broken))
    with pytest.raises(weights.WeightsError, match="not finite"):
        weights.load(thin(2), path)


def test_a_mean_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "mean.binaryproto"
    path.write_bytes(blob(np.ones((1, 1, 4, 4))))
    with pytest.raises(caffe.CaffeError, match=r"shape \(1, 4, 4\), not a mean picture"):
        caffe.mean_picture(path)
    picture = np.arange(48.0).reshape(3, 4, 4)
    path.write_bytes(blob(picture, dims_packed=False))
    assert (caffe.mean_picture(path) == picture).all()


@pytest.mark.slow
def test_a_file_of_full_size_fits_caffenet(tmp_path):
    source = nets.create("caffenet", 20).eval()
    (tmp_path / "finetune_flickr_style.caffemodel").write_bytes(written(source, last="fc8_flickr"))
    network = nets.create("caffenet", 20, tmp_path / "finetune_flickr_style.caffemodel", seed=1).eval()
    assert all(torch.equal(a, b) for a, b in zip(source.body.parameters(), network.body.parameters(), strict=True))
