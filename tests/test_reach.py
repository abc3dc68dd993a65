from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Exposure, Reach
from monitor.messages import sentence
from monitor.messages.sentences.reach import SENTENCES
from monitor.reach import Parameters, estimate, estimates

NOON = datetime(2026, 3, 2, 3, tzinfo=UTC)
LATER = NOON + timedelta(hours=8)


def post(
    number: int = 0,
    platform: str = "x",
    *,
    author: str | None = "",
    minutes: float = 0,
    looked: float | None = 60,
    followers: int | None = None,
    views: int | None = None,
    likes: int | None = None,
    replies: int | None = None,
    shares: int | None = None,
    share_of: str | None = None,
) -> Exposure:
    created = NOON + timedelta(minutes=minutes)
    return Exposure(
        post_id=f"{platform}:{number}",
        platform=platform,
        created_at=created,
        author_id=f"{platform}:a{number}" if author == "" else author,
        followers=followers,
        observed_at=None if looked is None else created + timedelta(minutes=looked),
        likes=likes,
        replies=replies,
        shares=shares,
        views=views,
        share_of=share_of,
    )


def people(*exposures: Exposure, at: datetime = LATER) -> Reach:
    found = estimate(exposures, at)
    assert found is not None
    return found


def test_nothing_measured_is_unknown() -> None:
    assert estimate([], LATER) is None
    assert estimate([post(1), post(2, "rss")], LATER) is None


def test_many_incidents_at_once_come_out_as_each_alone() -> None:
    seen = [
        [post(1, likes=40, followers=900, replies=3), post(2, "reddit", likes=12), post(3, views=5_000), post(4)],
        [],
        [post(5, "reddit", likes=3, replies=7)],
        [post(number, followers=70 * number + 1, likes=number % 9, minutes=number) for number in range(6, 60)],
        [post(61, "rss"), post(62, "naver", views=300, looked=1, followers=5_000)],
    ]
    together = estimates([(exposures, number) for number, exposures in enumerate(seen)], LATER)
    assert together == [estimate(exposures, LATER, seed=number) for number, exposures in enumerate(seen)]
    assert [found is None for found in together] == [False, True, False, False, False]


@pytest.mark.parametrize("platform", ["playstore", "appstore"])
def test_stores_have_no_spread(platform: str) -> None:
    assert estimate([post(1, platform, likes=5000, views=10**6, followers=10**6)], LATER) is None
    alone = people(post(2, views=1300))
    assert people(post(1, platform, likes=5000), post(2, views=1300)) == alone


def test_public_views_become_people_within_the_doubt_about_displays() -> None:
    found = people(post(1, views=1300), post(2, views=2600))
    assert found.people.p50 == pytest.approx(3000, rel=0.01)
    assert 0.75 * 3000 < found.people.p10 < found.people.p50 < found.people.p90 < 1.3 * 3000
    assert found.measured == 1.0
    assert found.because.code == "reach_measured"


def test_views_that_are_zero_are_measured_not_unknown() -> None:
    found = people(post(1, views=0))
    assert found.people.p90 == 0
    assert found.measured == 1.0


def test_views_win_over_what_engagement_would_suggest() -> None:
    assert people(post(1, views=130, likes=5000, followers=10**6)).people.p90 < 200


def test_forms_of_the_design_on_one_post() -> None:
    liked = people(post(1, likes=100, shares=10, replies=5, followers=1000))
    assert liked.people.p50 == pytest.approx(
        2.718281828 ** (2.78 + 0.216 * 6.909 + 0.626 * 4.615 - 0.078 * 2.398 + 0.292 * 1.792), rel=0.02
    )
    followed = people(post(1, looked=None, followers=10_000), at=NOON + timedelta(days=30))
    assert followed.people.p50 == pytest.approx(2.718281828 ** (-0.97 + 0.651 * 9.21), rel=0.03)
    assert followed.people.p90 / followed.people.p10 > liked.people.p90 / liked.people.p10 > 5
    assert liked.measured == followed.measured == 0.0


def test_a_young_post_has_not_reached_its_followers_yet() -> None:
    seen = [people(post(1, looked=None, followers=10_000), at=NOON + timedelta(minutes=m)).people.p50 for m in (2, 20, 80, 600, 6000)]
    assert seen == sorted(seen)
    assert seen[2] == pytest.approx(seen[-1] / 2, rel=0.05)


def test_a_measurement_at_birth_does_not_freeze_the_post() -> None:
    born = post(1, looked=0, followers=50_000, views=0, likes=0)
    assert people(born, at=NOON + timedelta(minutes=5)).people.p50 == 0
    assert people(born, at=NOON + timedelta(hours=5)).people.p50 > 100


