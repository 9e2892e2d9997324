/* Every class of classes.def once more, with each allocation, each read and each write failing in
 * turn, and with Ctrl-C whenever the library asks for it: a status and a message come back, nothing
 * leaks (run under AddressSanitizer), nothing is lost: what changes an index leaves it as it was,
 * and *out is untouched.
 */
#include "class_recipes.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <faiss/impl/parallel.h>

#include "failing.h"

/* ---- the state of an index ------------------------------------------------------------------- */

enum { K = 10, OTHER_ROWS = 60 };

typedef struct Snapshot {
    FaissUInt8Vector bytes;
    float distances[N_QUERIES * K];
    idx_t labels[N_QUERIES * K];
} Snapshot;

static void take (Snapshot *snapshot, const FaissIndex *index) {
    assert_ok (index_bytes (index, &snapshot->bytes));
    if (faiss_IndexRowwiseMinMaxBase_cast ((FaissIndex *)index)) {
        return; /* a codec: there is nothing to search */
    }
    assert_ok (faiss_Index_search (index, N_QUERIES, sample_queries (index->d), K,
                                   snapshot->distances, snapshot->labels));
}

static bool is_as (const Snapshot *snapshot, const FaissIndex *index) {
    Snapshot now = {0};
    take (&now, index);
    bool same = now.bytes.size == snapshot->bytes.size &&
                memcmp (now.bytes.data, snapshot->bytes.data, now.bytes.size) == 0 &&
                memcmp (now.labels, snapshot->labels, sizeof now.labels) == 0 &&
                memcmp (now.distances, snapshot->distances, sizeof now.distances) == 0;
    faiss_UInt8Vector_clear (&now.bytes);
    return same;
}

/* ---- what is done to an index ---------------------------------------------------------------- */

/* A subject: the index, a second one for merges, and what operations need. */
typedef struct Subject {
    const IndexRecipe *recipe;
    FaissIndex *index;
    FaissIndex *other;
    FaissIDSelector *sel;
    FaissUInt8Vector bytes; /* of the index */
    uint8_t *codes;         /* of all rows, or NULL */
    void *made;             /* what the operation made; Subject itself while untouched */
} Subject;

static float distances[N_QUERIES * N_ROWS], vectors[N_ROWS * MAX_D];
static idx_t labels[N_QUERIES * N_ROWS];

static FaissStatus do_build (Subject *s) {
    return recipe_build (s->recipe, (FaissIndex **)&s->made);
}

static FaissStatus do_default (Subject *s) {
    for (size_t i = 0; faiss_all_classes ()[i]; i++) {
        if (strcmp (faiss_all_classes ()[i]->name, s->recipe->name) == 0) {
            return default_object (i, &s->made);
        }
    }
    return FAISS_OK;
}

static FaissStatus do_clone (Subject *s) {
    return faiss_clone_index (s->index, (FaissIndex **)&s->made);
}

static FaissStatus do_read (Subject *s) {
    return index_from_bytes (&s->bytes, (FaissIndex **)&s->made);
}

static FaissStatus do_write (Subject *s) {
    FAISS_AUTO (UInt8Vector) bytes = {0};
    return index_bytes (s->index, &bytes);
}

static FaissStatus do_train (Subject *s) {
    return faiss_Index_train (s->index, N_ROWS, sample_rows (s->index->d));
}

static FaissStatus do_add (Subject *s) {
    return recipe_add (s->recipe, s->index, N_ROWS - OTHER_ROWS, N_ROWS);
}

static FaissStatus do_add_with_ids (Subject *s) {
    idx_t ids[OTHER_ROWS];
    for (idx_t i = 0; i < OTHER_ROWS; i++) {
        ids[i] = 100000 + i;
    }
    return faiss_Index_add_with_ids (s->index, OTHER_ROWS, sample_rows (s->index->d), ids);
}

