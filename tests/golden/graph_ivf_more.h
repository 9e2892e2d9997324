/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */
/* clang-format off */
#ifndef GOLDEN_GRAPH_IVF_MORE_H
#define GOLDEN_GRAPH_IVF_MORE_H

#include <stdint.h>

/* IndexHNSWFlat(4,16), 600 rows of U(31,.) 4-d in one add (batch cap 12) */
static const int64_t golden_hnsw_600_M16_entry_point[] = {
    592,
};
enum { golden_hnsw_600_M16_entry_point_n = 1 };
static const int64_t golden_hnsw_600_M16_max_level[] = {
    2,
};
enum { golden_hnsw_600_M16_max_level_n = 1 };
static const int64_t golden_hnsw_600_M16_neighbors_sha256_i32[] = {
    198, 145, 107, 20, 61, 191, 200, 2, 191, 12, 174, 138, 37, 39, 38, 168, 143, 238, 9, 25, 39,
    112, 61, 219, 100, 38, 83, 56, 108, 96, 152, 36,
};
enum { golden_hnsw_600_M16_neighbors_sha256_i32_n = 32 };
static const int64_t golden_hnsw_600_M16_levels_sha256_i32[] = {
    136, 247, 255, 156, 22, 69, 22, 17, 181, 159, 33, 252, 159, 103, 142, 29, 134, 97, 98, 157,
    73, 144, 201, 238, 90, 85, 145, 175, 218, 110, 11, 233,
};
enum { golden_hnsw_600_M16_levels_sha256_i32_n = 32 };
static const int64_t golden_hnsw_600_M16_offsets_sha256_u64[] = {
    235, 123, 60, 210, 118, 177, 82, 1, 5, 174, 186, 156, 136, 51, 244, 228, 227, 119, 60, 93, 66,
    129, 122, 8, 52, 11, 224, 99, 90, 122, 206, 111,
};
enum { golden_hnsw_600_M16_offsets_sha256_u64_n = 32 };
static const int64_t golden_hnsw_600_M16_level0_of_0[] = {
    96, 281, 15, 109, 466, 147, 392, 262, 17,
};
enum { golden_hnsw_600_M16_level0_of_0_n = 9 };
static const int64_t golden_hnsw_600_M16_level0_of_last[] = {
    469, 555, 472, 65,
};
enum { golden_hnsw_600_M16_level0_of_last_n = 4 };

/* same with M=4 */
static const int64_t golden_hnsw_600_M4_entry_point[] = {
    592,
};
enum { golden_hnsw_600_M4_entry_point_n = 1 };
static const int64_t golden_hnsw_600_M4_max_level[] = {
    5,
};
enum { golden_hnsw_600_M4_max_level_n = 1 };
static const int64_t golden_hnsw_600_M4_neighbors_sha256_i32[] = {
    215, 37, 138, 27, 97, 96, 134, 27, 108, 203, 195, 199, 247, 168, 3, 195, 73, 163, 184, 223,
    103, 208, 251, 94, 154, 219, 116, 87, 21, 168, 63, 9,
};
enum { golden_hnsw_600_M4_neighbors_sha256_i32_n = 32 };
static const int64_t golden_hnsw_600_M4_levels_sha256_i32[] = {
    214, 23, 134, 227, 51, 4, 185, 93, 157, 12, 169, 178, 3, 116, 3, 2, 158, 18, 42, 110, 131,
    204, 195, 192, 128, 252, 116, 130, 169, 27, 245, 8,
};
enum { golden_hnsw_600_M4_levels_sha256_i32_n = 32 };
static const int64_t golden_hnsw_600_M4_offsets_sha256_u64[] = {
    231, 237, 244, 246, 91, 4, 234, 161, 139, 114, 225, 237, 230, 149, 95, 63, 23, 59, 235, 157,
    31, 11, 82, 224, 100, 193, 214, 1, 211, 76, 41, 0,
};
enum { golden_hnsw_600_M4_offsets_sha256_u64_n = 32 };
static const int64_t golden_hnsw_600_M4_level0_of_0[] = {
    392, 262, 15, 502, 96, 147,
};
enum { golden_hnsw_600_M4_level0_of_0_n = 6 };
static const int64_t golden_hnsw_600_M4_level0_of_last[] = {
    469, 555, 472, 65,
};
enum { golden_hnsw_600_M4_level0_of_last_n = 4 };

