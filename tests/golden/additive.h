/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */
/* clang-format off */
#ifndef GOLDEN_ADDITIVE_H
#define GOLDEN_ADDITIVE_H

#include <stdint.h>

/* ResidualQuantizer(d=4,M=3,nbits=4) default training (progressive dim + refine codebook, max_beam_size 5) on U(54,.) 300x4; codes for U(55,.) 4x4 and decode */
static const int64_t golden_rq_default_train_type[] = {
    1,
};
enum { golden_rq_default_train_type_n = 1 };
static const int64_t golden_rq_default_max_beam_size[] = {
    5,
};
enum { golden_rq_default_max_beam_size_n = 1 };
static const double golden_rq_default_codebooks[] = {
    0.215597078, 0.291252762, 0.153279707, 0.556952953, 0.775643468, 0.754274368, 0.287150502,
    0.229755074, 0.216922343, 0.24392724, 0.174815267, 0.145106912, 0.702361345, 0.784852862,
    0.153764129, 0.705550015, 0.217275262, 0.754205465, 0.22865878, 0.868199527, 0.268556565,
    0.642628431, 0.518648028, 0.5556916, 0.682859838, 0.190643623, 0.847060144, 0.553960741,
    0.319004357, 0.778969884, 0.867507637, 0.715548515, 0.776167214, 0.288456559, 0.567183852,
    0.81028223, 0.277653307, 0.2189814, 0.679222524, 0.726138413, 0.750469923, 0.373376191,
    0.706568182, 0.17711319, 0.348804682, 0.744915545, 0.181584656, 0.282449871, 0.222262174,
    0.217154354, 0.69587028, 0.241406769, 0.293280154, 0.795240641, 0.551517367, 0.110443771,
    0.763067722, 0.792425036, 0.75880146, 0.590252876, 0.722370505, 0.249872878, 0.246935487,
    0.299021691, -0.0451617427, -0.0969580784, -0.412687123, -0.144162133, -0.437803656,
    -0.0535403416, -0.0694796667, 0.0498813353, 0.0957502276, 0.137323111, 0.358956695,
    -0.09710408, 0.0382172801, 0.00743351318, -0.429398179, 0.201906666, -0.0431944355,
    0.126484126, -0.0281778034, 0.422630072, 0.465696007, -0.081351541, 0.0417262204,
    -0.0838377774, 0.00379664684, 0.473420709, 0.0255211648, 0.0425303429, 0.323875755,
    0.0354730487, 0.0802547559, 0.241725907, -0.0282696132, -0.110026613, 0.350630283,
    0.236079052, 0.0128187696, -0.462015748, 0.0500954427, -0.0747194663, 0.212333724, 0.1226293,
    -0.178642839, -0.0779140964, -0.121340044, 0.0530269779, 0.00890071969, 0.00368975848,
    -0.17913568, -0.141008645, 0.307685584, -0.206509352, 0.0446554422, -0.326285303,
    -0.0265564322, 0.2629897, -0.0626749545, 0.164999753, -0.0182926413, -0.425187498,
    0.0578830726, -0.142914623, 0.00820766017, -0.356637895, 0.145725101, -0.0641043484,
    0.109506823, 0.0754916146, -0.187717721, -0.00992631912, -0.117646888, 0.0327639468,
    -0.0694988519, -0.152201563, 0.10890507, 0.000634541793, 0.0783988237, 0.152352795,
    -0.093623355, 0.0184413586, 0.00173068943, -0.026669845, -0.209822476, 0.0336200893,
    -0.02730258, 0.190243214, 0.0779282227, 0.0481756963, -0.0612434074, -0.1588604,
    -0.0824889839, 0.115744792, -0.0834561214, 0.135932997, -0.0872001499, -0.0982361361,
    0.182521001, 0.0604877248, 0.0468784794, -0.0751088932, 0.0283593088, 0.0270541646,
    0.228457838, 0.0122030927, -0.205256298, 0.00365404389, 0.0895758867, 0.00201464561,
    -0.0268855635, 0.0373845622, -0.00986300316, 0.195288852, 0.0871270299, -0.18194209,
    -0.0437979437, -0.0390310213, -0.0279760715, -0.0703907013, -0.0580314882, -0.163705081,
    0.194225445, -0.0195655525, -0.103966147, -0.00295257312, -0.00368252909, 0.050910905,
    0.0876634642, -0.132005334,
};
enum { golden_rq_default_codebooks_n = 192 };
static const int64_t golden_rq_default_code_size[] = {
    2,
};
enum { golden_rq_default_code_size_n = 1 };
static const int64_t golden_rq_default_codes_hex[] = {
    17, 15, 175, 15, 193, 10, 213, 5,
};
enum { golden_rq_default_codes_hex_n = 8 };
static const double golden_rq_default_decoded[] = {
    0.334157288, 0.751644909, 0.3053343, 0.147631079, 0.93102169, 0.423413098, 0.155956119,
    0.0891022682, 0.391251504, 0.616919816, 0.684412003, 0.0252603684, 0.285909414, 0.506586313,
    0.570019841, 0.866856992,
};
enum { golden_rq_default_decoded_n = 16 };