static FaissStatus do_add_codes (Subject *s) {
    idx_t ids[OTHER_ROWS];
    for (idx_t i = 0; i < OTHER_ROWS; i++) {
        ids[i] = 100000 + i;
    }
    return faiss_Index_add_sa_codes (s->index, OTHER_ROWS, s->codes,
                                     s->recipe->traits & NEEDS_IDS ? ids : NULL);
}

static FaissStatus do_remove (Subject *s) {
    size_t n;
    return faiss_Index_remove_ids (s->index, s->sel, &n);
}

static FaissStatus do_merge (Subject *s) {
    bool shifts = s->recipe->traits & KEEPS_IDS && !(s->recipe->traits & NEEDS_IDS);
    return faiss_Index_merge_from (s->index, s->other, shifts ? s->index->ntotal : 0);
}

static FaissStatus do_reset (Subject *s) {
    return faiss_Index_reset (s->index);
}

static FaissStatus do_search (Subject *s) {
    return faiss_Index_search (s->index, N_QUERIES, sample_queries (s->index->d), K, distances,
                               labels);
}

static FaissStatus do_search_many (Subject *s) {
    return faiss_Index_search (s->index, N_QUERIES, sample_queries (s->index->d), N_ROWS, distances,
                               labels);
}

static FaissStatus do_select (Subject *s) {
    FaissSearchParameters *params = NULL;
    FAISS_TRY (selecting_params (s->index, s->sel, &params));
    FaissStatus status = faiss_Index_search_with_params (
        s->index, N_QUERIES, sample_queries (s->index->d), K, params, distances, labels);
    faiss_SearchParameters_free (params);
    return status;
}

static FaissStatus do_range_search (Subject *s) {
    FaissRangeSearchResult *result = NULL;
    FAISS_TRY (faiss_RangeSearchResult_new (&result, N_QUERIES));
    FaissStatus status =
        faiss_Index_range_search (s->index, N_QUERIES, sample_queries (s->index->d), 0.7f, result);
    faiss_RangeSearchResult_free (result);
    return status;
}

static FaissStatus do_assign (Subject *s) {
    return faiss_Index_assign (s->index, N_QUERIES, sample_queries (s->index->d), labels, 3);
}

static FaissStatus do_search_and_reconstruct (Subject *s) {
    return faiss_Index_search_and_reconstruct (s->index, N_QUERIES, sample_queries (s->index->d), 3,
                                               NULL, distances, labels, vectors);
}

static FaissStatus do_search_subset (Subject *s) {
    idx_t base[N_QUERIES * 5];
    for (int i = 0; i < N_QUERIES * 5; i++) {
        base[i] = i;
    }
    return faiss_Index_search_subset (s->index, N_QUERIES, sample_queries (s->index->d), 5, base, 3,
                                      distances, labels);
}

static FaissStatus do_reconstruct (Subject *s) {
    FAISS_TRY (faiss_Index_reconstruct (s->index, recipe_label (s->recipe, 3), vectors));
    return s->recipe->traits & NEEDS_IDS
               ? FAISS_OK
               : faiss_Index_reconstruct_n (s->index, 0, s->index->ntotal, vectors);
}

static FaissStatus do_encode (Subject *s) {
    uint8_t codes[64 * MAX_D];
    return faiss_Index_sa_encode (s->index, 2, sample_rows (s->index->d), codes);
}

static FaissStatus do_decode (Subject *s) {
    return faiss_Index_sa_decode (s->index, N_ROWS, s->codes, vectors);
}

static FaissStatus do_distance_computer (Subject *s) {
    FaissDistanceComputer *dc = NULL;
    FAISS_TRY (faiss_Index_get_distance_computer (s->index, &dc));
    FaissStatus status = faiss_DistanceComputer_set_query (dc, sample_queries (s->index->d));
    faiss_DistanceComputer_free (dc);
    return status;
}

static FaissStatus do_describe (Subject *s) {
    FAISS_AUTO (String) text = {0};
    return faiss_reverse_index_factory (s->index, &text);
}

enum {
    MAKES = 1,     /* sets `made` */
    CHANGES = 2,   /* the index; a failure leaves it as it was */
    UNTRAINED = 4, /* starts with an untrained index */
};

