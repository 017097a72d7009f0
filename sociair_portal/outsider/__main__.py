"""`python -m sociair_portal.outsider URL`: a line for each try; 0 if all held, 1 if one is open,
2 if there is no portal.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from getpass import getpass

from sociair_portal.outsider.far_side import FarSide, NoAnswer
from sociair_portal.outsider.tries import TRIES, Try, with_an_account


def main(words: list[str], ask: Callable[[str], str] = getpass) -> int:
    read = ArgumentParser(
        prog="python -m sociair_portal.outsider",
        description="Try what a stranger could at a running portal. Nothing is sent or changed. "
        "The record gets some failed sign-ins, at a name that nobody has.",
    )
    read.add_argument("url", help="the portal's address, as people open it")
    read.add_argument(
        "--account", help="a sender's account without a second step, to try what it opens"
    )
    read.add_argument(
        "--patience", type=float, default=15, help="seconds to wait for an answer (15)"
    )
    given = read.parse_args(words)
    try:
        portal = FarSide(given.url, given.patience)
        portal.ask("/healthz")
    except (ValueError, NoAnswer) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    tries: dict[str, Try] = dict(TRIES)
    if given.account:
        password = ask(f"Password of {given.account}: ")
        tries["With an account"] = partial(with_an_account, name=given.account, password=password)
    are_open = [_is_open(portal, title, one) for title, one in tries.items()]
    return int(any(are_open))


def _is_open(portal: FarSide, title: str, one: Try) -> bool:
    """What cannot be asked has not held."""
    try:
        found = one(portal)
    except NoAnswer as silence:
        found = f"no answer ({silence})"
    sys.stdout.write(f"{'open' if found else 'held'}  {title}{': ' if found else ''}{found}\n")
    sys.stdout.flush()
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
