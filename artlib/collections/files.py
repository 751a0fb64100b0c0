"""Pictures that lie as files beneath one folder: found, judged by their header, decoded, never trusted."""

import io
import os
import re
import stat
import struct
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from artlib import paths
from artlib.works import CollectionError, PictureError

# Named, so that no file is handed to a decoder of documents (EPS starts an interpreter) whatever it calls itself.
_COMMON = ("JPEG", "PNG", "GIF", "BMP", "PPM")
_RARE = ("WEBP", "TIFF", "AVIF", "JPEG2000", "PSD", "HEIF")  # PSD: as it was flattened; HEIF: by pillow-heif
_TABLE = paths.table("pictures.yaml")
SUFFIXES, NOT_READ, _SERVICE = (frozenset(_TABLE[name]) for name in ("read", "not_read", "service"))
MAX_PIXELS = 200_000_000  # the largest open museum scans; as RGB about 800 MB while it is decoded
MIN_SIDE = 4  # px; placeholders and tracking pixels are smaller, pictures are not

WEB_PAGE = _TABLE["other_files"]["<html"]

_BITS, _PHOTOMETRIC = 258, 262  # tags of TIFF
_PAPER = (255, 255, 255, 255)  # what shows through a transparent picture
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF orientation (tag 0x0112) -> PIL.Image.Transpose
_HEIF = re.compile(rb".{4}ftyp(?:hei|hev|mif1|msf1)", re.DOTALL)
_NOTES = (b"iTXt", b"zTXt", b"tEXt", b"iCCP")  # of PNG
_limit_lock = threading.Lock()


class FileSource:
    """The picture source of collections on disk (`artlib.works.PictureSource`).

    `root` is the folder that all picture names are relative to; `max_pixels` refuses larger pictures by what their
    header claims, before anything is decoded. Chapter: collections.
    """

    threads = True  # decoding runs outside the interpreter's lock, so that threads serve as well as processes

    def __init__(self, root: str | Path, max_pixels: int = MAX_PIXELS) -> None:
        self.root = os.path.abspath(root)
        self.max_pixels = max_pixels

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def path(self, image: str) -> str:
        """Where a picture lies; PictureError when its name leads out of the collection's folder, or upwards at all."""
        path = os.path.normpath(os.path.join(self.root, image))
        upwards = ".." in image.replace("\\", "/").split("/")
        if upwards or not path.startswith(self.root.rstrip(os.sep) + os.sep) or "\0" in image:
            raise PictureError("its name leads out of the collection's folder")
        return path

    def find(self, image: str) -> str:
        """As `path`, or where it lies with accents composed the other way (macOS) or "/" for a backslash (Windows)."""
        path = self.path(image)
        if os.path.lexists(path) or (image.isascii() and "\\" not in image):
            return path
        slashed = image.replace("\\", "/")
        others = (self.path(unicodedata.normalize(form, slashed)) for form in ("NFC", "NFD"))
        return next(filter(os.path.lexists, others), path)

    def exists(self, image: str) -> bool:
        """Whether a file of this name lies in the collection (whether it can be decoded is not asked)."""
        return os.path.isfile(self.find(image))

    def fingerprint(self, image: str) -> str:
        """Name, bytes and time of the last change (ns) of a picture; the file is not opened."""
        try:
            if image and ".." not in image and not image.startswith((".", "/")):
                with suppress(OSError, ValueError):  # a plain name needs no search, which takes three times as long
                    return stamp(image, self.root + os.sep + image)
            return stamp(image, self.find(image))
        except (OSError, PictureError):
            return f"{image}:missing"

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture, upright, as uint8 RGB (H, W, 3), decoded as small as the shorter side >= `size` px allows.

        Transparent pictures are laid on white, animated ones give their first frame, 16-bit ones are brought to
        8 bit. Errors: PictureError with one plain reason, whatever is wrong with the file.
        """
        path = self.find(image)
        _check_file(path)
        with _in_one_reason(lambda: _start(path)):
            return _despite_notes(path, lambda file: _decode(file, size, self.max_pixels))


def stamp(image: str, path: str) -> str:
    """A picture's name with bytes and time of the last change (ns) of the file that it lies in."""
    found = os.stat(path)
    return f"{image}:{found.st_size}:{found.st_mtime_ns}"