/* IndexHNSWFlat(4,8), rows added in three calls (0..99, 100..179, 180..299) */
static const int64_t golden_hnsw_incremental_entry_point[] = {
    52,
};
enum { golden_hnsw_incremental_entry_point_n = 1 };
static const int64_t golden_hnsw_incremental_max_level[] = {
    2,
};
enum { golden_hnsw_incremental_max_level_n = 1 };
static const int64_t golden_hnsw_incremental_neighbors_sha256_i32[] = {
    11, 30, 97, 123, 50, 169, 60, 46, 55, 199, 66, 99, 208, 48, 251, 229, 67, 139, 199, 205, 49,
    249, 5, 233, 37, 137, 32, 253, 54, 108, 67, 62,
};
enum { golden_hnsw_incremental_neighbors_sha256_i32_n = 32 };
static const int64_t golden_hnsw_incremental_levels_sha256_i32[] = {
    59, 226, 67, 211, 3, 38, 1, 244, 74, 249, 74, 93, 230, 143, 203, 176, 89, 125, 153, 128, 162,
    17, 74, 142, 50, 170, 90, 237, 64, 33, 193, 117,
};
enum { golden_hnsw_incremental_levels_sha256_i32_n = 32 };
static const int64_t golden_hnsw_incremental_offsets_sha256_u64[] = {
    32, 10, 128, 87, 205, 179, 205, 53, 62, 233, 1, 25, 157, 109, 61, 14, 70, 153, 177, 11, 79,
    20, 151, 169, 243, 46, 251, 246, 188, 245, 16, 179,
};
enum { golden_hnsw_incremental_offsets_sha256_u64_n = 32 };
static const int64_t golden_hnsw_incremental_level0_of_0[] = {
    15, 53, 11, 70, 39, 109, 147, 262,
};
enum { golden_hnsw_incremental_level0_of_0_n = 8 };
static const int64_t golden_hnsw_incremental_level0_of_last[] = {
    22, 48, 60, 179, 241,
};
enum { golden_hnsw_incremental_level0_of_last_n = 5 };

/* IndexHNSWFlat(4,8,IP), 300 rows */
static const int64_t golden_hnsw_ip_entry_point[] = {
    239,
};
enum { golden_hnsw_ip_entry_point_n = 1 };
static const int64_t golden_hnsw_ip_max_level[] = {
    2,
};
enum { golden_hnsw_ip_max_level_n = 1 };
static const int64_t golden_hnsw_ip_neighbors_sha256_i32[] = {
    117, 172, 118, 200, 250, 218, 52, 16, 156, 123, 18, 138, 132, 43, 42, 64, 77, 162, 86, 109,
    98, 71, 191, 227, 126, 234, 252, 87, 33, 40, 11, 164,
};
enum { golden_hnsw_ip_neighbors_sha256_i32_n = 32 };
static const int64_t golden_hnsw_ip_levels_sha256_i32[] = {
    59, 226, 67, 211, 3, 38, 1, 244, 74, 249, 74, 93, 230, 143, 203, 176, 89, 125, 153, 128, 162,
    17, 74, 142, 50, 170, 90, 237, 64, 33, 193, 117,
};
enum { golden_hnsw_ip_levels_sha256_i32_n = 32 };
static const int64_t golden_hnsw_ip_offsets_sha256_u64[] = {
    32, 10, 128, 87, 205, 179, 205, 53, 62, 233, 1, 25, 157, 109, 61, 14, 70, 153, 177, 11, 79,
    20, 151, 169, 243, 46, 251, 246, 188, 245, 16, 179,
};
enum { golden_hnsw_ip_offsets_sha256_u64_n = 32 };
static const int64_t golden_hnsw_ip_level0_of_0[] = {
    67, 190,
};
enum { golden_hnsw_ip_level0_of_0_n = 2 };
static const int64_t golden_hnsw_ip_level0_of_last[] = {
    139, 182, 211,
};
enum { golden_hnsw_ip_level0_of_last_n = 3 };

