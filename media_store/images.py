"""Pictures decoded and encoded anew, and scaled. Pure: bytes in, bytes out, nothing but Pillow.

Pillow is a large decoder written in C, and what is decoded comes from strangers. So this module is
used in the process of `media_store.worker` alone, and never in the server's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from PIL import (
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    ImageSequence,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401 - Pillow then knows the format
)

from media_store import gif
from media_store.errors import Broken, ImageError, NotAnImage, TooLarge
from media_store.picture import (
    MAX_BYTES,
    MAX_FRAMES,
    MAX_KEPT,
    MAX_PIXELS,
    MIB,
    MIME,
    TOO_MANY_BYTES,
    Picture,
)

#: Pillow raises from twice this number on, wherever an image grows while it is read.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
#: What the text of a PNG may unpack to; it is thrown away in any case.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MIB
#: Frames of one palette stay as they are, and need not be reduced to 256 colours again.
GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY

#: Of JPEG and lossy WebP, where the file's own tables cannot be kept.
QUALITY = 90
TOO_MANY_PIXELS = (
    f"An image may have {MAX_PIXELS // 10**6} million pixels, all frames together; make it smaller."
)
SRGB = ImageCms.createProfile("sRGB")


def remake(data: bytes) -> Picture:
    """The picture in these bytes, upright and without metadata, in the format it came in.

    Colours with a profile of their own become sRGB; of animations the profile is dropped.
    Raises NotAnImage, Broken, TooLarge.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(TOO_MANY_BYTES)
    with _explained():
        image = _opened(data)
        if _is_animated(image):
            frames = [ImageOps.exif_transpose(each) for each in _frames(image)]
        else:
            ImageOps.exif_transpose(image, in_place=True)
            frames = [_in_srgb(image)]
        return _encoded(frames, image, lossless=b"VP8L" in data)


def scaled(data: bytes, width: int) -> Picture:
    """A copy of a picture that `remake` has made, animated if it is: `width` pixels wide, or less
    if the picture is narrower. Raises NotAnImage, Broken, TooLarge; ValueError for no width.
    """
    if width < 1:
        raise ValueError("a copy has a width of 1 pixel or more")
    with _explained():
        image = _opened(data)
        width = min(width, image.width)
        size = (width, max(1, round(image.height * width / image.width)))
        image.draft(None, size)
        frames = [_resized(each, size) for each in _frames(image)]
        if image.format == "GIF":
            frames = [_clear_or_not(each) for each in frames]
        return _encoded(frames, image, lossless=b"VP8L" in data)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever a decoder raises into one of our errors: what it may raise is not written."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise TooLarge(TOO_MANY_PIXELS) from None
    except Exception as error:
        raise Broken(
            "The image is damaged, cut off, or holds more metadata than one may; "
            "export it anew and send it again."
        ) from error


def _opened(data: bytes) -> Image.Image:
    """The image, of which only the header was read: it is within the limits."""
    try:
        image = Image.open(BytesIO(data), formats=tuple(MIME))
    except UnidentifiedImageError:
        raise NotAnImage(
            "This is no PNG, JPEG, WebP or GIF, whatever its name says; convert it to one of them."
        ) from None
    frames, width, height = _extent(image, data)
    if frames > MAX_FRAMES:
        raise TooLarge(f"An animation may have {MAX_FRAMES} frames; leave some out.")
    if frames * width * height > MAX_PIXELS:
        raise TooLarge(TOO_MANY_PIXELS)
    return image


def _extent(image: Image.Image, data: bytes) -> tuple[int, int, int]:
    """Frames, width and height, as the header says."""
    if isinstance(image, GifImagePlugin.GifImageFile):
        found = gif.outline(data, MAX_FRAMES + 1)
        return found.frames, found.width, found.height
    return (_count(image) if _is_animated(image) else 1), image.width, image.height


def _count(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1))


