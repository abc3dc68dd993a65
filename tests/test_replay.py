from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import MONDAY, SHARED, parts_for

from monitor import assembly, replay
from monitor.cli import cli
from monitor.config import Settings
from monitor.domain import Because, Severity, Status, Watch
from monitor.errors import MonitorError, StoreError
from monitor.grouping import SHIPPED_SPACE
from monitor.replay.lines import stamp
from monitor.replay.scoring import score
from monitor.store import Store

SKT = SHARED / "streams" / "skt-usim-2025"
TEXTS = (
    "한울오토에서 받은 새 차 문짝에 흠집이 나 있는데 기사님은 모르는 일이라고만 합니다",
    "한울오토 탁송 진짜 최악이네요 범퍼 긁힌 채로 배송됐어요 보상해 주세요",
    "신차 인수했는데 흠집 투성이ㅠㅠ 한울오토 고객센터는 전화도 안 받음",
    "한울오토 이번 배송분 차들 다 긁혔다는데 사실인가요 제 차도 흠집 있어요",
    "한울오토가 또 차에 흠집 내놓고 나 몰라라 하네 화난다 정말",
    "오늘 받은 차 본네트 스크래치 실화냐 한울오토 책임져라",
    "한울오토 직원이 흠집 사진 보내도 답장 한 번 없네요 너무합니다",
)

GRAVE = (
    "전기차가 물에 잠겨 감전될 뻔했습니다 topic=safety",
    "부두 창고에서 불이 났는데 연기가 마을까지 옵니다 topic=damage_loss",
    "개인정보가 통째로 털려서 스팸 전화만 하루 열 통 topic=privacy",
)


def record(number: int, at: datetime, text: str, **more: object) -> dict[str, Any]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": f"x:{number}", "platform": "x", "text": text, "lang": "ko", "created_at": stamp, "author": {"id": f"a{number}"}, **more}


def week(troubled: bool = True) -> list[dict[str, Any]]:
    """Nine ordinary days, and on the tenth seven people within the hour."""
    chatter = [record(number, MONDAY + timedelta(hours=5 * number), f"한울오토 트럭 {number}대 지나가는 거 봤다") for number in range(43)]
    odd = [record(100 + n, MONDAY + timedelta(days=n, hours=7), f"한울오토 {n}번 창구 직원이 불친절해서 실망했어요") for n in range(9)]
    trouble = [record(200 + n, MONDAY + timedelta(days=9, minutes=6 * n), text) for n, text in enumerate(TEXTS)]
    return chatter + odd + (trouble if troubled else [])


def write(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["replay", *map(str, args)], catch_exceptions=False, standalone_mode=False)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_it_says_what_it_would_have_said_twice_in_the_same_bytes(tmp_path: Path) -> None:
    file = write(tmp_path / "week.jsonl", week())
    first = run(file, "--watch", "한울오토", "--any", "한울오토", "--json")
    again = run(file, "--watch", "한울오토", "--any", "한울오토", "--json")
    assert first.stdout_bytes == again.stdout_bytes
    told = lines(first)
    assert [line["type"] for line in told].count("decision") >= 1
    assert told[-1]["type"] == "summary"
    decision = told[0]
    assert decision["notify"] is True
    assert decision["reason"] == "first"
    assert decision["at"].endswith("Z")
    assert decision["reach"] is None
    assert decision["forecast"] is None
    assert decision["authors"] >= 3
    assert set(decision) >= {
        "at",
        "incident",
        "watch",
        "reason",
        "notify",
        "severity",
        "topic",
        "title",
        "posts",
        "authors",
        "p_cross",
        "eta_at",
        "because",
    }
    summary = told[-1]
    assert summary["posts"] == len(week())
    assert summary["alerts"] == sum(line["type"] == "decision" for line in told)
    assert summary["first_alert_at"] == decision["at"]


def test_a_quiet_week_says_nothing_but_all_tells_why(tmp_path: Path) -> None:
    file = write(tmp_path / "quiet.jsonl", week(troubled=False))
    assert [line["type"] for line in lines(run(file, "--watch", "한울오토", "--json"))] == ["summary"]
    silent = lines(run(file, "--watch", "한울오토", "--json", "--all"))[:-1]
    assert silent
    assert not any(line["notify"] for line in silent if line["type"] == "decision")


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    sorted_file = write(tmp_path / "a.jsonl", week())
    shuffled = write(tmp_path / "b.jsonl", week()[::-1])
    args = ("--watch", "한울오토", "--json")
    assert run(sorted_file, *args).stdout == run(shuffled, *args).stdout