def decode(data: bytes, size: int, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """A picture's bytes as `FileSource.read` gives a file's: upright uint8 RGB (H, W, 3), or PictureError."""
    if not data:
        raise PictureError("the file is empty (0 bytes)")
    with _in_one_reason(lambda: data[:256]):
        return _despite_notes(io.BytesIO(data), lambda file: _decode(file, size, max_pixels))


def header(path: str, max_pixels: int = MAX_PIXELS) -> tuple[str, int, int]:
    """Format ("JPEG"), width and height (px) by the header of a picture; nothing is decoded. Errors: PictureError."""
    _check_file(path)

    def look(file: str | io.BytesIO) -> tuple[str, int, int]:
        with _open(file) as picture:
            _check_size(picture, max_pixels)
            return picture.format, *picture.size

    with _in_one_reason(lambda: _start(path)):
        return _despite_notes(path, look)


@contextmanager
def _in_one_reason(start: Callable[[], bytes]) -> Iterator[None]:
    """Whatever decoders raise on a damaged file as a PictureError; `start` gives the file's first bytes."""
    try:
        yield
    except PictureError:
        raise
    except Exception as error:  # decoders raise nearly anything
        raise PictureError(_reason(start(), error)) from error


def _check_file(path: str) -> None:
    try:
        found = os.stat(path)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise PictureError("there is no such file" if missing else f"cannot be opened ({error.strerror})") from None
    if not stat.S_ISREG(found.st_mode):
        raise PictureError("is not a file")
    if found.st_size == 0:
        raise PictureError("the file is empty (0 bytes)")


def _decode(file: str | io.BytesIO, size: int, max_pixels: int) -> np.ndarray:
    picture = _open(file)
    with picture:
        _check_size(picture, max_pixels)
        picture.draft(None, (size, size))  # JPEG only: decodes at 1/2, 1/4 or 1/8 where that is enough
        picture.load()
        # Asked of the loaded picture: Pillow turns a TIFF itself while it loads it, and forgets the tag.
        turn = _TURNS.get(_orientation(picture))
        small = _as_rgb(_reduced(picture, size), getattr(picture, "tag_v2", {}), picture.format == "PPM")
        return np.asarray(small if turn is None else small.transpose(turn))


def _check_size(picture, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise PictureError(f"claims {width:,} x {height:,} pixels, more than the {max_pixels:,} allowed; not decoded")
    if min(width, height) < MIN_SIDE:
        raise PictureError(f"is too small to show anything ({width} x {height} pixels)")


def _open(file: str | io.BytesIO):
    """Opened without the library's own limit: ours comes from the caller, and it is not the library's to warn."""
    with _limit_lock:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            try:
                return Image.open(file, formats=_COMMON)
            except UnidentifiedImageError:
                Image.init()
                _register_heif()
                return Image.open(file, formats=[name for name in _RARE if name in Image.OPEN])
        finally:
            Image.MAX_IMAGE_PIXELS = limit


@cache
def _register_heif() -> None:
    """Let Pillow read HEIC where the package pillow-heif is installed."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()


def _despite_notes(file: str | io.BytesIO, use: Callable[[str | io.BytesIO], Any]) -> Any:
    """What ``use`` gives; a PNG whose texts or colour profile are longer than Pillow unpacks is used without them."""
    try:
        return use(file)
    except ValueError as error:
        if "MAX_TEXT" not in str(error):
            raise
    return use(io.BytesIO(_without_notes(Path(file).read_bytes() if isinstance(file, str) else file.getvalue())))


def _without_notes(png: bytes) -> bytes:
    kept, start = [png[:8]], 8
    while start + 12 <= len(png):
        end = start + 12 + int.from_bytes(png[start : start + 4], "big")
        if png[start + 4 : start + 8] not in _NOTES:
            kept.append(png[start:end])
        start = end
    return b"".join(kept)


def _orientation(picture) -> int:
    try:
        return picture.getexif().get(0x0112, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return 1  # damaged notes about the picture say nothing about the picture


def _reduced(picture, size: int):
    """Box-averaged towards `size`, to twice as much as needed: the last resampling stays the precise one."""
    if picture.mode == "1":
        picture = picture.convert("L")
    factor = min(picture.size) // (2 * size)
    return picture.reduce(factor) if factor > 1 and picture.mode in ("L", "RGB", "RGBA", "CMYK") else picture


def _as_rgb(picture, tags: Mapping[int, Any], plain_range: bool):
    """8-bit sRGB, as a viewer shows it: on white paper, colours by the profile; ``tags`` are a TIFF's."""
    profile = picture.info.get("icc_profile")
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return _in_srgb(picture, profile)
    if picture.mode.startswith("I") or picture.mode == "F":
        grey = _eight_bit(np.asarray(picture), picture.mode, tags, plain_range)
        return _in_srgb(Image.fromarray(grey), profile)
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        shown = picture.convert("RGBA")
        return _in_srgb(Image.alpha_composite(Image.new("RGBA", shown.size, _PAPER), shown).convert("RGB"), profile)
    if picture.mode in ("L", "CMYK", "LAB"):
        return _in_srgb(picture, profile)
    return _in_srgb(picture.convert("RGB"), profile)


def _in_srgb(picture, profile: bytes | None):
    """The picture in sRGB by its colour profile; one without a profile, or with a damaged one, is taken for sRGB."""
    transform = _to_srgb(profile, picture.mode) if profile or picture.mode == "LAB" else None
    if transform is None:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    from PIL import ImageCms

    return ImageCms.applyTransform(picture, transform)


@lru_cache(maxsize=64)
def _to_srgb(profile: bytes | None, mode: str):
    """What brings colours of a profile to sRGB; None where they are, or where the profile fits no such picture."""
    from PIL import ImageCms

    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        own = ImageCms.createProfile("LAB") if mode == "LAB" else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "LAB" or "srgb" not in ImageCms.getProfileDescription(own).lower():
            return ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), mode, "RGB")
    return None


