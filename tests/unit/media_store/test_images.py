"""Pictures are decoded by what they are, made anew without anything else, and scaled."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageDraw, PngImagePlugin

from media_store.errors import Broken, ImageError, NotAnImage, TooLarge
from media_store.images import remake, scaled
from media_store.picture import MAX_BYTES, MAX_FRAMES, MAX_PIXELS, MIME
from tests.unit.media_store.pictures import (
    BLUE,
    FORMATS,
    ICC_BOMB,
    ITXT_BOMB,
    RED,
    animation,
    chunk,
    decoded,
    drawn,
    encoded,
    frames,
    gif,
    picture,
    png,
)

SECRET = b"where-I-live"


def is_red(image: Image.Image, at: tuple[int, int]) -> bool:
    """Whether this pixel is about the red of the corner."""
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 40 for one, other in zip(pixel, RED, strict=True))


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_stays_in_its_format_and_looks_the_same(format: str) -> None:
    made = remake(picture(format))
    image = decoded(made.content)
    assert (image.format, made.mime) == (format, MIME[format])
    assert (made.width, made.height) == image.size == (60, 40)
    assert is_red(image, (5, 5))
    assert not is_red(image, (50, 30))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_kept_and_can_be_scaled(mode: str) -> None:
    image = drawn(mode=mode) if mode != "I;16" else Image.new("I;16", (60, 40), 30_000)
    made = remake(encoded(image, "PNG"))
    assert (
        ImageChops.difference(
            decoded(made.content).convert("RGBA"), image.convert("RGBA")
        ).getbbox()
        is None
    )
    assert decoded(scaled(made.content, 30).content).size == (30, 20)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("clear", [False, True], ids=["opaque", "clear"])
def test_an_animation_keeps_its_frames_durations_and_loops(format: str, clear: bool) -> None:
    """IMAGE-NEW-2"""
    original = animation(format, clear=clear)
    made = remake(original)
    assert frames(made.content) == frames(original)
    assert decoded(made.content).info["loop"] == decoded(original).info["loop"] == 3


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_a_scaled_animation_moves_as_the_original_does(format: str) -> None:
    copy = scaled(remake(animation(format)).content, 30)
    assert (copy.width, copy.height) == (30, 20)
    assert [each for _, each in frames(copy.content)] == [100, 250, 40]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_orientation_is_applied(format: str) -> None:
    """IMAGE-NEW-2"""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = drawn().transpose(Image.Transpose.ROTATE_90)
    made = remake(encoded(turned, format, exif=exif))
    image = decoded(made.content)
    assert (made.width, made.height) == image.size == (60, 40)
    assert is_red(image, (5, 5))
    assert not image.getexif()


def test_a_picture_that_only_stands_in_for_an_animation_is_no_frame_of_it() -> None:
    """IMAGE-NEW-2"""
    moving = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (50, 90, 200)]
    original = encoded(
        Image.new("RGB", (8, 8), BLUE),
        "PNG",
        save_all=True,
        append_images=moving,
        default_image=True,
        duration=[10, 20, 30],
    )
    made = remake(original).content
    for content in (made, scaled(made, 4).content):
        image = decoded(content)
        assert image.info["default_image"]
        assert [each for _, each in frames(content)] == [0, 10, 20, 30]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_colour_that_stands_for_nothing_stays_clear(mode: str) -> None:
    black = 0 if mode == "L" else (0, 0, 0)
    image = Image.new(mode, (40, 40), black)
    image.paste(Image.new(mode, (20, 40), 255 if mode == "L" else (255, 255, 255)), (0, 0))
    more = {} if mode == "L" else {"icc_profile": profile()}
    made = remake(encoded(image, "PNG", transparency=black, **more)).content
    for content in (made, scaled(made, 20).content):
        alpha = decoded(content).convert("RGBA").getchannel("A")
        assert (alpha.getpixel((2, 2)), alpha.getpixel((alpha.width - 2, 2))) == (255, 0)


def test_gray_of_16_bits_can_be_made_much_smaller() -> None:
    made = remake(encoded(Image.new("I;16", (400, 400), 0x8000), "PNG"))
    small = decoded(scaled(made.content, 3).content)
    assert (small.mode, small.size, small.getpixel((1, 1))) == ("I;16", (3, 3), 0x8000)


def test_a_smaller_gif_has_no_seam_of_what_was_almost_clear() -> None:
    discs = [Image.new("RGBA", (200, 200)) for _ in range(2)]
    for at, each in enumerate(discs):
        ImageDraw.Draw(each).ellipse((20 + 20 * at, 20, 140 + 20 * at, 140), fill=(255, 0, 0))
    made = encoded(discs[0], "GIF", save_all=True, append_images=discs[1:], disposal=2)
    shown = decoded(scaled(remake(made).content, 40).content).convert("RGBA").getchannel("A")
    wanted = discs[0].resize((40, 40), Image.Resampling.LANCZOS).getchannel("A")
    assert shown.tobytes() == wanted.point(lambda alpha: 255 if alpha >= 128 else 0).tobytes()


def with_metadata(format: str) -> bytes:
    """A picture with as much metadata as its format takes."""
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        return encoded(drawn(), "PNG", exif=exif, pnginfo=text, icc_profile=profile())
    if format == "GIF":
        return encoded(drawn(), "GIF", comment=SECRET)
    more = {"comment": SECRET} if format == "JPEG" else {}
    return encoded(drawn(), format, exif=exif, xmp=SECRET, icc_profile=profile(), **more)


def profile() -> bytes:
    """A colour profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("format", FORMATS)
