/* Reads the plays of one protobuf block, where they are encoded in the one usual way; all else is left to Python.

   The reference is backbeat.chain.decode. A transaction is read here only if every byte of it is understood: fields in
   ascending order and each once, no default value, no number longer than need be, nothing unknown within, text that is
   UTF-8. Any other is handed back as None. Fields and limits are those of core.proto and backbeat.chain.plays. */

#define Py_LIMITED_API 0x030B0000 /* one build serves Python 3.11 and later */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define INTERFACE 1 /* of read_plays; backbeat.chain.native asks for the one that it knows */

enum { VARINT = 0, FIXED64 = 1, LENGTH_DELIMITED = 2, FIXED32 = 5 };                      /* protobuf's wire types */
enum { BLOCK_TRANSACTIONS = 6 };                                                          /* fields of Block */
enum { TRANSACTION_HASH = 1, TRANSACTION_SIGNED = 2 };                                    /* of Transaction */
enum { SIGNED_SIGNATURE = 1, SIGNED_REQUEST_ID = 2, SIGNED_PLAYS = 1000 };                /* of SignedTransaction */
enum { PLAYS_PLAY = 1 };                                                                  /* of TrackPlays */
enum { USER_ID = 1, TRACK_ID, TIMESTAMP, SIGNATURE, CITY, REGION, COUNTRY, PLAY_FIELDS }; /* of TrackPlay */
enum { SECONDS = 1, NANOS = 2 };                                                          /* of Timestamp */

enum { VARINT_BYTES_MAX = 9 };  /* 63 bits: a negative number has ten bytes, and is handed back */
enum { DIGITS_MAX = 11 };       /* of an id, as backbeat.chain.plays reads it: no overflow of 64 bits */
enum { DIGEST_BYTES = 32, HASH_CHARACTERS = 64 };

static const uint64_t FIELD_NUMBER_MAX = (1u << 29) - 1;      /* protobuf's */
static const uint64_t SECONDS_MAX = 253402300799;             /* year 9999, as protobuf bounds a Timestamp */
static const uint64_t NANOS_MAX = 999999999;

typedef struct {
    const uint8_t *at, *end; /* borrowed from the bytes of the block */
} Span;

typedef struct {
    uint64_t number;
    int wire_type;
    Span bytes;     /* of a length-delimited field */
    uint64_t value; /* of a varint */
} Field;

typedef struct { /* what Python passes; all borrowed */
    PyObject *transaction, *play, *kind, *instant, *sha256;
    Py_ssize_t text_bytes_max, plays_free, plays_max, play_bytes_min;
    int check_hashes;
} Reader;

typedef enum { FAILED = -1, NOT_UNDERSTOOD = 0, UNDERSTOOD = 1 } Outcome; /* FAILED: a Python exception is set */

static Py_ssize_t length(Span span) { return (Py_ssize_t)(span.end - span.at); }

static bool next_varint(Span *rest, uint64_t *value)
{
    uint64_t number = 0;
    for (int at = 0; at < VARINT_BYTES_MAX && rest->at < rest->end; at++) {
        uint8_t byte = *rest->at++;
        number |= (uint64_t)(byte & 0x7f) << (7 * at);
        if (byte < 0x80) {
            *value = number;
            return byte != 0 || at == 0; /* otherwise longer than need be */
        }
    }
    return false;
}

static bool skip(Span *rest, uint64_t count)
{
    if (count > (uint64_t)length(*rest)) return false;
    rest->at += count;
    return true;
}

