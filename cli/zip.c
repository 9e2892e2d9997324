/* The little of the ZIP format that .npz files need: stored entries, of any size.
 *
 * Sizes and offsets are always in the 64-bit extra fields, so that there is one way for all.
 */
#include "zip.h"

#include <stdbool.h>
#include <string.h>

uint32_t zip_crc32 (uint32_t crc, const void *data, size_t n) {
    static uint32_t tables[8][256];
    static bool ready;
    if (!ready) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int bit = 0; bit < 8; bit++) {
                c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
            }
            tables[0][i] = c;
        }
        for (int t = 1; t < 8; t++) {
            for (int i = 0; i < 256; i++) {
                tables[t][i] = tables[0][tables[t - 1][i] & 255] ^ tables[t - 1][i] >> 8;
            }
        }
        ready = true;
    }
    const unsigned char *p = data;
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) { /* eight bytes at a time */
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^
              tables[4][crc >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
              tables[0][p[7]];
    }
    for (; n > 0; n--, p++) {
        crc = tables[0][(crc ^ *p) & 255] ^ crc >> 8;
    }
    return ~crc;
}

static unsigned char *put (unsigned char *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        *out++ = (unsigned char)(value >> 8 * i);
    }
    return out;
}

enum { VERSION = 45, DATE = 0x0021 /* 1 January 1980: the same content gives the same file */ };

/* What local headers and the directory have in common. */
static unsigned char *put_common (unsigned char *out, const ZipEntry *entry, int extra) {
    out = put (out, VERSION, 2);
    out = put (out, 0, 2); /* flags */
    out = put (out, 0, 2); /* stored */
    out = put (out, 0, 2);
    out = put (out, DATE, 2);
    out = put (out, entry->crc, 4);
    out = put (out, 0xffffffff, 4);
    out = put (out, 0xffffffff, 4);
    out = put (out, strlen (entry->name), 2);
    return put (out, (uint64_t)extra, 2);
}

size_t zip_local_header (unsigned char *out, const ZipEntry *entry) {
    unsigned char *p = put (out, 0x04034b50, 4);
    p = put_common (p, entry, 20);
    memcpy (p, entry->name, strlen (entry->name));
    p += strlen (entry->name);
    p = put (p, 1, 2);
    p = put (p, 16, 2);
    p = put (p, entry->size, 8);
    p = put (p, entry->size, 8);
    return (size_t)(p - out);
}

static unsigned char *put_directory_entry (unsigned char *p, const ZipEntry *entry) {
    p = put (p, 0x02014b50, 4);
    p = put (p, 3 << 8 | VERSION, 2);
    p = put_common (p, entry, 28);
    p = put (p, 0, 2); /* comment */
    p = put (p, 0, 2); /* disk */
    p = put (p, 0, 2); /* attributes */
    p = put (p, 0100644u << 16, 4);
    p = put (p, 0xffffffff, 4);
    memcpy (p, entry->name, strlen (entry->name));
    p += strlen (entry->name);
    p = put (p, 1, 2);
    p = put (p, 24, 2);
    p = put (p, entry->size, 8);
    p = put (p, entry->size, 8);
    return put (p, entry->offset, 8);
}

size_t zip_directory (unsigned char *out, const ZipEntry *entries, int n, uint64_t offset) {
    unsigned char *p = out;
    for (int i = 0; i < n; i++) {
        p = put_directory_entry (p, &entries[i]);
    }
    uint64_t size = (uint64_t)(p - out);
    p = put (p, 0x06064b50, 4); /* the end, with 64 bits */
    p = put (p, 44, 8);
    p = put (p, 3 << 8 | VERSION, 2);
    p = put (p, VERSION, 2);
    p = put (p, 0, 8); /* disks */
    p = put (p, (uint64_t)n, 8);
    p = put (p, (uint64_t)n, 8);
    p = put (p, size, 8);
    p = put (p, offset, 8);
    p = put (p, 0x07064b50, 4); /* where that is */
    p = put (p, 0, 4);
    p = put (p, offset + size, 8);
    p = put (p, 1, 4);
    p = put (p, 0x06054b50, 4); /* the end as it was before 64 bits */
    p = put (p, 0, 4);
    p = put (p, (uint64_t)n, 2);
    p = put (p, (uint64_t)n, 2);
    p = put (p, 0xffffffff, 4);
    p = put (p, 0xffffffff, 4);
    p = put (p, 0, 2);
    return (size_t)(p - out);
}