typedef struct Operation {
    const char *name;
    FaissStatus (*run) (Subject *s);
    int kind;
    unsigned lack; /* of classes that do not have it */
} Operation;

static const Operation operations[] = {
    {"default", do_default, MAKES, 0},
    {"build", do_build, MAKES, 0},
    {"clone", do_clone, MAKES, 0},
    {"read", do_read, MAKES, LACKS_FILE},
    {"write", do_write, 0, LACKS_FILE},
    {"train", do_train, UNTRAINED, 0},
    {"add", do_add, CHANGES, IS_CODEC},
    {"add_with_ids", do_add_with_ids, CHANGES, LACKS_ADD_WITH_IDS},
    {"add_sa_codes", do_add_codes, CHANGES, LACKS_CODES | LACKS_ADD_CODES},
    {"remove_ids", do_remove, CHANGES, LACKS_REMOVE},
    {"merge_from", do_merge, CHANGES, LACKS_MERGE},
    {"reset", do_reset, CHANGES, IS_CODEC},
    {"search", do_search, 0, IS_CODEC},
    {"search_many", do_search_many, 0, IS_CODEC},
    {"search_selected", do_select, 0, LACKS_SELECTOR},
    {"range_search", do_range_search, 0, LACKS_RANGE_SEARCH},
    {"assign", do_assign, 0, IS_CODEC},
    {"search_and_reconstruct", do_search_and_reconstruct, 0, LACKS_RECONSTRUCT},
    {"search_subset", do_search_subset, 0, LACKS_SUBSET},
    {"reconstruct", do_reconstruct, 0, LACKS_RECONSTRUCT},
    {"sa_encode", do_encode, 0, LACKS_CODES},
    {"sa_decode", do_decode, 0, LACKS_CODES | LACKS_DECODE},
    {"distance_computer", do_distance_computer, 0, LACKS_SUBSET},
    {"reverse_factory", do_describe, 0, 0},
};
enum { N_OPERATIONS = sizeof operations / sizeof *operations };

/* ---- one operation on one class -------------------------------------------------------------- */

typedef struct Visit {
    FaissClass *cls;
    const IndexRecipe *recipe;
    const Operation *operation;
} Visit;

static void free_subject (Subject *s) {
    faiss_Index_free (s->index);
    faiss_Index_free (s->other);
    faiss_IDSelector_free (s->sel);
    faiss_UInt8Vector_clear (&s->bytes);
    free (s->codes);
}

/* Training takes long: each class's is done once, and copied. */
static struct {
    const IndexRecipe *recipe;
    FaissIndex *index; /* trained, with all rows but the last OTHER_ROWS */
    FaissIndex *other; /* trained, with those */
} prepared;

static void forget_prepared (void) {
    faiss_Index_free (prepared.index);
    faiss_Index_free (prepared.other);
    memset (&prepared, 0, sizeof prepared);
}

static void prepare (const IndexRecipe *recipe) {
    if (prepared.recipe == recipe) {
        return;
    }
    forget_prepared ();
    assert_ok (recipe_build (recipe, &prepared.index));
    FaissIndex *index = prepared.index;
    assert_ok (faiss_Index_train (index, N_ROWS, sample_rows (index->d)));
    assert_ok (visit_everything (index));
    assert_ok (faiss_clone_index (index, &prepared.other));
    assert_ok (recipe_add (recipe, index, 0, N_ROWS - OTHER_ROWS));
    assert_ok (recipe_add (recipe, prepared.other, N_ROWS - OTHER_ROWS, N_ROWS));
    prepared.recipe = recipe;
}

