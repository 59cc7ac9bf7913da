"""All wire pairs whose payload is read, in the order of the rules."""

from fields import access, comments, emails, events, playlists, social, tracks, users, wallets
from fields.field import Pair

AREAS = (users, tracks, playlists, social, comments, events, access, emails, wallets)
PAIRS: tuple[Pair, ...] = tuple(pair for area in AREAS for pair in area.PAIRS)
