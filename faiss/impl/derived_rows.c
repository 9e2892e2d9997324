/* What searches derive from the vectors of an index, and when. */
#include <faiss/impl/derived_rows.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <faiss/impl/FilterCodes.h>
#include <faiss/impl/check.h>
#include <faiss/utils/simd_levels.h>

enum {
    MIN_SIZE = 1 << 15,      /* components of all vectors: below, reading them is cheap */
    SEARCHES_WITHOUT = 2,    /* before codes are thought of */
    PARTS = 8,               /* in how many searches the rows are coded */
    MIN_PART_SIZE = 1 << 18, /* components */
    USELESS_SEARCHES = 32,   /* in a row, after which codes are not used any more */
    MEMORY_SHARE = 16,       /* codes take at most this part of the machine's memory */
    MIN_PACKED = 1 << 12,    /* components that are packed, ... */
    MAX_PACKED = 1 << 20,    /* ... which are 4 MB */
};

/* Codes, and of what. Searches may use it while others add rows to it. */
struct FaissKeptCodes {
    FaissFilterCodes codes;
    const float *y;
    struct FaissKeptCodes *previous; /* no longer right, but perhaps in use */
};

/* The same for packed rows, which are complete. */
struct FaissKeptPacked {
    FaissPackedRows packed;
    const float *y;
    FaissSIMDLevel level; /* norms are a little different */
    struct FaissKeptPacked *previous;
};

/* ---- keeping --------------------------------------------------------------------------------- */

static void free_codes (struct FaissKeptCodes *kept) {
    while (kept) {
        struct FaissKeptCodes *previous = kept->previous;
        faiss_FilterCodes_clear (&kept->codes);
        free (kept);
        kept = previous;
    }
}

static void free_packed (FaissDerivedRows *self) {
    while (self->packed) {
        struct FaissKeptPacked *kept = self->packed;
        self->packed = kept->previous;
        faiss_PackedRows_clear (&kept->packed);
        free (kept);
    }
}

void faiss_derived_rows_forget (FaissDerivedRows *self) {
    free_codes (self->codes);
    free_packed (self);
    *self = (FaissDerivedRows){.mode = self->mode};
}

void faiss_derived_rows_expose (FaissDerivedRows *self) {
    __atomic_store_n (&self->is_exposed, true, __ATOMIC_RELAXED);
}

void faiss_derived_rows_added (FaissDerivedRows *self, size_t n, const void *before, const void *y,
                               size_t capacity) {
    struct FaissKeptCodes *kept = self->codes;
    free_packed (self);
    if (!kept && !self->is_exposed) {
        return;
    }
    if (!kept || self->is_exposed || kept->y != before || kept->codes.n_rows > n ||
        faiss_FilterCodes_reserve (&kept->codes, capacity) != FAISS_OK) {
        faiss_derived_rows_forget (self);
        return;
    }
    free_codes (kept->previous);
    kept->previous = NULL;
    kept->y = y;
}

/* ---- coding ---------------------------------------------------------------------------------- */

static size_t machine_memory (void) {
    static size_t memory; /* 0: not asked yet */
    size_t known = __atomic_load_n (&memory, __ATOMIC_RELAXED);
    if (known == 0) {
        long pages = sysconf (_SC_PHYS_PAGES), page = sysconf (_SC_PAGESIZE);
        known = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : 1;
        __atomic_store_n (&memory, known, __ATOMIC_RELAXED);
    }
    return known;
}

static FaissFilterCodesMode default_mode (void) {
    static int mode = -1; /* not asked yet */
    int known = __atomic_load_n (&mode, __ATOMIC_RELAXED);
    if (known < 0) {
        const char *wanted = getenv ("FAISS_FILTER_CODES");
        known = wanted && strcmp (wanted, "off") == 0  ? FAISS_FILTER_CODES_OFF
                : wanted && strcmp (wanted, "on") == 0 ? FAISS_FILTER_CODES_ON
                                                       : FAISS_FILTER_CODES_AUTO;
        __atomic_store_n (&mode, known, __ATOMIC_RELAXED);
    }
    return (FaissFilterCodesMode)known;
}

bool faiss_derived_codes_fit (size_t n, size_t d) {
    return n <= machine_memory () / MEMORY_SHARE / faiss_filter_stride (d);
}

static bool try_lock (FaissDerivedRows *self) {
    return !__atomic_exchange_n (&self->is_deriving, true, __ATOMIC_ACQUIRE);
}