def test_an_authors_posts_share_their_readers() -> None:
    apart = people(*(post(n, views=1300) for n in range(4)))
    same = people(*(post(n, views=1300, author="x:one") for n in range(4)))
    assert apart.people.p50 == pytest.approx(4000, rel=0.01)
    assert same.people.p50 == pytest.approx(1000 * (1 + 3 * 0.3), rel=0.01)


def test_unknown_authors_are_different_people() -> None:
    assert people(*(post(n, views=1300, author=None) for n in range(4))).people.p50 == pytest.approx(4000, rel=0.01)


def test_guesses_about_an_account_that_floods_do_not_count() -> None:
    flood = [post(n, minutes=n, followers=5000, looked=None, author="x:bot") for n in range(40)]
    human = [post(100, views=1300)]
    assert people(*human, *flood).people.p50 == pytest.approx(people(*human).people.p50, rel=0.01)
    slow = [post(n, minutes=90 * n, followers=5000, looked=None, author="x:angry") for n in range(12)]
    assert people(*human, *slow, at=NOON + timedelta(days=2)).people.p50 > 1.2 * people(*human).people.p50


def test_shares_that_are_posts_count_until_the_originals_views_hold_them() -> None:
    original = post(1, views=1300, looked=60)
    before = post(2, minutes=30, looked=None, followers=20_000, share_of="x:1")
    after = post(3, minutes=90, looked=None, followers=20_000, share_of="x:1")
    assert people(original, before).people.p50 == pytest.approx(1000, rel=0.01)
    assert people(original, after).people.p50 > 1200
    hidden = post(1, looked=None, followers=1000)
    assert people(hidden, before).people.p50 > 2 * people(hidden).people.p50


def test_audiences_of_one_platform_overlap_and_the_nation_is_finite() -> None:
    one = people(*(post(n, views=1_300_000) for n in range(10)))
    two = people(*(post(n, "x" if n % 2 else "youtube", views=1_300_000) for n in range(10)))
    assert 1e6 < one.people.p50 < two.people.p50 < 1e7
    crowd = people(*(post(n, "youtube", views=10**9) for n in range(30)), *(post(n, views=10**9) for n in range(30)))
    assert crowd.people.p90 <= Parameters().national


def test_neighbours_with_nothing_known_add_little_and_never_a_crowd() -> None:
    known = post(0, likes=2)
    base = people(known).people.p50
    assert base < people(known, *(post(n, looked=None) for n in range(1, 50))).people.p50 < 6000
    assert people(known, *(post(n, "rss") for n in range(1, 50))).people.p50 == pytest.approx(base, rel=0.01)


def test_reason_tells_the_source_mix() -> None:
    mixed = people(post(1, views=1300), post(2, looked=None, followers=5000))
    assert mixed.because.code == "reach_mixed"
    assert 0.3 < mixed.measured < 1
    assert mixed.because.values["posts"] == 2
    assert mixed.because.values["shown"] == 1


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_reason_is_a_sentence(language: str) -> None:
    reasons = [
        people(post(1, views=1300)),
        people(post(1, views=1300), post(2, looked=None, followers=5000)),
        people(post(2, looked=None, followers=5000)),
    ]
    assert {reason.because.code for reason in reasons} == set(SENTENCES)
    for reason in reasons:
        text = sentence(reason.because, language, ZoneInfo("Asia/Seoul"))
        assert text and "{" not in text and "unknown" not in text and "알 수 없음" not in text


counts = st.one_of(st.none(), st.integers(-5, 10**7))
exposures = st.lists(
    st.builds(
        post,
        st.integers(0, 30),
        st.sampled_from(["x", "reddit", "naver", "youtube", "playstore", "somewhere"]),
        author=st.sampled_from(["", None, "x:one", "x:two"]),
        minutes=st.floats(-500, 1000),
        looked=st.one_of(st.none(), st.floats(0, 5000)),
        followers=counts,
        views=counts,
        likes=counts,
        replies=counts,
        shares=counts,
        share_of=st.sampled_from([None, "x:1", "x:99"]),
    ),
    max_size=25,
)


@given(exposures, st.integers(0, 2**40))
@settings(max_examples=150, deadline=None)
def test_any_exposures_give_an_ordered_finite_repeatable_range(shown: list[Exposure], seed: int) -> None:
    found = estimate(shown, LATER, seed=seed)
    assert found == estimate(shown, LATER, seed=seed)
    if found is not None:
        assert 0 <= found.people.p10 <= found.people.p50 <= found.people.p90 <= Parameters().national
        assert 0 <= found.measured <= 1


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_more_views_never_mean_fewer_people(views: list[int], more: int) -> None:
    shown = [post(n, views=count) for n, count in enumerate(views)]
    assert people(*shown, post(99, views=more)).people.p50 >= people(*shown).people.p50 * 0.999
