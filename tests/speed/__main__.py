"""``python tests/speed NAME ... [--record]``: what is measured, as tables; all measurements when none is named."""

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # Python puts this folder there; the package lies one above

from speed import NAMES, SpeedError, run  # noqa: E402


def main() -> int:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(prog="python tests/speed", description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--record", action="store_true", help="also record what was measured (book/bench)")
    asked = parser.parse_args()
    try:
        for name in asked.names:
            print(run(name, asked.record).to_string(index=False))
    except SpeedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