/* ResidualQuantizer(4,2,3), train_type 0 (plain k-means), max_beam_size 1, same data */
static const double golden_rq_plain_codebooks[] = {
    0.783994496, 0.732538939, 0.39805603, 0.696378171, 0.258927077, 0.75756824, 0.59461683,
    0.691651165, 0.246824056, 0.37703982, 0.195682809, 0.637368202, 0.200473532, 0.207559019,
    0.406295419, 0.188204944, 0.486747205, 0.788131356, 0.25498572, 0.226981789, 0.491288006,
    0.640892804, 0.791126132, 0.200881928, 0.595342159, 0.23855941, 0.77948159, 0.653802633,
    0.759959638, 0.289285779, 0.348174483, 0.28881374, 0.157326058, -0.196211964, 0.0404895246,
    0.138477877, -0.188821644, -0.102778941, -0.15507856, 0.0119393477, 0.0395370424,
    -0.155705348, -0.046331577, -0.194159985, 0.0490977727, 0.0939482674, -0.165556341,
    0.158635303, 0.239104196, 0.103340566, 0.057091251, -0.145193368, 0.0185744464, 0.0609129593,
    0.268608958, 0.0497902632, -0.250736237, -0.126756832, 0.155106395, -0.0335341729,
    -0.0922604501, 0.179028168, -0.0743974373, -0.0785152689,
};
enum { golden_rq_plain_codebooks_n = 64 };
static const int64_t golden_rq_plain_codes_hex[] = {
    52, 39, 61, 1,
};
enum { golden_rq_plain_codes_hex_n = 4 };

/* IndexResidualQuantizer(4,M=2,nbits=3,L2,ST_norm_float=3), train_type 0, beam 1, trained on U(54,.) 300x4; codes of U(55,.) 4x4; search k=3 of U(55,.) row 0 among first 20 training rows */
static const int64_t golden_rq_ST_norm_float_code_size[] = {
    5,
};
enum { golden_rq_ST_norm_float_code_size_n = 1 };
static const double golden_rq_ST_norm_float_norm_min[] = {
    0.1142822727560997,
};
enum { golden_rq_ST_norm_float_norm_min_n = 1 };
static const double golden_rq_ST_norm_float_norm_max[] = {
    2.2748923301696777,
};
enum { golden_rq_ST_norm_float_norm_max_n = 1 };
static const int64_t golden_rq_ST_norm_float_norm_bits[] = {
    32,
};
enum { golden_rq_ST_norm_float_norm_bits_n = 1 };
static const double golden_rq_ST_norm_float_norm_tabs[] = {
    0,
};
enum { golden_rq_ST_norm_float_norm_tabs_n = 0 };
static const int64_t golden_rq_ST_norm_float_codes_hex[] = {
    52, 191, 183, 204, 15, 103, 241, 201, 234, 15, 61, 125, 134, 235, 15, 129, 107, 150, 242, 15,
};
enum { golden_rq_ST_norm_float_codes_hex_n = 20 };
static const double golden_rq_ST_norm_float_D[] = {
    0.0179279447, 0.118050873, 0.139763415,
};
enum { golden_rq_ST_norm_float_D_n = 3 };
static const int64_t golden_rq_ST_norm_float_I[] = {
    7, 6, 3,
};
enum { golden_rq_ST_norm_float_I_n = 3 };