/* IndexHNSWFlat(3,4) on floor(3*U(33,.)) 300x3: many equal distances */
static const int64_t golden_hnsw_ties_entry_point[] = {
    239,
};
enum { golden_hnsw_ties_entry_point_n = 1 };
static const int64_t golden_hnsw_ties_max_level[] = {
    3,
};
enum { golden_hnsw_ties_max_level_n = 1 };
static const int64_t golden_hnsw_ties_neighbors_sha256_i32[] = {
    114, 1, 51, 208, 53, 193, 242, 21, 23, 233, 162, 110, 36, 11, 95, 36, 34, 123, 0, 244, 50, 24,
    31, 119, 140, 244, 199, 41, 12, 150, 88, 67,
};
enum { golden_hnsw_ties_neighbors_sha256_i32_n = 32 };
static const int64_t golden_hnsw_ties_levels_sha256_i32[] = {
    77, 95, 98, 211, 202, 99, 87, 182, 90, 31, 16, 176, 122, 176, 62, 244, 149, 78, 81, 136, 160,
    49, 113, 24, 63, 41, 111, 231, 207, 138, 173, 206,
};
enum { golden_hnsw_ties_levels_sha256_i32_n = 32 };
static const int64_t golden_hnsw_ties_offsets_sha256_u64[] = {
    187, 77, 122, 204, 176, 56, 233, 170, 182, 191, 191, 207, 58, 51, 51, 172, 246, 177, 123, 181,
    229, 245, 213, 74, 218, 2, 58, 32, 113, 105, 46, 134,
};
enum { golden_hnsw_ties_offsets_sha256_u64_n = 32 };
static const int64_t golden_hnsw_ties_level0_of_0[] = {
    15, 69, 88, 95, 117, 140,
};
enum { golden_hnsw_ties_level0_of_0_n = 6 };
static const int64_t golden_hnsw_ties_level0_of_last[] = {
    12, 24, 33, 99, 128, 139, 66,
};
enum { golden_hnsw_ties_level0_of_last_n = 7 };

/* M=4, prune_headroom 0, 200 rows */
static const int64_t golden_hnsw_headroom0_entry_point[] = {
    52,
};
enum { golden_hnsw_headroom0_entry_point_n = 1 };
static const int64_t golden_hnsw_headroom0_max_level[] = {
    3,
};
enum { golden_hnsw_headroom0_max_level_n = 1 };
static const int64_t golden_hnsw_headroom0_neighbors_sha256_i32[] = {
    25, 122, 242, 30, 236, 70, 169, 146, 82, 169, 64, 176, 52, 48, 92, 201, 98, 225, 95, 123, 89,
    12, 201, 103, 210, 6, 88, 203, 196, 240, 54, 114,
};
enum { golden_hnsw_headroom0_neighbors_sha256_i32_n = 32 };
static const int64_t golden_hnsw_headroom0_levels_sha256_i32[] = {
    66, 48, 36, 40, 111, 63, 172, 195, 170, 210, 163, 183, 83, 17, 151, 147, 148, 253, 40, 93, 35,
    196, 204, 3, 229, 53, 27, 251, 196, 166, 27, 86,
};
enum { golden_hnsw_headroom0_levels_sha256_i32_n = 32 };
static const int64_t golden_hnsw_headroom0_offsets_sha256_u64[] = {
    179, 17, 112, 229, 223, 180, 217, 31, 146, 150, 192, 239, 122, 154, 83, 202, 51, 154, 68, 173,
    182, 14, 197, 115, 11, 25, 227, 153, 18, 97, 133, 211,
};
enum { golden_hnsw_headroom0_offsets_sha256_u64_n = 32 };
static const int64_t golden_hnsw_headroom0_level0_of_0[] = {
    147, 109, 15, 70, 96,
};
enum { golden_hnsw_headroom0_level0_of_0_n = 5 };
static const int64_t golden_hnsw_headroom0_level0_of_last[] = {
    83, 43, 112, 87, 110, 79, 123,
};
enum { golden_hnsw_headroom0_level0_of_last_n = 7 };

