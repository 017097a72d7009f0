"""`python -m sandbox`: the sandbox as a program of its own."""

import argparse
import errno
import signal
from pathlib import Path
from textwrap import fill
from typing import Final

from sandbox.changes import BadSetting
from sandbox.faults import FAULTS
from sandbox.ledger import DamagedLedger
from sandbox.server import Sandbox

_SETTINGS: Final = {
    "token": "the bearer token that is accepted (sandbox)",
    "latency": "seconds before each answer of the API (0)",
    "balance": "rupees in a new account; an existing ledger file has its own (10000)",
    "rate": "rupees for one part, for every operator (0.80)",
    "ntc_rate": "rupees for one part to NTC",
    "ncell_rate": "rupees for one part to Ncell",
    "smartcell_rate": "rupees for one part to Smart Cell",
    "other_rate": "rupees for one part to any other operator",
    "partial": "what happens to valid numbers sent with an invalid one: none_sent or valid_sent "
    "(none_sent)",
    "max_numbers": "most numbers in one request; more are answered with 413 (1000)",
    "hang": "seconds until a request that gets no answer is closed (120)",
    "slow": "seconds until a late answer is sent (10)",
    "drip": "seconds between two bytes of an answer that drips (0.5)",
    "retry_after": "seconds to wait that a 429 asks for (5)",
    "idle": "seconds until a connection without a request is closed; 0 for never (0)",
    "keep_alive": "seconds that a Keep-Alive header promises; 0 for no header (0)",
    "script": "faults of the next requests to send, in order: ok,500,hang",
    "balance_script": "faults of the next requests for the balance",
    "chances": "probabilities of faults: 500=0.1,hang=0.01",
    "seed": "makes chances repeatable",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        usage="%(prog)s [options]",
        description=fill(
            "A Sociair of your own, where nothing is really sent. Its page lists the magic "
            "numbers. Everything below --verbose can also be changed while it runs, with POST "
            "/_sandbox/settings."
        ),
        epilog=fill(
            f"Faults: {', '.join(FAULTS)}. With :billed or :unbilled after its name a fault "
            "bills, or does not, whatever it usually does.",
            break_on_hyphens=False,
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, default=8010, help="port; 0 for any that is free (8010)"
    )
    parser.add_argument("--ledger", type=Path, help="file that keeps the ledger through restarts")
    parser.add_argument("--certfile", type=Path, help="certificate, to serve https")
    parser.add_argument("--keyfile", type=Path, help="its key, if it is not in the same file")
    parser.add_argument(
        "--verbose", action="store_true", help="print method, path and status of each request"
    )
    for name, text in _SETTINGS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", help=text, default=argparse.SUPPRESS)
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: use a number from 0 to 65535")
    return int(text)


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} at {host} is in use. Stop what uses it, or choose another with --port."
    if error.filename:
        return f"The file {error.filename} cannot be used: {error.strerror}."
    return f"The sandbox cannot listen at {host}, port {port}: {error.strerror}."


def main() -> None:
    parser = _parser()
    options = vars(parser.parse_args())
    # Blocked until `sigwait`, in this thread and in the server's, which inherits that.
    stops = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        gateway = Sandbox(**options)
        gateway.start()
    except (BadSetting, DamagedLedger) as error:
        parser.exit(2, f"{error}\n")
    except OSError as error:
        parser.exit(2, f"{_sentence(error, options['host'], options['port'])}\n")
    print(f"Sandbox at {gateway.url}", flush=True)
    signal.sigwait(stops)
    gateway.close()


if __name__ == "__main__":
    main()
