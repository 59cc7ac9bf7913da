/* A row has ten columns as plays_copy.sql names them, each a length and its bytes; chain/packed.py has the same in Python.
   The id of a row is 0 until number_rows gives it one. */

#include "rows.h"

enum { USER_ID = 1, TRACK_ID, TIMESTAMP, SIGNATURE, CITY, REGION, COUNTRY, PLAY_FIELDS }; /* of TrackPlay */
enum { PLAYS_PLAY = 1 };                                                                  /* of TrackPlays */
enum { SECONDS = 1, NANOS = 2 };                                                          /* of Timestamp */

enum { DIGITS_MAX = 11 }; /* of an id, as backbeat.chain.plays reads it: no overflow of 64 bits */
enum { COLUMNS = 10, COLUMNS_BYTES = 2, LENGTH_BYTES = 4, ID_BYTES = 4 };
enum { ROW_BYTES = COLUMNS_BYTES + COLUMNS * LENGTH_BYTES + 4 * ID_BYTES + 5 + 8 }; /* at most, without its texts */

static const uint64_t SECONDS_MAX = 253402300799; /* year 9999, as protobuf bounds a Timestamp */
static const uint64_t NANOS_MAX = 999999999;
static const int64_t MICROSECONDS_2000 = 946684800000000; /* from 1970 to 2000, when PostgreSQL's time begins */
static const uint8_t SOURCE[] = {0, 0, 0, 5, 'r', 'e', 'l', 'a', 'y'};

typedef enum { NO_TEXT = -1, NO_NUMBER = 0, NUMBER = 1 } Id;

/* Read an id as plays._int4 does; NO_TEXT where bytes are no ASCII: whether they are UTF-8 is not asked. */
static Id read_id(Span text, int32_t *id)
{
    const uint8_t *at = text.at;
    bool negative = at < text.end && *at == '-';
    int64_t number = 0;
    for (const uint8_t *each = text.at; each < text.end; each++)
        if (*each >= 0x80 || *each == 0) return NO_TEXT;
    if (at < text.end && (*at == '-' || *at == '+')) at++;
    if (at == text.end || text.end - at > DIGITS_MAX) return NO_NUMBER;
    for (; at < text.end; at++) {
        if (*at < '0' || *at > '9') return NO_NUMBER;
        number = number * 10 + (*at - '0');
    }
    if (negative) number = -number;
    if (number < INT32_MIN || number > INT32_MAX) return NO_NUMBER;
    *id = (int32_t)number;
    return NUMBER;
}

