"""Writes rows into a migrated database in one transaction, by COPY on PostgreSQL. Rows may be generated while they are
written. Standard library only."""
import glob
import os
import sqlite3
import subprocess

# Columns of type uuid end with one of these.
UUIDS = ("id", "_id", "invited_by", "accepted_by", "lane")


def load(url, tables, analyze=True, large=False):
    """Writes tables, which are names with columns and rows. With `large`, indexes are created again after the rows,
    which takes less time where there are millions, and foreign keys are not checked."""
    if url.startswith("sqlite:"):
        load_sqlite(url.removeprefix("sqlite:"), tables, analyze, large)
    else:
        load_postgres(url, tables, analyze, large)


def load_sqlite(path, tables, analyze, large):
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    indexes = []
    if large:
        # Of this connection alone; the program sets its own.
        database.execute("pragma synchronous = off")
        database.execute("pragma cache_size = -1000000")
    database.execute("begin immediate")
    for table, _, _ in tables if large else ():
        statement = "select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null"
        for name, sql in database.execute(statement, (table,)).fetchall():
            database.execute(f"drop index {name}")
            indexes.append(sql)
    for table, columns, rows in tables:
        marks = ", ".join("?" * len(columns))
        database.executemany(f"insert into {table} ({', '.join(columns)}) values ({marks})", rows)
    for sql in indexes:
        database.execute(sql)
    database.execute("commit")
    if analyze:
        database.execute("analyze")
    database.execute("pragma wal_checkpoint(truncate)")
    database.close()


def load_postgres(url, tables, analyze, large):
    folder = os.environ.get("PGBIN") or sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    command = [f"{folder}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url]
    indexes = []
    if large:
        names = ", ".join(f"'{table}'" for table, _, _ in tables)
        statement = f"""select i.indexrelid::regclass, pg_get_indexdef(i.indexrelid) from pg_index i
            where i.indrelid::regclass::text in ({names})
            and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)"""
        answer = subprocess.run([*command, "-At", "-c", statement], check=True, capture_output=True, text=True)
        indexes = [line.split("|", 1) for line in answer.stdout.splitlines()]
    with subprocess.Popen([*command, "-f", "-"], stdin=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL) as psql:
        write = psql.stdin.write
        write("begin;\n")
        if large:
            write("set session_replication_role = replica;\nset maintenance_work_mem = '512MB';\n")
        for name, _ in indexes:
            write(f"drop index {name};\n")
        for table, columns, rows in tables:
            write(f"copy {table} ({', '.join(columns)}) from stdin;\n")
            uuids = [column.endswith(UUIDS) for column in columns]
            for row in rows:
                write("\t".join(map(cell, row, uuids)) + "\n")
            write("\\.\n")
        for _, definition in indexes:
            write(f"{definition};\n")
        write("commit;\n")
        if analyze:
            write("vacuum analyze;\n")
        if large:
            write("checkpoint;\n")
    if psql.returncode != 0:
        raise SystemExit("psql failed")


def cell(value, is_uuid):
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return value.hex() if is_uuid else "\\\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
