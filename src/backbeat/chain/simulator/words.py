"""What made-up people call themselves and their music. All of it is invented here."""

import random
from base64 import b32encode
from typing import Final

ADJECTIVES: Final = (
    "amber", "brisk", "copper", "dusty", "early", "faded", "gentle", "hollow", "idle", "jolly", "keen",
    "lunar", "mellow", "neon", "opal", "pale", "quiet", "rusty", "silver", "tidal", "umber", "velvet", "wild",
    "yonder", "zesty", "bitter", "cosmic", "dapper", "electric", "feral", "golden", "humble",
)  # fmt: skip
NOUNS: Final = (
    "otter", "beacon", "cedar", "delta", "ember", "fjord", "garden", "harbor", "island", "jacket", "kettle",
    "lantern", "meadow", "needle", "orchard", "parade", "quarry", "river", "saddle", "tunnel", "utopia",
    "valley", "willow", "xylo", "yard", "zephyr", "anchor", "bridge", "comet", "drum", "engine", "falcon",
)  # fmt: skip
NAMES: Final = (
    "Ada Brook", "Bo & the Kites", "Café Minuit", "DJ Quartz", "Élodie Vent", "Fadhil K.", "Grün Raum", "Håkon Fjell",
    "Inés Sol", "Juno Park", "Kōyō", "Lúa Nova", "MC Tangent", "Niño Relámpago", "Øre", "Paper Tigers", "Quiet Storm",
    "Rosa Zażółć",
    "静かな夜", "The Long Weekend", "Ümit Deniz", "Голос Реки", "Wren", "Xiomara", "Yaw Mensah", "🌊 tide",
)  # fmt: skip
TITLES: Final = (
    "Afterglow", "Before the Rain", "Cassette Summer", "Déjà vu", "Eleven Steps", "Float", "Glass Garden", "Homebound",
    "In Orbit", "Just a Minute", "Kite String", "Low Tide", "Midnight Bus", "No Signal", "Overpass", "Paper Boats",
    "Quarter Past", "Røyk", "Slow Motion", "Tin Roof", "Under Lamps", "Vía Láctea", "Windows Down",
    "夜行列車", "Yesterday's Tea",
    "Zigzag", "Свет", "ماء", "Heart ❤️ Radio", "C'est la fête!", "50% Off / Everything", "Hello (World)",
)  # fmt: skip
SUFFIXES: Final = ("", "", "", "", " (Demo)", " II", " (Live)", " [Instrumental]", " 2", " - Night Mix")
PLACES: Final = (
    "Lisbon",
    "Accra, GH",
    "São Paulo",
    "Łódź",
    "Austin, TX",
    "Osaka 大阪",
    "Nairobi",
    "Leeds, UK",
    "Medellín",
)
SENTENCES: Final = (
    "Made in one night with two microphones.",
    "Recorded on the roof, you can hear the swifts.",
    "Beats for trains and long walks.\nNew music every other Friday.",
    "Para bailar despacio ✨",
    "Feedback is welcome, be kind.",
    "Zrobione w kuchni, z miłości do hałasu.",
)
COMMENTS: Final = (
    "This bass!", "on repeat all week", "👏👏", "the drop at the end", "quién canta?", "so good", "needs a part two",
    "新曲ありがとう", "who made the cover?", "first", "my new favourite", "❤️",
)  # fmt: skip
TAGS: Final = ("night", "homemade", "vinyl", "chill", "loud", "rain", "drive", "sunday", "tape", "bedroom")
GENRES: Final = (
    "Hip-Hop/Rap", "Hip-Hop/Rap", "Hip-Hop/Rap", "Electronic", "House", "Lo-Fi", "Ambient", "Pop", "R&B/Soul", "Techno",
    "Drum & Bass", "Trap", "Rock", "Jazz", "Soundtrack", "Latin", "Downtempo", "Experimental",
)  # fmt: skip
MOODS: Final = ("Peaceful", "Easygoing", "Cool", "Gritty", "Melancholy", "Fiery", "Upbeat", "Yearning", "Brooding")
KEYS: Final = tuple(
    f"{note} {mode}"
    for note in ("A", "B flat", "B", "C", "D flat", "D", "E flat", "E", "F", "G flat", "G", "A flat")
    for mode in ("major", "minor")
)
HANDLES: Final = len(ADJECTIVES) * len(NOUNS)
_HANDLE_STEP: Final = 389  # odd, HANDLES is a power of two: neighbours get unlike names and each pair comes up once
_JOINTS: Final = ("", "_", ".", "")


def handle_of(index: int) -> str:
    """Return a handle that no other index has, whatever the letter case."""
    round_, pair = divmod(index, HANDLES)
    pair = pair * _HANDLE_STEP % HANDLES
    first, second = ADJECTIVES[pair // len(NOUNS)], NOUNS[pair % len(NOUNS)]
    name = f"{first}{_JOINTS[index % len(_JOINTS)]}{second}{round_ or ''}"
    return name.title().replace(".", "_") if index % 16 == 5 else name


def base32_of(dice: random.Random, size_bytes: int) -> str:
    """Return random lower-case base32, eight characters for each five bytes."""
    return b32encode(dice.randbytes(size_bytes)).decode().lower()


def upload_id(dice: random.Random) -> str:
    """Return what the network calls an upload: 26 characters that look like a ULID."""
    return "01K" + b32encode(dice.randbytes(15)).decode()[:23]


def audio_cid(dice: random.Random) -> str:
    """Return what the network calls an audio file: 62 characters."""
    return "baeaaaiqse" + base32_of(dice, 35)[:52]


def metadata_cid(dice: random.Random) -> str:
    """Return the content id that clients put around a profile."""
    return "bagaaiera" + base32_of(dice, 35)[:52]
