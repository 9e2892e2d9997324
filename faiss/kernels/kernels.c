/* The tables of kernels, and the choice of one. Compiled for the lowest level: it runs everywhere.
 */
#include <faiss/kernels/kernels.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/impl/check.h>

#define FAISS_KERNEL(result, name, arguments) .name = faiss_##name##_generic,
static const FaissKernels generic_kernels = {
#include <faiss/kernels/kernels.def>
};
#undef FAISS_KERNEL

#ifdef __x86_64__
static const FaissKernels avx2_kernels = {
    .fvec_L2sqr = faiss_fvec_L2sqr_avx2,
    .fvec_inner_product = faiss_fvec_inner_product_avx2,
    .fvec_L1 = faiss_fvec_L1_avx2,
    .fvec_Linf = faiss_fvec_Linf_avx2,
    .fvec_L2sqr_batch_4 = faiss_fvec_L2sqr_batch_4_avx2,
    .fvec_inner_product_batch_4 = faiss_fvec_inner_product_batch_4_avx2,
    .fvec_L2sqr_ny = faiss_fvec_L2sqr_ny_avx2,
    .fvec_inner_products_ny = faiss_fvec_inner_products_ny_avx2,
    .fvec_madd = faiss_fvec_madd_avx2,
    .exact_pack_rows = faiss_exact_pack_rows_avx2,
    .exact_collect_ip = faiss_exact_collect_ip_avx2,
    .exact_collect_L2 = faiss_exact_collect_L2_avx2,
    .exact_collect_L2_norms = faiss_exact_collect_L2_norms_avx2,
    .exact_nearest_ip = faiss_exact_nearest_ip_avx2,
    .exact_nearest_L2 = faiss_exact_nearest_L2_avx2,
    .exact_nearest_L2_norms = faiss_exact_nearest_L2_norms_avx2,
    .filter_encode = faiss_filter_encode_avx2,
    .filter_find_ip = faiss_filter_find_ip_avx2,
    .filter_find_L2 = faiss_filter_find_L2_avx2,
    .filter_keys_ip = faiss_filter_keys_ip_avx2,
    .filter_keys_L2 = faiss_filter_keys_L2_avx2,
    .filter_whole_L2 = faiss_filter_whole_L2_avx2,
    .filter_pairs_ip = faiss_filter_pairs_ip_avx2,
    .filter_pairs_L2 = faiss_filter_pairs_L2_avx2,
    .sorted_merge = faiss_sorted_merge_avx2,
    .ivf_L2sqr = faiss_ivf_L2sqr_avx2,
    .ivf_inner_product = faiss_ivf_inner_product_avx2,
    .find_at_most = faiss_find_at_most_avx2,
    .find_at_least = faiss_find_at_least_avx2,
    .kmeans_nearest_ip = faiss_kmeans_nearest_ip_avx2,
    .kmeans_nearest_L2_norms = faiss_kmeans_nearest_L2_norms_avx2,
    .hamming_below = faiss_hamming_below_avx2,
    .packed_products = faiss_packed_products_avx2,
    .row_products = faiss_row_products_avx2,
    .aq_column_minima = faiss_aq_column_minima_avx2,
    .aq_smallest_sum = faiss_aq_smallest_sum_avx2,
    .sq_encode = faiss_sq_encode_avx2,
    .sq_decode = faiss_sq_decode_avx2,
    .sq_L2sqr = faiss_sq_L2sqr_avx2,
    .sq_inner_product = faiss_sq_inner_product_avx2,
    .sq_L2sqr_batch_4 = faiss_sq_L2sqr_batch_4_avx2,
    .sq_inner_product_batch_4 = faiss_sq_inner_product_batch_4_avx2,
    .sq_turbo = faiss_sq_turbo_avx2,
    .pq_nearest = faiss_pq_nearest_avx2,
    .pq_table_L2 = faiss_pq_table_L2_avx2,
    .pq_table_ip = faiss_pq_table_ip_avx2,
    .pq_row_table_L2 = faiss_pq_row_table_L2_avx2,
    .pq_row_table_ip = faiss_pq_row_table_ip_avx2,
    .pq_swap_cost = faiss_pq_swap_cost_avx2,
    .pq_transpose_bytes = faiss_pq_transpose_bytes_avx2,
    .pq_table_ranges = faiss_pq_table_ranges_avx2,
    .pq_round_tables = faiss_pq_round_tables_avx2,
    .pq_filter_bytes = faiss_pq_filter_bytes_avx2,
    .pq_filter_bytes_with_terms = faiss_pq_filter_bytes_with_terms_avx2,
    .panorama_level = faiss_panorama_level_avx2,
};

