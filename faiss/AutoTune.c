/* Search-time parameters of indexes, by name, and the search for good values. */
#include <faiss/AutoTune.h>

#include <stdio.h>
#include <string.h>

#include <faiss/impl/check.h>
#include <faiss/impl/index_check.h>
#include <faiss/impl/parallel.h>
#include <faiss/utils/random.h>
#include <faiss/utils/utils.h>

#define NAME OperatingPointVector
#define T FaissOperatingPoint
#include <faiss/utils/vector_tmpl.h>

#define NAME ParameterRangeVector
#define T FaissParameterRangePtr
#include <faiss/utils/vector_tmpl.h>

static FaissStatus copy_text (char **out, const char *prefix, const char *text) {
    size_t n_prefix = strlen (prefix), n_text = strlen (text);
    FAISS_TRY (faiss_alloc (out, n_prefix + n_text + 1, 1));
    memcpy (*out, prefix, n_prefix);
    memcpy (*out + n_prefix, text, n_text + 1);
    return FAISS_OK;
}

/* ---- criteria -------------------------------------------------------------------------------- */

static void AutoTuneCriterion_finalize (void *object) {
    FaissAutoTuneCriterion *self = object;
    faiss_Float32Vector_clear (&self->gt_D);
    faiss_Int64Vector_clear (&self->gt_I);
}

FaissAutoTuneCriterionClass faiss_AutoTuneCriterion_class = {
    .head = {.name = "AutoTuneCriterion",
             .instance_size = sizeof (FaissAutoTuneCriterion),
             .table_size = sizeof (FaissAutoTuneCriterionClass),
             .finalize = AutoTuneCriterion_finalize},
};

void faiss_AutoTuneCriterion_free (FaissAutoTuneCriterion *self) {
    faiss_object_free (self);
}

FaissStatus faiss_AutoTuneCriterion_set_groundtruth (FaissAutoTuneCriterion *self, int gt_nnn,
                                                     const float *gt_D, const idx_t *gt_I) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (gt_nnn > 0, "expected gt_nnn > 0, got %d", gt_nnn);
    FAISS_REQUIRE (self->nq == 0 || gt_I, "gt_I is NULL");
    size_t size = (size_t)self->nq * (size_t)gt_nnn;
    FAISS_AUTO (Float32Vector) distances = {0};
    FAISS_AUTO (Int64Vector) ids = {0};
    if (gt_D) {
        FAISS_TRY (faiss_Float32Vector_append (&distances, gt_D, size));
    }
    FAISS_TRY (faiss_Int64Vector_append (&ids, gt_I, size));
    faiss_Float32Vector_swap (&self->gt_D, &distances);
    faiss_Int64Vector_swap (&self->gt_I, &ids);
    self->gt_nnn = gt_nnn;
    return FAISS_OK;
}

FaissStatus faiss_AutoTuneCriterion_evaluate (const FaissAutoTuneCriterion *self, const float *D,
                                              const idx_t *I, double *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (self->nq == 0 || I, "I is NULL");
    FAISS_REQUIRE_ARG (out);
    return self->cls->evaluate (self, D, I, out);
}

/* The ground truth has so many neighbours, and the results too. */
static FaissStatus check_groundtruth (const FaissAutoTuneCriterion *self, idx_t gt_needed,
                                      idx_t needed) {
    FAISS_REQUIRE (self->gt_nnn >= gt_needed &&
                       self->gt_I.size == (size_t)self->nq * (size_t)self->gt_nnn,
                   "a ground truth of %lld neighbours is needed, call set_groundtruth first",
                   (long long)gt_needed);
    FAISS_REQUIRE (self->nnn >= needed, "expected nnn >= %lld, got %lld", (long long)needed,
                   (long long)self->nnn);
    return FAISS_OK;
}

static FaissStatus OneRecallAtRCriterion_evaluate (const FaissAutoTuneCriterion *criterion,
                                                   const float *D, const idx_t *I, double *out) {
    (void)D;
    const FaissOneRecallAtRCriterion *self =
        FAISS_CONST_SELF (OneRecallAtRCriterion, criterion, criterion);
    FAISS_TRY (check_groundtruth (criterion, 1, self->R));
    idx_t found = 0;
    for (idx_t q = 0; q < criterion->nq; q++) {
        idx_t nearest = criterion->gt_I.data[q * criterion->gt_nnn];
        const idx_t *results = I + q * criterion->nnn;
        idx_t j = 0;
        while (j < self->R && results[j] != nearest) {
            j++;
        }
        found += j < self->R;
    }
    *out = (double)found / (double)criterion->nq;
    return FAISS_OK;
}

