"""Run the state machine of `tests/test_store_stateful.py` for longer than the test suite does.

python -m benchmarks.faults.machine --sequences 10000
"""

from __future__ import annotations

import argparse

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from benchmarks.faults.report import Ticker, table
from tests.test_store_stateful import StoreMachine

BATCH = 250


def main() -> None:
    """Parse the command line and run; a failure prints the shortest failing sequence."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.machine")
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=10, help="maximum per sequence")
    options = parser.parse_args()
    ran = settings(
        max_examples=BATCH,
        stateful_step_count=options.steps,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    ticker = Ticker("sequences", options.sequences)
    done = 0
    while done < options.sequences:
        run_state_machine_as_test(StoreMachine, settings=ran)
        done += BATCH
        ticker.tick(done)
    table("state machine", [("sequences", done), ("steps at most", options.steps), ("wrong", 0)])


if __name__ == "__main__":
    main()
