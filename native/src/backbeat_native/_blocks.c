/* Reads the transactions of one protobuf block, where they are encoded in the one usual way; all else is left to Python.

   The reference is backbeat.chain.decode. A transaction is read here only if every byte of it that matters is understood:
   fields in ascending order and each once, no default value, no number longer than need be, nothing unknown within, text
   that is UTF-8. Any other is handed back as None. Fields are those of core.proto. */

#include "rows.h"

#define INTERFACE 2 /* of what the module offers; backbeat.chain.native asks for the one that it knows */

enum { BLOCK_TRANSACTIONS = 6 };                                           /* fields of Block */
enum { TRANSACTION_HASH = 1, TRANSACTION_SIGNED = 2 };                     /* of Transaction */
enum { SIGNED_REQUEST_ID = 2, SIGNED_PLAYS = 1000, SIGNED_ENTITY = 1003 }; /* of SignedTransaction */
enum { USER_ID = 1, ENTITY_ID = 3, ENTITY_FIELDS = 9 };                    /* of ManageEntityLegacy: 8, two are numbers */

enum { DIGEST_BYTES = 32, HASH_CHARACTERS = 64 };

typedef struct { /* what Python passes; all borrowed */
    PyObject *transaction, *plays, *plays_kind, *entity_kind, *kinds, *sha256, *digest, *entity;
    Limits limits;
    Place place;
    int check_hashes;
    Buffer buffer;
} Reader;

typedef struct { /* a transaction, taken apart */
    Span hash, bytes; /* the hash is empty if there is none; the bytes of its SignedTransaction */
    uint64_t number;  /* the case of what it holds */
    Span held;
} Parts;

/* Find the one case of a SignedTransaction that has nothing else but what is signed and the number of its request. */
static bool find_case(Parts *parts)
{
    Span rest = parts->bytes;
    uint64_t before = 0;
    while (rest.at < rest.end) {
        Field field;
        if (!next_part(&rest, &field) || field.number <= before) return false;
        before = field.number;
        if (before >= SIGNED_PLAYS) {
            parts->number = before;
            parts->held = field.bytes;
            return rest.at == rest.end;
        }
        if (before > SIGNED_REQUEST_ID || field.value == 0) return false;
    }
    return false;
}

static bool take_apart(Span transaction, Parts *parts)
{
    bool found = false;
    uint64_t before = 0;
    parts->hash = (Span){transaction.end, transaction.end};
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
            parts->hash = field.bytes;
        } else {
            parts->bytes = field.bytes;
            found = true;
        }
    }
    return found && find_case(parts);
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
    PyObject *digest = hasher ? PyObject_CallMethodObjArgs(hasher, reader->digest, NULL) : NULL;
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

static Outcome outcome_of(const PyObject *made) /* of a call that returned it */
{
    return made ? UNDERSTOOD : FAILED;
}

static Outcome read_plays(const Parts *parts, PyObject *hash, PyObject *raw, Reader *reader, PyObject **made)
{
    PyObject *rows, *track_ids;
    Outcome outcome = pack_plays(
        parts->held, length(parts->bytes), &reader->place, &reader->limits, &reader->buffer, &rows, &track_ids);
    if (outcome != UNDERSTOOD) return outcome;
    PyObject *plays = PyObject_CallFunctionObjArgs(reader->plays, rows, track_ids, NULL);
    if (plays) *made = PyObject_CallFunctionObjArgs(reader->transaction, hash, reader->plays_kind, raw, plays, NULL);
    Py_XDECREF(plays);
    Py_DECREF(rows);
    Py_DECREF(track_ids);
    return outcome_of(*made);
}

/* Set the fields of a ManageEntityLegacy by their numbers; those that it does not have are empty, or zero. */
static bool split_entity(Span entity, Span texts[ENTITY_FIELDS], uint64_t numbers[ENTITY_FIELDS])
{
    uint64_t before = 0;
    for (int number = 0; number < ENTITY_FIELDS; number++) {
        texts[number] = (Span){entity.end, entity.end};
        numbers[number] = 0;
    }
    while (entity.at < entity.end) {
        Field field;
        if (!next_field(&entity, &field) || field.number <= before || field.number >= ENTITY_FIELDS) return false;
        before = field.number;
        int wire_type = before == USER_ID || before == ENTITY_ID ? VARINT : LENGTH_DELIMITED;
        if (field.wire_type != wire_type || field.value == 0) return false; /* no default value is written */
        numbers[before] = field.value;
        if (wire_type == LENGTH_DELIMITED) texts[before] = field.bytes;
    }
    return true;
}