static FaissStatus IntersectionCriterion_evaluate (const FaissAutoTuneCriterion *criterion,
                                                   const float *D, const idx_t *I, double *out) {
    (void)D;
    const FaissIntersectionCriterion *self =
        FAISS_CONST_SELF (IntersectionCriterion, criterion, criterion);
    FAISS_TRY (check_groundtruth (criterion, self->R, self->R));
    size_t total = 0;
    for (idx_t q = 0; q < criterion->nq; q++) {
        size_t common = 0;
        FAISS_TRY (faiss_ranklist_intersection_size (
            (size_t)self->R, criterion->gt_I.data + q * criterion->gt_nnn, (size_t)self->R,
            I + q * criterion->nnn, &common));
        total += common;
    }
    *out = (double)total / (double)(criterion->nq * self->R);
    return FAISS_OK;
}

FaissAutoTuneCriterionClass faiss_OneRecallAtRCriterion_class = {
    .head = {.name = "OneRecallAtRCriterion",
             .parent = &faiss_AutoTuneCriterion_class.head,
             .instance_size = sizeof (FaissOneRecallAtRCriterion),
             .table_size = sizeof (FaissAutoTuneCriterionClass)},
    .evaluate = OneRecallAtRCriterion_evaluate,
};

FaissAutoTuneCriterionClass faiss_IntersectionCriterion_class = {
    .head = {.name = "IntersectionCriterion",
             .parent = &faiss_AutoTuneCriterion_class.head,
             .instance_size = sizeof (FaissIntersectionCriterion),
             .table_size = sizeof (FaissAutoTuneCriterionClass)},
    .evaluate = IntersectionCriterion_evaluate,
};

static FaissStatus check_criterion_sizes (idx_t nq, idx_t R) {
    FAISS_REQUIRE (nq >= 0 && R > 0, "expected nq >= 0 and R > 0, got nq=%lld, R=%lld",
                   (long long)nq, (long long)R);
    return FAISS_OK;
}

FaissStatus faiss_OneRecallAtRCriterion_new (FaissOneRecallAtRCriterion **out, idx_t nq, idx_t R) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_criterion_sizes (nq, R));
    FaissOneRecallAtRCriterion *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_OneRecallAtRCriterion_class.head));
    self->criterion.nq = nq;
    self->criterion.nnn = R;
    self->R = R;
    *out = self;
    return FAISS_OK;
}

FaissStatus faiss_IntersectionCriterion_new (FaissIntersectionCriterion **out, idx_t nq, idx_t R) {
    FAISS_REQUIRE_ARG (out);
    FAISS_TRY (check_criterion_sizes (nq, R));
    FaissIntersectionCriterion *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_IntersectionCriterion_class.head));
    self->criterion.nq = nq;
    self->criterion.nnn = R;
    self->R = R;
    *out = self;
    return FAISS_OK;
}

/* ---- operating points ------------------------------------------------------------------------ */

static const FaissOperatingPoint nothing_in_no_time = {.key = "", .cno = -1};

FaissStatus faiss_OperatingPoints_new (FaissOperatingPoints **out) {
    FAISS_REQUIRE_ARG (out);
    FAISS_AUTO_FREE (FaissOperatingPoints) *self = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&self, 1, sizeof *self));
    FAISS_TRY (faiss_OperatingPoints_clear (self));
    *out = FAISS_STEAL (self);
    return FAISS_OK;
}

static void free_keys (FaissOperatingPoints *self) {
    for (size_t i = 0; i < self->all_pts.size; i++) {
        free ((void *)(uintptr_t)self->all_pts.data[i].key);
    }
}

void faiss_OperatingPoints_free (FaissOperatingPoints *self) {
    if (self) {
        free_keys (self);
        faiss_OperatingPointVector_clear (&self->all_pts);
        faiss_OperatingPointVector_clear (&self->optimal_pts);
        free (self);
    }
}

FaissStatus faiss_OperatingPoints_clear (FaissOperatingPoints *self) {
    FAISS_REQUIRE_ARG (self);
    FAISS_TRY (faiss_OperatingPointVector_assign (&self->optimal_pts, &nothing_in_no_time, 1));
    free_keys (self);
    faiss_OperatingPointVector_clear (&self->all_pts);
    return FAISS_OK;
}