static Subject make_subject (const IndexRecipe *recipe, const Operation *operation) {
    Subject s = {.recipe = recipe};
    if (operation->kind & UNTRAINED) {
        assert_ok (recipe_build (recipe, &s.index));
        return s;
    }
    prepare (recipe);
    assert_ok (faiss_clone_index (prepared.index, &s.index));
    assert_ok (faiss_clone_index (prepared.other, &s.other));
    if (recipe->traits & ADDS_ONCE && operation->run == do_add) {
        assert_ok (faiss_Index_reset (s.index));
    }
    FaissIDSelectorRange *range = NULL;
    assert_ok (
        faiss_IDSelectorRange_new (&range, recipe_label (recipe, 20), recipe_label (recipe, 120)));
    s.sel = &range->sel;
    FaissIndexIVF *ivf = faiss_IndexIVF_cast (without_wrappers (s.index));
    if (ivf && operation->lack & LACKS_RECONSTRUCT) {
        assert_ok (faiss_IndexIVF_make_direct_map (ivf, 1));
    }
    if (!(recipe->traits & LACKS_CODES)) {
        size_t code_size = 0;
        assert_ok (faiss_Index_sa_code_size (s.index, &code_size));
        s.codes = calloc (N_ROWS, code_size);
        assert_ok (faiss_Index_sa_encode (s.index, N_ROWS, sample_rows (s.index->d), s.codes));
    }
    assert_ok (index_bytes (s.index, &s.bytes));
    return s;
}

/* ---- trouble: an allocation fails, or the caller asks for the end --------------------------- */

typedef struct Trouble {
    void (*start) (long i); /* the i-th time; 1 is the first */
    void (*stop) (void);
    bool (*happened) (void); /* since it was started */
    long (*count) (void);    /* how often there could have been trouble */
    long n_first;            /* how often it is tried from the first time on, then in strides */
} Trouble;

static const Trouble allocations = {failing_start, failing_stop, failing_happened, failing_count,
                                    60};

static long n_asked, interrupted_at;

/* As in Python, where an exception that is set stays set. */
static bool is_interrupted (void) {
    return __atomic_add_fetch (&n_asked, 1, __ATOMIC_RELAXED) >= interrupted_at;
}

static void start_to_interrupt (long i) {
    n_asked = 0;
    interrupted_at = i;
    faiss_set_interrupt_callback (is_interrupted);
}

static void stop_to_interrupt (void) {
    faiss_set_interrupt_callback (NULL);
}

static bool has_interrupted (void) {
    return n_asked >= interrupted_at;
}

static long interrupt_count (void) {
    return n_asked;
}

static const Trouble interrupts = {start_to_interrupt, stop_to_interrupt, has_interrupted,
                                   interrupt_count, 6};

/* False if the operation is over before the i-th time. */
static bool try_with_failure (const IndexRecipe *recipe, const Operation *operation,
                              const Trouble *trouble, long i, const Snapshot *after) {
    Subject s = make_subject (recipe, operation);
    Snapshot before = {0}, other_before = {0};
    bool is_trained_before = s.index->is_trained;
    if (operation->kind & CHANGES) {
        take (&before, s.index);
        take (&other_before, s.other);
    }
    s.made = &s;
    trouble->start (i);
    FaissStatus status = operation->run (&s);
    trouble->stop ();
    bool happened = trouble->happened ();
    if (status == FAISS_OK) {
        if (operation->kind & MAKES) {
            faiss_object_free (s.made);
        }
        if (operation->kind & CHANGES && after) {
            assert_true (is_as (after, s.index));
        }
    } else {
        const char *message = faiss_get_last_error ();
        assert_true (happened && message && *message);
        assert_true (status == FAISS_STD_EXCEPT || status == FAISS_EXCEPT);
        assert_ptr_equal (s.made, &s);
        if (operation->kind & CHANGES) {
            assert_true (is_as (&before, s.index));
            assert_true (is_as (&other_before, s.other));
        }
        if (operation->kind & UNTRAINED) {
            assert_true (!s.index->is_trained || is_trained_before);
        }
        /* and now it works */
        assert_ok (operation->run (&s));
        if (operation->kind & MAKES) {
            faiss_object_free (s.made);
        }
        if (operation->kind & CHANGES && after) {
            assert_true (is_as (after, s.index));
        }
        if (operation->kind & UNTRAINED) { /* as if nothing had been */
            FaissUInt8Vector now = {0};
            assert_ok (index_bytes (s.index, &now));
            assert_true (now.size == after->bytes.size &&
                         memcmp (now.data, after->bytes.data, now.size) == 0);
            faiss_UInt8Vector_clear (&now);
        }
    }
    faiss_UInt8Vector_clear (&before.bytes);
    faiss_UInt8Vector_clear (&other_before.bytes);
    free_subject (&s);
    return happened;
}