/* IndexNNDescentFlat(4,K=8), 150 rows of U(90,.) (one thread): final_graph rows 0..4, sha256 of the int32 graph, search k=4 of U(91,.) 2x4 */
static const int64_t golden_nndescent_L[] = {
    58,
};
enum { golden_nndescent_L_n = 1 };
static const int64_t golden_nndescent_S[] = {
    10,
};
enum { golden_nndescent_S_n = 1 };
static const int64_t golden_nndescent_R[] = {
    100,
};
enum { golden_nndescent_R_n = 1 };
static const int64_t golden_nndescent_iter[] = {
    10,
};
enum { golden_nndescent_iter_n = 1 };
static const int64_t golden_nndescent_rows[] = {
    115, 49, 26, 2, 37, 48, 24, 79, 132, 63, 24, 82, 16, 145, 140, 129, 48, 97, 0, 115, 26, 25,
    49, 104, 139, 91, 140, 89, 5, 115, 0, 63, 43, 69, 73, 133, 45, 19, 131, 5,
};
enum { golden_nndescent_rows_n = 40 };
static const int64_t golden_nndescent_graph_sha256_i32[] = {
    59, 122, 119, 116, 126, 153, 6, 202, 31, 222, 205, 46, 72, 197, 19, 123, 2, 176, 224, 63, 123,
    186, 123, 7, 128, 121, 200, 231, 138, 217, 161, 5,
};
enum { golden_nndescent_graph_sha256_i32_n = 32 };
static const double golden_nndescent_D[] = {
    0.0413937271, 0.11380595, 0.142240435, 0.150647447, 0.0269968193, 0.0608580634, 0.0688434392,
    0.0903411731,
};
enum { golden_nndescent_D_n = 8 };
static const int64_t golden_nndescent_I[] = {
    55, 107, 77, 86, 141, 38, 9, 102,
};
enum { golden_nndescent_I_n = 8 };

/* IndexNSGFlat(4,R=8) default build_type, same data (one thread) */
static const int64_t golden_nsg_nndescent_build_type[] = {
    1,
};
enum { golden_nsg_nndescent_build_type_n = 1 };
static const int64_t golden_nsg_nndescent_GK[] = {
    64,
};
enum { golden_nsg_nndescent_GK_n = 1 };
static const int64_t golden_nsg_nndescent_enterpoint[] = {
    100,
};
enum { golden_nsg_nndescent_enterpoint_n = 1 };
static const int64_t golden_nsg_nndescent_graph_sha256_i32[] = {
    153, 214, 61, 46, 89, 12, 117, 189, 22, 106, 138, 25, 124, 230, 237, 242, 209, 76, 188, 189,
    166, 49, 95, 183, 119, 132, 103, 253, 188, 199, 10, 124,
};
enum { golden_nsg_nndescent_graph_sha256_i32_n = 32 };
static const int64_t golden_nsg_nndescent_rows[] = {
    115, 49, 26, 2, 140, 47, -1, -1, 132, 63, 129, 39, 84, 67, 16, -1, 48, 0, 104, 67, 39, -1, -1,
    -1, 139, 91, 140, 115, 22, 86, -1, -1, 43, 69, 73, 142, -1, -1, -1, -1,
};
enum { golden_nsg_nndescent_rows_n = 40 };
static const double golden_nsg_nndescent_D[] = {
    0.0413937271, 0.11380595, 0.142240435, 0.150647447, 0.0269968193, 0.0608580634, 0.0688434392,
    0.0903411731,
};
enum { golden_nsg_nndescent_D_n = 8 };
static const int64_t golden_nsg_nndescent_I[] = {
    55, 107, 77, 86, 141, 38, 9, 102,
};
enum { golden_nsg_nndescent_I_n = 8 };

/* ResidualCoarseQuantizer(4,M=2,nbits=2) trained on U(54,.) 300x4, k=4 of U(55,.) 2x4 */
static const double golden_rcq_codebooks[] = {
    0.563704491, 0.750402093, 0.760908663, 0.66853267, 0.612271905, 0.248742521, 0.713169813,
    0.529598236, 0.444344193, 0.728200018, 0.28186956, 0.452373475, 0.377268612, 0.220849082,
    0.277933925, 0.315459341, 0.104933709, -0.254195392, 0.297145337, 0.0786553025, -0.0859847218,
    -0.430616647, -0.259369373, -0.261638492, -0.144765288, 0.185283333, -0.329656899,
    -0.0841530338, 0.135682911, 0.384611756, 0.19325988, 0.192607984,
};
enum { golden_rcq_codebooks_n = 32 };
static const double golden_rcq_beam_factor[] = {
    4.0,
};
enum { golden_rcq_beam_factor_n = 1 };
static const double golden_rcq_D[] = {
    0.226626992, 0.231979564, 0.247984231, 0.253727168, 0.44258374, 0.448792398, 0.46734336,
    0.533833683,
};
enum { golden_rcq_D_n = 8 };
static const int64_t golden_rcq_I[] = {
    9, 11, 10, 15, 9, 4, 6, 15,
};
enum { golden_rcq_I_n = 8 };