static void unlock (FaissDerivedRows *self) {
    __atomic_store_n (&self->is_deriving, false, __ATOMIC_RELEASE);
}

/* Begin anew; what is there may be in use by searches, and goes with the next change. */
static struct FaissKeptCodes *begin_codes (FaissDerivedRows *self, const float *y, size_t n,
                                           size_t d) {
    struct FaissKeptCodes *kept = calloc (1, sizeof *kept);
    if (!kept || faiss_FilterCodes_init (&kept->codes, d, n) != FAISS_OK) {
        free (kept);
        return NULL;
    }
    kept->y = y;
    kept->previous = self->codes;
    __atomic_store_n (&self->codes, kept, __ATOMIC_RELEASE);
    return kept;
}

static size_t n_coded (const struct FaissKeptCodes *kept) {
    return __atomic_load_n (&kept->codes.n_rows, __ATOMIC_ACQUIRE);
}

static bool is_of (const struct FaissKeptCodes *kept, const float *y, size_t n, size_t d) {
    return kept && kept->y == y && kept->codes.d == d && n_coded (kept) <= n;
}

/* Code some of the rows, if no other thread does. */
static void code_some (FaissDerivedRows *self, const float *y, size_t n, size_t d, bool all) {
    if (!try_lock (self)) {
        return;
    }
    struct FaissKeptCodes *kept = self->codes;
    if (!is_of (kept, y, n, d)) {
        kept = begin_codes (self, y, n, d);
    }
    size_t most = kept && kept->codes.capacity < n ? kept->codes.capacity : n;
    if (kept && n_coded (kept) < most) {
        size_t done = n_coded (kept), left = most - done, part = n / PARTS + MIN_PART_SIZE / d;
        faiss_FilterCodes_append (&kept->codes, all || left < part ? left : part, y + done * d);
    }
    unlock (self);
}

/* ---- for a search ---------------------------------------------------------------------------- */

static FaissFilterCodesMode mode_of (const FaissDerivedRows *self) {
    return self->mode == FAISS_FILTER_CODES_AUTO ? default_mode ()
                                                 : (FaissFilterCodesMode)self->mode;
}

static bool is_exposed (const FaissDerivedRows *self) {
    return __atomic_load_n (&self->is_exposed, __ATOMIC_RELAXED);
}

static size_t scattered_row (unsigned search, size_t n_rows) {
    uint64_t scattered = search * 0x9e3779b97f4a7c15u;
    return (size_t)((scattered >> 32) * n_rows >> 32);
}

/* Compare a few rows, other ones in each search, with their codes. */
static bool still_holds (const struct FaissKeptCodes *kept, size_t n_rows, unsigned search) {
    enum { MAX_STRIDE = 4096 + 32 };
    uint8_t buffer[MAX_STRIDE];
    size_t d = kept->codes.d;
    /* reading few takes so little time that not each search looks */
    unsigned n_compared =
        n_rows * d >= MIN_PART_SIZE ? 4 : n_rows * d >= 1 << 15 || search % 8 == 0;
    if (kept->codes.stride > MAX_STRIDE) {
        return true;
    }
    for (unsigned i = 0; i < n_compared; i++) {
        size_t row = scattered_row (search * 4 + i, n_rows);
        if (!faiss_FilterCodes_holds (&kept->codes, row, kept->y + row * d, buffer)) {
            return false;
        }
    }
    return true;
}

static void open_codes (FaissDerivedRows *self, const float *y, size_t n, size_t d, bool may_take,
                        bool at_once, FaissFilterView *out) {
    *out = (FaissFilterView){0};
    FaissFilterCodesMode mode = mode_of (self);
    if (mode == FAISS_FILTER_CODES_OFF || n > UINT32_MAX || !faiss_filter_codes_suit (d)) {
        return;
    }
    bool always = mode == FAISS_FILTER_CODES_ON;
    if (!always &&
        (is_exposed (self) ||
         __atomic_load_n (&self->n_useless, __ATOMIC_RELAXED) >= USELESS_SEARCHES || !may_take)) {
        return;
    }
    unsigned search = __atomic_fetch_add (&self->n_searches, 1, __ATOMIC_RELAXED);
    if (!always && !at_once && search < SEARCHES_WITHOUT) {
        return;
    }
    struct FaissKeptCodes *kept = __atomic_load_n (&self->codes, __ATOMIC_ACQUIRE);
    if (!is_of (kept, y, n, d) || n_coded (kept) < n) {
        code_some (self, y, n, d, always || at_once);
        kept = __atomic_load_n (&self->codes, __ATOMIC_ACQUIRE);
    }
    if (!is_of (kept, y, n, d)) {
        return;
    }
    size_t n_rows = n_coded (kept);
    if (n_rows > 0 && !always && !still_holds (kept, n_rows, search)) {
        faiss_derived_rows_expose (self);
        return;
    }
    *out = (FaissFilterView){.rows = kept->codes.rows, .n_rows = n_rows};
}

