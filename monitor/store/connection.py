"""One SQLite connection: how it is opened, what a transaction is, and how SQLite's errors become ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlite_utils import Database

# sqlite-utils takes pysqlite3 where that is installed: its errors are other classes than those of the standard library.
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]

from monitor.errors import Busy, StoreError

Row = tuple[Any, ...]
Values = Sequence[object] | dict[str, object]

WAIT = 30.0
_STATEMENTS = 512
_CACHE = "PRAGMA cache_size = -32768"
_DURABLE = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    _CACHE,
)
_THROW_AWAY = ("PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF", "PRAGMA secure_delete = OFF", "PRAGMA temp_store = MEMORY", _CACHE)
_READ_ONLY = ("PRAGMA query_only = ON", _CACHE)


class Connection:
    """A connection that speaks tuples and raises only ``StoreError`` and its kind.

    Not to be shared between threads; a second thread opens a store of its own. ``origin`` says where those act from who change
    something now, for the audit table.
    """

    def __init__(self, path: str, *, durable: bool, readonly: bool, wait: float):
        self.path = path
        self.readonly = readonly
        self.durable = durable
        self.origin = ""
        with self._translated():
            self._raw = _connect(path, readonly, wait)
        try:
            for pragma in _READ_ONLY if readonly else _DURABLE if durable else _THROW_AWAY:
                self.execute(pragma)
            self.tables = Database(self._raw, recursive_triggers=False, execute_plugins=False)
        except BaseException:
            self._raw.close()
            raise

    def close(self) -> None:
        """Close; a second call does nothing."""
        self._raw.close()

    def journal(self) -> None:
        """Choose how SQLite keeps a transaction safe: WAL, so that readers go on while we write; in memory for throw-away stores."""
        self.execute("PRAGMA journal_mode = WAL" if self.durable else "PRAGMA journal_mode = MEMORY")

    def execute(self, sql: str, values: Values = ()) -> int:
        """Run one statement and return how many rows it wrote."""
        try:
            return int(self._raw.execute(sql, values).rowcount)
        except sqlite3.Error as error:
            raise self._ours(error) from error

    def insert(self, sql: str, values: Values = ()) -> int:
        """Insert one row and return its number."""
        try:
            return int(self._raw.execute(sql, values).lastrowid or 0)
        except sqlite3.Error as error:
            raise self._ours(error) from error

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one statement for each row, all or none, and return how many rows were written in all."""
        rows = list(rows)
        if not rows:
            return 0
        if not self._raw.in_transaction:
            with self.transaction():
                return self.executemany(sql, rows)
        try:
            return int(self._raw.executemany(sql, rows).rowcount)
        except sqlite3.Error as error:
            raise self._ours(error) from error

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """Return all rows of a query."""
        try:
            return self._raw.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._ours(error) from error

    def row(self, sql: str, values: Values = ()) -> Row | None:
        """Return the first row of a query, or None."""
        try:
            found: Row | None = self._raw.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise self._ours(error) from error
        return found

    def value(self, sql: str, values: Values = ()) -> Any:
        """Return the first column of the first row, or None."""
        found = self.row(sql, values)
        return None if found is None else found[0]

    def stream(self, sql: str, values: Values = ()) -> tuple[list[str], Iterator[Row]]:
        """Return column names and an iterator over the rows, which holds no more than one of them."""
        try:
            cursor = self._raw.execute(sql, values)
        except sqlite3.Error as error:
            raise self._ours(error) from error
        return [column[0] for column in cursor.description], self._walk(cursor)

    def transaction(self) -> Transaction:
        """All or nothing; takes the write lock at once, so that waiting for it works. Inside another one: a savepoint.

        Raises ``Busy`` if another process holds the lock for longer than the store waits.
        """
        return Transaction(self)

    def rollback(self) -> None:
        """Undo the open transaction, if an error has not done so already."""
        if self._raw.in_transaction:
            self._raw.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads that see one and the same state, while others may write."""
        if self._raw.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        finally:
            self._raw.rollback()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self._raw.in_transaction)

    def _walk(self, cursor: Any) -> Iterator[Row]:
        with self._translated():
            yield from cursor

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._ours(error) from error

    def _ours(self, error: sqlite3.Error) -> Exception:
        """Our error for SQLite's: what a person can act on becomes a ``StoreError``; a wrong statement of ours stays a bug."""
        code = getattr(error, "sqlite_errorname", "") or ""
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return Busy(f"{self.path}: another program is writing to this database; it did not finish in time")
        for start, why in _TROUBLES.items():
            if code.startswith(start):
                return StoreError(f"{self.path}: {why}")
        if "closed database" in str(error):
            return StoreError(f"{self.path}: the store is closed")
        return error


class Transaction:
    """One use of ``Connection.transaction``; savepoints share a name, for SQLite takes the innermost."""

    __slots__ = ("_db", "_inner")

    def __init__(self, db: Connection):
        self._db = db
        self._inner = False

    def __enter__(self) -> None:
        self._inner = self._db.in_transaction
        self._db.execute("SAVEPOINT here" if self._inner else "BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._end()
        elif not self._inner:
            self._db.rollback()
        elif self._db.in_transaction:
            self._db.execute("ROLLBACK TO here")
            self._db.execute("RELEASE here")

    def _end(self) -> None:
        if self._inner:
            self._db.execute("RELEASE here")
            return
        try:
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise


_TROUBLES = {
    "SQLITE_FULL": "the disk is full; nothing of this step was stored",
    "SQLITE_READONLY": "the database cannot be written (opened read-only, or the file or its folder is read-only)",
    "SQLITE_CANTOPEN": "the database cannot be opened (does the folder exist, and may this user read and write there?)",
    "SQLITE_NOTADB": "this is not a database, or it is damaged; restore a backup",
    "SQLITE_CORRUPT": "the database is damaged; restore a backup",
    "SQLITE_IOERR": "reading or writing the file failed (disk trouble?)",
    "SQLITE_PERM": "this user may not use the database file",
    "SQLITE_AUTH": "this user may not use the database file",
    "SQLITE_TOOBIG": "a text is larger than the database can hold",
    "SQLITE_NOMEM": "not enough memory",
}


def _connect(path: str, readonly: bool, wait: float) -> sqlite3.Connection:
    if not readonly:
        return sqlite3.connect(path, timeout=wait, isolation_level=None, cached_statements=_STATEMENTS)
    address = Path(path).absolute().as_uri() + "?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=wait, isolation_level=None, cached_statements=_STATEMENTS)