/* IndexRandom(d=4, ntotal=1000, seed=1234): k=4 for queries (1,2,3,4),(0,0,0,0) */
static const double golden_index_random_D[] = {
    0.777828991, 0.791293442, 0.951123714, 1.82797563, 0.456564426, 1.20199633, 2.08189011,
    2.63427162,
};
enum { golden_index_random_D_n = 8 };
static const int64_t golden_index_random_I[] = {
    272, 232, 437, 597, 160, 48, 706, 208,
};
enum { golden_index_random_I_n = 8 };

/* IVF4,PCA4,SH0.4g trained on U(72,.) 400x8, 40 rows added, nprobe 4, k=4 (depends on PCA row signs) */
static const double golden_spectral_0_4g_period[] = {
    0.4000000059604645,
};
enum { golden_spectral_0_4g_period_n = 1 };
static const int64_t golden_spectral_0_4g_threshold_type[] = {
    0,
};
enum { golden_spectral_0_4g_threshold_type_n = 1 };
static const double golden_spectral_0_4g_A[] = {
    -0.01120211, -0.453498304, 0.0343955643, 0.549348891, 0.426191509, -0.199821725, 0.465086937,
    -0.231025353, -0.566039443, 0.217945069, -0.336043894, 0.0487288758, -0.277414411,
    -0.523912668, -0.0066714962, -0.406585246, -0.00668779621, -0.24814178, 0.632789195,
    -0.0144895213, -0.358589262, 0.151750207, -0.174285203, -0.596455455, -0.0543857515,
    0.600914299, -0.0296710916, 0.386335105, -0.0888140872, 0.559798956, 0.354093879,
    -0.197898299,
};
enum { golden_spectral_0_4g_A_n = 32 };
static const double golden_spectral_0_4g_D[] = {
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0,
};
enum { golden_spectral_0_4g_D_n = 8 };
static const int64_t golden_spectral_0_4g_I[] = {
    2, 17, 25, 38, 13, 27, 7, 24,
};
enum { golden_spectral_0_4g_I_n = 8 };

/* IVF4,PCA4,SH0.4c trained on U(72,.) 400x8, 40 rows added, nprobe 4, k=4 (depends on PCA row signs) */
static const double golden_spectral_0_4c_period[] = {
    0.4000000059604645,
};
enum { golden_spectral_0_4c_period_n = 1 };
static const int64_t golden_spectral_0_4c_threshold_type[] = {
    1,
};
enum { golden_spectral_0_4c_threshold_type_n = 1 };
static const double golden_spectral_0_4c_A[] = {
    -0.01120211, -0.453498304, 0.0343955643, 0.549348891, 0.426191509, -0.199821725, 0.465086937,
    -0.231025353, -0.566039443, 0.217945069, -0.336043894, 0.0487288758, -0.277414411,
    -0.523912668, -0.0066714962, -0.406585246, -0.00668779621, -0.24814178, 0.632789195,
    -0.0144895213, -0.358589262, 0.151750207, -0.174285203, -0.596455455, -0.0543857515,
    0.600914299, -0.0296710916, 0.386335105, -0.0888140872, 0.559798956, 0.354093879,
    -0.197898299,
};
enum { golden_spectral_0_4c_A_n = 32 };
static const double golden_spectral_0_4c_D[] = {
    0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0,
};
enum { golden_spectral_0_4c_D_n = 8 };
static const int64_t golden_spectral_0_4c_I[] = {
    14, 26, 39, 1, 7, 10, 32, 30,
};
enum { golden_spectral_0_4c_I_n = 8 };