def test_an_empty_file_has_a_summary_too(tmp_path: Path) -> None:
    file = write(tmp_path / "empty.jsonl", [])
    assert lines(run(file, "--json")) == [
        {"type": "summary", "posts": 0, "complaints": 0, "incidents": 0, "alerts": 0, "first_alert_at": None, "crossings": []}
    ]


def test_labels_only_add_scores(tmp_path: Path) -> None:
    file = write(tmp_path / "week.jsonl", week())
    onset = (MONDAY + timedelta(days=9)).isoformat()
    quiet = [[MONDAY.isoformat(), (MONDAY + timedelta(days=9)).isoformat()]]
    (tmp_path / "labels.json").write_text(json.dumps({"incidents": [{"id": "scratch", "onset_at": onset, "grade": "A"}], "quiet": quiet}))
    bare = lines(run(file, "--watch", "한울오토", "--json"))
    scored = lines(run(file, "--watch", "한울오토", "--json", "--labels", tmp_path / "labels.json"))
    assert scored[:-1] == bare[:-1]
    result = scored[-1].pop("score")
    assert scored[-1] == bare[-1]
    assert result["hits"] == 1
    assert result["incidents"][0]["delay_minutes"] <= 60
    assert result["false_alerts_per_week"] == 0


def test_a_config_in_the_working_folder_is_not_picked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("this is no TOML")
    file = write(tmp_path / "week.jsonl", week())
    assert lines(run(file, "--json"))[-1]["posts"] == len(week())


def test_terms_decide_what_is_read_and_a_records_own_watch_wins(tmp_path: Path) -> None:
    rows = [record(1, MONDAY, "한울오토 최악"), record(2, MONDAY, "다른 회사 최악"), record(3, MONDAY, "여기 최악", watch="한울오토")]
    file = write(tmp_path / "three.jsonl", rows)
    assert lines(run(file, "--any", "한울오토", "--json"))[-1]["posts"] == 2
    assert lines(run(file, "--watch", "누구", "--json"))[-1]["posts"] == 3


def test_the_name_of_a_watch_without_terms_is_found_in_the_posts(tmp_path: Path) -> None:
    rows = [record(1, MONDAY, TEXTS[0]), record(2, MONDAY, TEXTS[2], watch="고객센터"), record(3, MONDAY, "오늘 받은 차에 흠집이 있어요")]
    file = write(tmp_path / "posts.jsonl", rows)
    run(file, "--watch", "한울오토", "--database", tmp_path / "kept.db")
    with Store.open(tmp_path / "kept.db", readonly=True) as store:
        found = {n: [(one.mention.watch, one.mention.spans) for one in store.posts.judgements(f"x:{n}")] for n in (1, 2, 3)}
    centre = TEXTS[2].index("고객센터")
    assert found == {1: [("한울오토", ((0, 4),))], 2: [("한울오토", ((centre, centre + 4),))], 3: [("한울오토", ())]}


def test_a_name_that_nobody_gave_is_what_the_posts_share(tmp_path: Path) -> None:
    posts = replay.read(str(write(tmp_path / "week.jsonl", week()))).posts
    assert replay.names((), posts)[0] == "한울오토"
    assert replay.names((Watch("Hanul Auto"),), posts)[:2] == ("hanul auto", "한울오토")
    assert replay.names((), posts[:49]) == replay.names((Watch("Hanul Auto", ("한울오토",)),), posts) == ()
    assert replay.names((), [*posts, replace(posts[0], about="한울오토")]) == ()
    run(tmp_path / "week.jsonl", "--database", tmp_path / "kept.db")
    with Store.open(tmp_path / "kept.db", readonly=True) as store:
        mentions = {one.mention.watch: one.mention.spans for one in store.posts.judgements("x:200")}
    assert mentions == {"all": ((0, 4),)}


def test_words_that_tell_nothing_and_links_are_no_name(tmp_path: Path) -> None:
    texts = [f"This is what I have been waiting for, 정말 너무 늦네요 https://t.co/{n} 2026" for n in range(60)]
    posts = replay.read(str(write(tmp_path / "posts.jsonl", [record(n, MONDAY, text) for n, text in enumerate(texts)]))).posts
    assert replay.names((), posts) == ("waiting", "늦네요")  # but for these, which stand in every post


def test_broken_lines_and_posts_without_a_time_are_told(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_text('{"id": "x:1", "text": "언제인지 모름"}\n{broken\n' + json.dumps(record(2, MONDAY, "한울오토")) + "\n")
    result = run(file, "--json")
    assert lines(result)[-1]["posts"] == 1
    assert f"{file}:1: no time" in result.stderr
    assert f"{file}:2: not JSON" in result.stderr


def test_the_store_can_be_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "week.jsonl", week())
    run(file, "--watch", "한울오토", "--json", "--database", tmp_path / "kept.db")
    with Store.open(tmp_path / "kept.db", readonly=True) as store:
        assert store.counts()["posts"] == len(week())
        assert store.posts.search("흠집")
    with pytest.raises(MonitorError, match="exists already"):
        run(file, "--json", "--database", tmp_path / "kept.db")