/* The first point that performs at least so well, or the size of the list. */
static size_t find_perf (const FaissOperatingPointVector *points, double perf) {
    size_t i = 0;
    while (i < points->size && !(points->data[i].perf >= perf)) {
        i++;
    }
    return i;
}

/* Put a point into the ascending list, where it drives out slower ones that are not better. Room
 * for one more must have been reserved. */
static bool insert_optimal (FaissOperatingPointVector *points, const FaissOperatingPoint *op) {
    size_t at = find_perf (points, op->perf);
    if (op->perf == 0 || (at < points->size && points->data[at].t <= op->t)) {
        return false;
    }
    size_t end = at < points->size && points->data[at].perf == op->perf ? at + 1 : at;
    size_t begin = at;
    while (begin > 0 && points->data[begin - 1].t >= op->t) {
        begin--;
    }
    memmove (points->data + begin + 1, points->data + end,
             (points->size - end) * sizeof *points->data);
    points->data[begin] = *op;
    points->size = points->size - (end - begin) + 1;
    return true;
}

FaissStatus faiss_OperatingPoints_add (FaissOperatingPoints *self, double perf, double t,
                                       const char *key, size_t cno, int *is_optimal) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (key);
    FAISS_REQUIRE (perf >= 0 && t >= 0, "expected perf >= 0 and t >= 0, got %g and %g", perf, t);
    FAISS_AUTO_FREE (char) *text = NULL;
    FAISS_TRY (copy_text (&text, "", key));
    FAISS_TRY (faiss_OperatingPointVector_reserve (&self->optimal_pts, self->optimal_pts.size + 1));
    FaissOperatingPoint op = {.perf = perf, .t = t, .key = text, .cno = (int64_t)cno};
    FAISS_TRY (faiss_OperatingPointVector_push_back (&self->all_pts, op));
    (void)FAISS_STEAL (text);
    bool inserted = insert_optimal (&self->optimal_pts, &op);
    if (is_optimal) {
        *is_optimal = inserted;
    }
    return FAISS_OK;
}

FaissStatus faiss_OperatingPoints_merge_with (FaissOperatingPoints *self,
                                              const FaissOperatingPoints *other, const char *prefix,
                                              int *n_optimal) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (other);
    FAISS_REQUIRE (other != self, "points cannot be merged with themselves");
    int count = 0;
    for (size_t i = 0; i < other->all_pts.size; i++) {
        const FaissOperatingPoint *op = &other->all_pts.data[i];
        FAISS_AUTO_FREE (char) *key = NULL;
        int is_optimal = 0;
        FAISS_TRY (copy_text (&key, prefix ? prefix : "", op->key));
        FAISS_TRY (
            faiss_OperatingPoints_add (self, op->perf, op->t, key, (size_t)op->cno, &is_optimal));
        count += is_optimal;
    }
    if (n_optimal) {
        *n_optimal = count;
    }
    return FAISS_OK;
}

double faiss_OperatingPoints_t_for_perf (const FaissOperatingPoints *self, double perf) {
    if (!self) {
        return 0;
    }
    size_t i = find_perf (&self->optimal_pts, perf);
    return i < self->optimal_pts.size ? self->optimal_pts.data[i].t : 1e50;
}

static bool is_optimal_cno (const FaissOperatingPoints *self, int64_t cno) {
    for (size_t i = 0; i < self->optimal_pts.size; i++) {
        if (self->optimal_pts.data[i].cno == cno) {
            return true;
        }
    }
    return false;
}

void faiss_OperatingPoints_display (const FaissOperatingPoints *self, int only_optimal) {
    if (!self) {
        return;
    }
    const FaissOperatingPointVector *points = only_optimal ? &self->optimal_pts : &self->all_pts;
    printf ("Tested %zu operating points, %zu ones are Pareto-optimal:\n", self->all_pts.size,
            self->optimal_pts.size);
    for (size_t i = 0; i < points->size; i++) {
        const FaissOperatingPoint *op = &points->data[i];
        const char *star = !only_optimal && is_optimal_cno (self, op->cno) ? "*" : "";
        printf ("cno=%lld key=%s perf=%.4f t=%.3f %s\n", (long long)op->cno, op->key, op->perf,
                op->t, star);
    }
}