/* IVF4,PCA4,SH0.4m trained on U(72,.) 400x8, 40 rows added, nprobe 4, k=4 (depends on PCA row signs) */
static const double golden_spectral_0_4m_period[] = {
    0.4000000059604645,
};
enum { golden_spectral_0_4m_period_n = 1 };
static const int64_t golden_spectral_0_4m_threshold_type[] = {
    3,
};
enum { golden_spectral_0_4m_threshold_type_n = 1 };
static const double golden_spectral_0_4m_A[] = {
    -0.01120211, -0.453498304, 0.0343955643, 0.549348891, 0.426191509, -0.199821725, 0.465086937,
    -0.231025353, -0.566039443, 0.217945069, -0.336043894, 0.0487288758, -0.277414411,
    -0.523912668, -0.0066714962, -0.406585246, -0.00668779621, -0.24814178, 0.632789195,
    -0.0144895213, -0.358589262, 0.151750207, -0.174285203, -0.596455455, -0.0543857515,
    0.600914299, -0.0296710916, 0.386335105, -0.0888140872, 0.559798956, 0.354093879,
    -0.197898299,
};
enum { golden_spectral_0_4m_A_n = 32 };
static const double golden_spectral_0_4m_D[] = {
    0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0,
};
enum { golden_spectral_0_4m_D_n = 8 };
static const int64_t golden_spectral_0_4m_I[] = {
    14, 26, 1, 6, 7, 32, 2, 10,
};
enum { golden_spectral_0_4m_I_n = 8 };

/* IVF4,PCA4,SH trained on U(72,.) 400x8, 40 rows added, nprobe 4, k=4 (depends on PCA row signs) */
static const double golden_spectral__period[] = {
    -10000000000.0,
};
enum { golden_spectral__period_n = 1 };
static const int64_t golden_spectral__threshold_type[] = {
    0,
};
enum { golden_spectral__threshold_type_n = 1 };
static const double golden_spectral__A[] = {
    -0.01120211, -0.453498304, 0.0343955643, 0.549348891, 0.426191509, -0.199821725, 0.465086937,
    -0.231025353, -0.566039443, 0.217945069, -0.336043894, 0.0487288758, -0.277414411,
    -0.523912668, -0.0066714962, -0.406585246, -0.00668779621, -0.24814178, 0.632789195,
    -0.0144895213, -0.358589262, 0.151750207, -0.174285203, -0.596455455, -0.0543857515,
    0.600914299, -0.0296710916, 0.386335105, -0.0888140872, 0.559798956, 0.354093879,
    -0.197898299,
};
enum { golden_spectral__A_n = 32 };
static const double golden_spectral__D[] = {
    1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0,
};
enum { golden_spectral__D_n = 8 };
static const int64_t golden_spectral__I[] = {
    8, 9, 13, 20, 3, 5, 19, 39,
};
enum { golden_spectral__I_n = 8 };

/* IVF4,Flat with 6 rows merges another with 6 rows, add_id=6 */
static const int64_t golden_merge_from_lists[] = {
    5, 7, 8, 2, 0, 1, 3, 10, 4, 6, 9, 11,
};
enum { golden_merge_from_lists_n = 12 };
static const int64_t golden_merge_from_other_ntotal[] = {
    0,
};
enum { golden_merge_from_other_ntotal_n = 1 };

/* IVF4,Flat 10 rows, array direct map entries (list<<32|offset) */
static const int64_t golden_direct_map_array_array[] = {
    8589934592, 8589934593, 4294967296, 8589934594, 12884901888, 0, 12884901889, 1, 2,
    12884901890,
};
enum { golden_direct_map_array_array_n = 10 };

/* after update_vectors(ids 2,5 with U(65,.) 2x4): lists and map */
static const int64_t golden_update_vectors_lists[] = {
    8, 7, 2, 0, 1, 3, 5, 4, 6, 9,
};
enum { golden_update_vectors_lists_n = 10 };
static const int64_t golden_update_vectors_array[] = {
    8589934592, 8589934593, 4294967296, 8589934594, 12884901888, 8589934595, 12884901889, 1, 0,
    12884901890,
};
enum { golden_update_vectors_array_n = 10 };

/* IndexSplitVectors(4): two flat subs of 4 rows each: arange(8) and its reverse, shaped 4x2, k=1 query 0 */
static const double golden_split_vectors_D[] = {
    2.0,
};
enum { golden_split_vectors_D_n = 1 };
static const int64_t golden_split_vectors_I[] = {
    12,
};
enum { golden_split_vectors_I_n = 1 };
static const int64_t golden_split_vectors_ntotal[] = {
    4,
};
enum { golden_split_vectors_ntotal_n = 1 };

#endif
