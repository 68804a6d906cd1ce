"""`python -m anchorkeep.cli` is the command `anchorkeep`."""

import sys

from anchorkeep.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