/* IndexResidualQuantizer(4,M=2,nbits=3,L2,ST_norm_qint8=4), train_type 0, beam 1, trained on U(54,.) 300x4; codes of U(55,.) 4x4; search k=3 of U(55,.) row 0 among first 20 training rows */
static const int64_t golden_rq_ST_norm_qint8_code_size[] = {
    2,
};
enum { golden_rq_ST_norm_qint8_code_size_n = 1 };
static const double golden_rq_ST_norm_qint8_norm_min[] = {
    0.1142822727560997,
};
enum { golden_rq_ST_norm_qint8_norm_min_n = 1 };
static const double golden_rq_ST_norm_qint8_norm_max[] = {
    2.2748923301696777,
};
enum { golden_rq_ST_norm_qint8_norm_max_n = 1 };
static const int64_t golden_rq_ST_norm_qint8_norm_bits[] = {
    8,
};
enum { golden_rq_ST_norm_qint8_norm_bits_n = 1 };
static const double golden_rq_ST_norm_qint8_norm_tabs[] = {
    0,
};
enum { golden_rq_ST_norm_qint8_norm_tabs_n = 0 };
static const int64_t golden_rq_ST_norm_qint8_codes_hex[] = {
    116, 17, 39, 36, 253, 36, 65, 43,
};
enum { golden_rq_ST_norm_qint8_codes_hex_n = 8 };
static const double golden_rq_ST_norm_qint8_D[] = {
    0.0200670958, 0.122002959, 0.136313915,
};
enum { golden_rq_ST_norm_qint8_D_n = 3 };
static const int64_t golden_rq_ST_norm_qint8_I[] = {
    7, 6, 3,
};
enum { golden_rq_ST_norm_qint8_I_n = 3 };

/* IndexResidualQuantizer(4,M=2,nbits=3,L2,ST_norm_qint4=5), train_type 0, beam 1, trained on U(54,.) 300x4; codes of U(55,.) 4x4; search k=3 of U(55,.) row 0 among first 20 training rows */
static const int64_t golden_rq_ST_norm_qint4_code_size[] = {
    2,
};
enum { golden_rq_ST_norm_qint4_code_size_n = 1 };
static const double golden_rq_ST_norm_qint4_norm_min[] = {
    0.1142822727560997,
};
enum { golden_rq_ST_norm_qint4_norm_min_n = 1 };
static const double golden_rq_ST_norm_qint4_norm_max[] = {
    2.2748923301696777,
};
enum { golden_rq_ST_norm_qint4_norm_max_n = 1 };
static const int64_t golden_rq_ST_norm_qint4_norm_bits[] = {
    4,
};
enum { golden_rq_ST_norm_qint4_norm_bits_n = 1 };
static const double golden_rq_ST_norm_qint4_norm_tabs[] = {
    0,
};
enum { golden_rq_ST_norm_qint4_norm_tabs_n = 0 };
static const int64_t golden_rq_ST_norm_qint4_codes_hex[] = {
    52, 1, 103, 2, 125, 2, 129, 2,
};
enum { golden_rq_ST_norm_qint4_codes_hex_n = 8 };
static const double golden_rq_ST_norm_qint4_D[] = {
    0.0411667824, 0.151542544, 0.163939118,
};
enum { golden_rq_ST_norm_qint4_D_n = 3 };
static const int64_t golden_rq_ST_norm_qint4_I[] = {
    7, 6, 9,
};
enum { golden_rq_ST_norm_qint4_I_n = 3 };