/* Take the next field off `rest`, which is not empty; false if it is cut off, a group, or not in the usual encoding. */
static bool next_field(Span *rest, Field *field)
{
    uint64_t tag;
    if (!next_varint(rest, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX) return false;
    field->number = tag >> 3;
    field->wire_type = (int)(tag & 7);
    switch (field->wire_type) {
    case VARINT:
        return next_varint(rest, &field->value);
    case LENGTH_DELIMITED:
        if (!next_varint(rest, &field->value)) return false;
        field->bytes.at = rest->at;
        if (!skip(rest, field->value)) return false;
        field->bytes.end = rest->at;
        return true;
    case FIXED64:
        return skip(rest, 8);
    case FIXED32:
        return skip(rest, 4);
    default:
        return false;
    }
}

static bool next_part(Span *rest, Field *field) /* the same for a field that has to be length-delimited */
{
    return next_field(rest, field) && field->wire_type == LENGTH_DELIMITED;
}

/* Return what plays._int4 makes of a text; *is_text is false where bytes are no ASCII: whether they are UTF-8 is not asked. */
static PyObject *new_id(Span text, bool *is_text)
{
    const uint8_t *at = text.at;
    bool negative = at < text.end && *at == '-';
    bool is_number = false;
    int64_t number = 0;
    for (const uint8_t *each = text.at; each < text.end; each++)
        if (*each >= 0x80 || *each == 0) *is_text = false;
    if (at < text.end && (*at == '-' || *at == '+')) at++;
    if (at < text.end && text.end - at <= DIGITS_MAX) {
        is_number = true;
        for (; at < text.end && is_number; at++) {
            is_number = *at >= '0' && *at <= '9';
            number = number * 10 + (*at - '0');
        }
        if (negative) number = -number;
    }
    if (!is_number || number < INT32_MIN || number > INT32_MAX) Py_RETURN_NONE;
    return PyLong_FromLong((long)number);
}

/* Return a text for a column; NULL without an exception if it may not be one as it is. */
static PyObject *new_text(Span text, const Reader *reader)
{
    Py_ssize_t size = length(text);
    if (size > reader->text_bytes_max || (size && memchr(text.at, 0, (size_t)size))) return NULL;
    PyObject *made = PyUnicode_DecodeUTF8(size ? (const char *)text.at : "", size, "strict");
    if (!made && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) PyErr_Clear();
    return made;
}

/* Return the time of a play that says one; NULL without an exception if it is not understood. */
static PyObject *new_instant(Span timestamp, const Reader *reader)
{
    uint64_t said[] = {0, 0, 0};
    uint64_t before = 0;
    while (timestamp.at < timestamp.end) {
        Field field;
        if (!next_field(&timestamp, &field) || field.wire_type != VARINT) return NULL;
        if (field.number <= before || field.number > NANOS || field.value == 0) return NULL;
        before = field.number;
        said[before] = field.value;
    }
    if (said[SECONDS] > SECONDS_MAX || said[NANOS] > NANOS_MAX) return NULL;
    PyObject *seconds = PyLong_FromUnsignedLongLong(said[SECONDS]);
    PyObject *nanos = seconds ? PyLong_FromUnsignedLongLong(said[NANOS]) : NULL;
    PyObject *made = nanos ? PyObject_CallFunctionObjArgs(reader->instant, seconds, nanos, NULL) : NULL;
    Py_XDECREF(seconds);
    Py_XDECREF(nanos);
    return made;
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

static Outcome read_play(Span play, const Reader *reader, PyObject **made, bool *names_track)
{
    Span fields[PLAY_FIELDS];
    PyObject *values[PLAY_FIELDS] = {NULL};
    bool has_timestamp, is_text = true, is_whole = true;
    *made = NULL;
    if (!split_play(play, fields, &has_timestamp)) return NOT_UNDERSTOOD;
    for (int number = USER_ID; number < PLAY_FIELDS && is_whole; number++) {
        if (number <= TRACK_ID)
            values[number] = new_id(fields[number], &is_text);
        else if (number == TIMESTAMP)
            values[number] = has_timestamp ? new_instant(fields[number], reader) : Py_NewRef(Py_None);
        else
            values[number] = new_text(fields[number], reader);
        is_whole = values[number] != NULL && is_text;
    }
    if (is_whole) {
        *names_track = values[TRACK_ID] != Py_None;
        *made = PyObject_CallFunctionObjArgs(reader->play, values[USER_ID], values[TRACK_ID], values[TIMESTAMP],
                                             values[SIGNATURE], values[CITY], values[REGION], values[COUNTRY], NULL);
    }
    for (int number = USER_ID; number < PLAY_FIELDS; number++) Py_XDECREF(values[number]);
    if (*made) return UNDERSTOOD;
    return PyErr_Occurred() ? FAILED : NOT_UNDERSTOOD;
}

/* Count the plays of a TrackPlays; -1 if it holds anything else, or more than a transaction of that size may have. */
static Py_ssize_t count_plays(Span plays, Py_ssize_t transaction_bytes, const Reader *reader)
{
    Py_ssize_t count = 0;
    while (plays.at < plays.end) {
        Field field;
        if (!next_part(&plays, &field) || field.number != PLAYS_PLAY) return -1;
        count++;
    }
    if (count <= reader->plays_free) return count;
    if (count > reader->plays_max || count > transaction_bytes / reader->play_bytes_min) return -1;
    return count;
}

static Outcome read_plays_of(Span plays, Py_ssize_t count, const Reader *reader, PyObject **made, bool *name_tracks)
{
    Outcome outcome = UNDERSTOOD;
    *name_tracks = true;
    *made = PyTuple_New(count);
    if (!*made) return FAILED;
    for (Py_ssize_t index = 0; index < count && outcome == UNDERSTOOD; index++) {
        Field field;
        PyObject *play;
        bool names_track;
        if (!next_part(&plays, &field)) {
            outcome = NOT_UNDERSTOOD; /* never: they were counted */
            break;
        }
        outcome = read_play(field.bytes, reader, &play, &names_track);
        if (outcome != UNDERSTOOD) break;
        if (!names_track) *name_tracks = false;
        if (PyTuple_SetItem(*made, index, play) < 0) outcome = FAILED;
    }
    if (outcome != UNDERSTOOD) Py_CLEAR(*made);
    return outcome;
}

/* Find the TrackPlays of a SignedTransaction that has nothing else but what is signed and the number of its request. */
static bool find_plays(Span signed_bytes, Span *plays)
{
    uint64_t before = 0;
    while (signed_bytes.at < signed_bytes.end) {
        Field field;
        if (!next_part(&signed_bytes, &field) || field.number <= before) return false;
        before = field.number;
        if (before == SIGNED_PLAYS) {
            *plays = field.bytes;
            return signed_bytes.at == signed_bytes.end;
        }
        if (before > SIGNED_REQUEST_ID || field.value == 0) return false;
    }
    return false;
}

/* Find the hash, empty if there is none, and the SignedTransaction of a Transaction. */
static bool find_signed(Span transaction, Span *hash, Span *signed_bytes)
{
    bool found = false;
    uint64_t before = 0;
    *hash = (Span){transaction.end, transaction.end};
    while (transaction.at < transaction.end) {
        Field field;
        if (!next_field(&transaction, &field)) return false;
        if (field.number > TRANSACTION_SIGNED) {
            if (!found) return false;
            before = field.number;
            continue; /* of what the block says of it, nothing is read */
        }
        if (field.wire_type != LENGTH_DELIMITED || field.number <= before) return false;
        before = field.number;
        if (before == TRANSACTION_HASH) {
            if (length(field.bytes) != HASH_CHARACTERS) return false;
            *hash = field.bytes;
        } else {
            *signed_bytes = field.bytes;
            found = true;
        }
    }
    return found;
}

/* Write `text` in upper case; false if anything in it is no hex digit. */
static bool upper_hex(Span text, char upper[HASH_CHARACTERS])
{
    for (int at = 0; at < HASH_CHARACTERS; at++) {
        uint8_t each = text.at[at];
        if (each >= 'a' && each <= 'f') each = (uint8_t)(each - 'a' + 'A');
        if (!((each >= '0' && each <= '9') || (each >= 'A' && each <= 'F'))) return false;
        upper[at] = (char)each;
    }
    return true;
}

static bool hash_of(PyObject *raw, const Reader *reader, char upper[HASH_CHARACTERS])
{
    static const char DIGITS[] = "0123456789ABCDEF";
    char *bytes;
    Py_ssize_t size;
    PyObject *hasher = PyObject_CallFunctionObjArgs(reader->sha256, raw, NULL);
    PyObject *digest = hasher ? PyObject_CallMethod(hasher, "digest", NULL) : NULL;
    bool is_made = digest && PyBytes_AsStringAndSize(digest, &bytes, &size) == 0;
    if (is_made && size != DIGEST_BYTES) {
        PyErr_SetString(PyExc_ValueError, "sha256 must return 32 bytes");
        is_made = false;
    }
    for (int at = 0; is_made && at < DIGEST_BYTES; at++) {
        upper[2 * at] = DIGITS[(uint8_t)bytes[at] >> 4];
        upper[2 * at + 1] = DIGITS[(uint8_t)bytes[at] & 15];
    }
    Py_XDECREF(digest);
    Py_XDECREF(hasher);
    return is_made;
}

/* Write the hash under which a transaction is kept: that of its bytes, or where none is checked the one that is given. */
static Outcome settle_hash(Span given, PyObject *raw, const Reader *reader, char upper[HASH_CHARACTERS])
{
    char right[HASH_CHARACTERS];
    bool is_given = given.at < given.end;
    if (is_given && !upper_hex(given, upper)) return NOT_UNDERSTOOD;
    if (is_given && !reader->check_hashes) return UNDERSTOOD;
    if (!hash_of(raw, reader, right)) return FAILED;
    if (is_given && memcmp(upper, right, HASH_CHARACTERS) != 0) return NOT_UNDERSTOOD;
    memcpy(upper, right, HASH_CHARACTERS);
    return UNDERSTOOD;
}

static PyObject *new_transaction(
    const char upper[HASH_CHARACTERS], PyObject *raw, PyObject *plays, bool name_tracks, const Reader *reader)
{
    PyObject *hash = PyUnicode_FromStringAndSize(upper, HASH_CHARACTERS);
    PyObject *beyond = hash ? PyLong_FromLong(0) : NULL;
    PyObject *refuses = name_tracks ? Py_False : Py_True;
    PyObject *made = NULL;
    if (beyond)
        made = PyObject_CallFunctionObjArgs(
            reader->transaction, hash, reader->kind, raw, plays, Py_None, beyond, refuses, NULL);
    Py_XDECREF(hash);
    Py_XDECREF(beyond);
    return made;
}

static Outcome read_transaction(Span transaction, const Reader *reader, PyObject **made)
{
    Span given, signed_bytes, sent;
    char upper[HASH_CHARACTERS];
    bool name_tracks;
    PyObject *plays;
    *made = NULL;
    if (!find_signed(transaction, &given, &signed_bytes) || !find_plays(signed_bytes, &sent)) return NOT_UNDERSTOOD;
    Py_ssize_t count = count_plays(sent, length(signed_bytes), reader);
    if (count < 0) return NOT_UNDERSTOOD;
    PyObject *raw = PyBytes_FromStringAndSize((const char *)signed_bytes.at, length(signed_bytes));
    if (!raw) return FAILED;
    Outcome outcome = settle_hash(given, raw, reader, upper);
    if (outcome == UNDERSTOOD) outcome = read_plays_of(sent, count, reader, &plays, &name_tracks);
    if (outcome == UNDERSTOOD) {
        *made = new_transaction(upper, raw, plays, name_tracks, reader);
        if (!*made) outcome = FAILED;
        Py_DECREF(plays);
    }
    Py_DECREF(raw);
    return outcome;
}

/* Return a list with a transaction, or None, for each that the block has; NULL without an exception if it has others
   than `count`, or anything of the block itself is not understood. */
static PyObject *read_block(Span block, Py_ssize_t count, const Reader *reader)
{
    Py_ssize_t index = 0;
    bool is_understood = true;
    PyObject *list = PyList_New(count);
    while (list && is_understood && block.at < block.end) {
        Field field;
        PyObject *made;
        is_understood = next_field(&block, &field);
        if (!is_understood || field.number != BLOCK_TRANSACTIONS || field.wire_type != LENGTH_DELIMITED) continue;
        is_understood = index < count;
        if (!is_understood) continue;
        Outcome outcome = read_transaction(field.bytes, reader, &made);
        if (outcome == FAILED || PyList_SetItem(list, index++, made ? made : Py_NewRef(Py_None)) < 0) Py_CLEAR(list);
    }
    if (list && (!is_understood || index < count)) Py_CLEAR(list);
    return list;
}

static PyObject *read_plays(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"block", "count", "check_hashes", "transaction", "play", "kind", "instant", "sha256",
                            "text_bytes_max", "plays_free", "plays_max", "play_bytes_min", NULL};
    Reader reader;
    Py_buffer buffer;
    Py_ssize_t count;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "y*np$OOOOOnnnn", names, &buffer, &count, &reader.check_hashes, &reader.transaction,
            &reader.play, &reader.kind, &reader.instant, &reader.sha256, &reader.text_bytes_max, &reader.plays_free,
            &reader.plays_max, &reader.play_bytes_min))
        return NULL;
    const uint8_t *bytes = buffer.buf;
    PyObject *read = NULL;
    if (count < 0 || reader.play_bytes_min < 1)
        PyErr_SetString(PyExc_ValueError, "count must not be negative, and play_bytes_min positive");
    else if (count <= buffer.len) /* each has a byte at least: no list of more is made */
        read = read_block((Span){bytes, bytes + buffer.len}, count, &reader);
    PyBuffer_Release(&buffer);
    if (!read && !PyErr_Occurred()) Py_RETURN_NONE;
    return read;
}

static PyMethodDef METHODS[] = {
    {"read_plays", (PyCFunction)(void (*)(void))read_plays, METH_VARARGS | METH_KEYWORDS,
     "Return a transaction of plays, or None, for each of a block; None if the block is not understood."},
    {NULL, NULL, 0, NULL},
};

static int set_up(PyObject *module) { return PyModule_AddIntConstant(module, "INTERFACE", INTERFACE); }

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)set_up}, {0, NULL}};

static struct PyModuleDef MODULE = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "backbeat_native._plays",
    .m_doc = "Reads the plays of a block.",
    .m_methods = METHODS,
    .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__plays(void) { return PyModuleDef_Init(&MODULE); }