def test_idle_years_cost_no_ticks(settings: Settings, tmp_path: Path) -> None:
    rows = [
        record(n, MONDAY + timedelta(hours=39.4 * n), f"한울오토 소식 {n} {'topic=price !' if n % 3 == 0 else ''}") for n in range(2_000)
    ]
    history = replay.read(str(write(tmp_path / "years.jsonl", rows)))
    with Store.open(":memory:", durable=False, searchable=False) as store:
        run, ticks = replay.Replay(store, parts_for(settings, assembly.Kept()), history), 0
        tick = run.pipeline.tick

        def counted(now: datetime) -> object:
            nonlocal ticks
            ticks += 1
            return tick(now)

        run.pipeline.tick = counted  # type: ignore[method-assign,assignment]
        for _ in run.run():
            pass
        assert store.counts()["posts"] == 2_000
        assert ticks < 4_000  # one for each post and a few for closing, not 4.7 million minutes


def test_ticking_through_idle_time_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    rows = [record(n, MONDAY + timedelta(hours=7.3 * n), f"한울오토 불만 {n} topic=price !") for n in range(40)]
    rows += [record(100 + n, MONDAY + timedelta(days=12, minutes=5 * n), f"{text} topic=damage_loss !") for n, text in enumerate(TEXTS)]
    history = replay.read(str(write(tmp_path / "idle.jsonl", rows)))

    def decisions(minutes: int) -> list[str]:
        with Store.open(":memory:", durable=False, searchable=False) as store:
            run = replay.Replay(store, parts_for(settings, assembly.Kept()), history)
            if minutes:
                between = run._due_before

                def every(at: datetime):  # type: ignore[no-untyped-def]
                    nonlocal last
                    while last + timedelta(minutes=minutes) < at:
                        last += timedelta(minutes=minutes)
                        yield last
                    yield from between(at)

                last = MONDAY
                run._due_before = every  # type: ignore[method-assign]
            return [repr(judgement.decision) for _, judgement in run.run()]

    assert decisions(0) == decisions(60)


def test_scoring_counts_hits_false_alerts_and_what_counts_neither_way() -> None:
    def at(hours: float) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)

    labels = {
        "incidents": [
            {"id": "hit", "grade": "A", "onset_at": at(100).isoformat(), "burst_at": at(101).isoformat(), "end_at": None},
            {"id": "missed", "grade": "B", "onset_at": at(300).isoformat(), "end_at": at(310).isoformat()},
        ],
        "quiet": [[at(0).isoformat(), at(99).isoformat()], [at(400).isoformat(), at(500).isoformat()]],
        "unclear": [{"from": at(50).isoformat(), "to": at(60).isoformat()}],
        "gaps": [[at(450).isoformat(), at(460).isoformat()]],
    }
    alerts = [at(h) for h in (10, 12, 17, 55, 99.5, 102, 200, 410, 455)]
    result = score(alerts, labels)
    assert (result["labelled"], result["hits"], result["median_delay_minutes"]) == (2, 1, -30.0)
    assert result["by_grade"] == {"A": {"labelled": 1, "hits": 1}, "B": {"labelled": 1, "hits": 0}}
    assert result["false_alerts"] == ["2026-01-01T10:00:00Z", "2026-01-01T17:00:00Z", "2026-01-18T02:00:00Z"]
    assert result["quiet_weeks"] == round(199 / 168, 3)


@pytest.mark.skipif(not SKT.exists(), reason="the shared streams are not here")
def test_the_labelled_onsets_of_a_real_stream_are_alerted(tmp_path: Path) -> None:
    watch = json.loads((SKT / "labels.json").read_text())["watch"]
    terms = [word for term in watch["any"] for word in ("--any", term)]
    told = lines(run(SKT / "posts.jsonl.gz", "--watch", watch["name"], *terms, "--labels", SKT / "labels.json", "--json"))
    result = told[-1]["score"]
    assert result["hits"] == result["labelled"] == 2


@pytest.mark.parametrize("labels", [{"incidents": [3]}, {"incidents": 7}, {"quiet": [5]}, {"quiet": [["2026-01-01"]]}, {"gaps": [[1, 2]]}])
def test_labels_of_another_shape_are_told_before_the_replay(tmp_path: Path, labels: dict[str, Any]) -> None:
    file = write(tmp_path / "week.jsonl", week())
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(MonitorError, match="labels"):
        run(file, "--json", "--labels", tmp_path / "labels.json")


