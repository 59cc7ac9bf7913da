"""Two writers that touch the same users in opposite order wait for each other and never deadlock."""

import threading

import psycopg

USERS = 40
STATEMENTS = 15
FOLLOW = """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, txhash)
    SELECT follower, {followee}, true, false, now(), %s
    FROM unnest(%s::integer[]) AS follower
    ON CONFLICT (follower_user_id, followee_user_id) WHERE is_current DO UPDATE SET is_delete = NOT follows.is_delete
"""


def test_users_counted_in_opposite_order_do_not_deadlock(database_url: str) -> None:
    failures: list[psycopg.Error] = []

    def write(followee: int, followers: list[int]) -> None:
        try:
            with psycopg.connect(database_url, autocommit=True) as connection:
                for number in range(STATEMENTS):
                    connection.execute(FOLLOW.replace("{followee}", str(followee)), [f"{number}", followers])
        except psycopg.Error as error:
            failures.append(error)

    ascending = list(range(1, USERS + 1))
    writers = [
        threading.Thread(target=write, args=(101, ascending)),
        threading.Thread(target=write, args=(102, ascending[::-1])),
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert failures == []
    with psycopg.connect(database_url) as connection:
        counts = connection.execute(
            "SELECT DISTINCT following_count FROM aggregate_user WHERE user_id <= 100"
        ).fetchall()
        assert counts == [(2,)]  # an odd number of toggles
