"""The two databases as the test sees them: a URL for the program, rows put in by SQL, and queries."""
import sqlite3

import seeding

from fault_tests.convoke import migrate
from fault_tests.postgres import Cluster


class Database:
    """`kind` and `name` are set by the two databases; so are `url`, `rows` and what is needed for ids."""

    def seed(self, tag, fill):
        """Fills a new Seed by the function and stores its rows; returns what the function returns."""
        seed = seeding.Seed(tag)
        result = fill(seed)
        seed.write(self.seed_url)
        return result


class Sqlite(Database):
    kind, name = "sqlite", "SQLite"

    def __init__(self, workspace, folder=None):
        self.path = (folder or workspace.folder) / f"{workspace.name('sqlite')}.db"
        self.url = f"sqlite://{self.path}"
        self.seed_url = f"sqlite:{self.path}"
        migrate(workspace, self)

    @staticmethod
    def id(column):
        """A column of ids as hexadecimal digits."""
        return f"lower(hex({column}))"

    @staticmethod
    def literal(digits):
        return f"x'{digits}'"

    def rows(self, sql):
        """The rows of a query, as text. Read-only: two libraries of SQLite never write to one file at a time."""
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)
        try:
            rows = connection.execute(sql).fetchall()
        finally:
            connection.close()
        return [["" if value is None else str(value) for value in row] for row in rows]

    def find_damage(self):
        """What `pragma integrity_check` finds."""
        found = self.rows("pragma integrity_check")
        return [] if found == [["ok"]] else [f"integrity_check: {found[0][0]}"]


class Postgres(Database):
    kind, name = "postgres", "PostgreSQL"

    def __init__(self, workspace, cluster=None, url=None):
        self.cluster = cluster or Cluster(workspace).create()
        self.url = url or self.cluster.url()
        migrate(workspace, self)

    @property
    def seed_url(self):
        return self.cluster.url("").rstrip("?")

    @staticmethod
    def id(column):
        """A column of ids as hexadecimal digits."""
        return f"replace({column}::text, '-', '')"

    @staticmethod
    def literal(digits):
        return f"'{digits}'"

    def rows(self, sql):
        """The rows of a query, as text."""
        return [["1" if value == "t" else "0" if value == "f" else value for value in row]
                for row in self.cluster.psql(sql)]

    @staticmethod
    def find_damage():
        return []

