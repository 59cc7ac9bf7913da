/* Plays as rows of PostgreSQL's binary COPY. */

#ifndef BACKBEAT_ROWS_H
#define BACKBEAT_ROWS_H

#include "wire.h"

typedef struct { /* what the plays of one block have in common; times are microseconds since 1970 */
    int32_t height;
    int64_t time, earliest, latest; /* a play that is dated outside of the last two is dated with its block */
} Place;

typedef struct { /* how much a transaction may have */
    Py_ssize_t text_bytes_max, plays_free, plays_max, play_bytes_min;
} Limits;

typedef struct { /* grows, and is used for one transaction after the other */
    uint8_t *bytes;
    Py_ssize_t room;
} Buffer;

/* Make the rows and the track ids of a TrackPlays, which is that of a transaction of so many bytes. */
Outcome pack_plays(Span plays, Py_ssize_t transaction_bytes, const Place *place, const Limits *limits, Buffer *buffer,
                   PyObject **rows, PyObject **track_ids);

/* Return rows as one piece, numbered from `first_id` on: number_rows of the module. */
PyObject *number_rows(PyObject *module, PyObject *args);

#endif
