"""The ideal that anyone could write: threads that post with `requests` and keep no record."""

import json
import sys
import threading

import requests
from requests.adapters import HTTPAdapter


def main(base_url: str, threads: int, calls: int) -> None:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=threads))
    headers = {"Authorization": "Bearer sandbox", "Accept": "application/json"}
    numbers = ",".join(f"984{6_000_000 + n:07d}" for n in range(50))
    payload = {"message": "School is closed tomorrow because of the rain.", "mobile": numbers}
    left = iter(range(calls))
    lock = threading.Lock()

    def loop() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            session.post(f"{base_url}/sms", json=payload, headers=headers, timeout=30).json()

    running = [threading.Thread(target=loop) for _thread in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(json.dumps({}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