static FaissStatus to_gnuplot (const FaissOperatingPointVector *points, bool with_corners,
                               const char *fname) {
    FAISS_REQUIRE_ARG (fname);
    FILE *f = fopen (fname, "w");
    if (!f) {
        return faiss_fail (FAISS_EXCEPT, "cannot open %s for writing", fname);
    }
    for (size_t i = 0; i < points->size; i++) {
        const FaissOperatingPoint *op = &points->data[i];
        if (with_corners) {
            fprintf (f, "%g %g\n", i > 0 ? points->data[i - 1].perf : 0, op->t);
        }
        fprintf (f, "%g %g %s\n", op->perf, op->t, op->key);
    }
    bool failed = ferror (f) != 0;
    if (fclose (f) != 0 || failed) {
        return faiss_fail (FAISS_EXCEPT, "cannot write %s", fname);
    }
    return FAISS_OK;
}

FaissStatus faiss_OperatingPoints_all_to_gnuplot (const FaissOperatingPoints *self,
                                                  const char *fname) {
    FAISS_REQUIRE_ARG (self);
    return to_gnuplot (&self->all_pts, false, fname);
}

FaissStatus faiss_OperatingPoints_optimal_to_gnuplot (const FaissOperatingPoints *self,
                                                      const char *fname) {
    FAISS_REQUIRE_ARG (self);
    return to_gnuplot (&self->optimal_pts, true, fname);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static void free_range (FaissParameterRange *range) {
    if (range) {
        free (range->name);
        faiss_Float64Vector_clear (&range->values);
        free (range);
    }
}

const char *faiss_ParameterRange_name (const FaissParameterRange *self) {
    return self ? self->name : NULL;
}

void faiss_ParameterRange_values (FaissParameterRange *self, double **values, size_t *size) {
    if (!self) {
        return;
    }
    if (values) {
        *values = self->values.data;
    }
    if (size) {
        *size = self->values.size;
    }
}

FaissStatus faiss_ParameterRange_set_values (FaissParameterRange *self, const double *values,
                                             size_t n) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (n == 0 || values, "values is NULL");
    return faiss_Float64Vector_assign (&self->values, values, n);
}

static FaissStatus new_range (FaissParameterSpace *self, const char *name,
                              FaissParameterRange **out) {
    FaissParameterRangeVector *ranges = &self->parameter_ranges;
    FaissParameterRange *range;
    FAISS_TRY (faiss_alloc_zeroed (&range, 1, sizeof *range));
    FaissStatus status = copy_text (&range->name, "", name);
    if (status == FAISS_OK) {
        status = faiss_ParameterRangeVector_push_back (ranges, range);
    }
    if (status != FAISS_OK) {
        free_range (range);
        return status;
    }
    *out = range;
    return FAISS_OK;
}

FaissStatus faiss_ParameterSpace_append (FaissParameterSpace *self, const char *name, size_t n,
                                         const double *values) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (name);
    FAISS_REQUIRE (n == 0 || values, "values is NULL");
    FaissParameterRange *range;
    FAISS_TRY (new_range (self, name, &range));
    return faiss_ParameterRange_set_values (range, values, n);
}

FaissStatus faiss_ParameterSpace_append_powers_of_2 (FaissParameterSpace *self, const char *name,
                                                     int begin, int end, double limit) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (name);
    double values[64];
    size_t n = 0;
    for (int i = begin; i < end && i < 63; i++) {
        double value = (double)((int64_t)1 << i);
        if (value < limit) {
            values[n++] = value;
        }
    }
    return faiss_ParameterSpace_append (self, name, n, values);
}

static void remove_ranges (FaissParameterSpace *self, size_t begin) {
    for (size_t i = begin; i < self->parameter_ranges.size; i++) {
        free_range (self->parameter_ranges.data[i]);
    }
    self->parameter_ranges.size = begin;
}

FaissStatus faiss_ParameterSpace_append_part (FaissParameterSpace *self, const char *prefix,
                                              const FaissIndex *part) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (prefix);
    FAISS_REQUIRE_ARG (part);
    size_t begin = self->parameter_ranges.size;
    FAISS_TRY (part->cls->add_parameter_ranges (part, self));
    for (size_t i = begin; i < self->parameter_ranges.size; i++) {
        FaissParameterRange *range = self->parameter_ranges.data[i];
        char *name;
        FAISS_TRY (copy_text (&name, prefix, range->name));
        free (range->name);
        range->name = name;
    }
    return FAISS_OK;
}

