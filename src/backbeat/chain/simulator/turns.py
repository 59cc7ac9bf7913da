"""What is rare on the network, two kinds to an occasion: one in even chapters, the other in odd ones.

What settles in two chapters goes on in a chapter like the one in which it began.
"""

from backbeat.chain.simulator import (
    acts_access,
    acts_contests,
    acts_notices,
    acts_recommended,
    acts_social,
    acts_talk,
    acts_tracks,
    acts_users,
    acts_wallets,
    mistakes,
)
from backbeat.chain.simulator.acts import in_turn

in_turn("register app, ask manager", acts_access.register, acts_access.ask)
in_turn("let app act, ask manager in vain", acts_access.let_app, acts_access.ask_in_vain)
in_turn("describe app, agree to manage", acts_access.describe_app, acts_access.agree)
in_turn("save by app, decline to manage", acts_access.save_by_app, acts_access.decline)
in_turn("stop app, edit by manager", acts_access.stop_app, acts_access.edit_by_manager)
in_turn("delete app, part from manager", acts_access.delete_app, acts_access.part)
in_turn("connect dashboard wallet, collect", acts_wallets.connect_dashboard, acts_wallets.collect)
in_turn("disconnect dashboard wallet, rearrange", acts_wallets.disconnect_dashboard, acts_wallets.arrange)
in_turn("add email, remove wallet", acts_wallets.add_email, acts_wallets.remove_wallet)
in_turn("hand email key on, take like back", acts_wallets.hand_on, acts_talk.take_like_back)
in_turn("mute track, unmute track", acts_notices.mute_track, acts_notices.unmute_track)
in_turn("mute comment, unmute comment", acts_notices.mute_comment, acts_notices.unmute_comment)
in_turn("share track, share playlist", acts_social.share, acts_social.share_playlist)
in_turn("approve collaboration, reject collaboration", acts_tracks.approve, acts_tracks.decline)
in_turn("pin comment, reword comment", acts_talk.pin, acts_talk.reword)
in_turn("verify user, delete comment", acts_users.verify, acts_talk.take_back)
in_turn("unsave playlist, unrepost playlist", acts_social.unsave_playlist, acts_social.unrepost_playlist)
in_turn("report comment, announce show", acts_talk.report, acts_contests.announce_show)
in_turn("unpin comment, call show off", acts_talk.unpin, acts_contests.call_show_off)
in_turn("repost of repost, save of repost", acts_recommended.repost, acts_recommended.save)
in_turn("mistake: follow twice, follow oneself", mistakes.follow_twice, mistakes.follow_oneself)
in_turn("mistake: save nothing, save one's own", mistakes.save_nothing, mistakes.save_own)
