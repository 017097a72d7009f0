"""Programs that run beside each other: started in order, looked after, stopped in reverse.

Signals are only noted where they arrive and acted upon here, one after the other. Every program is
the head of a process group of its own, so that Ctrl-C in the terminal reaches nobody but us.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

from sociair_portal.common.shutdown import NEEDS_PERSON

# What a terminal sends for Ctrl-C and Ctrl-\, and when its window is closed; and what `kill` sends.
_STOPS: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
_LOOK_EVERY: Final = 0.1  # seconds between two looks at a condition
_HAS_TERMINAL: Final = os.isatty(0)
_TOO_SOON: Final = 3.0  # seconds; what ends before would end again


class Stop(Exception):
    """Somebody wants us to stop."""


class CannotGoOn(Exception):
    """A program has ended that the others need."""


@dataclass
class Program:
    """A command under a name for people; `stop_within` are the seconds from SIGTERM to SIGKILL."""

    name: str
    command: list[str]
    stop_within: float
    _process: "subprocess.Popen[bytes]" = field(init=False)
    _started: float = field(init=False)

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # commands of our own
            self.command, stdin=subprocess.DEVNULL, process_group=0
        )
        self._started = time.monotonic()

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.poll()

    @property
    def age(self) -> float:
        return time.monotonic() - self._started

    def stop(self) -> None:
        if self.code is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self.stop_within)
        self.clear_away()

    def clear_away(self) -> None:
        """End whatever is left of it and of the processes it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Processes:
    """The programs that run, and the signals that came in meanwhile."""

    def __init__(self) -> None:
        self._running: list[Program] = []
        self._signals: SimpleQueue[int] = SimpleQueue()
        signal.signal(signal.SIGCHLD, self._note)
        for number in _STOPS:
            # Ignored from the start (nohup, a script's background job): somebody meant it.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def start(self, program: Program) -> None:
        program.start()
        self._running.append(program)

    def stop(self) -> None:
        """The last that was started is the first that is stopped."""
        while self._running:
            self._running.pop().stop()

    def finish(self, program: Program) -> None:
        """Run a program that comes to an end by itself."""
        program.start()
        try:
            self.look_after(until=lambda: program.code is not None)
        finally:
            program.stop()
        if program.code:
            raise CannotGoOn(f"{program.name} {_how(program.code)}: the portal cannot start.")

    def look_after(self, until: Callable[[], bool] | None = None) -> None:
        """Start again what ends unasked, until a condition holds, or for ever.

        Raises `Stop` when a signal says so, `CannotGoOn` when starting again would not help.
        """
        while until is None or not until():
            with contextlib.suppress(Empty):
                if self._signals.get(timeout=_LOOK_EVERY if until else 1) in _STOPS:
                    raise Stop
            if _terminal_is_gone():
                raise Stop
            for program in self._running:
                if program.code is not None:
                    self._start_again(program, program.code)

    def _start_again(self, program: Program, code: int) -> None:
        program.clear_away()
        if code == NEEDS_PERSON:
            raise CannotGoOn(f"{program.name} gave up, and said why: the portal stops.")
        if program.age < _TOO_SOON:
            raise CannotGoOn(f"{program.name} {_how(code)} right after its start.")
        say(f"{program.name} {_how(code)} and is started again.")
        program.start()

    def _note(self, number: int, frame: object) -> None:
        self._signals.put(number)


def _terminal_is_gone() -> bool:
    """Only the first process of a terminal hears of its end. Over `ssh -t` or in a window of its
    own that is make, which does not tell us.
    """
    poll = select.poll()
    poll.register(0, 0)
    return _HAS_TERMINAL and any(event & select.POLLHUP for _file, event in poll.poll(0))


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def say(text: str) -> None:
    """Print a line; where nobody listens any more, go on all the same."""
    with contextlib.suppress(OSError):
        print(text, flush=True)  # noqa: T201  # to the person at the terminal
