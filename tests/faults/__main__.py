"""`python -m tests.faults`: every fault on every store, then the table, then docs/fault-runs.md."""

import sys

from tests.faults.report import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