static const FaissKernels avx512_kernels = {
    .fvec_L2sqr = faiss_fvec_L2sqr_avx512,
    .fvec_inner_product = faiss_fvec_inner_product_avx512,
    .fvec_L1 = faiss_fvec_L1_avx512,
    .fvec_Linf = faiss_fvec_Linf_avx512,
    .fvec_L2sqr_batch_4 = faiss_fvec_L2sqr_batch_4_avx512,
    .fvec_inner_product_batch_4 = faiss_fvec_inner_product_batch_4_avx512,
    .fvec_L2sqr_ny = faiss_fvec_L2sqr_ny_avx512,
    .fvec_inner_products_ny = faiss_fvec_inner_products_ny_avx512,
    .fvec_madd = faiss_fvec_madd_avx512,
    .exact_pack_rows = faiss_exact_pack_rows_avx512,
    .exact_collect_ip = faiss_exact_collect_ip_avx512,
    .exact_collect_L2 = faiss_exact_collect_L2_avx512,
    .exact_collect_L2_norms = faiss_exact_collect_L2_norms_avx512,
    .exact_nearest_ip = faiss_exact_nearest_ip_avx512,
    .exact_nearest_L2 = faiss_exact_nearest_L2_avx512,
    .exact_nearest_L2_norms = faiss_exact_nearest_L2_norms_avx512,
    .filter_encode = faiss_filter_encode_avx512,
    .filter_find_ip = faiss_filter_find_ip_avx512,
    .filter_find_L2 = faiss_filter_find_L2_avx512,
    .filter_keys_ip = faiss_filter_keys_ip_avx512,
    .filter_keys_L2 = faiss_filter_keys_L2_avx512,
    .filter_whole_L2 = faiss_filter_whole_L2_avx512,
    .sorted_merge = faiss_sorted_merge_avx512,
    .ivf_L2sqr = faiss_ivf_L2sqr_avx512,
    .ivf_inner_product = faiss_ivf_inner_product_avx512,
    .find_at_most = faiss_find_at_most_avx512,
    .find_at_least = faiss_find_at_least_avx512,
    .kmeans_nearest_ip = faiss_kmeans_nearest_ip_avx512,
    .kmeans_nearest_L2_norms = faiss_kmeans_nearest_L2_norms_avx512,
    .packed_products = faiss_packed_products_avx512,
    .row_products = faiss_row_products_avx512,
    .aq_column_minima = faiss_aq_column_minima_avx512,
    .aq_smallest_sum = faiss_aq_smallest_sum_avx512,
    .sq_encode = faiss_sq_encode_avx512,
    .sq_decode = faiss_sq_decode_avx512,
    .sq_L2sqr = faiss_sq_L2sqr_avx512,
    .sq_inner_product = faiss_sq_inner_product_avx512,
    .sq_L2sqr_batch_4 = faiss_sq_L2sqr_batch_4_avx512,
    .sq_inner_product_batch_4 = faiss_sq_inner_product_batch_4_avx512,
    .sq_turbo = faiss_sq_turbo_avx512,
    .panorama_level = faiss_panorama_level_avx512,
    .pq_nearest = faiss_pq_nearest_avx512,
    .pq_table_L2 = faiss_pq_table_L2_avx512,
    .pq_table_ip = faiss_pq_table_ip_avx512,
    .pq_row_table_L2 = faiss_pq_row_table_L2_avx512,
    .pq_row_table_ip = faiss_pq_row_table_ip_avx512,
    .pq_swap_cost = faiss_pq_swap_cost_avx512,
    .pq_transpose_bytes = faiss_pq_transpose_bytes_avx512,
    .pq_table_ranges = faiss_pq_table_ranges_avx512,
    .pq_round_tables = faiss_pq_round_tables_avx512,
};

static const FaissKernels avx512_vpopcnt_kernels = {
    .filter_pairs_ip = faiss_filter_pairs_ip_avx512_vpopcnt,
    .filter_pairs_L2 = faiss_filter_pairs_L2_avx512_vpopcnt,
    .pq_filter_bytes = faiss_pq_filter_bytes_avx512_vpopcnt,
    .pq_unpack = faiss_pq_unpack_avx512_vpopcnt,
    .pq_filter_bytes_with_terms = faiss_pq_filter_bytes_with_terms_avx512_vpopcnt,
    .hamming_below = faiss_hamming_below_avx512_vpopcnt,
};
#endif

const FaissKernels *const faiss_kernels_of_level[SIMDLevel_COUNT] = {
    [SIMDLevel_NONE] = &generic_kernels,
#ifdef __x86_64__
    [SIMDLevel_AVX2] = &avx2_kernels,
    [SIMDLevel_AVX512] = &avx512_kernels,
    [SIMDLevel_AVX512_VPOPCNT] = &avx512_vpopcnt_kernels,
#endif
};

FaissKernels faiss_kernels;
static FaissSIMDLevel level_in_use;

