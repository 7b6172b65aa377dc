"""What the calls of this app take and answer; `/api/docs` is made from it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from ninja import Query
from pydantic import BaseModel, Field

from workflows.schemas import LARGEST

#: Printable, and not only spaces.
Name: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
    ),
]
#: Pixels; at least as many as the picture has stand for the picture itself.
Width: TypeAlias = Annotated[int | None, Query(ge=1, le=LARGEST)]


class NewName(BaseModel):
    """What an image shall be called."""

    name: Name


class Uploaded(BaseModel):
    """The image that was kept: where it is, and what became of it. `size` is in bytes."""

    imageKey: str
    url: str
    name: str
    mime: str
    size: int
    width: int
    height: int


class ImageShown(BaseModel):
    """An image in a list."""

    key: str = Field(alias="_key")
    name: str
    url: str
    mime: str
    size: int
    width: int
    height: int
    createdAt: int


class Renamed(BaseModel):
    """An image after a change."""

    image: ImageShown


class ImageList(BaseModel):
    """A page of images, newest first, and how many match in all."""

    images: list[ImageShown]
    total: int