def _is_animated(image: Image.Image) -> bool:
    # A JPEG with several pictures in it (MPO) shows its first.
    return not isinstance(image, JpegImagePlugin.JpegImageFile) and _count(image) > 1


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Copies of the frames, each complete in itself."""
    if not _is_animated(image):
        yield image
        return
    seen = 0
    for frame in ImageSequence.Iterator(image):
        copy = frame.copy()
        seen += copy.width * copy.height
        if seen > MAX_PIXELS:
            raise TooLarge(TOO_MANY_PIXELS)
        yield copy


def _in_srgb(image: Image.Image) -> Image.Image:
    """The image with the colours that its profile stands for, in a mode that browsers show."""
    image.load()
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        image = _with_alpha(image)
        mode = "RGB" if image.mode == "CMYK" else image.mode
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, SRGB, outputMode=mode)
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a profile that says nothing is as good as none
        if converted is not None:
            return converted
    return image.convert("RGB") if image.mode == "CMYK" else image


def _resized(frame: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The frame in this size; what has a palette is scaled in the colours it stands for."""
    duration = frame.info.get("duration")
    frame = _with_alpha(frame)
    if frame.mode in ("P", "1", "PA"):
        frame = frame.convert("RGBA" if frame.has_transparency_data else "RGB")
    # Of 16 bits a pixel there is no quick first step.
    gap = None if frame.mode == "I;16" else 2.0
    smaller = frame.resize(size, Image.Resampling.LANCZOS, reducing_gap=gap)
    smaller.info = {} if duration is None else {"duration": duration}
    return smaller


def _with_alpha(image: Image.Image) -> Image.Image:
    """The image with a channel for what is clear, if one of its colours stood for that."""
    keyed = "transparency" in image.info and image.mode in ("1", "L", "RGB")
    return image.convert("RGBA") if keyed else image


def _clear_or_not(frame: Image.Image) -> Image.Image:
    """The frame as a GIF can show it, which knows nothing between clear and opaque."""
    if frame.mode == "RGBA":
        frame.putalpha(frame.getchannel("A").point(lambda alpha: 255 if alpha >= 128 else 0))
    return frame


def _encoded(frames: list[Image.Image], source: Image.Image, *, lossless: bool) -> Picture:
    """The frames as one file in the format of `source`, with its loops and their durations."""
    format = "JPEG" if isinstance(source, JpegImagePlugin.JpegImageFile) else str(source.format)
    options = ENCODERS[format](frames[0], lossless)
    if len(frames) > 1:
        options |= _animation(frames, source, format)
    for each in frames:
        # All that Pillow has to know of a frame; what else was in the file is left behind.
        each.info = {name: each.info[name] for name in ("transparency",) if name in each.info}
    first, target = frames[0], BytesIO()
    first.save(target, format, **options)
    if target.tell() > MAX_KEPT:
        raise TooLarge(f"Stored, the image would take over {MAX_KEPT // MIB} MiB; make it smaller.")
    return Picture(MIME[format], first.width, first.height, target.getvalue())


def _animation(frames: list[Image.Image], source: Image.Image, format: str) -> dict[str, Any]:
    """What else an encoder has to know of more than one frame."""
    # An APNG may begin with a picture that stands in for it, and is none of its frames.
    stand_in = bool(source.info.get("default_image"))
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": frames[1:],
        "default_image": stand_in,
        "duration": [round(each.info.get("duration", 0)) for each in frames[stand_in:]],
        "disposal": 0,
        "blend": 0,
    }
    if format == "GIF" and any(each.has_transparency_data for each in frames):
        # What is clear in a frame would show the one before, as each is complete in itself.
        options["disposal"] = 2
    if "loop" in source.info:
        options["loop"] = source.info["loop"]
    return options


def _jpeg(image: Image.Image, lossless: bool) -> dict[str, Any]:
    # With the tables it came with it loses next to nothing; they are gone if it was converted.
    return {"quality": "keep" if image.format == "JPEG" else QUALITY, "optimize": True}


def _webp(image: Image.Image, lossless: bool) -> dict[str, Any]:
    return {
        "lossless": lossless,
        "quality": 0 if lossless else QUALITY,
        "method": 0 if lossless else 2,
    }


ENCODERS: dict[str, Callable[[Image.Image, bool], dict[str, Any]]] = {
    "PNG": lambda image, lossless: {},
    "GIF": lambda image, lossless: {"optimize": False},
    "JPEG": _jpeg,
    "WEBP": _webp,
}
