/* index_factory: matches a description against the productions of all classes. */
#include <faiss/index_factory.h>

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <string.h>

#include <faiss/IndexAdditiveQuantizer.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/impl/check.h>
#include <faiss/impl/factory_rule.h>
#include <faiss/impl/index_check.h>

enum {
    MAX_LENGTH = 4096,   /* bytes of a description */
    MAX_NESTING = 50,    /* indexes inside each other: files hold no more */
    MAX_TRANSFORMS = 50, /* in one chain */
    N_GROUPS = sizeof (((FaissFactoryContext *)NULL)->groups) / sizeof (char *),
};

/* Builders of wrappers come back to faiss_index_factory. */
static _Thread_local int nesting;

/* ---- numbers in descriptions ---- */

FaissStatus faiss_factory_int (const char *group, int default_value, int *out) {
    if (!group || !group[0]) {
        *out = default_value;
        return FAISS_OK;
    }
    errno = 0;
    char *end;
    long value = strtol (group, &end, 10);
    if (errno || *end || value < 0 || value > INT_MAX) {
        return faiss_fail (FAISS_EXCEPT, "index_factory: the number %s is too large", group);
    }
    *out = (int)value;
    return FAISS_OK;
}

FaissStatus faiss_factory_nlist (const char *digits, const char *unit, size_t *out) {
    int number = 0;
    FAISS_TRY (faiss_factory_int (digits, 0, &number));
    size_t factor = !unit || !unit[0] ? 1 : unit[0] == 'k' ? 1024 : 1024 * 1024;
    if (number == 0 || (size_t)number > INT_MAX / factor) {
        return faiss_fail (FAISS_EXCEPT, "index_factory: %s%s lists, expected 1 to %d", digits,
                           unit ? unit : "", INT_MAX);
    }
    *out = (size_t)number * factor;
    return FAISS_OK;
}

/* ---- the coarse parts that belong to no class ---- */

static FaissStatus build_flat_coarse (const FaissFactoryContext *context, void *out) {
    FaissFactoryCoarse *coarse = out;
    size_t nlist = 0;
    FaissIndexFlat *quantizer;
    FAISS_TRY (faiss_factory_nlist (context->groups[1], context->groups[2], &nlist));
    FAISS_TRY (faiss_IndexFlat_new_with (&quantizer, context->d, context->metric));
    *coarse = (FaissFactoryCoarse){.quantizer = &quantizer->index, .nlist = nlist};
    return FAISS_OK;
}

/* Any index finds lists: an IndexFlat takes the k-means centroids as they come, the centroids of a
 * residual quantizer are its own, others are trained on the centroids. */
static FaissStatus build_any_coarse (const FaissFactoryContext *context, void *out) {
    enum { TRAINED_BY_ADDING = 0, TRAINED_ALONE = 1, TRAINED_ON_CENTROIDS = 2 };
    FaissFactoryCoarse *coarse = out;
    size_t nlist = 0;
    FaissIndex *quantizer;
    FAISS_TRY (faiss_factory_nlist (context->groups[1], context->groups[2], &nlist));
    FAISS_TRY (faiss_index_factory (&quantizer, context->d, context->groups[3], context->metric));
    bool is_flat = faiss_object_cast (quantizer, &faiss_IndexFlat_class.index.head) != NULL;
    *coarse = (FaissFactoryCoarse){
        .quantizer = quantizer,
        .nlist = nlist,
        .quantizer_trains_alone = is_flat ? TRAINED_BY_ADDING
                                  : faiss_ResidualCoarseQuantizer_cast (quantizer)
                                      ? TRAINED_ALONE
                                      : TRAINED_ON_CENTROIDS,
    };
    return FAISS_OK;
}

static const FaissFactoryRule coarse_rules[] = {
    {"IVF([0-9]+)([kM]?)", FAISS_FACTORY_COARSE, "IVF<nlist>",
     "inverted lists, found by exhaustive search over their centroids; nlist may end in k or M",
     build_flat_coarse},
    {"IVF([0-9]+)([kM]?)\\((.+)\\)", FAISS_FACTORY_COARSE, "IVF<nlist>(<index>)",
     "inverted lists, found by another index over their centroids", build_any_coarse},
    {0},
};

