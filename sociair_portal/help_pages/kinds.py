"""What a page of help is made of."""

from typing import NamedTuple

from django.utils.functional import Promise


class Section(NamedTuple):
    heading: Promise
    sentences: tuple[Promise, ...]


class Page(NamedTuple):
    """`about` are the beginnings of the addresses that it explains."""

    slug: str
    title: Promise
    about: tuple[str, ...]
    sections: tuple[Section, ...]
