"""Names that refer to each other: each defined once, each reference to something that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monitor.decode import Decoder, meant, shown
from monitor.domain import TOPICS

Table = Mapping[str, Any]
_DEFINED = {
    "watch": "name",
    "collector": "name",
    "topic": "name",
    "receiver": "name",
    "playbook": "topic",
    "oncall": "name",
    "partner": "name",
}


def check_names(decoder: Decoder, tables: Table) -> None:
    """Note duplicate names and references to nothing; works on raw tables, so that one wrong table hides no other's problems."""
    for section, key in _DEFINED.items():
        _once(decoder, section, key, tables)
    topics = (*TOPICS, *_names(tables, "topic", "name"))
    receivers = _names(tables, "receiver", "name")
    known = {"watch": ("watch", _names(tables, "watch", "name")), "topic": ("topic", topics)}
    told = (*receivers, *_names(tables, "oncall", "name"))
    known |= {"receivers": ("receiver", told), "escalate_to": ("receiver", told), "partner": ("partner", _names(tables, "partner", "name"))}
    for place, table in _tables(tables, "route"):
        for key, (what, names) in known.items():
            for n, name in enumerate(_texts(table.get(key))):
                _refers(decoder, ("route", place, key, n), name, what, names)
        if "receivers" not in table:
            decoder.note(("route", place), "names no receivers")
        if "escalate_to" in table and "escalate_after" not in table:
            decoder.note(("route", place, "escalate_to"), 'needs escalate_after, such as "30m"')
    _check_people(decoder, tables, receivers, told)
    for place, table in _tables(tables, "playbook"):
        if isinstance(topic := table.get("topic"), str):
            _refers(decoder, ("playbook", place, "topic"), topic, "topic", topics)
    decision = tables.get("decision")
    weights = decision.get("topic_weights") if isinstance(decision, Mapping) else None
    for topic in weights if isinstance(weights, Mapping) else ():
        _refers(decoder, ("decision", "topic_weights", topic), topic, "topic", topics)


def _check_people(decoder: Decoder, tables: Table, receivers: Iterable[str], told: Iterable[str]) -> None:
    """Rotas and substitutes name receivers; no rota has a receiver's name, nobody stands in for itself."""
    for place, table in _tables(tables, "oncall"):
        for n, name in enumerate(_texts(table.get("receivers"))):
            _refers(decoder, ("oncall", place, "receivers", n), name, "receiver", receivers)
        if (own := table.get("name")) is not None and own in list(receivers):
            decoder.note(("oncall", place, "name"), f"{shown(own)} is a receiver's name already")
    for place, table in _tables(tables, "receiver"):
        instead = table.get("otherwise")
        if isinstance(instead, str) and instead:
            _refers(decoder, ("receiver", place, "otherwise"), instead, "receiver", told)
            if instead == table.get("name"):
                decoder.note(("receiver", place, "otherwise"), "must name somebody else")
    subscribers = tables.get("subscribers")
    template = subscribers.get("receiver") if isinstance(subscribers, Mapping) else None
    if isinstance(template, str) and template:
        _refers(decoder, ("subscribers", "receiver"), template, "receiver", receivers)


def _once(decoder: Decoder, section: str, key: str, tables: Table) -> None:
    first: dict[str, int] = {}
    for place, table in _tables(tables, section):
        name = table.get(key)
        if not isinstance(name, str):
            continue
        if name in first:
            decoder.note((section, place, key), f"{shown(name)} stands twice (already in {section}[{first[name] + 1}])")
        first.setdefault(name, place)


def _refers(decoder: Decoder, path: tuple[str | int, ...], name: str, what: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        there = "; there are: " + ", ".join(map(shown, names)) if names else "; there is none"
        decoder.note(path, f"no {what} {shown(name)}{meant(name, names) or there}")


def _tables(tables: Table, section: str) -> Iterator[tuple[int, Table]]:
    value = tables.get(section)
    for place, table in enumerate(value if isinstance(value, list) else ()):
        if isinstance(table, Mapping):
            yield place, table


def _names(tables: Table, section: str, key: str) -> list[str]:
    return [table[key] for _, table in _tables(tables, section) if isinstance(table.get(key), str)]


def _texts(value: object) -> list[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []
