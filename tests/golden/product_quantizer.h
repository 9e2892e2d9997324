/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */
/* clang-format off */
#ifndef GOLDEN_PRODUCT_QUANTIZER_H
#define GOLDEN_PRODUCT_QUANTIZER_H

#include <stdint.h>

/* ProductQuantizer(d=8,M=4,nbits=4) trained on U(10,.) 300x8 (defaults; all sub-quantizers use k-means seed 1234); codes and tables for the rows of U(11,.) 3x8 */
static const double golden_pq_train_4x4_centroids[] = {
    0.393162489, 0.644253135, 0.904818833, 0.446730375, 0.0839645043, 0.111179292, 0.215972558,
    0.362509191, 0.267631471, 0.858074784, 0.289591163, 0.0898632333, 0.872539878, 0.109432451,
    0.729976177, 0.308561653, 0.467080027, 0.23183012, 0.592512965, 0.868181109, 0.63982302,
    0.0960130021, 0.844926715, 0.734792829, 0.598560154, 0.51608932, 0.91198951, 0.918351352,
    0.0776071325, 0.845890999, 0.13228482, 0.573340833, 0.618882835, 0.860602498, 0.470319837,
    0.913030446, 0.486628145, 0.141341016, 0.684013307, 0.669653594, 0.874284387, 0.662426114,
    0.784361839, 0.920812786, 0.917065799, 0.873126149, 0.796563089, 0.142519236, 0.240996495,
    0.855582535, 0.861856043, 0.365121394, 0.669476151, 0.437348425, 0.103313744, 0.626096368,
    0.276488096, 0.148586348, 0.38674894, 0.612321019, 0.0551194847, 0.214378566, 0.202102467,
    0.390213072, 0.727867663, 0.647430003, 0.402758092, 0.525941312, 0.885580838, 0.161723465,
    0.359657377, 0.116997391, 0.305417627, 0.735799432, 0.11671792, 0.829928815, 0.907663226,
    0.868914843, 0.19537966, 0.330568224, 0.501946688, 0.899712086, 0.598380983, 0.532550156,
    0.114261664, 0.0928338096, 0.126744255, 0.57989502, 0.872127235, 0.428905427, 0.537060797,
    0.324675471, 0.685293794, 0.913247943, 0.658577144, 0.127096578, 0.821142256, 0.509975672,
    0.877266169, 0.84146899, 0.643630862, 0.331098646, 0.497607291, 0.604307592, 0.0836850032,
    0.349048853, 0.15891102, 0.794428229, 0.487520605, 0.0800388008, 0.167692274, 0.528280497,
    0.196065962, 0.0955914855, 0.957128167, 0.249157935, 0.428087175, 0.261179, 0.663983583,
    0.890872419, 0.776469409, 0.0791705623, 0.40273726, 0.934697092, 0.332851321, 0.442832291,
    0.829162717, 0.277443886,
};
enum { golden_pq_train_4x4_centroids_n = 128 };
static const int64_t golden_pq_train_4x4_codes_hex[] = {
    135, 105, 115, 87, 55, 23,
};
enum { golden_pq_train_4x4_codes_hex_n = 6 };
static const double golden_pq_train_4x4_distance_table_row0[] = {
    0.149723351, 0.0632113218, 0.404971033, 0.202187672, 0.397110254, 0.219530448, 0.110445142,
    0.00785536785, 0.0583383404, 0.254069865, 0.075431034, 0.16564323, 0.0259935204, 0.362013876,
    0.572698057, 0.325966299, 0.292584658, 0.153472111, 0.732959569, 0.416446447, 0.686174333,
    0.498219043, 0.702770352, 1.07991254, 0.0277294982, 0.892772555, 0.557365179, 0.0724756271,
    0.594950557, 0.174160749, 0.462742776, 0.269163638, 0.0444771387, 0.0185427293, 0.295603275,
    0.237429485, 0.0770021453, 0.236958459, 0.229672194, 0.171193227, 0.107309423, 0.00628715428,
    0.404088259, 0.162983254, 0.137644991, 0.061892923, 0.13950856, 0.21558781, 0.395803452,
    0.835417569, 0.143112928, 0.279527694, 0.131778002, 0.520103395, 0.0204107091, 0.216961294,
    0.02241721, 0.396642447, 0.0334438905, 0.730103135, 0.185849845, 0.703516006, 0.119162403,
    0.265911222,
};
enum { golden_pq_train_4x4_distance_table_row0_n = 64 };
static const double golden_pq_train_4x4_ip_table_row0[] = {
    0.499697477, 0.767266631, 0.0969596431, 0.277674437, 0.495144069, 0.225943729, 0.621167839,
    0.59984982, 0.396525025, 0.715109825, 0.461320192, 0.833828926, 0.589054167, 0.946279824,
    0.364167929, 0.29986608, 0.818462193, 0.853604853, 0.164840534, 0.652860105, 0.661431849,
    0.88537854, 0.853222489, 0.190384239, 0.784113884, 0.394596726, 0.443981618, 0.568025589,
    0.154714763, 0.578103721, 0.19605498, 0.364902228, 0.757279932, 0.515182853, 0.562442303,
    0.257846206, 0.583879352, 0.537763238, 0.979636729, 0.293167681, 0.782101452, 0.622731209,
    0.113832824, 0.399719566, 0.708500385, 0.471017778, 0.887110472, 0.422184795, 0.333842218,
    0.385693222, 0.254956067, 0.231205508, 0.0630991533, 0.132701784, 0.176404938, 0.109688863,
    0.0771502107, 0.355334818, 0.173583627, 0.316781402, 0.276230484, 0.230738997, 0.158433035,
    0.313856393,
};
enum { golden_pq_train_4x4_ip_table_row0_n = 64 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_1_code_size[] = {
    2,
};
enum { golden_pq_pack_1_code_size_n = 1 };
static const int64_t golden_pq_pack_1_codes_hex[] = {
    85, 1, 170, 2,
};
enum { golden_pq_pack_1_codes_hex_n = 4 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_3_code_size[] = {
    2,
};
enum { golden_pq_pack_3_code_size_n = 1 };
static const int64_t golden_pq_pack_3_codes_hex[] = {
    67, 117, 168, 78,
};
enum { golden_pq_pack_3_codes_hex_n = 4 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_4_code_size[] = {
    3,
};
enum { golden_pq_pack_4_code_size_n = 1 };
static const int64_t golden_pq_pack_4_codes_hex[] = {
    11, 165, 15, 80, 250, 4,
};
enum { golden_pq_pack_4_codes_hex_n = 6 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_5_code_size[] = {
    4,
};
enum { golden_pq_pack_5_code_size_n = 1 };
static const int64_t golden_pq_pack_5_codes_hex[] = {
    11, 86, 253, 1, 176, 234, 79, 0,
};
enum { golden_pq_pack_5_codes_hex_n = 8 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_6_code_size[] = {
    3,
};
enum { golden_pq_pack_6_code_size_n = 1 };
static const int64_t golden_pq_pack_6_codes_hex[] = {
    11, 92, 233, 112, 165, 127,
};
enum { golden_pq_pack_6_codes_hex_n = 6 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_7_code_size[] = {
    3,
};
enum { golden_pq_pack_7_code_size_n = 1 };
static const int64_t golden_pq_pack_7_codes_hex[] = {
    11, 88, 21, 240, 138, 14,
};
enum { golden_pq_pack_7_codes_hex_n = 6 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_8_code_size[] = {
    3,
};
enum { golden_pq_pack_8_code_size_n = 1 };
static const int64_t golden_pq_pack_8_codes_hex[] = {
    11, 48, 85, 112, 149, 186,
};
enum { golden_pq_pack_8_codes_hex_n = 6 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_10_code_size[] = {
    5,
};
enum { golden_pq_pack_10_code_size_n = 1 };
static const int64_t golden_pq_pack_10_codes_hex[] = {
    11, 192, 80, 133, 30, 112, 84, 162, 203, 55,
};
enum { golden_pq_pack_10_codes_hex_n = 10 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_12_code_size[] = {
    5,
};
enum { golden_pq_pack_12_code_size_n = 1 };
static const int64_t golden_pq_pack_12_codes_hex[] = {
    11, 0, 3, 85, 0, 112, 80, 9, 186, 0,
};
enum { golden_pq_pack_12_codes_hex_n = 10 };

/* PQ packing: d=M, centroid j of every 1-d subspace is the value j; vectors v[i][m]=(37m+11+101i) mod 2^nbits */
static const int64_t golden_pq_pack_16_code_size[] = {
    4,
};
enum { golden_pq_pack_16_code_size_n = 1 };
static const int64_t golden_pq_pack_16_codes_hex[] = {
    11, 0, 48, 0, 112, 0, 149, 0,
};
enum { golden_pq_pack_16_codes_hex_n = 8 };

/* ProductQuantizer(8,2,2) with train_type hypercube on U(10,.) 300x8 */
static const double golden_pq_train_hypercube_centroids[] = {
    0.334148943, 0.2647008, 0.724264503, 0.570732772, 0.678434134, 0.24383384, 0.300117701,
    0.410124183, 0.237141117, 0.707007825, 0.35605225, 0.513133049, 0.80736661, 0.761770666,
    0.650056779, 0.521430135, 0.318964899, 0.224137127, 0.436369747, 0.380862713, 0.740405262,
    0.300410599, 0.651048243, 0.637804091, 0.304038197, 0.73227495, 0.738939166, 0.501790106,
    0.675708592, 0.700115025, 0.263972104, 0.410239369,
};
enum { golden_pq_train_hypercube_centroids_n = 32 };

/* ProductQuantizer(8,2,2) with train_type shared on U(10,.) 300x8 */
static const double golden_pq_train_shared_centroids[] = {
    0.761445165, 0.321107358, 0.697568476, 0.492137372, 0.713804662, 0.741532683, 0.36294812,
    0.451503813, 0.314822674, 0.183251902, 0.442853689, 0.561454058, 0.201004565, 0.691474617,
    0.581524491, 0.486955404, 0.761445165, 0.321107358, 0.697568476, 0.492137372, 0.713804662,
    0.741532683, 0.36294812, 0.451503813, 0.314822674, 0.183251902, 0.442853689, 0.561454058,
    0.201004565, 0.691474617, 0.581524491, 0.486955404,
};
enum { golden_pq_train_shared_centroids_n = 32 };

/* ProductQuantizer(8,2,2) with train_type hypercube_pca on U(10,.) 300x8 */
static const double golden_pq_train_hypercube_pca_centroids[] = {
    0.666950583, 0.226727545, 0.325484574, 0.391430706, 0.800531924, 0.737293184, 0.641765535,
    0.524133742, 0.289593995, 0.321264178, 0.68417114, 0.645328999, 0.244192705, 0.725840151,
    0.326963067, 0.43289113, 0.725317359, 0.542183876, 0.53079313, 0.1983971, 0.623149812,
    0.286943525, 0.304306328, 0.679090202, 0.230815709, 0.49214679, 0.690390825, 0.277459174,
    0.389663279, 0.657635748, 0.623547673, 0.79094857,
};
enum { golden_pq_train_hypercube_pca_centroids_n = 32 };

/* sdc_table of PQ(4,2,2) trained on U(12,.) 60x4: M blocks ksub x ksub of squared distances */
static const double golden_pq_sdc_centroids[] = {
    0.301300883, 0.272444218, 0.774964631, 0.228827178, 0.63805449, 0.728309751, 0.195708632,
    0.781851709, 0.321223378, 0.182940274, 0.246348992, 0.710327744, 0.861981988, 0.33891198,
    0.725775063, 0.794026673,
};
enum { golden_pq_sdc_centroids_n = 16 };
static const double golden_pq_sdc_sdc[] = {
    0.0, 0.226259798, 0.321216375, 0.270645767, 0.226259798, 0.0, 0.26822722, 0.641373634,
    0.321216375, 0.26822722, 0.0, 0.198536605, 0.270645767, 0.641373634, 0.198536605, 0.0, 0.0,
    0.283743739, 0.31674704, 0.537088633, 0.283743739, 0.0, 0.516953707, 0.236854881, 0.31674704,
    0.516953707, 0.0, 0.225681722, 0.537088633, 0.236854881, 0.225681722, 0.0,
};
enum { golden_pq_sdc_sdc_n = 32 };

/* IndexPQ(8,2,4) do_polysemous_training, n_iter=2000, trained on U(10,.): permutation perm[i]=new index of k-means centroid i, per sub-quantizer */
static const int64_t golden_polysemous_perm_perm[] = {
    1, 0, 4, 5, 13, 10, 2, 12, 14, 7, 8, 6, 9, 3, 15, 11, 1, 15, 12, 10, 11, 3, 5, 8, 2, 0, 13, 6,
    4, 14, 7, 9,
};
enum { golden_polysemous_perm_perm_n = 32 };

/* MultiIndexQuantizer(6,2,2) trained on U(12,.) 60x6, k=5 for U(13,.) 2x6; also k=1 */
static const int64_t golden_miq_search_labels[] = {
    2, 10, 6, 1, 0, 3, 2, 15, 11, 0,
};
enum { golden_miq_search_labels_n = 10 };
static const double golden_miq_search_distances[] = {
    0.211425811, 0.384269536, 0.457324743, 0.503249168, 0.577148438, 0.340562046, 0.491570413,
    0.586392403, 0.601149142, 0.60799104,
};
enum { golden_miq_search_distances_n = 10 };
static const int64_t golden_miq_search_labels_k1[] = {
    2, 3,
};
enum { golden_miq_search_labels_k1_n = 2 };

#endif
