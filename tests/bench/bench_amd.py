"""How often the answering machine detector errs, on the half of the corpus that its thresholds were not set by.

python -m tests.bench.bench_amd [tuning]
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict

import numpy as np
from tests.wire.audio.answers import Answer, Half, answers, verdict_of

from cordboard.wire.audio.frames import FRAME_SAMPLES

VERDICTS = ("human", "machine", "unknown")


def main(half: Half) -> None:
    """Prints the confusion matrix, by what was said and by noise, and what it cost."""
    corpus = list(answers(half))
    started = time.process_time()
    verdicts = [verdict_of(answer.samples) for answer in corpus]
    frames = sum(verdict.after_ms // 20 for verdict in verdicts)
    cost_us = (time.process_time() - started) / frames * 1e6
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    after: dict[str, list[int]] = defaultdict(list)
    errors: dict[float, list[bool]] = defaultdict(list)
    for answer, verdict in zip(corpus, verdicts, strict=True):
        by_kind[answer.kind][verdict.answered_by] += 1
        after[answer.kind].append(verdict.after_ms)
        errors[answer.noise_dbfs].append(verdict.answered_by != answer.answered_by)
    print_kinds(by_kind, after)
    print_totals(corpus, [verdict.answered_by for verdict in verdicts])
    for noise, wrong in errors.items():
        print(f"noise {noise:.0f} dBFS: {np.mean(wrong):.1%} of {len(wrong)} wrong")
    print(f"{cost_us:.0f} us a frame of {FRAME_SAMPLES} samples")


def print_kinds(by_kind: dict[str, Counter[str]], after: dict[str, list[int]]) -> None:
    """A line a kind of answer."""
    print("| what answers | samples | human | machine | unknown | median ms |")
    print("|---|---|---|---|---|---|")
    for kind, counts in by_kind.items():
        cells = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
        print(f"| {kind} | {counts.total()} | {cells} | {np.median(after[kind]):.0f} |")


def print_totals(corpus: list[Answer], verdicts: list[str]) -> None:
    """The confusion matrix."""
    matrix = Counter(zip((answer.answered_by for answer in corpus), verdicts, strict=True))
    print("| is | human | machine | unknown |")
    print("|---|---|---|---|")
    for actual in VERDICTS:
        print(f"| {actual} | " + " | ".join(str(matrix[actual, verdict]) for verdict in VERDICTS) + " |")


if __name__ == "__main__":
    main("tuning" if "tuning" in sys.argv[1:] else "measuring")
