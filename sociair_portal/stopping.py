"""Set when a worker is told to stop; from then on nothing new is begun."""

import threading

stopping = threading.Event()