/* The level whose kernels stand in where a level has none of its own. */
static FaissSIMDLevel level_below (FaissSIMDLevel level) {
    switch (level) {
    case SIMDLevel_AVX512_VPOPCNT:
    case SIMDLevel_AVX512_SPR:
        return SIMDLevel_AVX512;
    case SIMDLevel_AVX512:
        return SIMDLevel_AVX2;
    case SIMDLevel_ARM_SVE:
        return SIMDLevel_ARM_NEON;
    default:
        return SIMDLevel_NONE;
    }
}

/* ---- what the CPU has ------------------------------------------------------------------------ */

static bool cpu_has (FaissSIMDLevel level) {
    switch (level) {
    case SIMDLevel_NONE:
        return true;
#ifdef __x86_64__
    case SIMDLevel_AVX2:
        return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") &&
               __builtin_cpu_supports ("popcnt");
    case SIMDLevel_AVX512:
        return cpu_has (SIMDLevel_AVX2) && __builtin_cpu_supports ("avx512f") &&
               __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq") &&
               __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("avx512cd");
    case SIMDLevel_AVX512_VPOPCNT:
        return cpu_has (SIMDLevel_AVX512) && __builtin_cpu_supports ("avx512vpopcntdq") &&
               __builtin_cpu_supports ("avx512vbmi") && __builtin_cpu_supports ("avx512vnni");
#endif
    default:
        return false;
    }
}

int faiss_simd_level_is_available (FaissSIMDLevel level) {
    return (unsigned)level < SIMDLevel_COUNT && faiss_kernels_of_level[level] && cpu_has (level);
}

/* ---- the choice ------------------------------------------------------------------------------ */

typedef void (*Slot) (void);

/* Entries that a level has replace those of the levels below it. */
static void fill_table (FaissSIMDLevel level) {
    if (level != SIMDLevel_NONE) {
        fill_table (level_below (level));
    }
    const FaissKernels *table = faiss_kernels_of_level[level];
    for (size_t at = 0; table && at < sizeof *table; at += sizeof (Slot)) {
        Slot slot;
        memcpy (&slot, (const char *)table + at, sizeof slot);
        if (slot) {
            memcpy ((char *)&faiss_kernels + at, &slot, sizeof slot);
        }
    }
}

FaissSIMDLevel faiss_get_simd_level (void) {
    return level_in_use;
}

FaissStatus faiss_set_simd_level (FaissSIMDLevel level) {
    FAISS_REQUIRE ((unsigned)level < SIMDLevel_COUNT, "%d is not a SIMD level", (int)level);
    FAISS_REQUIRE (faiss_simd_level_is_available (level),
                   "the level %s is not available on this machine; the best one is %s",
                   faiss_simd_level_name (level), faiss_simd_level_name (level_in_use));
    fill_table (level);
    level_in_use = level;
    return FAISS_OK;
}

static const char *const level_names[SIMDLevel_COUNT] = {
    "NONE", "AVX2", "AVX512", "AVX512_SPR", "ARM_NEON", "ARM_SVE", "RISCV_RVV", "AVX512_VPOPCNT",
};

const char *faiss_simd_level_name (FaissSIMDLevel level) {
    return (unsigned)level < SIMDLevel_COUNT ? level_names[level] : "unknown";
}

FaissStatus faiss_simd_level_from_name (FaissSIMDLevel *out, const char *name) {
    FAISS_REQUIRE_ARG (out);
    FAISS_REQUIRE_ARG (name);
    for (int level = 0; level < SIMDLevel_COUNT; level++) {
        if (strcmp (name, level_names[level]) == 0) {
            *out = (FaissSIMDLevel)level;
            return FAISS_OK;
        }
    }
    FAISS_FAIL ("\"%s\" is not a SIMD level: expected NONE, AVX2, AVX512, ARM_NEON, ARM_SVE or "
                "RISCV_RVV",
                name);
}

__attribute__ ((constructor)) static void choose_at_load (void) {
#ifdef __x86_64__
    __builtin_cpu_init ();
#endif
    static const FaissSIMDLevel best_first[] = {
        SIMDLevel_AVX512_SPR, SIMDLevel_AVX512_VPOPCNT, SIMDLevel_AVX512, SIMDLevel_AVX2,
        SIMDLevel_ARM_SVE,    SIMDLevel_ARM_NEON,       SIMDLevel_NONE,
    };
    FaissSIMDLevel level = SIMDLevel_NONE;
    for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
        if (faiss_simd_level_is_available (best_first[i])) {
            level = best_first[i];
            break;
        }
    }
    const char *wanted = getenv ("FAISS_SIMD_LEVEL");
    for (int i = 0; wanted && i < SIMDLevel_COUNT; i++) {
        if (strcmp (wanted, level_names[i]) == 0 &&
            faiss_simd_level_is_available ((FaissSIMDLevel)i)) {
            level = (FaissSIMDLevel)i;
        }
    }
    fill_table (level);
    level_in_use = level;
}
