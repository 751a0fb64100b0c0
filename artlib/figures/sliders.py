"""Frames behind sliders: live where a kernel answers, and drawn beforehand on a page that has none."""

import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from IPython import get_ipython

from artlib.figures import theme
from artlib.figures.figure import Figure, FigureError, csv

if TYPE_CHECKING:
    import pandas as pd

MOST = 240  # frames that a page may hold
_QUALITY = 76
_WIDGET = "application/vnd.jupyter.widget-view+json"


class Frames:
    """A picture that sliders change, on a page without a kernel too: ``Frames(draw, {"epoch": range(0, 60, 5)})``.

    In JupyterLab the sliders are ipywidgets and every combination is drawn when it is asked for. On a page, in an
    exported file and wherever no widget can be shown, they move through frames that were drawn beforehand.

    Parameters
    ----------
    draw : gives for ``draw(epoch=5)`` a picture, uint8 (H, W) or (H, W, 3), or a ``Figure``.
    controls : name of each slider -> its values in order.
    start : where the sliders stand at first; None: at their first values.
    told : gives the alternative text of a frame, called like ``draw``; None: that of the figure, or names and values.
    together : whether the page holds a frame for every combination, or changes one thing at a time.
    caption : what to notice.

    ``data`` may be set to a table of what the frames show, for who wants to read or reuse the numbers.

    Raises
    ------
    FigureError : a slider without values, a start that is not among them, or more frames than a page holds.
    """

    def __init__(
        self,
        draw: Callable[..., Any],
        controls: Mapping[str, Sequence],
        start: Mapping[str, Any] | None = None,
        told: Callable[..., str] | None = None,
        together: bool = True,
        caption: str = "",
    ):
        self.draw, self.told, self.together, self.caption = draw, told, together, caption
        self.data: pd.DataFrame | None = None
        self.controls = {name: list(values) for name, values in controls.items()}
        empty = [name for name, values in self.controls.items() if not values]
        if empty or not controls:
            found = f"{empty[0]!r} has none" if empty else "none is given"
            raise FigureError(f"Frames need sliders with values; {found}.")
        self.start = {}
        for name, values in self.controls.items():
            value = (start or {}).get(name, values[0])
            if value not in values:
                raise FigureError(f"The slider {name!r} cannot start at {value!r}: that is not among its values.")
            self.start[name] = values.index(value)
        count = len(self.choices)
        if count > MOST:
            raise FigureError(
                f"{count:,} frames are more than a page holds ({MOST}): give fewer values, or together=False."
            )

    @property
    def choices(self) -> list[tuple[int, ...]]:
        """The frames of the page, each a position on every slider; where it starts comes first."""
        start = tuple(self.start.values())
        sizes = [range(len(values)) for values in self.controls.values()]
        if self.together:
            return [start, *(choice for choice in itertools.product(*sizes) if choice != start)]
        changed = [
            (*start[:place], value, *start[place + 1 :])
            for place, size in enumerate(sizes)
            for value in size
            if value != start[place]
        ]
        return [start, *changed]

    def alt(self, choice: Sequence[int]) -> str:
        """What a frame shows, in words."""
        return self._frame(choice)[2]

    def live(self) -> Any:
        """The ipywidgets box, for a notebook with a kernel; every slider may be moved on its own."""
        import ipywidgets

        look = {"continuous_update": False, "layout": {"width": "26rem", "max_width": "100%"}}
        sliders = {}
        for name, values in self.controls.items():
            options = [(str(value), number) for number, value in enumerate(values)]
            sliders[name] = ipywidgets.SelectionSlider(
                options=options, value=self.start[name], description=name, **look
            )
        image, words = ipywidgets.Image(format="webp"), ipywidgets.Label()

        def show(*_: Any) -> None:
            choice = [slider.value for slider in sliders.values()]
            image.value, side, words.value = self._frame(choice)
            image.layout.width = f"{side}px"

        for slider in sliders.values():
            slider.observe(show, "value")
        show()
        return ipywidgets.VBox([image, words, *sliders.values()])

    def _frame(self, choice: Sequence[int]) -> tuple[bytes, int, str]:
        """A frame as WebP, its width on the page, and what it shows in words."""
        chosen = {name: values[k] for (name, values), k in zip(self.controls.items(), choice, strict=True)}
        drawn = self.draw(**chosen)
        if self.told is None:
            return *_webp(drawn), drawn.alt if isinstance(drawn, Figure) else _named(chosen)
        return *_webp(drawn), self.told(**chosen)

    def _repr_html_(self) -> str:
        drawn = {choice: self._frame(choice) for choice in self.choices}
        first = self.choices[0]
        frames = {" ".join(map(str, c)): [theme.address(picture), words] for c, (picture, _, words) in drawn.items()}
        controls = {name: [str(value) for value in values] for name, values in self.controls.items()}
        source, said = frames[" ".join(map(str, first))]
        held = {"together": self.together, "start": list(first), "values": list(controls.values()), "frames": frames}
        return theme.fill(
            "frames.html", width=drawn[first][1], source=source, said=said, controls=controls, start=self.start,
            caption=self.caption, together=self.together, held=theme.as_json(held),
        )  # fmt: skip

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """HTML for every page; the widget beside it, which JupyterLab prefers, where there is a kernel to answer it."""
        bundle = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        if _in_kernel():
            bundle[_WIDGET] = self.live()._repr_mimebundle_()[_WIDGET]
        return bundle, {} if self.data is None else {"text/html": {"data": csv(self.data)}}

    def __repr__(self) -> str:
        return f"Frames: {self.alt(self.choices[0])}"


def _named(choice: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in choice.items()).capitalize() + "."


def _webp(drawn: Any) -> tuple[bytes, int]:
    from PIL import Image

    if isinstance(drawn, Figure):
        picture, width = np.asarray(Image.open(io.BytesIO(drawn.png())).convert("RGB")), drawn.width
    else:
        picture = np.asarray(drawn, dtype=np.uint8)
        width = picture.shape[1]
    return theme.webp(picture, _QUALITY), width


def _in_kernel() -> bool:
    return hasattr(get_ipython(), "kernel")
