/* Protobuf's wire format, of which only the one usual encoding is read; and numbers as PostgreSQL's binary COPY has them. */

#ifndef BACKBEAT_WIRE_H
#define BACKBEAT_WIRE_H

#define Py_LIMITED_API 0x030B0000 /* one build serves Python 3.11 and later */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { VARINT = 0, FIXED64 = 1, LENGTH_DELIMITED = 2, FIXED32 = 5 }; /* protobuf's wire types */

enum { VARINT_BYTES_MAX = 9 }; /* 63 bits: a negative number has ten bytes, and is handed back */

static const uint64_t FIELD_NUMBER_MAX = (1u << 29) - 1; /* protobuf's */

typedef struct {
    const uint8_t *at, *end; /* borrowed from the bytes of the block */
} Span;

typedef struct {
    uint64_t number;
    int wire_type;
    Span bytes;     /* of a length-delimited field */
    uint64_t value; /* of a varint; how many bytes a length-delimited field has; else 0 */
} Field;

typedef enum { FAILED = -1, NOT_UNDERSTOOD = 0, UNDERSTOOD = 1 } Outcome; /* FAILED: a Python exception is set */

static inline Py_ssize_t length(Span span) { return (Py_ssize_t)(span.end - span.at); }

static inline bool next_varint(Span *rest, uint64_t *value)
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

static inline bool skip(Span *rest, uint64_t count)
{
    if (count > (uint64_t)length(*rest)) return false;
    rest->at += count;
    return true;
}

/* Take the next field off `rest`, which is not empty; false if it is cut off, a group, or not in the usual encoding. */
static inline bool next_field(Span *rest, Field *field)
{
    uint64_t tag;
    if (!next_varint(rest, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX) return false;
    field->number = tag >> 3;
    field->wire_type = (int)(tag & 7);
    field->value = 0;
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

static inline bool next_part(Span *rest, Field *field) /* the same for a field that has to be length-delimited */
{
    return next_field(rest, field) && field->wire_type == LENGTH_DELIMITED;
}

static inline uint32_t get_int4(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint8_t *put_int4(uint8_t *out, uint32_t value)
{
    for (int at = 0; at < 4; at++) out[at] = (uint8_t)(value >> (24 - 8 * at));
    return out + 4;
}

static inline uint8_t *put_int8(uint8_t *out, uint64_t value)
{
    return put_int4(put_int4(out, (uint32_t)(value >> 32)), (uint32_t)value);
}

#endif
