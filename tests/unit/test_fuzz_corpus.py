"""What the fuzz builds on."""

from random import Random

import pytest
from fuzz import corpus as corpora
from fuzz.corpus import Corpus
from fuzz.people import THINGS, move, sign, things
from worst.act import OWNER, TRACK
from worst.acts import signed

from backbeat.chain.decode import decode_block
from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Verifier
from builders.chain import WALLETS, make_block

APPLIED = ("Track/Save", "applied", "")
SAVE = signed(1, OWNER, "*/Save", TRACK, {"about": TRACK}).SerializeToString()


def test_what_ends_or_runs_as_none_before_is_kept_once() -> None:
    corpus, draw = Corpus(), Random(1)
    corpus.learn(SAVE, APPLIED, (), draw)
    corpus.learn(SAVE, APPLIED, (), draw)
    assert len(corpus) == 1
    corpus.learn(SAVE, APPLIED, [("rules.py", 1)], draw)
    corpus.learn(SAVE, ("Track/Save", "duplicate", "entity_id"), [("rules.py", 1)], draw)
    assert len(corpus) == 3
    picked = corpus.pick(draw)
    assert picked is not None
    assert picked.SerializeToString() == SAVE


def test_no_more_is_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "KEPT_MAX", 2)
    corpus, draw = Corpus(), Random(1)
    for number in range(5):
        corpus.learn(SAVE, ("Track/Save", str(number), ""), (), draw)
    corpus.learn(b"x" * 10_000, ("Track/Save", "large", ""), (), draw)
    assert len(corpus) == 2
    assert len(corpus.outcomes) == 6


def test_a_transaction_moves_to_another_era_and_is_signed_there() -> None:
    made = signed(1, OWNER, "*/Save", TRACK, {"about": TRACK})
    move(made, 3)
    wire = sign(made, WALLETS[1]).manage_entity
    assert wire.entity_id == TRACK + 30
    assert str(TRACK + 30) in wire.metadata
    (decoded,) = decode_block(make_block("dev", 1, [made]), Verifier(DEV)).transactions
    assert decoded.entity is not None
    assert decoded.entity.recovered == WALLETS[1].address.lower()


def test_no_two_eras_have_a_thing_in_common() -> None:
    made = [{it.manage_entity.entity_id for it in things(era)} for era in range(50)]
    assert all(len(ids) == len(THINGS) for ids in made)
    assert len(set.union(*made)) == 50 * len(THINGS)
