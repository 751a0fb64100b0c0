"""Caffe's own files, `.caffemodel` and `.binaryproto`, read into our CaffeNet. Nothing of Caffe is needed.

Both are protocol-buffer messages, of which only what holds weights is read. Nothing in such a file can run code.

Caffe's pictures are BGR in 0..255 with a mean picture subtracted. Our CaffeNet takes RGB in 0..1 as all networks of
this book do and brings it into that form itself (`artlib.nets.network.Normalize`); of the mean picture it subtracts
one number a channel, its average over all pixels, as those do who use these files outside Caffe's own training.
Chapter: fine-tuning-experiments.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from artlib import paths
from artlib.errors import ArtlibError

_BODY = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7")


class CaffeError(ArtlibError):
    """A Caffe file that is not there, cannot be read, or does not hold what is needed."""


def published() -> dict[str, dict]:
    """The five networks of the fine-tuning paper by name, as ``data/caffe.yaml`` has them: file, sha1, last, mean."""
    return paths.table("caffe.yaml")


def find(name: str) -> Path:
    """Where one of the five published files lies.

    Raises
    ------
    CaffeError : it is not there (what to fetch and where to put it), or it is another file.
    """
    entry = published()[name]
    path = next(filter(Path.is_file, paths.weights(entry["file"])), None)
    if path is None:
        source = f", from {entry['published']}" if "published" in entry else ""
        stated = f" Its SHA-1 is {entry['sha1']}." if "sha1" in entry else ""
        raise CaffeError(
            f"The weights {name!r} ({entry['learned']}) are published as a Caffe file and do not come with the book. "
            f"Get {entry['file']}{source}, and put it under this name into "
            f"{' or '.join(map(str, paths.weights('')))}{_with_mean(entry)}.{stated}"
        )
    _verify(path, entry)
    return path


def state(path: Path, head: bool = False) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The weights of a CaffeNet file under our names, with the mean of its pictures; and what the file says of itself.

    Parameters
    ----------
    path : a ``.caffemodel``.
    head : also the last layer, whatever its name.

    Raises
    ------
    CaffeError : the file is cut short or foreign, a layer is missing, a shape differs, or its mean is not found.
    """
    layers = {name: blobs for name, blobs in layers_of(path) if blobs}
    missing = [name for name in _BODY if name not in layers]
    if missing:
        found = ", ".join(layers) or "none at all"
        raise CaffeError(
            f"{path} is no CaffeNet: it has no layer {', '.join(missing)}. Layers with weights: {found}. "
            "Take one of the published five, or another network of that shape."
        )
    # conv layers first, then fc6 behind a flattening, fc7, and one more.
    places = {name: f"body.{name}.{'conv' if name.startswith('conv') else int(name == 'fc6')}" for name in _BODY}
    last = [name for name in layers if name not in places]
    if head and len(last) != 1:
        raise CaffeError(f"{path} has {len(last)} layers that could be the last ({', '.join(last)}), not one.")
    if head:
        places[last[0]] = "head"
    made = {}
    for name, place in places.items():
        made |= _parameters(path, name, layers[name], place)
    made["normalize.mean"] = channel_means(path).reshape(1, 3, 1, 1)
    made["normalize.std"] = np.ones((1, 3, 1, 1), "float32")
    return made, {"network": "caffenet", "file": path.name, "last_layer": ", ".join(last)}


def layers_of(path: Path) -> Iterator[tuple[str, tuple[np.ndarray, ...]]]:
    """The layers of a ``.caffemodel`` in their order: name, and blobs as float32.

    Raises
    ------
    CaffeError : the file is cut short or foreign.
    """
    net = _message(path, "NetParameter")
    for layer in (*net.layer, *net.layers):
        yield layer.name.decode("utf-8", "replace"), tuple(_blob(blob, path) for blob in layer.blobs)
    if not net.layer and not net.layers:
        raise CaffeError(
            f"{path} holds no layers: it is no .caffemodel, or one older than Caffe's `layers` form, which Caffe's own "
            "upgrade_net_proto_binary brings up to date."
        )


