"""Measuring in rounds, each of which measures everything once, so that what else the machine does falls on all alike."""

import sys

# For a million rows; with fewer, there is less of everything, down to a tenth, and fewer rounds.
FULL_ROWS = 1_000_000
FULL_ROUNDS = 5
QUICK_ROUNDS = 3


class Effort:
    def __init__(self, rows):
        self.full = rows >= FULL_ROWS
        self.share = min(1, max(0.1, rows / FULL_ROWS))
        self.rounds = FULL_ROUNDS if self.full else QUICK_ROUNDS


def progress(what, detail=""):
    """On a terminal, a line that changes; elsewhere a line for each new thing, without details"""
    if sys.stderr.isatty():
        print(f"\r\033[K{what} {detail}", end="", file=sys.stderr, flush=True)
    elif what and what != progress.last:
        print(what, file=sys.stderr, flush=True)
    progress.last = what


progress.last = ""


def measure_in_rounds(title, rounds, measurements):
    """Lists of figures by their names; a measurement is a name and what to call for a figure, or for several with names"""
    samples = {}
    for number in range(1, rounds + 1):
        for i, (name, call) in enumerate(measurements):
            progress(f"{title}, round {number} of {rounds}", f"{i} of {len(measurements)}: {name}")
            value = call()
            for figure, value in value.items() if isinstance(value, dict) else [(name, value)]:
                samples.setdefault(figure, []).append(value)
    return samples