static void try_all (const Visit *visit, const Trouble *trouble) {
    const Operation *operation = visit->operation;
    const IndexRecipe *recipe = visit->recipe;
    /* once without a failure: the result, and how often there could have been one */
    Subject s = make_subject (recipe, operation);
    Snapshot after = {0};
    trouble->start (LONG_MAX);
    assert_ok (operation->run (&s));
    trouble->stop ();
    long count = trouble->count ();
    if (operation->kind & MAKES) {
        faiss_object_free (s.made);
    }
    if (operation->kind & CHANGES) {
        take (&after, s.index);
    } else if (operation->kind & UNTRAINED) {
        assert_ok (index_bytes (s.index, &after.bytes));
    }
    free_subject (&s);
    /* all of the first ones, then strides */
    long stride = 1;
    for (long i = 1;
         try_with_failure (recipe, operation, trouble, i, after.bytes.data ? &after : NULL);
         i += stride) {
        stride = i < trouble->n_first ? 1 : 1 + count / trouble->n_first;
    }
    faiss_UInt8Vector_clear (&after.bytes);
}

static void allocations_fail (void **state) {
    const Visit *visit = *state;
    if (!visit->recipe) {
        fail_msg ("no recipe for %s in tests/class_recipes.c", visit->cls->name);
    }
    if (!failing_available () || visit->recipe->traits & visit->operation->lack) {
        skip ();
    }
    try_all (visit, &allocations);
}

static void is_interrupted_in_turn (void **state) {
    const Visit *visit = *state;
    if (visit->recipe->traits & visit->operation->lack) {
        skip ();
    }
    try_all (visit, &interrupts);
}

/* ---- writes and reads ------------------------------------------------------------------------ */

static long io_calls, io_fails_at;
static const FaissUInt8Vector *io_bytes;
static size_t io_position;

static size_t failing_write (const void *ptr, size_t size, size_t nitems) {
    (void)ptr, (void)size;
    return ++io_calls == io_fails_at ? nitems / 2 : nitems;
}

static size_t failing_read (void *ptr, size_t size, size_t nitems) {
    size_t left = (io_bytes->size - io_position) / (size ? size : 1);
    size_t n = nitems < left ? nitems : left;
    if (++io_calls == io_fails_at) {
        n /= 2;
    }
    if (n > 0) {
        memcpy (ptr, io_bytes->data + io_position, n * size);
    }
    io_position += n * size;
    return n;
}

static void writes_fail (void **state) {
    const Visit *visit = *state;
    if (visit->recipe->traits & LACKS_FILE) {
        return;
    }
    FaissIndex *index = NULL;
    assert_ok (recipe_build_full (visit->recipe, &index));
    Snapshot before = {0};
    take (&before, index);
    FaissCustomIOWriter *writer = NULL;
    for (io_fails_at = 1;; io_fails_at++) {
        assert_ok (faiss_CustomIOWriter_new (&writer, failing_write));
        io_calls = 0;
        FaissStatus status = faiss_write_index_custom (index, &writer->writer, 0);
        faiss_CustomIOWriter_free (writer);
        if (io_calls < io_fails_at) {
            assert_ok (status);
            break;
        }
        assert_int_equal (io_calls, io_fails_at); /* nothing is written after a failure */
        assert_fails (status, "write");
    }
    assert_true (is_as (&before, index));
    /* a FILE that takes nothing */
    FILE *full = fopen ("/dev/full", "w");
    if (full) {
        setvbuf (full, NULL, _IONBF, 0);
        assert_fails (faiss_write_index (index, full), "write");
        fclose (full);
    }
    faiss_UInt8Vector_clear (&before.bytes);
    faiss_Index_free (index);
}