/* Return how many bytes follow the first one of a character; -1 if none begins with it. The second is in [low, high]. */
static int bytes_behind(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80; /* nothing longer than need be */
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf; /* no surrogates, nothing beyond U+10FFFF */
    if (first >= 0xc2 && first <= 0xdf) return 1;
    if (first >= 0xe0 && first <= 0xef) return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Tell whether a column can hold a text as it is: UTF-8 without NUL. */
static bool is_storable(Span text)
{
    while (text.at < text.end) {
        uint8_t low, high, first = *text.at++;
        if (first < 0x80 && first) continue;
        int behind = first ? bytes_behind(first, &low, &high) : -1;
        if (behind < 0 || behind > text.end - text.at) return false;
        for (; behind; behind--, low = 0x80, high = 0xbf, text.at++)
            if (*text.at < low || *text.at > high) return false;
    }
    return true;
}

/* Read when a play was heard by its own account; false if that is not understood. */
static bool read_time(Span timestamp, int64_t *microseconds)
{
    uint64_t said[] = {0, 0, 0};
    uint64_t before = 0;
    while (timestamp.at < timestamp.end) {
        Field field;
        if (!next_field(&timestamp, &field) || field.wire_type != VARINT) return false;
        if (field.number <= before || field.number > NANOS || field.value == 0) return false;
        before = field.number;
        said[before] = field.value;
    }
    *microseconds = (int64_t)(said[SECONDS] * 1000000 + said[NANOS] / 1000);
    return said[SECONDS] <= SECONDS_MAX && said[NANOS] <= NANOS_MAX;
}

/* Set the fields of a play by their numbers; those that it does not have are empty. */
static bool split_play(Span play, Span fields[PLAY_FIELDS], bool *has_timestamp)
{
    uint64_t before = 0;
    for (int number = 0; number < PLAY_FIELDS; number++) fields[number] = (Span){play.end, play.end};
    *has_timestamp = false;
    while (play.at < play.end) {
        Field field;
        if (!next_part(&play, &field) || field.number <= before || field.number >= PLAY_FIELDS) return false;
        if (field.value == 0 && field.number != TIMESTAMP) return false; /* an empty text is not written */
        before = field.number;
        fields[before] = field.bytes;
        if (before == TIMESTAMP) *has_timestamp = true;
    }
    return true;
}

static uint8_t *put_number(uint8_t *out, int32_t value) { return put_int4(put_int4(out, 4), (uint32_t)value); }

static uint8_t *put_text(uint8_t *out, Span text)
{
    size_t size = (size_t)length(text);
    out = put_int4(out, (uint32_t)size);
    if (size) memcpy(out, text.at, size);
    return out + size;
}

/* Write the row of a play, for which there is room, behind `*out`; false if it is not understood or names no track. */
static bool pack_play(Span play, const Place *place, const Limits *limits, uint8_t **out, int32_t *track_id)
{
    Span fields[PLAY_FIELDS];
    bool has_timestamp;
    int32_t user_id;
    int64_t heard_at = place->time;
    if (!split_play(play, fields, &has_timestamp)) return false;
    Id has_user = read_id(fields[USER_ID], &user_id);
    if (has_user == NO_TEXT || read_id(fields[TRACK_ID], track_id) != NUMBER) return false;
    if (has_timestamp && !read_time(fields[TIMESTAMP], &heard_at)) return false;
    if (heard_at < place->earliest || heard_at > place->latest) heard_at = place->time;
    for (int number = SIGNATURE; number < PLAY_FIELDS; number++)
        if (length(fields[number]) > limits->text_bytes_max || !is_storable(fields[number])) return false;
    uint8_t *row = *out;
    *row++ = 0;
    *row++ = COLUMNS;
    row = put_number(row, 0);
    memcpy(row, SOURCE, sizeof SOURCE);
    row = put_number(row + sizeof SOURCE, *track_id);
    row = has_user == NUMBER ? put_number(row, user_id) : put_int4(row, UINT32_MAX); /* NULL has the length -1 */
    row = put_int8(put_int4(row, 8), (uint64_t)(heard_at - MICROSECONDS_2000));
    row = put_number(row, place->height);
    for (int number = SIGNATURE; number < PLAY_FIELDS; number++) row = put_text(row, fields[number]);
    *out = row;
    return true;
}

/* Count the plays of a TrackPlays; -1 if it holds anything else, or more than a transaction of that size may have. */
static Py_ssize_t count_plays(Span plays, Py_ssize_t transaction_bytes, const Limits *limits)
{
    Py_ssize_t count = 0;
    while (plays.at < plays.end) {
        Field field;
        if (!next_part(&plays, &field) || field.number != PLAYS_PLAY) return -1;
        count++;
    }
    if (count <= limits->plays_free) return count;
    if (count > limits->plays_max || count > transaction_bytes / limits->play_bytes_min) return -1;
    return count;
}

static bool make_room(Buffer *buffer, Py_ssize_t size)
{
    if (size <= buffer->room) return true;
    uint8_t *bytes = PyMem_Realloc(buffer->bytes, (size_t)size);
    if (!bytes) {
        PyErr_NoMemory();
        return false;
    }
    buffer->bytes = bytes;
    buffer->room = size;
    return true;
}

Outcome pack_plays(Span plays, Py_ssize_t transaction_bytes, const Place *place, const Limits *limits, Buffer *buffer,
                   PyObject **rows, PyObject **track_ids)
{
    Py_ssize_t count = count_plays(plays, transaction_bytes, limits);
    *rows = *track_ids = NULL;
    if (count < 0) return NOT_UNDERSTOOD;
    if (!make_room(buffer, count * ROW_BYTES + length(plays))) return FAILED;
    uint8_t *out = buffer->bytes;
    PyObject *ids = PyTuple_New(count);
    Outcome outcome = ids ? UNDERSTOOD : FAILED;
    for (Py_ssize_t index = 0; index < count && outcome == UNDERSTOOD; index++) {
        Field field;
        int32_t track_id;
        PyObject *id;
        if (!next_part(&plays, &field) || !pack_play(field.bytes, place, limits, &out, &track_id))
            outcome = NOT_UNDERSTOOD;
        else if (!(id = PyLong_FromLong(track_id)) || PyTuple_SetItem(ids, index, id) < 0)
            outcome = FAILED;
    }
    if (outcome == UNDERSTOOD) {
        *rows = PyBytes_FromStringAndSize(count ? (const char *)buffer->bytes : "", count ? out - buffer->bytes : 0);
        if (*rows) *track_ids = Py_NewRef(ids);
        else outcome = FAILED;
    }
    Py_XDECREF(ids);
    return outcome;
}

/* Give the rows in `rest` their ids; false if they are no rows as they are made here. */
static bool number_all(uint8_t *at, Py_ssize_t rest, int64_t *next_id)
{
    while (rest > 0) {
        if (rest < COLUMNS_BYTES || at[0] != 0 || at[1] != COLUMNS) return false;
        at += COLUMNS_BYTES, rest -= COLUMNS_BYTES;
        for (int column = 0; column < COLUMNS; column++) {
            if (rest < LENGTH_BYTES) return false;
            uint32_t size = get_int4(at);
            at += LENGTH_BYTES, rest -= LENGTH_BYTES;
            if (size == UINT32_MAX) size = 0;
            if (column == 0 && size != ID_BYTES) return false;
            if (size > (uint64_t)rest) return false;
            if (column == 0) {
                if (*next_id > INT32_MAX) return false;
                put_int4(at, (uint32_t)(*next_id)++);
            }
            at += size, rest -= size;
        }
    }
    return true;
}

/* Copy the pieces behind each other, or with `out` NULL add up their sizes; -1 with an exception if one is not bytes. */
static Py_ssize_t join(PyObject *pieces, uint8_t *out)
{
    Py_ssize_t size = 0, count = PyList_Size(pieces);
    for (Py_ssize_t index = 0; index < count; index++) {
        char *bytes;
        Py_ssize_t of_piece;
        if (PyBytes_AsStringAndSize(PyList_GetItem(pieces, index), &bytes, &of_piece) < 0) return -1;
        if (out && of_piece) memcpy(out + size, bytes, (size_t)of_piece);
        size += of_piece;
    }
    return size;
}

PyObject *number_rows(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *pieces;
    long long first_id;
    if (!PyArg_ParseTuple(args, "O!L", &PyList_Type, &pieces, &first_id)) return NULL;
    Py_ssize_t size = join(pieces, NULL);
    if (size < 0) return NULL;
    PyObject *numbered = PyBytes_FromStringAndSize(NULL, size);
    if (!numbered) return NULL;
    uint8_t *bytes = (uint8_t *)PyBytes_AsString(numbered);
    int64_t next_id = first_id;
    join(pieces, bytes);
    if (first_id < 0 || !number_all(bytes, size, &next_id)) {
        Py_DECREF(numbered);
        PyErr_SetString(PyExc_ValueError, "these are no rows of plays, or their ids are none");
        return NULL;
    }
    return numbered;
}
