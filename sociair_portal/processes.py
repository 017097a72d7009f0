"""Running programs beside each other: started in order, restarted, stopped in reverse.

Signals are only noted where they arrive and acted upon here, so that a second Ctrl-C disturbs
nothing.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from sociair_portal.common.shutdown import NEEDS_PERSON

# What a terminal sends for Ctrl-C and Ctrl-\, and when its window is closed; and what `kill` sends.
_STOPS: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
_LOOK_EVERY: Final = 0.1  # seconds
_HAS_TERMINAL: Final = os.isatty(0)
_TOO_SOON: Final = 3.0  # seconds; a program that ends sooner would end again


class Stop(Exception):
    """Raised when the programs are to be stopped."""


class Program(subprocess.Popen[bytes]):
    """Python that runs under a name for people; `stop_within` are seconds from SIGTERM to SIGKILL,
    `without` the names of variables whose values it is not given.

    It leads a process group of its own, so that Ctrl-C in the terminal reaches only this process.
    """

    def __init__(
        self, name: str, words: list[str], *, stop_within: float, without: Sequence[str] = ()
    ) -> None:
        self.name, self.words, self.stop_within, self.without = name, words, stop_within, without
        self.started = time.monotonic()
        super().__init__(
            [sys.executable, *words],
            # Empty and not gone, or a program would find them in .env.
            env={**os.environ, **dict.fromkeys(without, "")},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )

    def stop(self) -> None:
        """End it, if it has not ended, and whatever is left of the processes that it started."""
        self.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.wait(self.stop_within)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        code = self.wait()
        how = (
            f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        )
        return f"{self.name} {how}"


class Processes:
    """The programs that run."""

    def __init__(self) -> None:
        self._running: list[Program] = []
        self._told_to_stop = False
        for number in _STOPS:
            # A signal that was ignored from the start (nohup, a background job) stays ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def start(
        self, name: str, words: list[str], *, stop_within: float, without: Sequence[str] = ()
    ) -> None:
        """Start a program that runs until it is stopped."""
        self._running.append(Program(name, words, stop_within=stop_within, without=without))

    def stop(self) -> None:
        """Stop all programs, the last started first."""
        while self._running:
            self._running.pop().stop()

    def finish(
        self, name: str, words: list[str], *, stop_within: float, without: Sequence[str] = ()
    ) -> None:
        """Run a program to its end. Raises SystemExit if it fails, and `Stop`."""
        program = Program(name, words, stop_within=stop_within, without=without)
        try:
            self.look_after(until=lambda: program.poll() is not None)
        finally:
            program.stop()
        if program.returncode:
            raise SystemExit(f"{program.ending}: the portal cannot start.")

    def look_after(self, until: Callable[[], bool] = lambda: False) -> None:
        """Start again what ends unasked, until a condition holds.

        Raises `Stop` when a signal says so, or when the terminal is gone: only its first process is
        told of that, and over `ssh -t` or in a window of its own that is make, which does not tell
        us.
        """
        while not until():
            if self._told_to_stop or (_HAS_TERMINAL and not os.isatty(0)):
                raise Stop
            for place, program in enumerate(self._running):
                if program.poll() is not None:
                    self._running[place] = _again(program)
            time.sleep(_LOOK_EVERY)

    def _note(self, number: int, frame: object) -> None:
        self._told_to_stop = True


def _again(ended: Program) -> Program:
    """Start a program again. Raises SystemExit if that would not help."""
    age = time.monotonic() - ended.started
    ended.stop()
    if ended.returncode == NEEDS_PERSON:
        raise SystemExit(f"{ended.name} gave up and said why, so the portal stops.")
    if age < _TOO_SOON:
        raise SystemExit(f"{ended.ending} right after its start.")
    say(f"{ended.ending} and starts again.")
    return Program(ended.name, ended.words, stop_within=ended.stop_within, without=ended.without)


def say(text: str) -> None:
    """Print a line; where nobody listens, go on all the same."""
    with suppress(OSError):
        print(text, flush=True)  # noqa: T201  # to the person at the terminal