static void reads_fail (void **state) {
    const Visit *visit = *state;
    if (visit->recipe->traits & LACKS_FILE) {
        return;
    }
    FaissIndex *index = NULL;
    FaissUInt8Vector bytes = {0};
    assert_ok (recipe_build_full (visit->recipe, &index));
    assert_ok (index_bytes (index, &bytes));
    io_bytes = &bytes;
    FaissCustomIOReader *reader = NULL;
    for (io_fails_at = 1;; io_fails_at++) {
        assert_ok (faiss_CustomIOReader_new (&reader, failing_read));
        io_calls = 0;
        io_position = 0;
        FaissIndex *read = index;
        FaissStatus status = faiss_read_index_custom (&reader->reader, 0, &read);
        faiss_CustomIOReader_free (reader);
        if (io_calls < io_fails_at) {
            assert_ok (status);
            assert_int_equal (read->ntotal, index->ntotal);
            faiss_Index_free (read);
            break;
        }
        assert_fails (status, "");
        assert_ptr_equal (read, index);
    }
    faiss_UInt8Vector_clear (&bytes);
    faiss_Index_free (index);
}

static size_t files_in (const char *folder) {
    size_t n = 0;
    DIR *dir = opendir (folder);
    assert_non_null (dir);
    for (struct dirent *entry; (entry = readdir (dir));) {
        n += entry->d_name[0] != '.' || (entry->d_name[1] && entry->d_name[1] != '.');
    }
    closedir (dir);
    return n;
}

/* A full disk, played by a limit on the size of files: the old file stays, nothing is left over. */
static void disks_fill_up (void **state) {
    const Visit *visit = *state;
    const IndexRecipe *recipe = visit->recipe;
    if (recipe->traits & LACKS_FILE) {
        return;
    }
    char folder[] = "/tmp/faiss_test_XXXXXX", name[64], missing[64];
    assert_non_null (mkdtemp (folder));
    snprintf (name, sizeof name, "%s/index", folder);
    snprintf (missing, sizeof missing, "%s/missing/index", folder);
    FaissIndex *index = NULL, *read = NULL;
    assert_ok (recipe_build (recipe, &index));
    /* what has codebooks can only be read with them */
    if (!(recipe->traits & IS_CODEC)) {
        assert_ok (faiss_Index_train (index, N_ROWS, sample_rows (index->d)));
    }
    assert_ok (faiss_write_index_fname (index, name));
    struct stat old, now;
    assert_int_equal (stat (name, &old), 0);
    faiss_Index_free (index);
    assert_ok (recipe_build_full (recipe, &index));

    struct rlimit limit, small;
    getrlimit (RLIMIT_FSIZE, &limit);
    small = limit;
    small.rlim_cur = (rlim_t)old.st_size + 10;
    void (*handler) (int) = signal (SIGXFSZ, SIG_IGN);
    setrlimit (RLIMIT_FSIZE, &small);
    FaissStatus status = faiss_write_index_fname (index, name);
    setrlimit (RLIMIT_FSIZE, &limit);
    signal (SIGXFSZ, handler);
    assert_fails (status, "");
    assert_int_equal (stat (name, &now), 0);
    assert_int_equal (now.st_size, old.st_size);
    assert_int_equal (files_in (folder), 1);
    assert_ok (faiss_read_index_fname (name, 0, &read));
    assert_int_equal (read->ntotal, 0);
    faiss_Index_free (read);

    assert_fails (faiss_write_index_fname (index, missing), missing);
    assert_fails (faiss_write_index_fname (index, folder), folder);
    assert_fails (faiss_read_index_fname (missing, 0, &read), missing);
    assert_fails (faiss_read_index_fname (folder, 0, &read), folder);
    assert_ok (faiss_write_index_fname (index, name));
    assert_int_equal (files_in (folder), 1);
    unlink (name);
    rmdir (folder);
    faiss_Index_free (index);
}

/* ---- classes that are no indexes ------------------------------------------------------------- */

