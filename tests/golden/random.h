/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */
/* clang-format off */
#ifndef GOLDEN_RANDOM_H
#define GOLDEN_RANDOM_H

#include <stdint.h>

/* sequence of calls on one RandomGenerator(seed): rand_int x4, rand_int64 x2, rand_int(max) x3, rand_float x2, rand_double x2, in that order */
static const int64_t golden_RandomGenerator_rand_int[] = {
    822569775, 2137449171, 524453158, 1365105717,
};
enum { golden_RandomGenerator_rand_int_n = 4 };
static const int64_t golden_RandomGenerator_rand_int64[] = {
    1034049705225415884, 2502853488871817880,
};
enum { golden_RandomGenerator_rand_int64_n = 2 };
static const int64_t golden_RandomGenerator_rand_int_max[] = {
    5, 529, 170776336,
};
enum { golden_RandomGenerator_rand_int_max_n = 3 };
static const double golden_RandomGenerator_rand_float[] = {
    0.1506369709968567, 0.2764642536640167,
};
enum { golden_RandomGenerator_rand_float_n = 2 };
static const double golden_RandomGenerator_rand_double[] = {
    0.19851876008289837, 0.8018721742094197,
};
enum { golden_RandomGenerator_rand_double_n = 2 };

/* sequence on one SplitMix64RandomGenerator(seed), same order as above */
static const int64_t golden_SplitMix64_rand_int[] = {
    790109403, 1307600164, 465577434, 1389404211,
};
enum { golden_SplitMix64_rand_int_n = 4 };
static const int64_t golden_SplitMix64_rand_int64[] = {
    4112600095251318181, 3512722628403176721,
};
enum { golden_SplitMix64_rand_int64_n = 2 };
static const int64_t golden_SplitMix64_rand_int_max[] = {
    0, 583, 736945652,
};
enum { golden_SplitMix64_rand_int_max_n = 3 };
static const double golden_SplitMix64_rand_float[] = {
    0.8019050359725952, 0.10404862463474274,
};
enum { golden_SplitMix64_rand_float_n = 2 };
static const double golden_SplitMix64_rand_double[] = {
    0.28551307825245004, 0.7836331104773715,
};
enum { golden_SplitMix64_rand_double_n = 2 };

/* float_rand(n=10, seed=123): one block */
static const double golden_float_rand_small_values[] = {
    0.728030086, 0.763821661, 0.590441227, 0.891576648, 0.237150773, 0.610349298, 0.699589312,
    0.283422768, 0.866087794, 0.85656029,
};
enum { golden_float_rand_small_values_n = 10 };

/* float_rand(n=2050, seed=5): 1024 blocks of 2 or 3 values; values at listed indices */
static const int64_t golden_float_rand_blocks_indices[] = {
    0, 1, 2, 3, 1023, 1024, 2047, 2048, 2049,
};
enum { golden_float_rand_blocks_indices_n = 9 };
static const double golden_float_rand_blocks_values[] = {
    0.286025971, 0.868679523, 0.771551847, 0.534951031, 0.572335482, 0.496189266, 0.411938906,
    0.868416965, 0.467498302,
};
enum { golden_float_rand_blocks_values_n = 9 };

/* float_randn(n=9, seed=123) */
static const double golden_float_randn_small_values[] = {
    0.785102904, 0.908332586, 0.210359171, 0.910776377, -1.38227797, 0.580307662, 0.986028969,
    -1.06995404, -0.910942435,
};
enum { golden_float_randn_small_values_n = 9 };

/* float_randn(n=4100, seed=77), values at listed indices */
static const int64_t golden_float_randn_blocks_indices[] = {
    0, 1, 2, 3, 4, 5, 2048, 4095, 4098, 4099,
};
enum { golden_float_randn_blocks_indices_n = 10 };
static const double golden_float_randn_blocks_values[] = {
    0.631017029, 0.600874424, 0.174831569, -0.21762763, 1.04190814, -0.488114715, -0.3669433,
    -0.164533898, -0.576243341, 0.374471575,
};
enum { golden_float_randn_blocks_values_n = 10 };

/* int64_rand(n=5, seed=1) */
static const int64_t golden_int64_rand_values[] = {
    4163644299676954756, 4358473460588437436, 2157201309789214487, 1567764885475565817,
    1949895604176318764,
};
enum { golden_int64_rand_values_n = 5 };

/* int64_rand(n=3000, seed=9) at listed indices */
static const int64_t golden_int64_rand_blocks_indices[] = {
    0, 1, 2, 3, 1500, 2999,
};
enum { golden_int64_rand_blocks_indices_n = 6 };
static const int64_t golden_int64_rand_blocks_values[] = {
    1359645746382172505, 3315372063272110154, 3851435846487026550, 1404608321790653817,
    2731548283929082552, 1128245184277776232,
};
enum { golden_int64_rand_blocks_values_n = 6 };

/* int64_rand_max(n=6, max=1000, seed=42) */
static const int64_t golden_int64_rand_max_values[] = {
    539, 826, 412, 569, 700, 520,
};
enum { golden_int64_rand_max_values_n = 6 };

/* byte_rand(n=12, seed=99) */
static const int64_t golden_byte_rand_values[] = {
    53, 21, 63, 210, 243, 65, 236, 228, 92, 217, 105, 125,
};
enum { golden_byte_rand_values_n = 12 };

/* rand_perm(n=12, seed=1234) */
static const int64_t golden_rand_perm_values[] = {
    3, 1, 8, 5, 2, 6, 0, 7, 11, 9, 4, 10,
};
enum { golden_rand_perm_values_n = 12 };

/* rand_perm_splitmix64(n=12, seed=1234) */
static const int64_t golden_rand_perm_splitmix64_values[] = {
    7, 4, 8, 6, 9, 0, 10, 3, 11, 2, 1, 5,
};
enum { golden_rand_perm_splitmix64_values_n = 12 };

/* rand_smooth_vectors(n=4,d=3,seed=1234), row-major */
static const double golden_rand_smooth_vectors_values[] = {
    -0.967824578, -0.245294437, -0.43361032, -0.730653763, -0.987419188, -0.154423282,
    0.977055788, -0.966947794, 0.435146809, -0.948039055, -0.311885476, -0.0779045671,
};
enum { golden_rand_smooth_vectors_values_n = 12 };

/* ivec_checksum over int32 0..9 */
static const int64_t golden_ivec_checksum_value[] = {
    3154809067554038570,
};
enum { golden_ivec_checksum_value_n = 1 };

/* hash_bytes over bytes 0..15 (uint64 result) */
static const int64_t golden_hash_bytes_value[] = {
    2318039293868839504,
};
enum { golden_hash_bytes_value_n = 1 };

/* input generator U(s,i): z=((s*1000003+i+1)*0x9E3779B97F4A7C15) mod 2^64, then the SplitMix64 finaliser, value=(z>>40)/2^24 as float32 */
static const double golden_U_values[] = {
    0.954082191, 0.534945607, 0.722738624, 0.135311842,
};
enum { golden_U_values_n = 4 };

#endif