/* ---- all productions ---- */

typedef struct RuleIterator {
    const FaissFactoryRule *rule;
    FaissClass *const *cls; /* the next class to visit */
} RuleIterator;

static RuleIterator first_rule (void) {
    return (RuleIterator){coarse_rules, faiss_all_classes ()};
}

/* The production at the iterator, which moves on; NULL at the end. */
static const FaissFactoryRule *next_rule (RuleIterator *at) {
    while (!at->rule || !at->rule->pattern) {
        if (!*at->cls) {
            return NULL;
        }
        at->rule = (*at->cls++)->factory;
    }
    return at->rule++;
}

/* ---- matching ---- */

typedef struct Match {
    const FaissFactoryRule *rule; /* NULL: none matches */
    FaissFactoryContext context;
    char *texts[N_GROUPS];
} Match;

static void clear_match (Match *match) {
    for (int i = 0; i < N_GROUPS; i++) {
        free (match->texts[i]);
    }
}

#define AUTO_MATCH __attribute__ ((cleanup (clear_match))) Match

/* Where a pattern's alternatives end: the next '|' outside of parentheses, or the end. */
static const char *end_of_alternative (const char *pattern) {
    int depth = 0;
    for (; *pattern && (*pattern != '|' || depth > 0); pattern++) {
        depth += (*pattern == '(') - (*pattern == ')');
        pattern += *pattern == '\\' && pattern[1];
    }
    return pattern;
}

static const char SPECIAL[] = "()[]{}?*+.|\\^$"; /* characters of patterns that are no letters */

/* Do all alternatives, inner ones too, have a part with a comma beside it? */
static bool needs_comma (const char *pattern) {
    bool has_comma = false;
    for (; *pattern; pattern++) {
        if (*pattern == '|') {
            if (!has_comma) {
                return false;
            }
            has_comma = false;
        }
        has_comma |= strncmp (pattern, "),", 2) == 0 || strncmp (pattern, ",(", 2) == 0;
    }
    return has_comma;
}

/* Cheap answers, since making an automaton of a pattern takes long: the letters that it begins with
 * are not those of the text; or there is no comma. */
static bool differs_at_sight (const char *pattern, const char *text) {
    if (!strchr (text, ',') && needs_comma (pattern)) {
        return true;
    }
    size_t n = strcspn (pattern, SPECIAL);
    if (n && pattern[n] && strchr ("?*{", pattern[n])) {
        n--;
    }
    return !*end_of_alternative (pattern) && strncmp (pattern, text, n) != 0;
}

static FaissStatus copy_groups (Match *match, const char *text, const regmatch_t *found) {
    for (int i = 0; i < N_GROUPS; i++) {
        if (found[i].rm_so >= 0) {
            size_t length = (size_t)(found[i].rm_eo - found[i].rm_so);
            FAISS_TRY (faiss_alloc (&match->texts[i], length + 1, 1));
            memcpy (match->texts[i], text + found[i].rm_so, length);
            match->texts[i][length] = '\0';
            match->context.groups[i] = match->texts[i];
        }
    }
    return FAISS_OK;
}

/* Patterns are matched against a text whose parentheses have their content hidden, so that
 * ",Refine(" is only found where it does not belong to a description inside of another one. */
static FaissStatus hide_parentheses (const char *text, char **out) {
    size_t n = strlen (text);
    FAISS_TRY (faiss_alloc (out, n + 1, 1));
    int depth = 0;
    for (size_t i = 0; i <= n; i++) {
        depth -= text[i] == ')' && depth > 0;
        (*out)[i] = depth > 0 && text[i] ? '\1' : text[i];
        depth += text[i] == '(';
    }
    return FAISS_OK;
}