/* ---- the space ------------------------------------------------------------------------------- */

static FaissStatus ParameterSpace_initialize (FaissParameterSpace *self, const FaissIndex *index) {
    size_t begin = self->parameter_ranges.size;
    FaissStatus status = index->cls->add_parameter_ranges (index, self);
    if (status != FAISS_OK) {
        remove_ranges (self, begin);
    }
    return status;
}

static FaissStatus ParameterSpace_set_index_parameter (const FaissParameterSpace *self,
                                                       FaissIndex *index, const char *name,
                                                       double value) {
    bool known = false;
    if (self->verbose > 1) {
        faiss_say ("    set_index_parameter %s=%g\n", name, value);
    }
    FAISS_TRY (index->cls->set_parameter (index, name, value, &known));
    FAISS_REQUIRE (known, "the %s has no parameter \"%s\"", faiss_Index_class_name (index), name);
    return FAISS_OK;
}

static void ParameterSpace_finalize (void *object) {
    FaissParameterSpace *self = object;
    remove_ranges (self, 0);
    faiss_ParameterRangeVector_clear (&self->parameter_ranges);
}

FaissParameterSpaceClass faiss_ParameterSpace_class = {
    .head = {.name = "ParameterSpace",
             .instance_size = sizeof (FaissParameterSpace),
             .table_size = sizeof (FaissParameterSpaceClass),
             .finalize = ParameterSpace_finalize},
    .initialize = ParameterSpace_initialize,
    .set_index_parameter = ParameterSpace_set_index_parameter,
};

FaissStatus faiss_ParameterSpace_new (FaissParameterSpace **out) {
    FAISS_REQUIRE_ARG (out);
    FaissParameterSpace *self;
    FAISS_TRY (faiss_object_new (&self, &faiss_ParameterSpace_class.head));
    self->verbose = 1;
    self->n_experiments = 500;
    self->batchsize = (size_t)1 << 30;
    *out = self;
    return FAISS_OK;
}

void faiss_ParameterSpace_free (FaissParameterSpace *self) {
    faiss_object_free (self);
}

FaissStatus faiss_ParameterSpace_initialize (FaissParameterSpace *self, const FaissIndex *index) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (index);
    return self->cls->initialize (self, index);
}

FaissStatus faiss_ParameterSpace_add_range (FaissParameterSpace *self, const char *name,
                                            FaissParameterRange **out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (name);
    FaissParameterRange *range = NULL;
    for (size_t i = 0; i < self->parameter_ranges.size && !range; i++) {
        if (strcmp (self->parameter_ranges.data[i]->name, name) == 0) {
            range = self->parameter_ranges.data[i];
        }
    }
    if (!range) {
        FAISS_TRY (new_range (self, name, &range));
    }
    if (out) {
        *out = range;
    }
    return FAISS_OK;
}

/* ---- combinations ---------------------------------------------------------------------------- */

size_t faiss_ParameterSpace_n_combinations (const FaissParameterSpace *self) {
    if (!self) {
        return 0;
    }
    size_t n = 1;
    for (size_t i = 0; i < self->parameter_ranges.size; i++) {
        n *= self->parameter_ranges.data[i]->values.size;
    }
    return n;
}

int faiss_ParameterSpace_combination_ge (const FaissParameterSpace *self, size_t c1, size_t c2) {
    if (!self) {
        return 0;
    }
    for (size_t i = 0; i < self->parameter_ranges.size; i++) {
        size_t n = self->parameter_ranges.data[i]->values.size;
        if (n == 0) {
            return 0;
        }
        if (c1 % n < c2 % n) {
            return 0;
        }
        c1 /= n;
        c2 /= n;
    }
    return 1;
}

/* The value of one parameter in a combination; *cno becomes what numbers the parameters behind. */
static FaissStatus take_value (const FaissParameterRange *range, size_t *cno, double *value) {
    size_t n = range->values.size;
    FAISS_REQUIRE (n > 0, "the parameter %s has no values", range->name);
    *value = range->values.data[*cno % n];
    *cno /= n;
    return FAISS_OK;
}