def mean_picture(path: Path) -> np.ndarray:
    """The mean picture of a ``.binaryproto``, (3, H, W) float32 in BGR, 0..255.

    Raises
    ------
    CaffeError : the file is damaged, or holds something else.
    """
    blob = _trimmed(_blob(_message(path, "BlobProto"), path), 3)
    if blob.ndim != 3 or blob.shape[0] != 3:
        raise CaffeError(f"{path} holds numbers of the shape {blob.shape}, not a mean picture (3, height, width).")
    return blob


def channel_means(path: Path) -> np.ndarray:
    """Mean by channel (BGR, 0..255) that belongs to a ``.caffemodel``, (3,) float32.

    Looked for: the mean file of the published five, by its name, beside the file and in the folders of weights; else
    STEM_mean.binaryproto beside it. Where the numbers are public knowledge they serve when no file is there.

    Raises
    ------
    CaffeError : there is no mean for this file.
    """
    entry = next((one for one in published().values() if one["file"] == path.name), {})
    name = entry.get("mean", f"{path.stem}_mean.binaryproto")
    found = next(filter(Path.is_file, (path.with_name(name), *paths.weights(name))), None)
    if found is not None:
        return mean_picture(found).mean((1, 2), dtype="float64").astype("float32")
    if "values" in entry:
        return np.array(entry["values"], "float32")
    raise CaffeError(
        f"The mean picture of {path.name} is missing: the network was trained on pictures less that mean. Put it "
        f"beside the file, named {name} (a .binaryproto of Caffe)."
    )


def _parameters(path: Path, name: str, blobs: tuple[np.ndarray, ...], place: str) -> dict[str, np.ndarray]:
    if len(blobs) != 2:
        raise CaffeError(f"{path}: layer {name} has {len(blobs)} blobs instead of weights and biases.")
    weight, bias = blobs
    return {
        f"{place}.weight": _trimmed(weight, 4 if place.endswith(".conv") else 2),
        f"{place}.bias": _trimmed(bias, 1),
    }


def _trimmed(blob: np.ndarray, dimensions: int) -> np.ndarray:
    """The old form gives every blob four dimensions, the first ones 1."""
    while blob.ndim > dimensions and blob.shape[0] == 1:
        blob = blob[0]
    return blob


# --- files -------------------------------------------------------------------------------------------------------


def _message(path: Path, kind: str) -> Any:
    """What a file says, as one of the messages of ``data/caffe_messages.yaml``."""
    from google.protobuf.message import DecodeError

    try:
        content = Path(path).read_bytes()
        if not content:
            raise CaffeError(f"{path} is empty. Get the file again.")
        return _messages()[f"caffe.{kind}"].FromString(content)
    except OSError as fault:
        raise CaffeError(f"{path} cannot be read ({fault.strerror or fault}). Correct the path.") from fault
    except DecodeError:
        raise CaffeError(
            f"{path} ends in the middle of a message, or is none: it is cut short, or no Caffe file. Get it again."
        ) from None


@cache
def _messages() -> dict[str, Any]:
    from google.protobuf import descriptor_pb2, json_format, message_factory

    declared = json_format.ParseDict(paths.table("caffe_messages.yaml"), descriptor_pb2.FileDescriptorProto())
    return message_factory.GetMessages([declared])


def _blob(blob: Any, path: Path) -> np.ndarray:
    """A BlobProto as an array, its shape in either form."""
    data, old = blob.double_data or blob.data, ("num", "channels", "height", "width")
    shape = tuple(blob.shape.dim)
    if not blob.HasField("shape"):
        shape = tuple(getattr(blob, name) for name in old) if any(map(blob.HasField, old)) else (len(data),)
    if math.prod(shape) != len(data):
        raise CaffeError(
            f"{path} is broken: a blob of the shape {shape} has {len(data):,} numbers. Get the file again."
        )
    return np.fromiter(data, "float32", len(data)).reshape(shape)


def _verify(path: Path, entry: Mapping) -> None:
    if "sha1" not in entry:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha1").hexdigest()
    if not found.startswith(entry["sha1"]):
        raise CaffeError(
            f"{path} is not the published file: its SHA-1 is {found}, published is {entry['sha1']}. Get it again, or "
            "name the file itself in `weights` to use it as it is."
        )


def _with_mean(entry: Mapping) -> str:
    kind = "its mean picture" if "values" not in entry else "if you have it, its mean picture"
    return f", with {kind} as {entry['mean']}"
