"""One spelling per genre (domain: chain and entities, 5.2.4). Unknown genres are welcome."""

CANONICAL = (
    "Acoustic", "Alternative", "Ambient", "Audiobooks", "Blues", "Classical", "Comedy", "Country", "Dancehall",
    "Deep House", "Devotional", "Disco", "Downtempo", "Drum & Bass", "Dubstep", "Electro", "Electronic",
    "Experimental", "Folk", "Funk", "Future Bass", "Future House", "Glitch Hop", "Hardstyle", "Hip-Hop/Rap", "House",
    "Hyperpop", "Jazz", "Jersey Club", "Jungle", "Kids", "Latin", "Lo-Fi", "Metal", "Moombahton", "Podcasts", "Pop",
    "Progressive House", "Punk", "R&B/Soul", "Reggae", "Rock", "Soundtrack", "Spoken Word", "Tech House", "Techno",
    "Trance", "Trap", "Tropical House", "Vaporwave", "World",
)  # fmt: skip

VARIANTS = {
    "Hip-Hop/Rap": ("hip-hop", "hiphop", "hip hop", "hip hop/rap", "rap"),
    "R&B/Soul": ("r&b", "rnb", "r and b", "r&b/soul", "r&b soul"),
    "Drum & Bass": ("drum and bass", "drum&bass", "dnb", "d&b"),
    "Electronic": ("edm", "electronic dance music"),
    "Lo-Fi": ("lofi", "lo fi"),
}

SPELLINGS = {genre.lower(): genre for genre in CANONICAL} | {
    variant: genre for genre, variants in VARIANTS.items() for variant in variants
}


def normalize_genre(genre: str) -> str:
    """Return the genre's one spelling: the network's own for those it knows, else each word capitalised."""
    words = genre.lower().split()
    return SPELLINGS.get(" ".join(words)) or " ".join(word[0].upper() + word[1:] for word in words)