FaissStatus faiss_ParameterSpace_describe_combination (const FaissParameterSpace *self, size_t cno,
                                                       FaissString *out) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (out);
    for (size_t i = 0; i < self->parameter_ranges.size; i++) {
        const FaissParameterRange *range = self->parameter_ranges.data[i];
        double value = 0;
        FAISS_TRY (take_value (range, &cno, &value));
        FAISS_TRY (faiss_String_printf (out, "%s%s=%g", i ? "," : "", range->name, value));
    }
    return FAISS_OK;
}

FaissStatus faiss_ParameterSpace_combination_name (const FaissParameterSpace *self, size_t cno,
                                                   char *buffer, size_t size) {
    FAISS_REQUIRE (size == 0 || buffer, "buffer is NULL");
    FAISS_AUTO (String) text = {0};
    FAISS_TRY (faiss_ParameterSpace_describe_combination (self, cno, &text));
    size_t length = text.size < size ? text.size : size;
    if (size > 0) {
        memset (buffer, 0, size);
        memcpy (buffer, faiss_String_text (&text), length);
    }
    return FAISS_OK;
}

FaissStatus faiss_ParameterSpace_set_index_parameters_cno (const FaissParameterSpace *self,
                                                           FaissIndex *index, size_t cno) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (index);
    for (size_t i = 0; i < self->parameter_ranges.size; i++) {
        const FaissParameterRange *range = self->parameter_ranges.data[i];
        double value = 0;
        FAISS_TRY (take_value (range, &cno, &value));
        FAISS_TRY (faiss_ParameterSpace_set_index_parameter (self, index, range->name, value));
    }
    return FAISS_OK;
}

FaissStatus faiss_ParameterSpace_set_index_parameter (const FaissParameterSpace *self,
                                                      FaissIndex *index, const char *name,
                                                      double value) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (index);
    FAISS_REQUIRE_ARG (name);
    return self->cls->set_index_parameter (self, index, name, value);
}

/* ---- parameters from a text ------------------------------------------------------------------ */

typedef struct Assignment {
    char name[100];
    double value;
} Assignment;

/* "nprobe=16" */
static FaissStatus parse_assignment (const char *text, size_t length, Assignment *out) {
    char copy[200] = "";
    memcpy (copy, text, length < sizeof copy ? length : sizeof copy - 1);
    size_t n_name = strcspn (copy, "=");
    bool is_complete = length < sizeof copy && copy[n_name] == '=' && n_name > 0 &&
                       n_name < sizeof out->name && copy[n_name + 1];
    if (is_complete) {
        char *end;
        out->value = strtod (copy + n_name + 1, &end);
        is_complete = *end == '\0';
    }
    if (!is_complete) {
        return faiss_fail (FAISS_EXCEPT,
                           "set_index_parameters: \"%s\" is not understood, expected name=value",
                           copy);
    }
    memcpy (out->name, copy, n_name);
    out->name[n_name] = '\0';
    return FAISS_OK;
}

/* The next piece between separators; *length is 0 at the end. */
static const char *next_piece (const char *at, size_t *length) {
    static const char separators[] = " ,";
    at += strspn (at, separators);
    *length = strcspn (at, separators);
    return at;
}

FaissStatus faiss_ParameterSpace_set_index_parameters (const FaissParameterSpace *self,
                                                       FaissIndex *index,
                                                       const char *param_string) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (index);
    FAISS_REQUIRE_ARG (param_string);
    enum { CHECK, SET, N_PASSES };
    for (int pass = CHECK; pass < N_PASSES; pass++) {
        size_t length;
        const char *at = next_piece (param_string, &length);
        for (; length > 0; at = next_piece (at + length, &length)) {
            Assignment assignment;
            FAISS_TRY (parse_assignment (at, length, &assignment));
            if (pass == SET) {
                FAISS_TRY (faiss_ParameterSpace_set_index_parameter (self, index, assignment.name,
                                                                     assignment.value));
            }
        }
    }
    return FAISS_OK;
}

void faiss_ParameterSpace_display (const FaissParameterSpace *self) {
    if (!self) {
        return;
    }
    printf ("ParameterSpace, %zu parameters, %zu combinations:\n", self->parameter_ranges.size,
            faiss_ParameterSpace_n_combinations (self));
    for (size_t i = 0; i < self->parameter_ranges.size; i++) {
        const FaissParameterRange *range = self->parameter_ranges.data[i];
        printf ("   %s: [", range->name);
        for (size_t j = 0; j < range->values.size; j++) {
            printf ("%s %g", j ? "," : "", range->values.data[j]);
        }
        printf ("]\n");
    }
}

