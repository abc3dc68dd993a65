"""Draw the page behind a mail's link, as [web] shows it: web_page.py OUT.html LANGUAGE."""

from __future__ import annotations

import sys
from pathlib import Path

from monitor import messages
from monitor.domain import Action, Status
from monitor.messages.deeds import BUTTONS
from monitor.reception.web.pages import page

TITLES = {"ko": "새 차에 흠집이 나서 왔다는 글", "en": "new cars arrive with scratches"}


def drawn(language: str) -> str:
    """Return the page that asks whether to acknowledge an incident."""
    label = BUTTONS[Action.ACKNOWLEDGE.value][0 if language == "ko" else 1]
    title = messages.say("web.ask", language, action=label)
    stands = messages.say("web.stands", language, status=Status.TRIGGERED)
    recorded = messages.say("web.as", language, who="care@hanul-auto.example")
    about = f"{messages.say('web.incident', language, id=12)}: {TITLES[language]}"
    return page(language, title, stands, recorded, what=about, button=label).get_data(as_text=True)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(drawn(sys.argv[2]), encoding="utf-8")
