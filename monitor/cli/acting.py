"""What staff do, as verbs of `monitor incidents`: each takes several numbers, does what can be done, and tells what cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click

from monitor import actions
from monitor.cli.desk import ORIGIN, Desk, now, print_json, settled, staff
from monitor.domain import Action
from monitor.errors import MonitorError, NotFound
from monitor.store import Store

ME = "me"

Deed = Callable[[Store, int], actions.Outcome]


def _several(desk: Desk, action: str, numbers: Sequence[int], as_json: bool, deed: Deed) -> None:
    """Do ``deed`` about each incident once, in order; raises ``MonitorError`` at the end if any was refused."""
    problems: list[str] = []
    with desk.store() as store:
        for number in dict.fromkeys(numbers):
            try:
                outcome = deed(store, number)
                text, result = desk.phrase(outcome.code, **outcome.values), _result(outcome)
            except NotFound as error:
                text, result = str(error), "not_found"
            if as_json:
                print_json([{"type": "action", "incident": number, "action": action, "outcome": result, "text": text}])
            elif result in ("done", "already"):
                click.echo(text)
            problems += [text] if result in ("refused", "not_found") else []
    if problems:
        raise MonitorError("\n".join(problems))


def _result(outcome: actions.Outcome) -> str:
    return "refused" if outcome.refused else "done" if outcome.changed else "already"


def _verb(name: str, action: Action, help_text: str) -> click.Command:
    @click.argument("numbers", metavar="INCIDENT...", type=int, nargs=-1, required=True)
    @settled()
    @click.option("--note", default="", help="A word for the history.")
    @click.option("--json", "as_json", is_flag=True, help="JSON Lines: what became of each.")
    def verb(desk: Desk, numbers: tuple[int, ...], note: str, as_json: bool) -> None:
        def deed(store: Store, number: int) -> actions.Outcome:
            return actions.act(store, desk.settings, action, number, staff(), ORIGIN, now(), note=note)

        _several(desk, action.value, numbers, as_json, deed)

    return click.command(name, help=help_text)(verb)


@click.command("assign")
@click.argument("numbers", metavar="INCIDENT...", type=int, nargs=-1, required=True)
@click.argument("who")
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: what became of each.")
def assign(desk: Desk, numbers: tuple[int, ...], who: str, as_json: bool) -> None:
    """Say WHO (me: yourself) looks after them; that acknowledges them, too."""
    to = None if who == ME else who

    def deed(store: Store, number: int) -> actions.Outcome:
        return actions.act(store, desk.settings, Action.ASSIGN, number, staff(), ORIGIN, now(), to=to)

    _several(desk, Action.ASSIGN.value, numbers, as_json, deed)


@click.command("resolve")
@click.argument("numbers", metavar="INCIDENT...", type=int, nargs=-1, required=True)
@settled()
@click.option("--right", is_flag=True, help='The alert was right, too, as with `confirm`: this is the button "Handled".')
@click.option("--note", default="", help="A word for the history.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: what became of each.")
def resolve(desk: Desk, numbers: tuple[int, ...], right: bool, note: str, as_json: bool) -> None:
    """Say that the trouble is over."""
    action = Action.HANDLED if right else Action.RESOLVE

    def deed(store: Store, number: int) -> actions.Outcome:
        return actions.act(store, desk.settings, action, number, staff(), ORIGIN, now(), note=note)

    _several(desk, action.value, numbers, as_json, deed)


@click.command("merge")
@click.argument("numbers", metavar="INCIDENT...", type=int, nargs=-1, required=True)
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: what became of each.")
def merge(desk: Desk, numbers: tuple[int, ...], as_json: bool) -> None:
    """Say that these are one and the same; the oldest number stays."""
    oldest, *others = sorted(set(numbers))
    if not others:
        raise click.UsageError("name two incidents or more")

    def deed(store: Store, number: int) -> actions.Outcome:
        return actions.act(store, desk.settings, Action.DUPLICATE, number, staff(), ORIGIN, now(), of=oldest)

    _several(desk, Action.DUPLICATE.value, others, as_json, deed)


@click.command("split")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@click.argument("posts", nargs=-1, required=True)
@settled()
@click.option("--json", "as_json", is_flag=True, help="One JSON line: the new incident's number.")
def split(desk: Desk, incident_id: int, posts: tuple[str, ...], as_json: bool) -> None:
    """Move POSTS (their ids) out into an incident of their own, for good."""
    with desk.store() as store:
        new = actions.split(store, incident_id, posts, staff(), now())
    text = desk.phrase("incidents.split", id=incident_id, new=new.id)
    if as_json:
        print_json([{"type": "action", "incident": incident_id, "action": "split", "outcome": "done", "new": new.id, "text": text}])
    else:
        click.echo(text)


def verbs() -> Iterator[click.Command]:
    """Yield the verbs to be added to `monitor incidents`."""
    yield _verb("ack", Action.ACKNOWLEDGE, "Say that somebody looks after them: no more alerts, and nobody else is called.")
    yield _verb("dismiss", Action.DISMISS, "Say that they were no trouble of ours.")
    yield _verb("confirm", Action.CONFIRM, "Say that the alerts were right: that gives the price of the alarm back.")
    yield _verb("undo", Action.UNDO, "Take back that somebody resolved or dismissed them.")
    yield from (assign, resolve, merge, split)
