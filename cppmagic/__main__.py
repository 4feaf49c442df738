"""`python -m cppmagic`."""

import sys

from cppmagic.cli import main

if __name__ == "__main__":
    sys.exit(main())
