-- One in five joined with the app, one in thirty through another user.
INSERT INTO user_events (blocknumber, is_current, user_id, referrer, is_mobile_user)
SELECT
    u.blocknumber, true, u.user_id,
    CASE WHEN bench.draw(u.user_id, 22) < 0.03 THEN bench.pick(bench.draw(u.user_id, 23), %(users)s, 2.5, 2654435761) END,
    bench.draw(u.user_id, 21) < 0.2
FROM users AS u
WHERE bench.draw(u.user_id, 21) < 0.2 OR bench.draw(u.user_id, 22) < 0.03
