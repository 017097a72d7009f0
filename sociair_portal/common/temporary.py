"""Files that are there only while something is done with them: uploads, tables, exports.

They hold people's numbers, so they are in a folder that nobody else on the machine can read.
"""

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings

_LONGEST: Final = 60 * 60  # seconds that anything may take


def temporary_folder() -> Path:
    return Path(settings.FILE_UPLOAD_TEMP_DIR)


def sweep() -> None:
    """Remove what was left behind by a process that was killed."""
    before = time.time() - _LONGEST
    for path in temporary_folder().iterdir():
        with suppress(FileNotFoundError):  # its own process, or another sweep, was faster
            if path.lstat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