def test_a_crossing_knows_the_alert_of_an_incident_that_was_merged_into_it(settings: Settings, tmp_path: Path) -> None:
    rows = [record(1, MONDAY, "앱이 자꾸 꺼집니다 한울오토 !"), record(2, MONDAY, "한울오토 탁송 기사가 욕을 합니다 !")]
    history = replay.read(str(write(tmp_path / "two.jsonl", rows)))
    with Store.open(":memory:", durable=False, searchable=False) as store:
        list(replay.Replay(store, parts_for(settings, assembly.Kept()), history).run())
        older, younger = sorted(incident.id for incident in store.incidents.all())
        store.incidents.mark_alerted(younger, Severity.HIGH, MONDAY)
        store.incidents.mark_crossed(older, MONDAY + timedelta(hours=2))
        with store.transaction():
            store.incidents.transition(older, Status.CANDIDATE, "kim", MONDAY)
            store.incidents.merge(older, younger, Because("grouping_together"), MONDAY)
        crossing = replay.summary(store, history, [], None)["crossings"][0]
    assert (crossing["incident"], crossing["alerted_at"], crossing["lead_minutes"]) == (older, "2026-03-02T00:00:00Z", 120.0)


def test_what_only_a_storm_page_names_is_seen_to_be_told_when_the_page_is_sent(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, budget=replace(settings.budget, pages_per_shift=1))
    seen = {"views": 40_000, "likes": 900}
    rows = [record(n, MONDAY, f"한울오토 {text} !", engagement=seen) for n, text in enumerate(GRAVE)]
    late = "한울오토 사무실 직원이 어르신께 소리지르며 밀쳤다 topic=staff_behaviour !"
    rows.append(record(9, MONDAY + timedelta(minutes=20), late, engagement=seen))
    rows.append(record(10, MONDAY + timedelta(minutes=90), f"한울오토 {GRAVE[0]} !"))
    history = replay.read(str(write(tmp_path / "storm.jsonl", rows)))
    with Store.open(":memory:", durable=False, searchable=False) as store:
        found = list(replay.Replay(store, parts_for(settings, assembly.Kept()), history).lines())
        told = [line for line in found if line.get("notify")]
        closing = replay.summary(store, history, told, None)
        alerted = {incident.id: stamp(incident.alerted_at) for incident in store.incidents.all() if incident.alerted_at}
    assert {line["incident"]: line["at"] for line in told} == alerted
    assert sorted(alerted.values()) == ["2026-03-02T00:00:00Z"] * 3 + ["2026-03-02T01:00:00Z"]  # the next page, an hour later
    assert closing["alerts"] == len(told) == 4
    assert {line["reason"] for line in told} <= {"first", "crossed"} and {line["severity"] for line in told} == {"critical"}
    assert sum("긴급 알림" in line["because"] for line in told) == 3
    assert {crossing["alerted_at"] for crossing in closing["crossings"]} <= {line["at"] for line in told}
    assert [line["at"] for line in found] == sorted(line["at"] for line in found)


def test_what_is_judged_ahead_and_kept_by_the_chunk_changes_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = replay.read(str(write(tmp_path / "week.jsonl", week())))

    def lines_and_state(ahead: int) -> tuple[list[object], bytes | None]:
        monkeypatch.setattr(replay, "AHEAD", ahead)
        with Store.open(":memory:", durable=False, searchable=False) as store:
            lines = list(replay.Replay(store, parts_for(settings, assembly.Kept()), history).lines())
            return list(lines), store.state("detector")

    one_by_one, at_once = lines_and_state(1), lines_and_state(10_000)
    assert one_by_one == at_once
    assert one_by_one[0] and one_by_one[1]


def test_a_replay_groups_with_the_vectors_of_the_model_as_a_live_run_does(settings: Settings, tmp_path: Path) -> None:
    history = replay.read(str(write(tmp_path / "week.jsonl", week())))
    with Store.open(":memory:", durable=False, searchable=False) as store:
        run = replay.Replay(store, assembly.parts(settings, assembly.Kept()), history)
        assert list(run.run())
        assert run.ahead.vectors == SHIPPED_SPACE.name
        assert store.posts.vectors(SHIPPED_SPACE.name)


def test_a_replay_ends_where_a_step_fails(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = replay.read(str(write(tmp_path / "week.jsonl", week())))
    with Store.open(":memory:", durable=False, searchable=False) as store:
        run = replay.Replay(store, parts_for(settings, assembly.Kept()), history)

        def fail(limit: int) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(store.posts, "unassessed", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            list(run.run())
        assert store.counts()["posts"] == 0  # all of the chunk or nothing
