"""The world of the leak tests is as it says: what is hidden is there, and its controls see it."""

from leak_world import CALLERS, HIDDEN, LeakWorld


async def test_every_record_is_shown_to_its_readers_and_to_nobody_else(leaks: LeakWorld) -> None:
    for what in HIDDEN:
        seen = set()
        for who in CALLERS:
            answer = await leaks.ask(who, "GET", f"/{what.type}/{leaks.ids[what.key]}")
            assert answer.status in {200, 404, 401}, (what.key, who.key, answer)
            if answer.status == 200:
                seen.add(who.key)
        assert seen == what.seen_by, what.key