/* ---- exploring ------------------------------------------------------------------------------- */

FaissStatus faiss_ParameterSpace_update_bounds (const FaissParameterSpace *self, size_t cno,
                                                const FaissOperatingPoint *op,
                                                double *upper_bound_perf, double *lower_bound_t) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE_ARG (op);
    FAISS_REQUIRE (upper_bound_perf && lower_bound_t, "a bound is NULL");
    if (faiss_ParameterSpace_combination_ge (self, cno, (size_t)op->cno) &&
        op->t > *lower_bound_t) {
        *lower_bound_t = op->t;
    }
    if (faiss_ParameterSpace_combination_ge (self, (size_t)op->cno, cno) &&
        op->perf < *upper_bound_perf) {
        *upper_bound_perf = op->perf;
    }
    return FAISS_OK;
}

/* What explore works with. */
typedef struct Exploration {
    const FaissParameterSpace *space;
    FaissIndex *index;
    size_t nq;
    const float *xq;
    const FaissAutoTuneCriterion *crit;
    FaissOperatingPoints *ops;
    float *distances; /* size nq * crit->nnn */
    idx_t *labels;    /* the same */
} Exploration;

static FaissStatus search_batch (const Exploration *self, size_t begin) {
    size_t left = self->nq - begin;
    size_t n = left < self->space->batchsize ? left : self->space->batchsize;
    size_t at = begin * (size_t)self->crit->nnn;
    return faiss_Index_search (self->index, (idx_t)n, self->xq + begin * (size_t)self->index->d,
                               self->crit->nnn, self->distances + at, self->labels + at);
}

static FaissStatus search_all (const Exploration *self) {
    size_t step = self->space->batchsize;
    idx_t n_batches = (idx_t)((self->nq + step - 1) / step);
    FaissRegion region = {0};
    if (!self->space->thread_over_batches) {
        for (idx_t i = 0; i < n_batches; i++) {
            FAISS_TRY (search_batch (self, (size_t)i * step));
        }
        return FAISS_OK;
    }
#pragma omp parallel for num_threads(faiss_threads_for(n_batches)) schedule(dynamic)
    for (idx_t i = 0; i < n_batches; i++) {
        if (!faiss_region_stopped (&region)) {
            faiss_region_note (&region, search_batch (self, (size_t)i * step));
        }
    }
    return faiss_region_close (&region);
}

/* Set the parameters, search until the clock can be trusted, note the result: the least of the
 * times, which a busy machine disturbs less than the mean (upstream's). */
static FaissStatus measure (const Exploration *self, size_t cno) {
    FAISS_TRY (faiss_ParameterSpace_set_index_parameters_cno (self->space, self->index, cno));
    double start = faiss_getmillisecs (), begin = start, end, seconds = 0;
    int n_runs = 0;
    do {
        FAISS_TRY (search_all (self));
        end = faiss_getmillisecs ();
        seconds = n_runs == 0 || (end - begin) / 1000 < seconds ? (end - begin) / 1000 : seconds;
        begin = end;
        n_runs++;
    } while ((end - start) / 1000 < self->space->min_test_duration);
    seconds = seconds > 0 ? seconds : 0;

    FAISS_AUTO (String) key = {0};
    double perf = 0;
    int is_optimal = 0;
    FAISS_TRY (faiss_AutoTuneCriterion_evaluate (self->crit, self->distances, self->labels, &perf));
    FAISS_TRY (faiss_ParameterSpace_describe_combination (self->space, cno, &key));
    FAISS_TRY (faiss_OperatingPoints_add (self->ops, perf, seconds, faiss_String_text (&key), cno,
                                          &is_optimal));
    if (self->space->verbose) {
        faiss_say (" perf %.3f t %.3f (%d run%s) %s\n", perf, seconds, n_runs,
                   n_runs == 1 ? "" : "s", is_optimal ? "*" : "");
    }
    return FAISS_OK;
}