static FaissStatus match_rule (Match *match, const FaissFactoryRule *rule, const char *text,
                               const char *hidden, bool *matched) {
    *matched = false;
    if (differs_at_sight (rule->pattern, text)) {
        return FAISS_OK;
    }
    if (!strpbrk (rule->pattern, SPECIAL)) {
        *matched = strcmp (rule->pattern, text) == 0;
        return FAISS_OK;
    }
    FaissString whole = {0};
    regex_t regex;
    FaissStatus status = faiss_String_printf (&whole, "^(%s)$", rule->pattern);
    if (status == FAISS_OK) {
        int error = regcomp (&regex, faiss_String_text (&whole), REG_EXTENDED);
        if (error) {
            status = faiss_fail (error == REG_ESPACE ? FAISS_STD_EXCEPT : FAISS_EXCEPT,
                                 "index_factory: cannot use the pattern \"%s\"", rule->pattern);
        }
    }
    faiss_String_clear (&whole);
    FAISS_TRY (status);
    regmatch_t found[N_GROUPS + 1]; /* the first is that of the parentheses added above */
    if (regexec (&regex, hidden, N_GROUPS + 1, found, 0) == 0) {
        *matched = true;
        status = copy_groups (match, text, found + 1);
    }
    regfree (&regex);
    return status;
}

static FaissStatus find_rule (Match *match, FaissFactoryKind kind, const char *text) {
    FAISS_AUTO_FREE (char) *hidden = NULL;
    FAISS_TRY (hide_parentheses (text, &hidden));
    RuleIterator at = first_rule ();
    for (const FaissFactoryRule *rule; (rule = next_rule (&at)) != NULL;) {
        bool matched;
        if (rule->kind == kind) {
            FAISS_TRY (match_rule (match, rule, text, hidden, &matched));
            if (matched) {
                match->rule = rule;
                return FAISS_OK;
            }
        }
    }
    return FAISS_OK;
}

/* ---- messages ---- */

static FaissStatus list_syntax (FaissString *list, FaissFactoryKind kind, const char *behind) {
    RuleIterator at = first_rule ();
    for (const FaissFactoryRule *rule; (rule = next_rule (&at)) != NULL;) {
        if (rule->kind == kind) {
            FAISS_TRY (faiss_String_printf (list, "%s%s%s", list->size ? " | " : "", rule->syntax,
                                            behind));
        }
    }
    return FAISS_OK;
}

static FaissStatus not_understood (const char *part, const char *description,
                                   const FaissString *accepted) {
    return faiss_fail (FAISS_EXCEPT,
                       "index_factory: the part \"%s\" of \"%s\" is not understood; accepted "
                       "there: %s",
                       part, description, faiss_String_text (accepted));
}

static FaissStatus refuse_code (const char *part, const char *description) {
    FAISS_AUTO (String) accepted = {0};
    FAISS_TRY (list_syntax (&accepted, FAISS_FACTORY_CODE, ""));
    return not_understood (part, description, &accepted);
}

static FaissStatus refuse_index (const char *part, const char *description, bool is_followed) {
    FAISS_AUTO (String) accepted = {0};
    if (!is_followed) {
        FAISS_TRY (list_syntax (&accepted, FAISS_FACTORY_INDEX, ""));
    }
    FAISS_TRY (list_syntax (&accepted, FAISS_FACTORY_COARSE, ",<code>"));
    FAISS_TRY (list_syntax (&accepted, FAISS_FACTORY_TRANSFORM, ",<index>"));
    FAISS_TRY (list_syntax (&accepted, FAISS_FACTORY_WRAPPER, ""));
    return not_understood (part, description, &accepted);
}

/* ---- the driver ---- */

typedef struct Description {
    const char *text;
    int d;
    FaissMetricType metric;
} Description;

static FaissFactoryContext context_of (const Description *self, int d) {
    return (FaissFactoryContext){.d = d, .metric = self->metric};
}

/* The first comma outside parentheses, or the end. */
static FaissStatus end_of_part (const Description *self, const char *at, const char **end) {
    int depth = 0;
    for (; *at && (*at != ',' || depth > 0); at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (depth < 0) {
            break;
        }
    }
    if (depth != 0) {
        return faiss_fail (FAISS_EXCEPT, "index_factory: the parentheses of \"%s\" do not match",
                           self->text);
    }
    *end = at;
    return FAISS_OK;
}