void faiss_derived_codes_open (FaissDerivedRows *self, const float *y, size_t n, size_t d,
                               bool may_take, FaissFilterView *out) {
    open_codes (self, y, n, d, may_take, false, out);
}

void faiss_derived_codes_open_all (FaissDerivedRows *self, const float *y, size_t n, size_t d,
                                   bool may_take, bool at_once, FaissFilterView *out) {
    may_take = may_take && n * d >= MIN_SIZE && faiss_derived_codes_fit (n, d);
    open_codes (self, y, n, d, may_take, at_once, out);
    if (out->n_rows < n) {
        *out = (FaissFilterView){0};
    }
}

void faiss_derived_codes_close (FaissDerivedRows *self, size_t n_tested, size_t n_passed) {
    if (n_tested == 0) {
        return;
    }
    unsigned n = __atomic_load_n (&self->n_useless, __ATOMIC_RELAXED);
    n = n_passed > n_tested / 2 ? n + 1 : 0;
    __atomic_store_n (&self->n_useless, n, __ATOMIC_RELAXED);
}

const uint8_t *faiss_derived_codes_peek (const FaissDerivedRows *self) {
    const struct FaissKeptCodes *kept = __atomic_load_n (&self->codes, __ATOMIC_ACQUIRE);
    return kept ? kept->codes.rows : NULL;
}

size_t faiss_derived_codes_size (const FaissDerivedRows *self) {
    const struct FaissKeptCodes *kept = __atomic_load_n (&self->codes, __ATOMIC_ACQUIRE);
    return kept ? n_coded (kept) * kept->codes.stride : 0;
}

/* ---- packed rows ----------------------------------------------------------------------------- */

static bool is_packed_of (const struct FaissKeptPacked *kept, const float *y, size_t n, size_t d) {
    return kept && kept->y == y && kept->packed.n == n && kept->packed.d == d &&
           kept->level == faiss_get_simd_level ();
}

static void pack (FaissDerivedRows *self, const float *y, size_t n, size_t d) {
    if (!try_lock (self)) {
        return;
    }
    struct FaissKeptPacked *kept =
        is_packed_of (self->packed, y, n, d) ? NULL : calloc (1, sizeof *kept);
    if (kept && faiss_PackedRows_init (&kept->packed, n, d, y, NULL) == FAISS_OK) {
        kept->y = y;
        kept->level = faiss_get_simd_level ();
        kept->previous = self->packed;
        __atomic_store_n (&self->packed, kept, __ATOMIC_RELEASE);
    } else if (kept) {
        faiss_PackedRows_clear (&kept->packed);
        free (kept);
    }
    unlock (self);
}

const FaissPackedRows *faiss_derived_packed (FaissDerivedRows *self, const float *y, size_t n,
                                             size_t d, bool may_take) {
    FaissFilterCodesMode mode = mode_of (self);
    bool always = mode == FAISS_FILTER_CODES_ON;
    if (mode == FAISS_FILTER_CODES_OFF || n * d < MIN_PACKED || n * d > MAX_PACKED ||
        (!always && (is_exposed (self) || !may_take))) {
        return NULL;
    }
    unsigned search = __atomic_fetch_add (&self->n_batches, 1, __ATOMIC_RELAXED);
    if (!always && search < SEARCHES_WITHOUT) {
        return NULL;
    }
    struct FaissKeptPacked *kept = __atomic_load_n (&self->packed, __ATOMIC_ACQUIRE);
    if (!is_packed_of (kept, y, n, d)) {
        pack (self, y, n, d);
        kept = __atomic_load_n (&self->packed, __ATOMIC_ACQUIRE);
    }
    if (!is_packed_of (kept, y, n, d)) {
        return NULL;
    }
    size_t row = scattered_row (search, n);
    if (!always && !faiss_PackedRows_holds (&kept->packed, row, y + row * d)) {
        faiss_derived_rows_expose (self);
        return NULL;
    }
    return &kept->packed;
}