def _eight_bit(values: np.ndarray, mode: str, tags: Mapping[int, Any], plain_range: bool) -> np.ndarray:
    """Greys of 12 and 16 bits by their full range; 32-bit and floating ones by the range that they use."""
    values = np.nan_to_num(values.astype(np.float32))
    bits = tags.get(_BITS, 16)
    if mode.startswith("I;16") or plain_range:
        most = 4095 if bits in (12, (12,)) else 65535
        values = most - values if tags.get(_PHOTOMETRIC) == 0 else values  # zero is white
        return np.rint(values * (255 / most)).clip(0, 255).astype(np.uint8)
    low, high = min(0.0, values.min()), values.max()
    full = next((top for top in (1.0, 255.0, 65535.0) if high <= top), high) if low == 0 else high
    return np.rint((values - low) * (255 / max(full - low, 1e-9))).clip(0, 255).astype(np.uint8)


def _reason(start: bytes, error: Exception) -> str:
    words = str(error).lower()
    if isinstance(error, UnidentifiedImageError):
        return _what_else(start)
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, PermissionError):
        return "cannot be opened (permission denied)"
    if "truncated" in words or "broken data stream" in words or isinstance(error, EOFError):
        return "is truncated: the file ends before the picture does"
    return f"is damaged ({type(error).__name__}: {str(error)[:80] or 'no details'})"


def _start(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(256)
    except OSError:
        return b""


def _what_else(start: bytes) -> str:
    if _HEIF.match(start):
        return "is a HEIC picture, which needs the package pillow-heif: pip install pillow-heif"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    known = (what for sign, what in _TABLE["other_files"].items() if text.startswith(sign.encode()))
    return next(known, "is not a picture in a known format, or its header is damaged")


def pictures_below(
    folder: str | Path, prefix: str = "", linked: int = 0, passed: Counter[str] | None = None
) -> Iterator[str]:
    """Pictures at any depth, by "/" between the parts of their names and in one order everywhere; none hidden.

    `prefix` stands before their names; of folders, those at the uppermost `linked` levels may be links. `passed` counts
    what is passed over: folders of systems, and pictures in formats that are not read.
    """
    passed = Counter() if passed is None else passed
    if not os.path.isdir(folder):
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = f"{prefix}/{entry.name}" if prefix else entry.name
        suffix = os.path.splitext(entry.name)[1].lower()
        if is_hidden(entry.name):
            passed[entry.name] += entry.is_dir(follow_symlinks=False)
        elif entry.is_dir(follow_symlinks=linked > 0):
            yield from pictures_below(entry.path, name, linked - 1, passed)
        elif suffix in SUFFIXES:
            yield name
        elif suffix in NOT_READ:
            passed[f"*{suffix}"] += 1


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is none of the user's own: a system's, or a network disk's."""
    return name.startswith(".") or name.lower() in _SERVICE


def folder_of(root: str | Path, reader: str) -> Path:
    """The folder that a reader was given, or CollectionError when there is none."""
    folder = Path(root).expanduser()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise CollectionError(f'The folder of the collection "{reader}" {what}: {folder}')
    return folder
