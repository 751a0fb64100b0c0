"""One training in several processes, one for each GPU: PyTorch's DistributedDataParallel under ``torchrun``.

Every process draws the same epoch, takes every n-th row of each batch, and is told what the network says of the others.
Loss, counts and history are then of the whole batch in all of them, so that two processes with half a batch each do
what one does with all of it, but for rounding: also with missing labels, several tasks, and a last batch that is
short. Validation is gathered row by row in the same way, without padding. What one alone must say (which epoch is best,
when to stop) is the first one's word; it writes, the others read.

fastai's distributed mode is not taken: it deals out a fastai DataLoader's indices, and pads them with duplicates.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from fastai.callback.core import Callback
from fastcore.basics import noop
from torch import Tensor, distributed, nn

from artlib import cache
from artlib.loaders.batches import taken
from artlib.records import processes

if TYPE_CHECKING:
    from artlib.learners.base import ArtLearner


def wait() -> None:
    """Go on when all processes have come so far."""
    if processes()[1] > 1:
        _meet()
        distributed.barrier()


def told(value: Any) -> Any:
    """Plain data as the first process has it, in all of them."""
    return every(value)[0] if processes()[1] > 1 else value


def every(value: Any) -> list:
    """Plain data of all processes, in all of them; as JSON, because torch's own way would unpickle it."""
    said = torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8)
    lengths = _gathered(torch.tensor([len(said)]))
    sent = said.new_zeros(int(max(lengths)))
    sent[: len(said)] = said
    return [json.loads(one[: int(n)].numpy().tobytes()) for one, n in zip(_gathered(sent), lengths, strict=True)]


def _gathered(own: Tensor) -> list[Tensor]:
    parts = [torch.empty_like(own) for _ in range(processes()[1])]
    distributed.all_gather(parts, own)
    return parts


def _meet() -> None:
    if not distributed.is_initialized():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")


def whole(own: Tensor, n: int) -> Tensor:
    """What the network said in all processes, (n, ...) float32 in the order of the batch; own rows have gradients."""
    return _Whole.apply(own.float(), n) if processes()[1] > 1 else own


class _Whole(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor, n: int) -> Tensor:
        ctx.shape = own.shape
        # All send as many rows as the first; what is too much stands at the end.
        sent = own.new_zeros((-(-n // processes()[1]), *own.shape[1:]))
        sent[: len(own)] = own
        return torch.stack(_gathered(sent), 1).flatten(0, 1)[:n]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        number, count = processes()
        own, rows = grad.new_zeros(ctx.shape), grad[number::count]
        # DistributedDataParallel takes the mean over processes of what is a sum over rows.
        own[: len(rows)] = rows * count
        return own, None


def by_rows(learner: ArtLearner, network: Callable) -> Callable:
    """A network as a batch asks it: this process's pictures, and whatever else the batch has of all, to all outputs."""

    def ask(pictures: Tensor, *others: Tensor) -> Any:
        n = rows_in(learner)
        said = network(pictures, *(one[taken(n, *processes())] for one in others))
        return whole(said, n) if isinstance(said, Tensor) else tuple(whole(one, n) for one in said)

    return ask


def rows_in(learner: ArtLearner) -> int:
    """Rows of the learner's batch, which all processes together take."""
    answers = learner.yb[0]
    return len(answers if isinstance(answers, Tensor) else answers[0])


@contextmanager
def together(learner: ArtLearner) -> Iterator[None]:
    """Inside the block the learner's batches show this process its rows, and all processes learn the same.

    Raises the learner's error where they would not, where a batch does not divide, and where normalization is to be
    common on a processor.
    """
    number, count = processes()
    if count == 1:
        yield
        return
    _meet()
    _check(learner, count)
    learner.quiet = learner.quiet or number > 0
    shown = learner.dls.loaders[:2]
    try:
        for batches in shown:
            batches.taken = number, count
        yield
        wait()
    finally:
        for batches in shown:
            batches.taken = 0, 1


def _check(learner: ArtLearner, count: int) -> None:
    size = learner.recipe.batch_size
    if size % count:
        fitting = [str(n) for n in (size - size % count, size - size % count + count) if n]
        raise learner.error(
            f"A batch of {size} does not divide among {count} processes: take batch_size {' or '.join(fitting)}."
        )
    if learner.recipe.sync_batchnorm and torch.device(learner.dls.device or "cpu").type != "cuda":
        raise learner.error("sync_batchnorm needs a GPU for each process: PyTorch has it on no processor.")
    facts, arrays = learner.identity()
    own = {name: json.dumps(value, sort_keys=True, default=str) for name, value in facts.items()}
    own |= {name: cache.digest(values) for name, values in arrays.items()}
    first, *others = every(own | {"initial weights": cache.digest(learner.model)})
    told_apart = {
        number: [name for name in first if one.get(name) != first[name]] for number, one in enumerate(others, start=1)
    }
    differ = "; ".join(f"process {number}: {', '.join(names)}" for number, names in told_apart.items() if names)
    if differ:
        raise learner.error(
            f"The processes would not learn the same. What differs from the first one's: {differ}. Give all of them "
            "the same code, pictures, split, recipe and seed."
        )


def same_epoch(learner: ArtLearner) -> None:
    """Raise the learner's error where the processes do not go on from the same checkpoint."""
    if processes()[1] > 1 and len(found := set(every(learner.done))) > 1:
        raise learner.error(
            f"The processes go on from different epochs ({', '.join(map(str, sorted(found)))}): {learner.folder} must "
            "be one folder for all of them, on a disk that they share."
        )


class Together(Callback):
    """In every batch the network is asked for this process's rows, and says what all processes were told."""

    order = 60

    def before_fit(self) -> None:
        """Wrap what learns, after it was frozen: the wrapper takes parameters as they are now."""
        learn = self.learn
        if learn.recipe.sync_batchnorm:
            from timm.layers import convert_sync_batchnorm  # PyTorch's loses the activations within timm's

            learn.model = convert_sync_batchnorm(learn.model)
        self.asked = learn.divided(self._parallel)

    def _parallel(self, network: nn.Module) -> nn.Module:
        device = torch.device(self.learn.dls.device or "cpu")
        # Buffers are told once an epoch: between the two passes of one step they must not change.
        return nn.parallel.DistributedDataParallel(
            network, [device] if device.type == "cuda" else None, broadcast_buffers=False,
            find_unused_parameters=self.learn.resting,
        )  # fmt: skip

    def before_batch(self) -> None:
        """Put it in the network's place; whatever ends the batch puts the network back."""
        learn = self.learn
        learn.of_batch.callback(setattr, learn, "model", learn.model)
        learn.model = self.asked

    def after_fit(self) -> None:
        """Leave nothing wrapped behind."""
        self.asked = self.learn.divided(noop)

    def after_train(self) -> None:
        """Take the first process's statistics of normalization, so that all validate and keep the same network."""
        with torch.no_grad():
            for tensor in (*self.learn.tensors().values(), *self.learn.loss_func.state_dict().values()):
                sent = tensor.contiguous()
                distributed.broadcast(sent, 0)
                tensor.copy_(sent)