/* IndexResidualQuantizer(4,M=2,nbits=3,L2,ST_norm_cqint4=7), train_type 0, beam 1, trained on U(54,.) 300x4; codes of U(55,.) 4x4; search k=3 of U(55,.) row 0 among first 20 training rows */
static const int64_t golden_rq_ST_norm_cqint4_code_size[] = {
    2,
};
enum { golden_rq_ST_norm_cqint4_code_size_n = 1 };
static const double golden_rq_ST_norm_cqint4_norm_min[] = {
    0.1142822727560997,
};
enum { golden_rq_ST_norm_cqint4_norm_min_n = 1 };
static const double golden_rq_ST_norm_cqint4_norm_max[] = {
    2.2748923301696777,
};
enum { golden_rq_ST_norm_cqint4_norm_max_n = 1 };
static const int64_t golden_rq_ST_norm_cqint4_norm_bits[] = {
    4,
};
enum { golden_rq_ST_norm_cqint4_norm_bits_n = 1 };
static const double golden_rq_ST_norm_cqint4_norm_tabs[] = {
    0,
};
enum { golden_rq_ST_norm_cqint4_norm_tabs_n = 0 };
static const int64_t golden_rq_ST_norm_cqint4_codes_hex[] = {
    244, 0, 103, 2, 125, 2, 129, 2,
};
enum { golden_rq_ST_norm_cqint4_codes_hex_n = 8 };
static const double golden_rq_ST_norm_cqint4_D[] = {
    -0.0344251394, 0.102132857, 0.164427459,
};
enum { golden_rq_ST_norm_cqint4_D_n = 3 };
static const int64_t golden_rq_ST_norm_cqint4_I[] = {
    7, 3, 6,
};
enum { golden_rq_ST_norm_cqint4_I_n = 3 };

/* IndexResidualQuantizer(4,M=2,nbits=3,L2,ST_norm_lsq2x4=8), train_type 0, beam 1, trained on U(54,.) 300x4; codes of U(55,.) 4x4; search k=3 of U(55,.) row 0 among first 20 training rows */
static const int64_t golden_rq_ST_norm_lsq2x4_code_size[] = {
    2,
};
enum { golden_rq_ST_norm_lsq2x4_code_size_n = 1 };
static const double golden_rq_ST_norm_lsq2x4_norm_min[] = {
    0.1142822727560997,
};
enum { golden_rq_ST_norm_lsq2x4_norm_min_n = 1 };
static const double golden_rq_ST_norm_lsq2x4_norm_max[] = {
    2.2748923301696777,
};
enum { golden_rq_ST_norm_lsq2x4_norm_max_n = 1 };
static const int64_t golden_rq_ST_norm_lsq2x4_norm_bits[] = {
    8,
};
enum { golden_rq_ST_norm_lsq2x4_norm_bits_n = 1 };
static const double golden_rq_ST_norm_lsq2x4_norm_tabs[] = {
    1.77223599, 0.314313382, 1.59608507, 1.16195166, 1.13985181, 1.46111083, 0.0211995952,
    1.55343771, 0.0, -0.255511969, 1.67198157, 0.443390369, -0.744786382, 0.0860374495,
    -0.0124460235, -1.1130476, 0.597792149, -0.596578181, 0.942624331, 0.65734762, -0.917230487,
    0.262397438, 0.578747332, 0.311229676, 0.466639459, 0.347921371, -0.432280242, 0.557745159,
    1.53167737, 1.87098157, 1.24135554, 1.6754334,
};
enum { golden_rq_ST_norm_lsq2x4_norm_tabs_n = 32 };
static const int64_t golden_rq_ST_norm_lsq2x4_codes_hex[] = {
    244, 22, 39, 40, 61, 40, 65, 56,
};
enum { golden_rq_ST_norm_lsq2x4_codes_hex_n = 8 };
static const double golden_rq_ST_norm_lsq2x4_D[] = {
    0.025000751, 0.11830014, 0.163867056,
};
enum { golden_rq_ST_norm_lsq2x4_D_n = 3 };
static const int64_t golden_rq_ST_norm_lsq2x4_I[] = {
    7, 6, 3,
};
enum { golden_rq_ST_norm_lsq2x4_I_n = 3 };

