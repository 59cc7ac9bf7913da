"""Every row type that the indexer reads or writes."""

from backbeat.index.row import Row
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.rows.comments import (
    CommentMentionRow,
    CommentReactionRow,
    CommentReportRow,
    CommentRow,
    CommentThreadRow,
)
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.playlists import AlbumPriceRow, PlaylistRouteRow, PlaylistRow, PlaylistTrackRow
from backbeat.index.rows.social import FollowRow, RepostRow, SaveRow, SubscriptionRow
from backbeat.index.rows.track_lists import TrackListsRow
from backbeat.index.rows.tracks import (
    RemixRow,
    StemRow,
    TrackCollaboratorRow,
    TrackPriceRow,
    TrackRouteRow,
    TrackRow,
)
from backbeat.index.rows.users import PayoutWalletRow, UserEventRow, UserPubkeyRow, UserRow

ROW_TYPES: tuple[type[Row], ...] = (
    UserRow, UserEventRow, UserPubkeyRow, PayoutWalletRow,
    TrackRow, TrackListsRow, TrackRouteRow, StemRow, RemixRow, TrackCollaboratorRow, TrackPriceRow,
    PlaylistRow, PlaylistRouteRow, PlaylistTrackRow, AlbumPriceRow,
    FollowRow, SubscriptionRow, SaveRow, RepostRow,
    CommentRow, CommentMentionRow, CommentThreadRow, CommentReactionRow, CommentReportRow,
    GrantRow, DeveloperAppRow, EventRow,
)  # fmt: skip
