"""The words of each language: compiled from `locale/` when a process starts.

Git has only what people write (.po). Django reads what is made of it (.mo), which needs no program
other than Python here.
"""

from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.core.exceptions import ImproperlyConfigured


def compiled(source: Path, target: Path) -> Path:
    """The folder with the catalogues of `source`, compiled; those that did not change stay. Raises
    `ImproperlyConfigured` with a sentence if one cannot be read or written.
    """
    for catalogue in sorted(source.glob("*/LC_MESSAGES/*.po")):
        made = target / catalogue.relative_to(source).with_suffix(".mo")
        try:
            _compile(catalogue, made)
        except (OSError, PoFileError, ValueError) as error:
            raise ImproperlyConfigured(f"{catalogue} cannot be compiled: {error}") from error
    return target


def _compile(catalogue: Path, made: Path) -> None:
    # Not by its day: an older release that comes back, or a copy, has other words and an older one.
    mark = made.with_suffix(".sha256")
    hashed = sha256(catalogue.read_bytes()).hexdigest()
    if made.exists() and mark.exists() and mark.read_text() == hashed:
        return
    made.parent.mkdir(parents=True, exist_ok=True)
    with catalogue.open("rb") as file:
        messages = read_po(file, locale=catalogue.parent.parent.name, abort_invalid=True)
    # Whole or not at all: another process may start, and read, at the same time.
    with NamedTemporaryFile(dir=made.parent, delete=False) as written:
        write_mo(written, messages)
    # No secrets are in it, and the service may be another user than whoever migrates.
    Path(written.name).chmod(0o644)
    Path(written.name).replace(made)
    mark.write_text(hashed)
