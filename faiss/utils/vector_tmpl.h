/* Template: the functions of FAISS_DECLARE_VECTOR. Set NAME and T, include; both are undefined at
 * the end. */
#define CAT3_(a, b, c) a##b##c
#define CAT3(a, b, c) CAT3_ (a, b, c)
#define VECTOR CAT3 (Faiss, NAME, )
#define FUNCTION(method) CAT3 (CAT3 (faiss_, NAME, _), method, )

/* Own memory for `capacity` elements, with the first `keep` of the old ones. */
static FaissStatus CAT3 (NAME, _, reallocate) (VECTOR *self, size_t capacity, size_t keep) {
    T *data;
    if (self->owner) {
        FAISS_TRY (faiss_alloc (&data, capacity, sizeof (T)));
        faiss_advise_huge_pages (data, capacity * sizeof (T));
        if (keep) {
            memcpy (data, self->data, keep * sizeof (T));
        }
        faiss_MemoryOwner_release (self->owner);
        self->owner = NULL;
    } else {
        FAISS_REQUIRE (capacity <= SIZE_MAX / 2 / sizeof (T), "%zu elements are too many",
                       capacity);
        data = realloc (self->data, (capacity ? capacity : 1) * sizeof (T));
        if (!data) {
            return faiss_fail (FAISS_STD_EXCEPT, "no memory for %zu elements of %zu bytes",
                               capacity, sizeof (T));
        }
        faiss_advise_huge_pages (data, capacity * sizeof (T));
    }
    self->data = data;
    self->capacity = capacity;
    return FAISS_OK;
}

FaissStatus FUNCTION (reserve) (VECTOR *self, size_t n) {
    FAISS_REQUIRE_ARG (self);
    if (n <= self->capacity && !self->owner) {
        return FAISS_OK;
    }
    return CAT3 (NAME, _, reallocate) (self, n > self->size ? n : self->size, self->size);
}

FaissStatus FUNCTION (own) (VECTOR *self) {
    FAISS_REQUIRE_ARG (self);
    return self->owner ? CAT3 (NAME, _, reallocate) (self, self->size, self->size) : FAISS_OK;
}

/* Room for n elements, growing geometrically, so that repeated appends are linear. */
static FaissStatus CAT3 (NAME, _, grow) (VECTOR *self, size_t n) {
    if (n <= self->capacity && !self->owner) {
        return FAISS_OK;
    }
    size_t keep = n < self->size ? n : self->size;
    size_t geometric = self->size ? self->capacity + self->capacity / 2 : 0;
    if (geometric > n && !self->owner &&
        CAT3 (NAME, _, reallocate) (self, geometric, keep) == FAISS_OK) {
        return FAISS_OK;
    }
    return CAT3 (NAME, _, reallocate) (self, n, keep);
}

/* Is there no room for n elements? Then a change may fail, and end when the caller wants it. */
static bool CAT3 (NAME, _, must_grow) (const VECTOR *self, size_t n) {
    return n > self->capacity || self->owner;
}

FaissStatus FUNCTION (resize) (VECTOR *self, size_t n) {
    FAISS_REQUIRE_ARG (self);
    bool may_end = CAT3 (NAME, _, must_grow) (self, n);
    FAISS_TRY (CAT3 (NAME, _, grow) (self, n));
    if (n > self->size) {
        size_t bytes = (n - self->size) * sizeof (T);
        if (may_end) {
            FAISS_TRY (faiss_copy_bytes (self->data + self->size, NULL, bytes));
        } else {
            memset (self->data + self->size, 0, bytes);
        }
    }
    self->size = n;
    return FAISS_OK;
}

FaissStatus FUNCTION (append) (VECTOR *self, const T *values, size_t n) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (values || n == 0, "expected %zu values, got NULL", n);
    FAISS_REQUIRE (n <= SIZE_MAX - self->size, "%zu elements are too many", n);
    bool may_end = CAT3 (NAME, _, must_grow) (self, self->size + n);
    FAISS_TRY (CAT3 (NAME, _, grow) (self, self->size + n));
    if (n) {
        if (may_end) {
            FAISS_TRY (faiss_copy_bytes (self->data + self->size, values, n * sizeof (T)));
        } else {
            memcpy (self->data + self->size, values, n * sizeof (T));
        }
    }
    self->size += n;
    return FAISS_OK;
}

FaissStatus FUNCTION (push_back) (VECTOR *self, T value) {
    return FUNCTION (append) (self, &value, 1);
}

FaissStatus FUNCTION (assign) (VECTOR *self, const T *values, size_t n) {
    FAISS_REQUIRE_ARG (self);
    if (n > self->capacity || self->owner) {
        VECTOR fresh = {0};
        FAISS_TRY (FUNCTION (append) (&fresh, values, n));
        FUNCTION (clear) (self);
        *self = fresh;
        return FAISS_OK;
    }
    FAISS_REQUIRE (values || n == 0, "expected %zu values, got NULL", n);
    self->size = 0;
    return FUNCTION (append) (self, values, n);
}

void FUNCTION (view) (VECTOR *self, T *values, size_t n, FaissMemoryOwner *owner) {
    if (!self) {
        return;
    }
    FUNCTION (clear) (self);
    self->data = values;
    self->size = self->capacity = n;
    self->owner = faiss_MemoryOwner_retain (owner);
}

T *FUNCTION (data) (const VECTOR *self) {
    return self ? self->data : NULL;
}

size_t FUNCTION (size) (const VECTOR *self) {
    return self ? self->size : 0;
}

FaissStatus FUNCTION (at) (const VECTOR *self, size_t i, T *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE (i < self->size, "position %zu is past the end (%zu)", i, self->size);
    *out = self->data[i];
    return FAISS_OK;
}

void FUNCTION (swap) (VECTOR *self, VECTOR *other) {
    if (!self || !other) {
        return;
    }
    VECTOR mine = *self;
    *self = *other;
    *other = mine;
}

void FUNCTION (clear) (VECTOR *self) {
    if (!self) {
        return;
    }
    if (self->owner) {
        faiss_MemoryOwner_release (self->owner);
    } else {
        free (self->data);
    }
    *self = (VECTOR){0};
}

#undef CAT3_
#undef CAT3
#undef VECTOR
#undef FUNCTION
#undef NAME
#undef T
