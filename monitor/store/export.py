"""Copies for people: a view as CSV, the whole database as a backup."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from monitor.errors import NotFound, StoreError
from monitor.store.connection import Connection
from monitor.store.schema import VIEWS

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(db: Connection, view: str, target: Path) -> int:
    """Write a view as CSV: UTF-8 with a byte-order mark, so that Excel shows Korean; one row in memory at a time."""
    if view not in VIEWS:
        raise NotFound(f"there is no view {view!r}; there are {', '.join(VIEWS)}")
    columns = ", ".join(VIEWS[view].columns)
    with db.snapshot():
        names, rows = db.stream(f"SELECT {columns} FROM {view}")
        try:
            with target.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(names)
                return _write(writer, rows)
        except OSError as error:
            raise StoreError(f"{target}: {error.strerror or error}") from error


def backup(db: Connection, target: Path) -> None:
    """Copy the database into ``target``, which must not be the database itself; checks the copy before it gets its name."""
    if db.in_transaction:
        raise StoreError(f"{target}: a backup cannot be taken inside a transaction")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        if target.exists() and target.samefile(db.path):
            raise StoreError(f"{target}: this is the database itself")
        unfinished.touch()
        unfinished.unlink()
        db.execute("VACUUM INTO ?", (str(unfinished),))
        _check(unfinished)
        unfinished.replace(target)
    except OSError as error:
        raise StoreError(f"{target}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _check(copy: Path) -> None:
    opened = Connection(str(copy), durable=True, readonly=True, wait=0)
    try:
        if opened.value("PRAGMA quick_check") != "ok":
            raise StoreError(f"{copy}: the copy is damaged; so may the database be")
    finally:
        opened.close()


def _write(writer: Any, rows: Iterable[tuple[Any, ...]]) -> int:
    count = 0
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
        count += 1
    return count


def _safe(cell: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return cell
