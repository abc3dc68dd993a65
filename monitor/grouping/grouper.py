"""The index of live incidents of all watches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.domain import Fingerprint, Kind, Standing, Status
from monitor.grouping.background import SHIPPED, Background
from monitor.grouping.meanings import Space
from monitor.grouping.scene import Scene, Vectors
from monitor.grouping.shapes import Candidate, Merge, Parameters, Placement

_NO_VECTORS: Vectors = {}


class Grouper:
    """Puts complaints into incidents.

    All that it knows follows from the store: the live incidents with the posts that stand for them (the first and the latest
    ``Parameters.kept - 1`` members that are no copies; if all are copies, the first), and the fingerprints of the last days. A process
    that starts anew with ``restore`` places exactly as one that never stopped. One watch never sees another's posts. ``space``: of the
    candidates' vectors; without it words alone decide.
    """

    def __init__(self, parameters: Parameters | None = None, background: Background = SHIPPED, space: Space | None = None):
        self._parameters = parameters or Parameters()
        self._background = background
        self.space = space
        self._scenes: dict[str, Scene] = {}
        self._watch: dict[int, str] = {}

    def restore(self, incidents: Iterable[Standing], fingerprints: Iterable[Fingerprint], vectors: Vectors = _NO_VECTORS) -> None:
        """Know incidents and texts again, with the vectors by post and watch.

        An incident known already is replaced (after a split, a merge or a deletion).
        """
        for row in fingerprints:
            self._scene(row.watch).recall(row)
        for standing in incidents:
            incident = standing.incident
            if incident.kind is Kind.COMPLAINT:
                self._scene(incident.watch).restore(standing, vectors)
                self._watch[incident.id] = incident.watch

    def place(self, candidates: Sequence[Candidate], next_id: int) -> list[Placement]:
        """Put complaints, in time order, into incidents; new ones take ``next_id``, ``next_id`` + 1, ..."""
        placements = []
        for candidate in candidates:
            placement = self._scene(candidate.watch).place(candidate, next_id)
            if placement.opened:
                self._watch[next_id] = candidate.watch
                next_id += 1
            placements.append(placement)
        return placements

    def copy_of(self, watch: str, post_id: str, text: str, at: datetime, root: str | None = None) -> tuple[int, str | None]:
        """Return a text's fingerprint and the earlier post that it repeats (``root``: the post it passes on, if the platform says so).

        For every mention, complaint or not; asked again for the same post it answers the same.
        """
        known = self._scene(watch).copies.see(post_id, text, at, root)
        return known.bits, known.copy_of

    def merges(self, now: datetime) -> list[Merge]:
        """Return the incidents that turned out to be one since the last call, already merged here; also forgets what is too old."""
        return [merge for watch in sorted(self._scenes) for merge in self._scenes[watch].merges(now)]

    def title(self, incident_id: int) -> str:
        """Return the title of a live incident: at most 80 characters of plain text; KeyError if it is not known here."""
        return self._scenes[self._watch[incident_id]].title(incident_id)

    def known(self, incident_id: int) -> bool:
        """Whether posts are still compared with an incident."""
        watch = self._watch.get(incident_id)
        return watch is not None and self._scenes[watch].lasting(incident_id) in self._scenes[watch].stories

    def close(self, incident_id: int, status: Status) -> None:
        """Take over an incident's new state. Resolved: posts that fit come with ``reopens``; dismissed: they open a new one."""
        if (watch := self._watch.get(incident_id)) is not None:
            self._scenes[watch].status(incident_id, status)

    def merge(self, older: int, younger: int) -> None:
        """Merge two incidents of one watch because staff say so."""
        if (watch := self._watch.get(younger)) is not None:
            self._scenes[watch].unite(older, younger)

    def keep_apart(self, one: int, other: int) -> None:
        """Never merge two incidents again: staff split them. Tell this after every ``restore`` too."""
        if (watch := self._watch.get(one)) is not None:
            self._scenes[watch].keep_apart(one, other)

    def forget(self, incident_id: int) -> None:
        """Compare no more posts with an incident."""
        if (watch := self._watch.pop(incident_id, None)) is not None:
            self._scenes[watch].forget(incident_id)

    def forget_post(self, watch: str, post_id: str) -> None:
        """Forget the text of a post that was deleted; better restore its incident afterwards."""
        self._scene(watch).forget_post(post_id)

    def _scene(self, watch: str) -> Scene:
        scene = self._scenes.get(watch)
        if scene is None:
            scene = self._scenes[watch] = Scene(self._parameters, self._background, self.space)
        return scene