static FaissStatus copy_part (const char *at, const char *end, char **out) {
    FAISS_TRY (faiss_alloc (out, (size_t)(end - at) + 1, 1));
    memcpy (*out, at, (size_t)(end - at));
    (*out)[end - at] = '\0';
    return FAISS_OK;
}

static void set_up_ivf (FaissIndex *index, const FaissFactoryContext *context) {
    FaissIndexIVF *ivf = faiss_object_cast (index, &faiss_IndexIVF_class.index.head);
    if (ivf) {
        ivf->own_fields = true;
        ivf->quantizer_trains_alone = context->quantizer_trains_alone;
        ivf->cp.spherical = context->metric == METRIC_INNER_PRODUCT;
    }
}

/* "<coarse>,<code>": `part` is the text before the comma, `code` that behind it. */
static FaissStatus build_ivf (const Description *self, int d, const char *part, const char *code,
                              FaissIndex **out) {
    AUTO_MATCH coarse_match = {.context = context_of (self, d)};
    FAISS_TRY (find_rule (&coarse_match, FAISS_FACTORY_COARSE, part));
    if (!coarse_match.rule) {
        return refuse_index (part, self->text, true);
    }
    AUTO_MATCH match = {.context = context_of (self, d)};
    FAISS_TRY (find_rule (&match, FAISS_FACTORY_CODE, code));
    if (!match.rule) {
        return refuse_code (code, self->text);
    }
    FaissFactoryCoarse coarse;
    FAISS_TRY (coarse_match.rule->build (&coarse_match.context, &coarse));
    FAISS_OWNED (Index) *quantizer = coarse.quantizer;
    match.context.quantizer = coarse.quantizer;
    match.context.nlist = coarse.nlist;
    match.context.quantizer_trains_alone = coarse.quantizer_trains_alone;
    FAISS_TRY (match.rule->build (&match.context, out));
    (void)FAISS_STEAL (quantizer);
    set_up_ivf (*out, &match.context);
    return FAISS_OK;
}

/* What is behind the transforms: a wrapper again, a whole index, or an inverted file. */
static FaissStatus build_sub_index (const Description *self, int d, const char *text,
                                    FaissIndex **out) {
    AUTO_MATCH match = {.context = context_of (self, d)};
    FAISS_TRY (find_rule (&match, FAISS_FACTORY_WRAPPER, text));
    if (!match.rule) {
        FAISS_TRY (find_rule (&match, FAISS_FACTORY_INDEX, text));
    }
    if (match.rule) {
        return match.rule->build (&match.context, out);
    }
    const char *end = text;
    FAISS_TRY (end_of_part (self, text, &end));
    if (!*end) {
        return refuse_index (text, self->text, false);
    }
    FAISS_AUTO_FREE (char) *part = NULL;
    FAISS_TRY (copy_part (text, end, &part));
    return build_ivf (self, d, part, end + 1, out);
}

typedef struct Chain {
    int n;
    FaissVectorTransform *transforms[MAX_TRANSFORMS];
} Chain;

static void clear_chain (Chain *chain) {
    while (chain->n > 0) {
        faiss_object_free (chain->transforms[--chain->n]);
    }
}

/* The leading transforms of a text; *text moves behind them. */
static FaissStatus read_transforms (const Description *self, const char **text, Chain *chain) {
    for (;;) {
        int d = chain->n ? chain->transforms[chain->n - 1]->d_out : self->d;
        const char *end = *text + strcspn (*text, ",");
        AUTO_MATCH match = {.context = context_of (self, d)};
        FAISS_AUTO_FREE (char) *part = NULL;
        if (!*end) {
            return FAISS_OK;
        }
        FAISS_TRY (copy_part (*text, end, &part));
        FAISS_TRY (find_rule (&match, FAISS_FACTORY_TRANSFORM, part));
        if (!match.rule) {
            return FAISS_OK;
        }
        FAISS_REQUIRE (chain->n < MAX_TRANSFORMS, "more than %d transforms in a row",
                       MAX_TRANSFORMS);
        FAISS_TRY (match.rule->build (&match.context, &chain->transforms[chain->n]));
        chain->n++;
        *text = end + 1;
    }
}