static Outcome read_entity(const Parts *parts, PyObject *hash, PyObject *raw, Reader *reader, PyObject **made)
{
    Span texts[ENTITY_FIELDS];
    uint64_t numbers[ENTITY_FIELDS];
    PyObject *values[ENTITY_FIELDS] = {NULL};
    bool is_whole = true;
    if (!split_entity(parts->held, texts, numbers)) return NOT_UNDERSTOOD;
    for (int number = USER_ID; number < ENTITY_FIELDS && is_whole; number++) {
        Py_ssize_t size = length(texts[number]);
        if (number == USER_ID || number == ENTITY_ID)
            values[number] = PyLong_FromUnsignedLongLong(numbers[number]);
        else
            values[number] = PyUnicode_DecodeUTF8(size ? (const char *)texts[number].at : "", size, "strict");
        is_whole = values[number] != NULL;
    }
    bool is_no_text = !is_whole && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError);
    if (is_no_text) PyErr_Clear();
    PyObject *entity = NULL, *plays = is_whole ? PyTuple_New(0) : NULL;
    if (plays)
        entity = PyObject_CallFunctionObjArgs(
            reader->entity, values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8], NULL);
    if (entity)
        *made = PyObject_CallFunctionObjArgs(
            reader->transaction, hash, reader->entity_kind, raw, plays, entity, NULL);
    Py_XDECREF(entity);
    Py_XDECREF(plays);
    for (int number = USER_ID; number < ENTITY_FIELDS; number++) Py_XDECREF(values[number]);
    return is_no_text ? NOT_UNDERSTOOD : outcome_of(*made);
}

/* Make a transaction of another kind, of which no more is read. */
static Outcome read_other(const Parts *parts, PyObject *hash, PyObject *raw, Reader *reader, PyObject **made)
{
    PyObject *number = PyLong_FromUnsignedLongLong(parts->number);
    if (!number) return FAILED;
    PyObject *kind = PyDict_GetItemWithError(reader->kinds, number); /* borrowed */
    Py_DECREF(number);
    if (!kind) return PyErr_Occurred() ? FAILED : NOT_UNDERSTOOD;
    *made = PyObject_CallFunctionObjArgs(reader->transaction, hash, kind, raw, NULL);
    return outcome_of(*made);
}

static Outcome read_held(const Parts *parts, PyObject *hash, PyObject *raw, Reader *reader, PyObject **made)
{
    switch (parts->number) {
    case SIGNED_PLAYS:
        return read_plays(parts, hash, raw, reader, made);
    case SIGNED_ENTITY:
        return read_entity(parts, hash, raw, reader, made);
    default:
        return read_other(parts, hash, raw, reader, made);
    }
}

static Outcome read_transaction(Span transaction, Reader *reader, PyObject **made)
{
    Parts parts = {0};
    char upper[HASH_CHARACTERS];
    *made = NULL;
    if (!take_apart(transaction, &parts)) return NOT_UNDERSTOOD;
    PyObject *raw = PyBytes_FromStringAndSize((const char *)parts.bytes.at, length(parts.bytes));
    if (!raw) return FAILED;
    Outcome outcome = settle_hash(parts.hash, raw, reader, upper);
    if (outcome == UNDERSTOOD) {
        PyObject *hash = PyUnicode_FromStringAndSize(upper, HASH_CHARACTERS);
        outcome = hash ? read_held(&parts, hash, raw, reader, made) : FAILED;
        Py_XDECREF(hash);
    }
    Py_DECREF(raw);
    return outcome;
}

/* Return a list with a transaction, or None, for each that the block has; NULL without an exception if it has others
   than `count`, or anything of the block itself is not understood. */
static PyObject *read_all(Span block, Py_ssize_t count, Reader *reader)
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

static PyObject *read_block(PyObject *Py_UNUSED(module), PyObject *args)
{
    Reader reader = {0};
    Py_buffer buffer;
    Py_ssize_t count;
    long long time, earliest, latest;
    if (!PyArg_ParseTuple(
            args, "y*npi(LLL)O(OOOOO!OO(nnnn))", &buffer, &count, &reader.check_hashes, &reader.place.height, &time,
            &earliest, &latest, &reader.entity, &reader.transaction, &reader.plays, &reader.plays_kind,
            &reader.entity_kind, &PyDict_Type, &reader.kinds, &reader.sha256, &reader.digest,
            &reader.limits.text_bytes_max, &reader.limits.plays_free, &reader.limits.plays_max,
            &reader.limits.play_bytes_min))
        return NULL;
    reader.place = (Place){reader.place.height, time, earliest, latest};
    const uint8_t *bytes = buffer.buf;
    PyObject *read = NULL;
    if (count < 0 || reader.limits.play_bytes_min < 1)
        PyErr_SetString(PyExc_ValueError, "count must not be negative, and play_bytes_min positive");
    else if (count <= buffer.len) /* each has a byte at least: no list of more is made */
        read = read_all((Span){bytes, bytes + buffer.len}, count, &reader);
    PyMem_Free(reader.buffer.bytes);
    PyBuffer_Release(&buffer);
    if (!read && !PyErr_Occurred()) Py_RETURN_NONE;
    return read;
}

static PyMethodDef METHODS[] = {
    {"read_block", read_block, METH_VARARGS,
     "Return a transaction, or None, for each of a block; None if the block is not understood."},
    {"number_rows", number_rows, METH_VARARGS, "Return rows of plays as one piece, with ids from the first one on."},
    {NULL, NULL, 0, NULL},
};

static int set_up(PyObject *module) { return PyModule_AddIntConstant(module, "INTERFACE", INTERFACE); }

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)set_up}, {0, NULL}};

static struct PyModuleDef MODULE = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "backbeat_native._blocks",
    .m_doc = "Reads the transactions of a block.",
    .m_methods = METHODS,
    .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__blocks(void) { return PyModuleDef_Init(&MODULE); }
