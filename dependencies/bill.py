"""The bill of materials of a locked file, in CycloneDX: `python -m dependencies.bill FILE`.

The same lock gives the same bytes: there is no time, no folder and no package index in it, and its
serial number is made of the lock.
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from dependencies.locked import Locked, read_lock

_PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"


def bill(lock: Path) -> str:
    """The bill as JSON. What the lock's own files ask for hangs on the portal."""
    packages = read_lock(lock)
    portal = _portal()
    parts = {package.name: _component(package) for package in packages}
    bom = Bom(components=parts.values(), serial_number=uuid5(NAMESPACE_OID, lock.read_text()))
    bom.metadata.component = portal
    bom.register_dependency(portal, [parts[it.name] for it in packages if _is_asked_for(it)])
    for name, part in parts.items():
        bom.register_dependency(part, [parts[it.name] for it in packages if name in _needing(it)])
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    del written["metadata"]["timestamp"]  # the library insists on one
    return json.dumps(written, indent=2, sort_keys=True, ensure_ascii=False)


def _portal() -> Component:
    project = tomllib.loads(_PROJECT.read_text())["project"]
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        name=project["name"],
        version=project["version"],
        description=project["description"],
    )


def _component(package: Locked) -> Component:
    purl = package.purl
    archives = [HashType(alg=HashAlgorithm.SHA_256, content=it) for it in package.hashes]
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=purl,
        name=package.name,
        version=str(package.version),
        purl=PackageURL.from_string(purl),
        # One of these is the archive's that an installation takes.
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION, url=XsUri(purl), hashes=archives
            )
        ],
    )


def _is_asked_for(package: Locked) -> bool:
    return any(it.startswith("-r ") for it in package.needed_by)


def _needing(package: Locked) -> set[str]:
    return {canonicalize_name(it) for it in package.needed_by if not it.startswith("-")}


if __name__ == "__main__":
    print(bill(Path(sys.argv[1])))
