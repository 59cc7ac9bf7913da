"""Facts by index: pairs come once, names are free, deletions hit once."""

from collections import Counter

from backbeat.chain.networks import PROD
from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts_contests import cosign
from backbeat.chain.simulator.chapter import RELATIONS, Chapter
from backbeat.chain.simulator.contests import contest_track, entries, parent
from backbeat.chain.simulator.draw import scattered, skewed
from backbeat.chain.simulator.population import Population
from backbeat.chain.simulator.world import Descent, World
from backbeat.index.payload.handles import check_handle

WORLD = World(9, PROD, 1)


def test_no_pair_ever_comes_twice() -> None:
    for name, relation in RELATIONS.items():
        told = [pair for number in range(60) for pair in Chapter(WORLD, number).relation(name)]
        assert len(set(told)) == len(told) == 60 * relation.per_verse


def test_nobody_is_paired_with_what_is_their_own() -> None:
    for name, relation in RELATIONS.items():
        for number in range(20):
            assert all(relation.owner(WORLD, it) != user for user, it in Chapter(WORLD, number).relation(name))


def test_handles_are_unique_whatever_the_case_and_keep_the_rules() -> None:
    handles = [words.handle_of(index) for index in range(5 * words.HANDLES)]
    assert len({handle.lower() for handle in handles}) == len(handles)
    for handle in handles:
        check_handle(handle.lower())


def test_texts_keep_the_limits_of_their_columns() -> None:
    assert max(map(len, words.NAMES)) <= 32
    assert max(map(len, words.SENTENCES)) <= 256
    assert max(map(len, words.COMMENTS)) <= 400


def test_populations_count_the_founders_in_two_chapters() -> None:
    people = Population(founding=10, regular=3)
    assert [people.until(birth) for birth in range(-4, 3)] == [0, 0, 10, 20, 23, 26, 29]
    assert [people.birth(index) for index in (0, 9, 10, 19, 20, 22, 23)] == [-2, -2, -1, -1, 0, 0, 1]
    assert list(people.born(1)) == [23, 24, 25]
    assert list(people.born(-5)) == []


def test_scattered_ids_never_meet() -> None:
    assert len({scattered(index) for index in range(100_000)}) == 100_000
    assert max(scattered(index) for index in range(100_000)) < 2**30


def test_low_ranks_are_likelier_and_all_are_in_range() -> None:
    ranks = [skewed(step / 10_000, 1_000) for step in range(10_000)]
    assert (min(ranks), max(ranks)) == (0, 999)
    assert ranks.count(0) > 5 * ranks.count(9) > 0
    assert skewed(0.999999999999, 7) == 6


def test_a_doomed_track_is_deleted_once_and_knows_it() -> None:
    deleted = [WORLD.deleted_track(birth, part) for birth in range(-2, 30) for part in range(2)]
    assert len(set(deleted)) == len(deleted)
    doomed = {track for track in range(WORLD.tracks.until(29)) if WORLD.is_track_doomed(track)}
    assert doomed == set(deleted)


def test_answers_stay_with_the_track_of_the_comment_they_answer() -> None:
    answers = [it for it in range(2_000) if WORLD.comment_parent(it) is not None]
    assert len(answers) > 200
    for answer in answers:
        parent = WORLD.comment_parent(answer)
        assert parent is not None
        assert parent < answer
        assert WORLD.comment_parent(parent) is None
        assert WORLD.comment_track(answer) == WORLD.comment_track(parent)


def test_contests_get_entries_by_others_and_no_track_is_in_two() -> None:
    held = {number: contest_track(WORLD, number, 0) for number in range(40)}
    about = [track for track in held.values() if track is not None]
    assert len(about) > 20
    assert len(set(about)) == len(about)
    assert all(WORLD.is_verified(WORLD.track_owner(track)) for track in about)
    entered = {number: entries(WORLD, number, 0) for number in range(40)}
    assert sum(map(bool, entered.values())) > 15
    for number, tracks in entered.items():
        assert {WORLD.tracks.birth(track) for track in tracks} <= {number + 2}
        assert {parent(WORLD, track) for track in tracks} <= {held[number]}


def test_what_descends_from_a_track_is_younger() -> None:
    tracks = range(WORLD.tracks.until(40))
    kinds = Counter(WORLD.descent(track) for track in tracks)
    assert all(kinds[kind] > 10 for kind in Descent)
    for track in tracks:
        original = parent(WORLD, track)
        assert (original is None) == (WORLD.descent(track) is Descent.NONE)
        assert original is None or WORLD.tracks.birth(original) <= max(WORLD.tracks.birth(track) - 2, -1)


def test_some_remixes_are_recommended_by_whose_track_they_are_of() -> None:
    found = [cosign(Chapter(WORLD, number), 0, 0) for number in range(40)]
    assert sum(draft is not None for draft in found) > 10