def test_no_metadata_is_left(format: str) -> None:
    """T13"""
    original = with_metadata(format)
    assert SECRET in original or format == "PNG"
    made = remake(original)
    image = decoded(made.content)
    assert SECRET not in made.content
    assert image.info.keys().isdisjoint({"exif", "xmp", "comment", "Comment", "icc_profile"})
    assert not image.getexif()


@pytest.mark.parametrize("format", FORMATS)
def test_what_stands_behind_a_picture_is_not_kept(format: str) -> None:
    """T13"""
    script = b"<script>alert(1)</script>"
    assert script not in remake(picture(format) + script).content


def test_colours_with_a_profile_of_their_own_are_turned_into_common_ones() -> None:
    swapped = bytearray(profile())
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    original = encoded(Image.new("RGB", (4, 4), (250, 0, 0)), "PNG", icc_profile=bytes(swapped))
    assert decoded(remake(original).content).getpixel((2, 2)) == (0, 0, 250)


def test_a_profile_that_says_nothing_does_no_harm() -> None:
    original = encoded(drawn(), "PNG", icc_profile=b"no profile")
    assert is_red(decoded(remake(original).content), (5, 5))


def test_a_jpeg_for_printers_becomes_one_for_browsers() -> None:
    assert decoded(remake(encoded(drawn(mode="CMYK"), "JPEG")).content).mode == "RGB"


def test_of_a_jpeg_with_several_pictures_the_first_is_shown() -> None:
    several = encoded(drawn(), "MPO", save_all=True, append_images=[drawn(30, 30)])
    image = decoded(remake(several).content)
    assert (image.format, image.size) == ("JPEG", (60, 40))


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_a_jpeg_keeps_its_own_quality(quality: int) -> None:
    original = encoded(drawn(), "JPEG", quality=quality)
    tables = [decoded(each).quantization for each in (original, remake(original).content)]  # type: ignore[attr-defined]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("width", [1, 7, 30, 59])
@pytest.mark.parametrize("format", FORMATS)
def test_a_copy_has_the_width_asked_for_and_the_same_shape(format: str, width: int) -> None:
    copy = scaled(remake(picture(format)).content, width)
    assert (copy.width, copy.height) == (width, max(1, round(width * 40 / 60)))
    assert decoded(copy.content).size == (copy.width, copy.height)
    assert copy.mime == MIME[format]


def test_no_copy_is_wider_than_the_picture_or_empty() -> None:
    assert scaled(picture(), 61).width == 60
    with pytest.raises(ValueError, match="1 pixel or more"):
        scaled(picture(), 0)


SIDE = 50_000
#: What each is, and why it is refused.
HOSTILE: dict[str, tuple[bytes, type[ImageError]]] = {
    "a PNG of 50,000 x 50,000": (png(SIDE), TooLarge),
    "a PNG with a text that unpacks to 200 MB": (ITXT_BOMB, Broken),
    "a PNG with a profile that unpacks to 200 MB": (ICC_BOMB, Broken),
    "a PNG that says to have many frames": (
        png(8, chunk(b"acTL", b"\x7f\xff\xff\xff\0\0\0\0")),
        TooLarge,
    ),
    "a GIF of 10,000 frames": (gif((1, 1), *[(0, 0, 1, 1)] * 10_000), TooLarge),
    "a GIF whose canvas is huge": (gif((65_535, 65_535), (0, 0, 1, 1)), TooLarge),
    "a GIF whose second frame is huge": (
        gif((1, 1), (0, 0, 1, 1), (9, 9, 65_000, 65_000)),
        TooLarge,
    ),
    "a GIF whose frames are large together": (
        gif((1000, 1000), *[(0, 0, 1000, 1000)] * 40),
        TooLarge,
    ),
    "too many bytes": (picture() + bytes(MAX_BYTES), TooLarge),
    "an empty file": (b"", NotAnImage),
    "a text": (b"just text", NotAnImage),
    "a PDF": (b"%PDF-1.4", NotAnImage),
    "a page": (b"<!doctype html><script>alert(1)</script>", NotAnImage),
    "an SVG": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", NotAnImage),
    "a script that begins like a GIF": (b"GIF89a/*<script>alert(1)</script>*/", NotAnImage),
    "a TIFF": (encoded(drawn(), "TIFF"), NotAnImage),
    "a BMP": (encoded(drawn(), "BMP"), NotAnImage),
    "only a signature": (b"\x89PNG\r\n\x1a\n", NotAnImage),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_image_or_too_much_of_one_is_refused_at_once(what: str) -> None:
    """T12, T13: at once, and for no memory worth speaking of."""
    data, error = HOSTILE[what]
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(error) as caught:
        remake(data)
    spent, memory = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 1
    assert memory < 32 * 2**20
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_an_image_that_is_cut_off_is_refused(format: str, part: float) -> None:
    """T12"""
    whole = encoded(Image.effect_noise((80, 60), 60), format)
    with pytest.raises((Broken, NotAnImage)):
        remake(whole[: int(len(whole) * part)])


def test_at_the_limits_an_image_is_taken() -> None:
    assert len(frames(remake(animation("GIF", (10,) * 5)).content)) == 5
    still = remake(encoded(Image.new("1", (8000, MAX_PIXELS // 8000)), "PNG"))
    assert still.width * still.height == MAX_PIXELS
    many = gif((1, 1), *[(0, 0, 1, 1)] * MAX_FRAMES)
    assert remake(many).mime == "image/gif"


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_flipped_in_a_file_it_is_made_anew_or_refused(
    format: str, data: st.DataObject
) -> None:
    damaged = bytearray(animation(format) if format != "JPEG" else picture(format))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = remake(bytes(damaged))
    except ImageError:
        return
    assert decoded(made.content).size == (made.width, made.height)
