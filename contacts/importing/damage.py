"""What goes wrong when a damaged archive or XML is read."""

import zipfile
import zlib
from typing import Final
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

DAMAGED: Final = (
    *(ParseError, ExpatError, zipfile.BadZipFile, zlib.error),
    *(EOFError, LookupError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError),
)