/* An IndexPreTransform over the index; both the index and the transforms are given away. */
static FaissStatus put_chain_in_front (Chain *chain, FaissIndex *sub_index, FaissIndex **out) {
    FAISS_OWNED (Index) *sub = sub_index;
    FAISS_OWNED (IndexPreTransform) *index = NULL;
    FAISS_TRY (faiss_IndexPreTransform_new_with (&index, sub));
    index->own_fields = true;
    (void)FAISS_STEAL (sub);
    for (; chain->n > 0; chain->n--) {
        FAISS_TRY (
            faiss_IndexPreTransform_prepend_transform (index, chain->transforms[chain->n - 1]));
    }
    *out = FAISS_STEAL (index);
    return FAISS_OK;
}

static FaissStatus build_description (const Description *self, FaissIndex **out) {
    __attribute__ ((cleanup (clear_chain))) Chain chain = {0};
    AUTO_MATCH wrapper = {.context = context_of (self, self->d)};
    FAISS_TRY (find_rule (&wrapper, FAISS_FACTORY_WRAPPER, self->text));
    if (wrapper.rule) {
        return wrapper.rule->build (&wrapper.context, out);
    }
    const char *text = self->text;
    FAISS_TRY (read_transforms (self, &text, &chain));
    if (chain.n == 0) {
        return build_sub_index (self, self->d, text, out);
    }
    FaissIndex *sub;
    FAISS_TRY (build_sub_index (self, chain.transforms[chain.n - 1]->d_out, text, &sub));
    return put_chain_in_front (&chain, sub, out);
}

FaissStatus faiss_index_factory (FaissIndex **out, int d, const char *description,
                                 FaissMetricType metric) {
    FAISS_REQUIRE_ARG (out);
    if (!description) {
        return faiss_fail (FAISS_STD_EXCEPT, "index_factory: description is NULL");
    }
    FAISS_REQUIRE (d > 0, "expected d > 0, got %d", d);
    FAISS_REQUIRE (strlen (description) <= MAX_LENGTH, "the description has more than %d bytes",
                   MAX_LENGTH);
    FaissMetricType checked;
    FAISS_TRY (faiss_metric_type_from_int (&checked, (int)metric));
    FAISS_REQUIRE (nesting < MAX_NESTING, "more than %d indexes inside each other", MAX_NESTING);
    nesting++;
    FaissIndex *index = NULL;
    FaissStatus status = build_description (&(Description){description, d, checked}, &index);
    nesting--;
    FAISS_TRY (status);
    *out = index;
    return FAISS_OK;
}

/* ---- the other way round, and help ---- */

FaissStatus faiss_reverse_index_factory (const FaissIndex *index, FaissString *out) {
    FAISS_TRY (faiss_check_index (__func__, index));
    FAISS_REQUIRE_ARG (out);
    const FaissClass *cls = faiss_object_class (index);
    return cls->describe ? cls->describe (index, out) : FAISS_OK;
}

FaissStatus faiss_index_factory_help (FaissString *out) {
    static const struct {
        FaissFactoryKind kind;
        const char *title;
    } kinds[] = {
        {FAISS_FACTORY_INDEX, "An <index> is one of"},
        {FAISS_FACTORY_COARSE, "or <coarse>,<code>, where <coarse> is one of"},
        {FAISS_FACTORY_CODE, "and <code> one of"},
        {FAISS_FACTORY_TRANSFORM, "In front of it, each followed by a comma, may be"},
        {FAISS_FACTORY_WRAPPER, "Around it may be, the first of these outermost"},
    };
    FAISS_REQUIRE_ARG (out);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        FAISS_TRY (faiss_String_printf (out, "%s%s:\n", i ? "\n" : "", kinds[i].title));
        RuleIterator at = first_rule ();
        for (const FaissFactoryRule *rule; (rule = next_rule (&at)) != NULL;) {
            if (rule->kind == kinds[i].kind) {
                FAISS_TRY (faiss_String_printf (out, "  %-24s %s\n", rule->syntax, rule->what));
            }
        }
    }
    return FAISS_OK;
}