/* IndexResidualQuantizer(4,M=2,nbits=3,L2,ST_norm_rq2x4=9), train_type 0, beam 1, trained on U(54,.) 300x4; codes of U(55,.) 4x4; search k=3 of U(55,.) row 0 among first 20 training rows */
static const int64_t golden_rq_ST_norm_rq2x4_code_size[] = {
    2,
};
enum { golden_rq_ST_norm_rq2x4_code_size_n = 1 };
static const double golden_rq_ST_norm_rq2x4_norm_min[] = {
    0.1142822727560997,
};
enum { golden_rq_ST_norm_rq2x4_norm_min_n = 1 };
static const double golden_rq_ST_norm_rq2x4_norm_max[] = {
    2.2748923301696777,
};
enum { golden_rq_ST_norm_rq2x4_norm_max_n = 1 };
static const int64_t golden_rq_ST_norm_rq2x4_norm_bits[] = {
    8,
};
enum { golden_rq_ST_norm_rq2x4_norm_bits_n = 1 };
static const double golden_rq_ST_norm_rq2x4_norm_tabs[] = {
    1.01401377, 1.09335387, 0.342974782, 0.152092814, 1.56229424, 0.646361887, 1.34335876,
    0.793271184, 1.16277349, 0.283347845, 1.23339856, 1.7923491, 2.14444971, 0.945661247,
    1.40419555, 0.493110418, 0.388144612, 0.320148855, -0.22550045, -0.411766887, 0.159990221,
    0.210877746, 0.0649449527, -0.0942027718, -0.000272862613, 0.271197051, -0.159980386,
    -0.0515360683, 0.762138784, -0.306759775, 0.500488222, 0.12750867,
};
enum { golden_rq_ST_norm_rq2x4_norm_tabs_n = 32 };
static const int64_t golden_rq_ST_norm_rq2x4_codes_hex[] = {
    244, 29, 39, 9, 189, 62, 65, 56,
};
enum { golden_rq_ST_norm_rq2x4_codes_hex_n = 8 };
static const double golden_rq_ST_norm_rq2x4_D[] = {
    0.0182814002, 0.117778063, 0.130493224,
};
enum { golden_rq_ST_norm_rq2x4_D_n = 3 };
static const int64_t golden_rq_ST_norm_rq2x4_I[] = {
    7, 6, 3,
};
enum { golden_rq_ST_norm_rq2x4_I_n = 3 };

/* LocalSearchQuantizer(4,2,3) defaults on U(54,.) 300x4; codes of U(55,.) 4x4 */
static const double golden_lsq_codebooks[] = {
    0.21061413, 0.45520097, -0.0738002285, 0.421092987, 0.176220924, 0.000920248858,
    -0.0897167027, 0.102764718, 0.456459135, 0.0907220319, 0.51644212, 0.509039164, 0.282236665,
    0.508086264, 0.291950881, 0.119203657, 0.195876256, -0.0526696369, 0.574049711, 0.028969124,
    0.359928519, 0.150852695, 0.0755026042, 0.177585661, 0.244001061, 0.456085473, 0.594136357,
    0.333023161, -0.059709806, 0.0488238558, 0.193330497, 0.00407322356, 0.499035686, 0.181003451,
    0.123922281, 0.37955901, -0.0566872023, 0.190254524, 0.189976513, 0.000387303822, 0.374965727,
    0.421956182, 0.257250518, -0.136862636, 0.455739617, -0.00885830447, 0.276199549,
    0.0207526442, 0.40806523, 0.366163403, 0.262297094, 0.199682876, -0.0511034802, 0.154894859,
    0.202123106, 0.420130312, 0.177328914, -0.0525011718, 0.402175099, 0.345352888, 0.0582823753,
    0.405108958, 0.367951095, 0.46674934,
};
enum { golden_lsq_codebooks_n = 64 };
static const int64_t golden_lsq_codes_hex[] = {
    11, 29, 22, 61,
};
enum { golden_lsq_codes_hex_n = 4 };

/* ProductResidualQuantizer(4,nsplits=2,Msub=2,nbits=2) defaults on U(54,.) 300x4 */
static const double golden_prq_codebooks[] = {
    0.22995165, 0.694126904, 0.699451864, 0.788319826, 0.265686542, 0.192330614, 0.747605443,
    0.281775326, -0.388369828, -0.060262315, 0.0502416827, -0.475287527, 0.368725836,
    0.0442567766, -0.0204423964, 0.492749959, 0.244306371, 0.222039387, 0.739060283, 0.710409105,
    0.735255241, 0.255580634, 0.221359462, 0.681407273, 0.0566647872, -0.332121283, -0.0566147678,
    0.350955307, -0.495026767, -0.0920866206, 0.515028656, 0.148724258,
};
enum { golden_prq_codebooks_n = 32 };
static const int64_t golden_prq_codes_hex[] = {
    174, 171, 40, 110,
};
enum { golden_prq_codes_hex_n = 4 };
static const int64_t golden_prq_code_size[] = {
    1,
};
enum { golden_prq_code_size_n = 1 };

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

#endif
