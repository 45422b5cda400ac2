"""`python -m routing`: solve, check, plot and compare problems from files."""

import sys

from routing.commands import main

if __name__ == "__main__":
    sys.exit(main())
