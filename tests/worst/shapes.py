"""What a payload may be swollen with, up to the largest transaction that enters the chain."""

from collections.abc import Iterator
from typing import Any

from backbeat.chain.proto import core_pb2
from builders.chain import GENESIS, WALLETS, play, plays
from worst.act import FOREIGN, OTHER, PLAYLIST
from worst.acts import act, keys_of, wrapped

BYTES_MAX = 307_200  # the largest transaction that enters the chain
FEW = 4
ROOM = BYTES_MAX - 1_000  # what the envelope leaves for metadata


def _listed(item: str) -> str:
    return f"[{item}{f',{item}' * ((ROOM - 300) // (len(item.encode()) + 1) - 1)}]"


def _texts() -> dict[str, str]:
    return {
        "letters": "x" * (ROOM - 300),
        "marks": "a" + "\u0301\u0327" * (ROOM // 4 - 100),
        "marks_without_class": "\u0f81" * (ROOM // 3 - 100),
        "dotted_capitals": "\u0130" * (ROOM // 2 - 200),
        "ligatures": "\ufdfa" * (ROOM // 3 - 100),
        "spaces": "a " * (ROOM // 2 - 200),
        "dashes": "-" * (ROOM - 300),
        "digits": "9" * (ROOM - 300),
        "base58": "z" * (ROOM - 300),
        "dates": "2030-01-01T00:00:00." + "1" * (ROOM - 400),
        "just_allowed": "e\u0301" * 2_500,
    }


def _documents() -> dict[str, str]:
    """JSON by name, each a value of some key."""
    nested = {
        "many_zeros": _listed("0"),
        "many_texts": _listed('"a"'),
        "many_lists": _listed("[]"),
        "many_objects": _listed("{}"),
        "large_floats": _listed("1e308"),
        "small_floats": _listed("5e-324"),
        "hard_floats": _listed("2.2250738585072011e-308"),
        "large_integers": _listed("9" * 4_000),
        "one_integer": "9" * (ROOM - 300),
        "many_ids": "[" + ",".join(map(str, range(1, (ROOM - 300) // 7))) + "]",
        "many_keys": "{" + ",".join(f'"{number}":0' for number in range((ROOM - 300) // 10)) + "}",
        "same_key": "{" + ",".join(['"a":1'] * ((ROOM - 300) // 6)) + "}",
        "deep": '{"a":' * 62 + _listed("1")[: ROOM // 2].rstrip(",1") + "1]" + "}" * 62,
        "too_deep": "[" * (ROOM // 2 - 300) + "]" * (ROOM // 2 - 300),
        "escapes": '["' + "\\u0041" * ((ROOM - 400) // 6) + '"]',
        "surrogates": '["' + "\\ud800" * ((ROOM - 400) // 6) + '"]',
        "surrogates_and_floats": '["\\ud800",' + _listed("1e308")[1:-600] + "0]",
        "parents": '{"tracks":' + _listed('{"parent_track_id":7}') + "}",
        "parent_ids": '{"tracks":[' + ",".join(f'{{"parent_track_id":{number}}}' for number in range(1, 11_000)) + "]}",
        "splits": '{"usdc_purchase":{"price":5,"splits":' + _listed('{"user_id":1}') + "}}",
        "entries": "[" + ",".join(f'{{"track":{number}}}' for number in range(1, 5_001)) + "]",
        "hashids": "["
        + ",".join(f'{{"track":"{number:07d}","track_id":"{number:07x}"}}' for number in range(5_000))
        + "]",
        "bad_hashids": _listed('{"track":"zzzzzzz"}'),
    }
    return {name: text for name, text in nested.items() if len(text.encode()) < ROOM}


TEXTS, DOCUMENTS = _texts(), _documents()


def swollen(pair: str, turns: int) -> Iterator[tuple[str, core_pb2.SignedTransaction]]:
    """Yield the pair's transaction with each key that it is read for swollen by ``turns`` shapes, in turn.

    Where a handler reads most of the payload, that is on Create and Update, at least half of the shapes come up in one
    turn, others for each pair, and all of them in four.
    """
    keys, shapes = keys_of(pair), [*TEXTS, *DOCUMENTS]
    number = max(len(keys), len(shapes) // 2) if pair.endswith(("/Create", "/Update")) else FEW
    for at in range(number):
        for turn in range(turns):
            key, shape = keys[at % len(keys)], shapes[(at + len(pair) + turn * 7) % len(shapes)]
            yield f"{key}={shape}", _with(pair, key, shape)


def _with(pair: str, key: str, shape: str) -> core_pb2.SignedTransaction:
    if shape in TEXTS:
        return act(pair, {key: TEXTS[shape]})
    made = act(pair, {key: 0})
    said = made.manage_entity.metadata
    place = f'"{key}":0'
    assert place in said
    return _resigned(made, said.replace(place, f'"{key}":{DOCUMENTS[shape]}', 1))


def raw_metadata(pair: str) -> Iterator[tuple[str, core_pb2.SignedTransaction]]:
    """Yield the pair's transaction with metadata that is all shape: what the parser alone has to outlast."""
    for name, text in DOCUMENTS.items():
        yield f"metadata={name}", _resigned(act(pair), text)
    yield "metadata=strings", _resigned(act(pair), '"' * (ROOM - 300))
    yield "metadata=backslashes", _resigned(act(pair), '["' + "\\" * (ROOM - 300))
    yield "metadata=unknown", _resigned(act(pair), wrapped({"unknown": "x" * (ROOM - 300)}))


def _plays(number: int, **said: Any) -> core_pb2.SignedTransaction:
    return core_pb2.SignedTransaction(plays=core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(**said)] * number))


def many_plays() -> Iterator[tuple[str, core_pb2.SignedTransaction]]:
    """Yield plays transactions of the largest size, by what they have most of."""
    yield "plays=least", _plays(ROOM // 5, track_id="1")
    yield "plays=without_track", _plays(ROOM // 5, user_id="1")
    yield "plays=empty", _plays(ROOM // 2)
    yield "plays=each_its_own", plays(*[play(str(n), str(n), None, country=f"{n:036d}") for n in range(4_700)])
    yield "plays=long_country", plays(*[play(str(n), str(n), GENESIS, country=f"{n:04000d}") for n in range(75)])
    one_text = _plays(5_000, user_id="1")
    one_text.plays.plays.add(track_id="1", country="x" * 260_000)
    yield "plays=one_text", one_text
    yield "plays=marks", plays(play("1", "1", None, country="\u0301\u0327" * (ROOM // 4 - 10)))
    yield "plays=long_ids", plays(*[play("1" * 1_000, "2" * 1_000, None)] * 150)


def entries(first: int, number: int) -> dict[str, Any]:
    """Return a payload with a playlist's contents."""
    return {"playlist_contents": [{"track": first + at} for at in range(number)]}


def lists() -> Iterator[tuple[str, core_pb2.SignedTransaction]]:
    """Yield edits of a playlist of strangers' tracks, in the order in which each costs most."""
    yield "list=filled", act("Playlist/Update", entries(FOREIGN, 5_000))
    yield "list=emptied", act("Playlist/Update", {"playlist_contents": []})
    yield "list=filled_again", act("Playlist/Update", entries(FOREIGN, 5_000))
    yield "list=replaced", act("Playlist/Update", entries(FOREIGN + 5_000, 5_000))
    yield (
        "list=reordered",
        act("Playlist/Update", {"playlist_contents": entries(FOREIGN + 5_000, 5_000)["playlist_contents"][::-1]}),
    )
    yield "list=renamed", act("Playlist/Update", {"playlist_name": "Another"})
    yield "list=made_public", act("Playlist/Update", {"is_private": False})
    yield (
        "list=new",
        act("Playlist/Create", {"playlist_name": "Copy", **entries(FOREIGN, 5_000)}, entity_id=PLAYLIST + 90),
    )


def _resigned(made: core_pb2.SignedTransaction, metadata: str) -> core_pb2.SignedTransaction:
    wire = made.manage_entity
    signer = next(wallet for wallet in WALLETS.values() if wallet.address == wire.signer)
    wire.metadata = metadata
    wire.signature = signer.sign(wire.user_id, wire.entity_type, wire.entity_id, wire.action, metadata, wire.nonce)
    made.signature = wire.signature
    return made


def redirects(first: int, number: int, characters: int = 0) -> dict[str, Any]:
    """Return a payload with addresses that an app redirects to."""
    return {"name": "App", "redirect_uris": [f"https://{first + at:0{characters}d}" for at in range(number)]}


def email_keys(first: int, number: int, characters: int = 1) -> dict[str, Any]:
    """Return a payload that hands keys to the owner's email address on, all by one who has got one."""
    ids = {"grantor_user_id": OTHER, "encrypted_key": "k" * characters}
    return {"access_grants": [{"receiving_user_id": first + at, **ids} for at in range(number)]}


def accesses() -> Iterator[tuple[str, core_pb2.SignedTransaction]]:
    """Yield what apps, emails and collectibles may say at most, each as it is taken."""
    yield "app=created", act("DeveloperApp/Create", redirects(0, 50, 1_992))
    yield "app=redirected", act("DeveloperApp/Update", redirects(50, 50, 1_992))
    yield "email=added", act("EncryptedEmail/AddEmail", email_keys(1, 1_000, 200) | {"encrypted_email": "e" * 5_000})
    handed_on = email_keys(2_000, 1_000, 200)
    for access in handed_on["access_grants"]:
        access["grantor_user_id"] = 1
    yield "email=handed_on", act("EmailAccess/Update", handed_on)
    yield "collectibles=many", act("Collectibles/Create", {"collectibles": dict.fromkeys(map(str, range(10_000)), 1)})
    yield "collectibles=others", act("Collectibles/Update", {"collectibles": {"x": "x" * 249_000}})
