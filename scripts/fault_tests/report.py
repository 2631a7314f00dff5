"""The table: one row for each fault on each database, and what missed its mark."""
import dataclasses
import re
import sys

HEADER = ("fault", "database", "rounds", "acknowledged", "lost", "doubled", "false acknowledgements",
          "longest recovery")

MAX_FAILURES = 5


@dataclasses.dataclass
class Row:
    """What one fault did. `recovery` and `max_recovery` are seconds; without the first there is nothing to recover."""
    fault: str
    database: str
    max_recovery: float = None
    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    false_acknowledgements: int = 0
    recovery: float = None
    skipped: str = None
    failures: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def recovered(self, seconds):
        self.recovery = max(self.recovery or 0, seconds)

    def fail(self, text):
        """Any other mark that was missed."""
        self.failures.append(text)

    def note(self, text):
        self.notes.append(text)

    def add(self, result):
        """Adds the counts of a comparison with the database."""
        self.lost += result.lost
        self.doubled += result.doubled
        self.failures += result.failures

    def missed(self):
        """Sentences about the marks that were missed."""
        sentences = [f"{count} {name}" for name, count in (
            ("lost", self.lost), ("doubled", self.doubled), ("false acknowledgements", self.false_acknowledgements),
        ) if count]
        if self.max_recovery and self.recovery is not None and self.recovery > self.max_recovery:
            sentences.append(f"recovery took {self.recovery:.2f} s, the mark is {self.max_recovery:g} s")
        grouped = {}
        for text in self.failures:
            # Ids and numbers differ between rounds.
            grouped.setdefault(re.sub(r"\d+|\b(acc|inv|usr)_\w+", "#", text), []).append(text)
        groups = list(grouped.values())
        sentences += [texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else "")
                      for texts in groups[:MAX_FAILURES]]
        if len(groups) > MAX_FAILURES:
            sentences.append(f"{len(groups) - MAX_FAILURES} other kinds of failure")
        return sentences

    def cells(self):
        if self.skipped:
            return (self.fault, self.database, "skipped", *[""] * 5)
        recovery = "-" if self.recovery is None else f"{self.recovery:.2f} s"
        if self.recovery is not None and self.max_recovery:
            recovery += f" (mark {self.max_recovery:g} s)"
        return (self.fault, self.database, f"{self.rounds:,}", f"{self.acknowledged:,}", f"{self.lost:,}",
                f"{self.doubled:,}", f"{self.false_acknowledgements:,}", recovery)


def progress(text):
    print(text, file=sys.stderr, flush=True)


def print_table(rows):
    """Prints the rows, notes and missed marks; returns whether every mark was met."""
    print("| " + " | ".join(HEADER) + " |")
    print("| " + " | ".join(["---"] * len(HEADER)) + " |")
    for row in rows:
        print("| " + " | ".join(row.cells()) + " |")
    print()
    for row in rows:
        if row.skipped:
            print(f"skipped: {row.fault}: {row.skipped}")
        for note in row.notes:
            print(f"{row.fault}, {row.database}: {note}")
    is_met = True
    for row in rows:
        for sentence in row.missed():
            is_met = False
            print(f"MISSED: {row.fault}, {row.database}: {sentence}")
    return is_met
