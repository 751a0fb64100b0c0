"""Backbones of timm and torchvision, cut at their last linear layer and divided into layers."""

import contextlib
import os
from collections.abc import Callable

from torch import nn

from artlib import paths
from artlib.nets import packaged
from artlib.nets.network import IMAGENET_MEAN, IMAGENET_STD, NetsError, Network, Normalize

_TABLE = paths.table("networks.yaml")
BACKBONES = _TABLE["backbones"]
# Weights that the library itself publishes; what they have learned is the library's to say.
LIBRARY = ("imagenet", "library")


def library(name: str, outputs: int, weights: str | os.PathLike | None = None, **options) -> Network:
    """A backbone of a library, with a new head; its own weights are not loaded here.

    A vision transformer of timm takes pictures of other sizes than it was made for: the positions of its patches are
    interpolated; its features are what timm pools them to, and its first layer is the embedding of patches with its
    tokens.

    Parameters
    ----------
    name : a name of BACKBONES, or ``timm/NAME`` or ``torchvision/NAME``.
    outputs : units of the new head.
    weights : what will be loaded: `mobilenetv2_100` follows TensorFlow (padding "same", pictures in -1..1), as its
        openly published weights do, but timm where its own are to come ("imagenet" or "library").
    options : what the library takes.

    Raises
    ------
    NetsError : no library knows the name, or it does not take the options.
    """
    if options.get("in_chans", 3) != 3 or "num_classes" in options or not options.get("global_pool", "avg"):
        raise NetsError(
            f"{name} gets pictures of three channels, pools its features and has a new head: leave in_chans, "
            "num_classes and an empty global_pool out of the options."
        )
    where, _, known = BACKBONES.get(name, name).partition("/")
    if where == "timm" and known:
        return _timm(name, known, outputs, weights, options)
    if where == "torchvision" and known:
        return _torchvision(name, known, outputs, options)
    raise NetsError(_unknown(name))


def _timm(name: str, known: str, outputs: int, weights: str | os.PathLike | None, options: dict) -> Network:
    import timm

    if not timm.is_model(known):
        raise NetsError(_unknown(name, timm.list_models(f"*{known.split('_')[0]}*")))
    tensorflow = name == "mobilenetv2_100" and weights not in LIBRARY
    if tensorflow:
        options = {"pad_type": "same", **options}
    body = _timm_body(known, options)
    config, last = body.pretrained_cfg, body.pretrained_cfg.get("classifier")
    mean, std = ((0.5,) * 3, (0.5,) * 3) if tensorflow else (config["mean"], config["std"])
    if known in packaged.NETWORKS:
        mean, std = packaged.MEAN, packaged.STD
    features = getattr(body, "head_hidden_size", None) or body.num_features
    return Network(
        name,
        body,
        nn.Linear(features, outputs),
        Normalize(mean, std),
        _layers(body),
        size=options.get("img_size", config["input_size"][-1]),
        fixed_size=bool(config.get("fixed_input_size")) and not getattr(body, "dynamic_img_size", False),
        # The address of timm's own weights for it.
        origin=("timm", known, config.get("hf_hub_id")),
        last_layer=last[0] if isinstance(last, tuple) else last,  # a distilled network names two
    )


def _timm_body(known: str, options: dict) -> nn.Module:
    import timm

    own = timm.get_pretrained_cfg(known)
    # Of the networks of one size, transformers with positions can interpolate them; others refuse the words.
    if own is not None and own.fixed_input_size and "img_size" not in options:
        with contextlib.suppress(TypeError):
            return timm.create_model(known, num_classes=0, dynamic_img_size=True, dynamic_img_pad=True, **options)
    return _made(timm.create_model, known, {"num_classes": 0, **options})


def _made(create: Callable[..., nn.Module], known: str, options: dict) -> nn.Module:
    try:
        return create(known, **options)
    except (TypeError, ValueError, AssertionError) as error:
        raise NetsError(f"{known} does not take these options: {options} ({error}).") from error


def _torchvision(name: str, known: str, outputs: int, options: dict) -> Network:
    from torchvision import models

    if known not in models.list_models(module=models):
        raise NetsError(_unknown(name, models.list_models(module=models, include=f"*{known.split('_')[0]}*")))
    body = _made(models.get_model, known, {"weights": None, **_TABLE["one_output"].get(known, {}), **options})
    linears = [(path, m) for path, m in body.named_modules() if isinstance(m, nn.Linear)]
    if not linears:
        raise NetsError(f"{name} ends in a convolution, not in a linear layer that a new task could replace.")
    last, linear = linears[-1]
    body.set_submodule(last, nn.Identity())
    return Network(
        name,
        body,
        nn.Linear(linear.in_features, outputs),
        Normalize(IMAGENET_MEAN, IMAGENET_STD),
        _layers(body),
        size=224,
        origin=("torchvision", known, None),
        last_layer=last,
    )


def _layers(body: nn.Module) -> list[tuple[str, nn.Module]]:
    """Divide a library's network: weights with what follows them (normalization, activation, pooling) are one layer."""
    groups: list[tuple[str, list[nn.Module]]] = []
    for name, module in _parts(body):
        if _begins(module) or not groups:
            groups.append((name, [module]))
        else:
            groups[-1][1].append(module)
    # A transformer's own tokens and positions are put to its patches: they are learned, or frozen, with them.
    if own := list(body.parameters(recurse=False)):
        groups[0][1].append(nn.ParameterList(own))
    # Entries of a nameless sequence ("features.3") are called by their kind and place among the layers.
    layers = []
    for k, (name, parts) in enumerate(groups, start=1):
        kind = "conv" if isinstance(parts[0], nn.Conv2d) else "fc" if isinstance(parts[0], nn.Linear) else None
        plain = kind is not None and name.rpartition(".")[0] in ("features", "classifier", "pre_logits")
        layers.append((f"{kind}{k}" if plain else name, parts[0] if len(parts) == 1 else nn.ModuleList(parts)))
    return layers


def _parts(body: nn.Module):
    for name, child in body.named_children():
        if name in _TABLE["containers"] and not list(child.parameters(recurse=False)) and list(child.children()):
            for inner, module in child.named_children():
                yield f"{name}.{inner}", module
        else:
            yield name, child


def _begins(module: nn.Module) -> bool:
    """Whether a layer begins here: it has parameters and is more than a normalization."""
    return any(True for _ in module.parameters()) and "norm" not in type(module).__name__.lower()


def _unknown(name: str, similar: list[str] | None = None) -> str:
    text = f"There is no network called {name!r}. Own and usual ones: caffenet, caffenet_s, resnet18_s, mobilenet_s, "
    text += ", ".join(BACKBONES) + "; any other as timm/NAME or torchvision/NAME."
    return f"{text} Did you mean one of: {', '.join(similar[:8])}?" if similar else text
