"""Programs that run together: order, endings that nobody asked for, those that will not end."""

import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]

# What every trial begins with: a program that tells when it starts and when it is told to stop.
_BEGIN = """
import signal, sys
from sociair_portal import processes
from sociair_portal.processes import Processes, Stop

def program(name, then="signal.sigwait(stop); say('stops')", stop_within=30):
    lines = [
        "import os, signal, sys, time",
        "stop = {signal.SIGTERM}",
        "signal.pthread_sigmask(signal.SIG_BLOCK, stop)",
        f"say = lambda word: os.write(1, f'{name} {{word}}{{os.linesep}}'.encode())",
        "say('starts')",
        then,
    ]
    return {"name": name, "words": ["-c", "\\n".join(lines)], "stop_within": stop_within}

all_of_it = Processes()
"""


def trial(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _BEGIN + dedent(code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def said(code: str) -> list[str]:
    with trial(code) as running:
        output, _ = running.communicate(timeout=60)
    return output.splitlines()


def test_the_last_to_start_is_the_first_to_stop() -> None:
    running = trial(
        """
        for name in ("first", "second"):
            all_of_it.start(**program(name))
        try:
            all_of_it.look_after()
        except Stop:
            print("told to stop", flush=True)
        all_of_it.stop()
        print("over")
        """
    )
    assert running.stdout is not None
    started = sorted(running.stdout.readline() for _program in range(2))
    running.send_signal(signal.SIGTERM)
    output, _ = running.communicate(timeout=60)

    assert started == ["first starts\n", "second starts\n"]
    assert output.splitlines() == ["told to stop", "second stops", "first stops", "over"]


def test_what_ends_unasked_is_started_again() -> None:
    looks = said(
        """
        processes._TOO_SOON = 0
        all_of_it.start(**program("web", "sys.exit(7)"))
        looks = iter(range(10**6))
        all_of_it.look_after(until=lambda: next(looks) == 20)
        all_of_it.stop()
        """
    )
    assert looks[:3] == ["web starts", "web ended with code 7 and starts again.", "web starts"]


def test_what_ends_at_once_is_given_up() -> None:
    assert said(
        """
        all_of_it.start(**program("web", "os.kill(os.getpid(), signal.SIGKILL)"))
        try:
            all_of_it.look_after()
        except SystemExit as why:
            print(why)
        """
    ) == ["web starts", "web was ended by SIGKILL right after its start."]


def test_what_gives_up_is_not_started_again() -> None:
    """A person has to look first."""
    assert said(
        """
        processes._TOO_SOON = 0
        all_of_it.start(**program("worker", "sys.exit(78)"))
        try:
            all_of_it.look_after()
        except SystemExit as why:
            print(why)
        """
    ) == ["worker starts", "worker gave up and said why, so the portal stops."]


def test_a_step_of_the_start_is_waited_for() -> None:
    assert said(
        """
        all_of_it.finish(**program("first", "time.sleep(0.3); say('is through')"))
        try:
            all_of_it.finish(**program("second", "sys.exit(2)"))
        except SystemExit as why:
            print(why)
        """
    ) == [
        "first starts",
        "first is through",
        "second starts",
        "second ended with code 2: the portal cannot start.",
    ]


def test_a_step_of_the_start_can_be_stopped() -> None:
    running = trial(
        """
        try:
            all_of_it.finish(**program("migration"))
        except Stop:
            print("told to stop")
        """
    )
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=60)

    assert output.splitlines() == ["migration stops", "told to stop"]


def test_who_will_not_stop_is_ended_with_its_children(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    child = f"os.fork() or open({str(ready)!r}, 'w'); time.sleep(1000)"
    # Had the child been left behind, the output would not come to an end.
    assert said(
        f"""
        from pathlib import Path
        all_of_it.start(**program("worker", {child!r}, stop_within=0.1))
        stubborn = all_of_it._running[0]
        all_of_it.look_after(until=Path({str(ready)!r}).exists)
        all_of_it.stop()
        print(stubborn.returncode)
        """
    ) == ["worker starts", str(-signal.SIGKILL)]