static void object_allocations_fail (void **state) {
    FaissClass *cls = *state;
    const ObjectRecipe *recipe = object_recipe (cls->name);
    if (!recipe) {
        fail_msg ("no recipe for %s in tests/class_recipes.c", cls->name);
    }
    if (!failing_available ()) {
        skip ();
    }
    size_t position = 0;
    while (faiss_all_classes ()[position] != cls) {
        position++;
    }
    void *sample = NULL;
    assert_ok (recipe->build (&sample));
    for (int what = 0; what < 3; what++) {
        FOR_EACH_FAILING_ALLOCATION (i, 1) {
            void *out = &sample;
            FaissStatus status = what == 0   ? default_object (position, &out)
                                 : what == 1 ? recipe->build (&out)
                                             : faiss_object_clone (&out, sample);
            failing_stop ();
            if (status == FAISS_OK) {
                faiss_object_free (out);
            } else {
                assert_true (failing_happened ());
                assert_ptr_equal (out, &sample);
            }
            if (!failing_happened ()) {
                break;
            }
        }
    }
    faiss_object_free (sample);
}

/* ---- the walk -------------------------------------------------------------------------------- */

enum { MAX_CLASSES = 500, PER_CLASS = 2 * N_OPERATIONS + 3 };

static struct CMUnitTest tests[MAX_CLASSES * PER_CLASS];
static Visit visits[MAX_CLASSES * PER_CLASS];
static char names[MAX_CLASSES * PER_CLASS][80];
static size_t n_tests;

static void plan (FaissClass *cls, const IndexRecipe *recipe, const char *what,
                  CMUnitTestFunction function, const Operation *operation) {
    const char *variant = recipe ? recipe->variant : NULL;
    visits[n_tests] = (Visit){cls, recipe, operation};
    snprintf (names[n_tests], sizeof names[n_tests], "%s%s%s_%s", cls->name, variant ? "-" : "",
              variant ? variant : "", what);
    tests[n_tests] = (struct CMUnitTest){names[n_tests], function, NULL, NULL, &visits[n_tests]};
    n_tests++;
}

static void plan_index (FaissClass *cls) {
    const IndexRecipe *recipe = NULL;
    do {
        recipe = next_index_recipe (cls->name, recipe);
        for (int i = 0; i < N_OPERATIONS; i++) {
            plan (cls, recipe, operations[i].name, allocations_fail, &operations[i]);
        }
        if (recipe) { /* else the others have said so */
            for (int i = 0; i < N_OPERATIONS; i++) {
                char name[60];
                snprintf (name, sizeof name, "%s_interrupted", operations[i].name);
                plan (cls, recipe, name, is_interrupted_in_turn, &operations[i]);
            }
            plan (cls, recipe, "writes_fail", writes_fail, NULL);
            plan (cls, recipe, "reads_fail", reads_fail, NULL);
            plan (cls, recipe, "disks_fill_up", disks_fill_up, NULL);
        }
    } while (recipe && next_index_recipe (cls->name, recipe));
}

/* usage: test_class_failures [PATTERN | -PATTERN]: only the tests whose name matches, "IndexFlat_*"
 * for instance, or only the others */
int main (int argc, char **argv) {
#ifdef _OPENMP
    omp_set_num_threads (2);
#endif
    for (FaissClass *const *cls = faiss_all_classes (); *cls; cls++) {
        if (faiss_class_is_a (*cls, &faiss_Index_class.head) && !object_recipe ((*cls)->name)) {
            plan_index (*cls);
        } else {
            plan (*cls, NULL, "allocations_fail", object_allocations_fail, NULL);
            tests[n_tests - 1].initial_state = *cls;
        }
    }
    if (argc > 1 && argv[1][0] == '-') {
        cmocka_set_skip_filter (argv[1] + 1);
    } else if (argc > 1) {
        cmocka_set_test_filter (argv[1]);
    }
    int n_failed = _cmocka_run_group_tests ("class failures", tests, n_tests, NULL, NULL);
    forget_prepared ();
    return n_failed;
}