/* Can a combination not be better than what is known already? */
static FaissStatus is_hopeless (const Exploration *self, size_t cno, bool *out) {
    double upper_bound_perf = 1, lower_bound_t = 0;
    for (size_t i = 0; i < self->ops->all_pts.size; i++) {
        FAISS_TRY (faiss_ParameterSpace_update_bounds (
            self->space, cno, &self->ops->all_pts.data[i], &upper_bound_perf, &lower_bound_t));
    }
    *out = faiss_OperatingPoints_t_for_perf (self->ops, upper_bound_perf) <= lower_bound_t;
    if (self->space->verbose) {
        faiss_say ("bounds [perf<=%.3f t>=%.3f] %s", upper_bound_perf, lower_bound_t,
                   *out ? "skip\n" : "");
    }
    return FAISS_OK;
}

static FaissStatus try_combination (const Exploration *self, size_t number, size_t n, size_t cno,
                                    bool may_skip) {
    bool skip = false;
    if (self->space->verbose) {
        FAISS_AUTO (String) key = {0};
        FAISS_TRY (faiss_ParameterSpace_describe_combination (self->space, cno, &key));
        faiss_say ("  %zu/%zu: cno=%zu %s ", number, n, cno, faiss_String_text (&key));
    }
    if (may_skip) {
        FAISS_TRY (is_hopeless (self, cno, &skip));
    }
    return skip ? FAISS_OK : measure (self, cno);
}

/* First and last, then the others in random order. */
static FaissStatus choose_order (size_t n_combinations, int **out) {
    FAISS_AUTO_FREE (int) *order = NULL;
    FAISS_TRY (faiss_alloc_zeroed (&order, n_combinations, sizeof *order));
    if (n_combinations > 1) {
        order[1] = (int)n_combinations - 1;
        faiss_rand_perm (order + 2, n_combinations - 2, 1234);
        for (size_t i = 2; i < n_combinations; i++) {
            order[i]++;
        }
    }
    *out = FAISS_STEAL (order);
    return FAISS_OK;
}

static FaissStatus explore (const Exploration *self) {
    size_t n_combinations = faiss_ParameterSpace_n_combinations (self->space);
    FAISS_REQUIRE (n_combinations > 0, "a parameter has no values");
    if (self->space->n_experiments == 0) {
        for (size_t cno = 0; cno < n_combinations; cno++) {
            FAISS_TRY (try_combination (self, cno, n_combinations, cno, false));
        }
        return FAISS_OK;
    }
    size_t n = (size_t)self->space->n_experiments;
    n = n < n_combinations ? n : n_combinations;
    FAISS_REQUIRE (n_combinations <= 2 || n > 2,
                   "expected n_experiments > 2 for %zu combinations, got %zu", n_combinations, n);
    FAISS_REQUIRE (n_combinations < INT32_MAX, "%zu combinations are too many", n_combinations);
    FAISS_AUTO_FREE (int) *order = NULL;
    FAISS_TRY (choose_order (n_combinations, &order));
    for (size_t i = 0; i < n; i++) {
        FAISS_TRY (try_combination (self, i, n, (size_t)order[i], true));
    }
    return FAISS_OK;
}

FaissStatus faiss_ParameterSpace_explore (const FaissParameterSpace *self, FaissIndex *index,
                                          size_t nq, const float *xq,
                                          const FaissAutoTuneCriterion *crit,
                                          FaissOperatingPoints *ops) {
    FAISS_REQUIRE_ARG (self);
    FAISS_REQUIRE (nq <= INT64_MAX, "%zu queries are too many", nq);
    FAISS_TRY (faiss_check_vectors (__func__, index, (idx_t)nq, xq, "xq"));
    FAISS_REQUIRE_ARG (crit);
    FAISS_REQUIRE_ARG (ops);
    FAISS_REQUIRE ((idx_t)nq == crit->nq, "the criterion is for %lld queries, got %zu",
                   (long long)crit->nq, nq);
    FAISS_REQUIRE (self->batchsize > 0 && self->n_experiments >= 0,
                   "expected batchsize > 0 and n_experiments >= 0, got %zu and %d", self->batchsize,
                   self->n_experiments);
    FAISS_AUTO_FREE (float) *distances = NULL;
    FAISS_AUTO_FREE (idx_t) *labels = NULL;
    FAISS_TRY (faiss_alloc (&distances, nq * (size_t)crit->nnn, sizeof *distances));
    FAISS_TRY (faiss_alloc (&labels, nq * (size_t)crit->nnn, sizeof *labels));
    Exploration exploration = {
        .space = self,
        .index = index,
        .nq = nq,
        .xq = xq,
        .crit = crit,
        .ops = ops,
        .distances = distances,
        .labels = labels,
    };
    return explore (&exploration);
}
