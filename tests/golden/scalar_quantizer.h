/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */
/* clang-format off */
#ifndef GOLDEN_SCALAR_QUANTIZER_H
#define GOLDEN_SCALAR_QUANTIZER_H

#include <stdint.h>

/* ScalarQuantizer(d=9, QT_8bit=0): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_8bit_code_size[] = {
    9,
};
enum { golden_sq_QT_8bit_code_size_n = 1 };
static const int64_t golden_sq_QT_8bit_bits[] = {
    8,
};
enum { golden_sq_QT_8bit_bits_n = 1 };
static const double golden_sq_QT_8bit_trained[] = {
    -0.977813244, -0.910424471, -0.988166571, -0.818167686, -0.907523632, -0.362071037,
    -0.954265594, -0.926717281, -0.917718649, 3.91447425, 3.9080534, 3.87528062, 3.81623864,
    3.86330271, 3.35008836, 3.84326434, 3.88807988, 3.83129025,
};
enum { golden_sq_QT_8bit_trained_n = 18 };
static const int64_t golden_sq_QT_8bit_codes_hex[] = {
    191, 148, 249, 86, 128, 30, 159, 167, 27, 26, 231, 179, 55, 50, 182, 196, 0, 128, 182, 236,
    255, 121, 135, 73, 244, 100, 93,
};
enum { golden_sq_QT_8bit_codes_hex_n = 27 };
static const double golden_sq_QT_8bit_decoded[] = {
    1.96188021, 1.3654418, 2.8035295, 0.476360321, 1.03927791, 0.0386258066, 1.44965863,
    1.62721753, -0.504540324, -0.571014941, 2.63747478, 1.73972702, 0.0124254227, -0.142438173,
    2.03554106, 2.00730872, -0.919093609, 1.01295114, 1.82372212, 2.71410346, 2.89471245,
    1.00015783, 1.14532948, 0.603542686, 2.73074651, 0.60564363, 0.487087846,
};
enum { golden_sq_QT_8bit_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_4bit=1): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_4bit_code_size[] = {
    5,
};
enum { golden_sq_QT_4bit_code_size_n = 1 };
static const int64_t golden_sq_QT_4bit_bits[] = {
    4,
};
enum { golden_sq_QT_4bit_bits_n = 1 };
static const double golden_sq_QT_4bit_trained[] = {
    -0.977813244, -0.910424471, -0.988166571, -0.818167686, -0.907523632, -0.362071037,
    -0.954265594, -0.926717281, -0.917718649, 3.91447425, 3.9080534, 3.87528062, 3.81623864,
    3.86330271, 3.35008836, 3.84326434, 3.88807988, 3.83129025,
};
enum { golden_sq_QT_4bit_trained_n = 18 };
static const int64_t golden_sq_QT_4bit_codes_hex[] = {
    139, 94, 23, 153, 1, 209, 58, 162, 11, 7, 218, 127, 71, 94, 5,
};
enum { golden_sq_QT_4bit_codes_hex_n = 15 };
static const double golden_sq_QT_4bit_decoded[] = {
    2.02328372, 1.30413914, 2.75793791, 0.581119895, 1.02412772, -0.0270622075, 1.47980189,
    1.53573322, -0.534589648, -0.586365819, 2.60682344, 1.72452974, 0.0722879767, -0.263639808,
    1.98299074, 1.99223709, -0.797114611, 0.997926474, 1.76231861, 2.60682344, 3.01628995,
    1.08995163, 1.02412772, 0.642955542, 2.76088977, 0.498912096, 0.487087846,
};
enum { golden_sq_QT_4bit_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_8bit_uniform=2): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_8bit_uniform_code_size[] = {
    9,
};
enum { golden_sq_QT_8bit_uniform_code_size_n = 1 };
static const int64_t golden_sq_QT_8bit_uniform_bits[] = {
    8,
};
enum { golden_sq_QT_8bit_uniform_bits_n = 1 };
static const double golden_sq_QT_8bit_uniform_trained[] = {
    -0.988166571, 3.98623753,
};
enum { golden_sq_QT_8bit_uniform_trained_n = 2 };
static const int64_t golden_sq_QT_8bit_uniform_codes_hex[] = {
    188, 150, 242, 93, 129, 66, 155, 167, 30, 26, 231, 174, 64, 54, 193, 191, 0, 127, 180, 237,
    255, 126, 136, 101, 237, 101, 94,
};
enum { golden_sq_QT_8bit_uniform_codes_hex_n = 27 };
static const double golden_sq_QT_8bit_uniform_decoded[] = {
    1.9585228, 1.36449528, 2.80266714, 0.473453879, 1.03621674, 0.0513817072, 1.44265676,
    1.63024426, -0.511381269, -0.573910475, 2.63071179, 1.73967052, 0.0201170444, -0.136205971,
    2.03668427, 2.00541949, -0.980350435, 1.00495219, 1.83346415, 2.72450542, 3.00588703,
    0.989319921, 1.145643, 0.598512292, 2.72450542, 0.598512292, 0.489086151,
};
enum { golden_sq_QT_8bit_uniform_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_4bit_uniform=3): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_4bit_uniform_code_size[] = {
    5,
};
enum { golden_sq_QT_4bit_uniform_code_size_n = 1 };
static const int64_t golden_sq_QT_4bit_uniform_bits[] = {
    4,
};
enum { golden_sq_QT_4bit_uniform_bits_n = 1 };
static const double golden_sq_QT_4bit_uniform_trained[] = {
    -0.988166571, 3.98623753,
};
enum { golden_sq_QT_4bit_uniform_trained_n = 2 };
static const int64_t golden_sq_QT_4bit_uniform_codes_hex[] = {
    139, 94, 55, 153, 1, 209, 58, 179, 11, 7, 218, 127, 88, 93, 5,
};
enum { golden_sq_QT_4bit_uniform_codes_hex_n = 15 };
static const double golden_sq_QT_4bit_uniform_decoded[] = {
    2.06794882, 1.27070141, 2.86519623, 0.473453879, 1.00495219, -0.0580444932, 1.53645039,
    1.53645039, -0.589542806, -0.589542806, 2.59944701, 1.8021996, -0.0580444932, -0.0580444932,
    2.06794882, 2.06794882, -0.855291963, 1.00495219, 1.8021996, 2.59944701, 3.13094544,
    1.00495219, 1.27070141, 0.473453879, 2.59944701, 0.473453879, 0.473453879,
};
enum { golden_sq_QT_4bit_uniform_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_fp16=4): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_fp16_code_size[] = {
    18,
};
enum { golden_sq_QT_fp16_code_size_n = 1 };
static const int64_t golden_sq_QT_fp16_bits[] = {
    16,
};
enum { golden_sq_QT_fp16_bits_n = 1 };
static const double golden_sq_QT_fp16_trained[] = {
    0,
};
enum { golden_sq_QT_fp16_trained_n = 0 };
static const int64_t golden_sq_QT_fp16_codes_hex[] = {
    215, 63, 118, 61, 153, 65, 147, 55, 44, 60, 170, 41, 200, 61, 126, 62, 11, 184, 159, 184, 69,
    65, 245, 62, 19, 36, 96, 176, 15, 64, 1, 64, 212, 187, 10, 60, 81, 63, 112, 65, 45, 66, 243,
    59, 147, 60, 210, 56, 116, 65, 212, 56, 199, 55,
};
enum { golden_sq_QT_fp16_codes_hex_n = 54 };
static const double golden_sq_QT_fp16_decoded[] = {
    1.95996094, 1.36523438, 2.79882812, 0.473388672, 1.04296875, 0.0442504883, 1.4453125,
    1.62304688, -0.505371094, -0.577636719, 2.63476562, 1.73925781, 0.015914917, -0.13671875,
    2.02929688, 2.00195312, -0.978515625, 1.00976562, 1.82910156, 2.71875, 3.08789062,
    0.993652344, 1.14355469, 0.602539062, 2.7265625, 0.603515625, 0.486083984,
};
enum { golden_sq_QT_fp16_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_8bit_direct=5): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_8bit_direct_code_size[] = {
    9,
};
enum { golden_sq_QT_8bit_direct_code_size_n = 1 };
static const int64_t golden_sq_QT_8bit_direct_bits[] = {
    8,
};
enum { golden_sq_QT_8bit_direct_bits_n = 1 };
static const double golden_sq_QT_8bit_direct_trained[] = {
    0,
};
enum { golden_sq_QT_8bit_direct_trained_n = 0 };
static const int64_t golden_sq_QT_8bit_direct_codes_hex[] = {
    183, 149, 232, 97, 130, 72, 153, 164, 40, 36, 223, 171, 70, 61, 187, 186, 12, 128, 176, 227,
    249, 127, 136, 104, 228, 104, 98,
};
enum { golden_sq_QT_8bit_direct_codes_hex_n = 27 };
static const double golden_sq_QT_8bit_direct_decoded[] = {
    183.0, 149.0, 232.0, 97.0, 130.0, 72.0, 153.0, 164.0, 40.0, 36.0, 223.0, 171.0, 70.0, 61.0,
    187.0, 186.0, 12.0, 128.0, 176.0, 227.0, 249.0, 127.0, 136.0, 104.0, 228.0, 104.0, 98.0,
};
enum { golden_sq_QT_8bit_direct_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_6bit=6): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_6bit_code_size[] = {
    7,
};
enum { golden_sq_QT_6bit_code_size_n = 1 };
static const int64_t golden_sq_QT_6bit_bits[] = {
    6,
};
enum { golden_sq_QT_6bit_bits_n = 1 };
static const double golden_sq_QT_6bit_trained[] = {
    -0.977813244, -0.910424471, -0.988166571, -0.818167686, -0.907523632, -0.362071037,
    -0.954265594, -0.926717281, -0.917718649, 3.91447425, 3.9080534, 3.87528062, 3.81623864,
    3.86330271, 3.35008836, 3.84326434, 3.88807988, 3.83129025,
};
enum { golden_sq_QT_6bit_trained_n = 18 };
static const int64_t golden_sq_QT_6bit_codes_hex[] = {
    47, 217, 87, 223, 113, 166, 6, 70, 206, 54, 12, 11, 3, 31, 173, 254, 119, 161, 196, 99, 23,
};
enum { golden_sq_QT_6bit_codes_hex_n = 21 };
static const double golden_sq_QT_6bit_decoded[] = {
    1.97357607, 1.35376525, 2.79484534, 0.484199524, 1.02412772, 0.0367490053, 1.45540023,
    1.63447809, -0.522426784, -0.573938906, 2.65644956, 1.74913478, -0.000402271748, -0.140995324,
    2.00426126, 2.00443792, -0.89585948, 0.997926474, 1.84930706, 2.71848226, 2.91787004,
    0.96880126, 1.14677215, 0.621685088, 2.7364881, 0.585313797, 0.511413455,
};
enum { golden_sq_QT_6bit_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_bf16=7): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_bf16_code_size[] = {
    18,
};
enum { golden_sq_QT_bf16_code_size_n = 1 };
static const int64_t golden_sq_QT_bf16_bits[] = {
    16,
};
enum { golden_sq_QT_bf16_bits_n = 1 };
static const double golden_sq_QT_bf16_trained[] = {
    0,
};
enum { golden_sq_QT_bf16_trained_n = 0 };
static const int64_t golden_sq_QT_bf16_codes_hex[] = {
    251, 63, 175, 63, 51, 64, 242, 62, 133, 63, 53, 61, 185, 63, 208, 63, 1, 191, 20, 191, 41, 64,
    223, 63, 130, 60, 12, 190, 2, 64, 0, 64, 123, 191, 129, 63, 234, 63, 46, 64, 70, 64, 126, 63,
    146, 63, 26, 63, 47, 64, 27, 63, 249, 62,
};
enum { golden_sq_QT_bf16_codes_hex_n = 54 };
static const double golden_sq_QT_bf16_decoded[] = {
    1.9609375, 1.3671875, 2.796875, 0.47265625, 1.0390625, 0.0441894531, 1.4453125, 1.625,
    -0.50390625, -0.578125, 2.640625, 1.7421875, 0.0158691406, -0.13671875, 2.03125, 2.0,
    -0.98046875, 1.0078125, 1.828125, 2.71875, 3.09375, 0.9921875, 1.140625, 0.6015625, 2.734375,
    0.60546875, 0.486328125,
};
enum { golden_sq_QT_bf16_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_8bit_direct_signed=8): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_8bit_direct_signed_code_size[] = {
    9,
};
enum { golden_sq_QT_8bit_direct_signed_code_size_n = 1 };
static const int64_t golden_sq_QT_8bit_direct_signed_bits[] = {
    8,
};
enum { golden_sq_QT_8bit_direct_signed_bits_n = 1 };
static const double golden_sq_QT_8bit_direct_signed_trained[] = {
    0,
};
enum { golden_sq_QT_8bit_direct_signed_trained_n = 0 };
static const int64_t golden_sq_QT_8bit_direct_signed_codes_hex[] = {
    183, 149, 232, 97, 130, 72, 153, 164, 40, 36, 223, 171, 70, 61, 187, 186, 12, 128, 176, 227,
    249, 127, 136, 104, 228, 104, 98,
};
enum { golden_sq_QT_8bit_direct_signed_codes_hex_n = 27 };
static const double golden_sq_QT_8bit_direct_signed_decoded[] = {
    55.0, 21.0, 104.0, -31.0, 2.0, -56.0, 25.0, 36.0, -88.0, -92.0, 95.0, 43.0, -58.0, -67.0,
    59.0, 58.0, -116.0, 0.0, 48.0, 99.0, 121.0, -1.0, 8.0, -24.0, 100.0, -24.0, -30.0,
};
enum { golden_sq_QT_8bit_direct_signed_decoded_n = 27 };

/* ScalarQuantizer(d=9, QT_0bit=9): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_0bit_code_size[] = {
    0,
};
enum { golden_sq_QT_0bit_code_size_n = 1 };
static const int64_t golden_sq_QT_0bit_bits[] = {
    0,
};
enum { golden_sq_QT_0bit_bits_n = 1 };
static const double golden_sq_QT_0bit_trained[] = {
    0,
};
enum { golden_sq_QT_0bit_trained_n = 0 };
static const double golden_sq_QT_0bit_codes_hex[] = {
    0,
};
enum { golden_sq_QT_0bit_codes_hex_n = 0 };
static const double golden_sq_QT_0bit_decoded[] = {
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
};
enum { golden_sq_QT_0bit_decoded_n = 27 };

/* ScalarQuantizer(d=8, QT_1bit_tqmse=10): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_1bit_tqmse_code_size[] = {
    1,
};
enum { golden_sq_QT_1bit_tqmse_code_size_n = 1 };
static const int64_t golden_sq_QT_1bit_tqmse_bits[] = {
    1,
};
enum { golden_sq_QT_1bit_tqmse_bits_n = 1 };
static const double golden_sq_QT_1bit_tqmse_trained[] = {
    -0.282094806, 0.282094806, 0.0,
};
enum { golden_sq_QT_1bit_tqmse_trained_n = 3 };
static const int64_t golden_sq_QT_1bit_tqmse_codes_hex[] = {
    215, 204, 94,
};
enum { golden_sq_QT_1bit_tqmse_codes_hex_n = 3 };
static const double golden_sq_QT_1bit_tqmse_decoded[] = {
    0.282094806, 0.282094806, 0.282094806, -0.282094806, 0.282094806, -0.282094806, 0.282094806,
    0.282094806, -0.282094806, -0.282094806, 0.282094806, 0.282094806, -0.282094806, -0.282094806,
    0.282094806, 0.282094806, -0.282094806, 0.282094806, 0.282094806, 0.282094806, 0.282094806,
    -0.282094806, 0.282094806, -0.282094806,
};
enum { golden_sq_QT_1bit_tqmse_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_2bit_tqmse=11): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_2bit_tqmse_code_size[] = {
    2,
};
enum { golden_sq_QT_2bit_tqmse_code_size_n = 1 };
static const int64_t golden_sq_QT_2bit_tqmse_bits[] = {
    2,
};
enum { golden_sq_QT_2bit_tqmse_bits_n = 1 };
static const double golden_sq_QT_2bit_tqmse_trained[] = {
    -0.534013271, -0.160081908, 0.160081908, 0.534013271, -0.347047567, 0.0, 0.347047567,
};
enum { golden_sq_QT_2bit_tqmse_trained_n = 7 };
static const int64_t golden_sq_QT_2bit_tqmse_codes_hex[] = {
    123, 162, 176, 240, 248, 103,
};
enum { golden_sq_QT_2bit_tqmse_codes_hex_n = 6 };
static const double golden_sq_QT_2bit_tqmse_decoded[] = {
    0.534013271, 0.160081908, 0.534013271, -0.160081908, 0.160081908, -0.534013271, 0.160081908,
    0.160081908, -0.534013271, -0.534013271, 0.534013271, 0.160081908, -0.534013271, -0.534013271,
    0.534013271, 0.534013271, -0.534013271, 0.160081908, 0.534013271, 0.534013271, 0.534013271,
    -0.160081908, 0.160081908, -0.160081908,
};
enum { golden_sq_QT_2bit_tqmse_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_3bit_tqmse=12): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_3bit_tqmse_code_size[] = {
    3,
};
enum { golden_sq_QT_3bit_tqmse_code_size_n = 1 };
static const int64_t golden_sq_QT_3bit_tqmse_bits[] = {
    3,
};
enum { golden_sq_QT_3bit_tqmse_bits_n = 1 };
static const double golden_sq_QT_3bit_tqmse_trained[] = {
    -0.760827661, -0.475143671, -0.267288238, -0.0866538733, 0.0866538733, 0.267288238,
    0.475143671, 0.760827661, -0.617985725, -0.37121594, -0.176971048, 0.0, 0.176971048,
    0.37121594, 0.617985725,
};
enum { golden_sq_QT_3bit_tqmse_trained_n = 15 };
static const int64_t golden_sq_QT_3bit_tqmse_codes_hex[] = {
    230, 197, 180, 192, 155, 216, 160, 255, 81,
};
enum { golden_sq_QT_3bit_tqmse_codes_hex_n = 9 };
static const double golden_sq_QT_3bit_tqmse_decoded[] = {
    0.475143671, 0.0866538733, 0.760827661, -0.267288238, 0.0866538733, -0.475143671, 0.267288238,
    0.267288238, -0.760827661, -0.760827661, 0.760827661, 0.267288238, -0.475143671, -0.475143671,
    0.475143671, 0.475143671, -0.760827661, 0.0866538733, 0.475143671, 0.760827661, 0.760827661,
    -0.0866538733, 0.0866538733, -0.267288238,
};
enum { golden_sq_QT_3bit_tqmse_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_4bit_tqmse=13): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_4bit_tqmse_code_size[] = {
    4,
};
enum { golden_sq_QT_4bit_tqmse_code_size_n = 1 };
static const int64_t golden_sq_QT_4bit_tqmse_bits[] = {
    4,
};
enum { golden_sq_QT_4bit_tqmse_bits_n = 1 };
static const double golden_sq_QT_4bit_tqmse_trained[] = {
    -0.96611625, -0.731508017, -0.572065771, -0.444144785, -0.333167642, -0.232199416,
    -0.137195781, -0.0453944989, 0.0453944989, 0.137195781, 0.232199416, 0.333167642, 0.444144785,
    0.572065771, 0.731508017, 0.96611625, -0.848812163, -0.651786923, -0.508105278, -0.388656229,
    -0.282683522, -0.184697598, -0.091295138, 0.0, 0.091295138, 0.184697598, 0.282683522,
    0.388656229, 0.508105278, 0.651786923, 0.848812163,
};
enum { golden_sq_QT_4bit_tqmse_trained_n = 31 };
static const int64_t golden_sq_QT_4bit_tqmse_codes_hex[] = {
    156, 94, 56, 186, 17, 190, 35, 204, 128, 235, 127, 104,
};
enum { golden_sq_QT_4bit_tqmse_codes_hex_n = 12 };
static const double golden_sq_QT_4bit_tqmse_decoded[] = {
    0.444144785, 0.137195781, 0.731508017, -0.232199416, 0.0453944989, -0.444144785, 0.232199416,
    0.333167642, -0.731508017, -0.731508017, 0.731508017, 0.333167642, -0.444144785, -0.572065771,
    0.444144785, 0.444144785, -0.96611625, 0.0453944989, 0.333167642, 0.731508017, 0.96611625,
    -0.0453944989, 0.0453944989, -0.137195781,
};
enum { golden_sq_QT_4bit_tqmse_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_8bit_tqmse=14): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_8bit_tqmse_code_size[] = {
    8,
};
enum { golden_sq_QT_8bit_tqmse_code_size_n = 1 };
static const int64_t golden_sq_QT_8bit_tqmse_bits[] = {
    8,
};
enum { golden_sq_QT_8bit_tqmse_bits_n = 1 };
static const int64_t golden_sq_QT_8bit_tqmse_codes_hex[] = {
    216, 171, 242, 68, 133, 39, 180, 195, 19, 17, 239, 204, 38, 31, 219, 218, 10, 129, 209, 241,
    247, 127, 145, 80,
};
enum { golden_sq_QT_8bit_tqmse_codes_hex_n = 24 };
static const double golden_sq_QT_8bit_tqmse_decoded[] = {
    0.434256494, 0.16450049, 0.809149265, -0.238043696, 0.0198002271, -0.434256494, 0.204161569,
    0.281370461, -0.687316537, -0.724087, 0.743766785, 0.338323563, -0.443619758, -0.516913831,
    0.463116169, 0.453235984, -0.887162805, 0.00539662084, 0.374989659, 0.786178231, 0.949431896,
    -0.00179879193, 0.0634071827, -0.181678012,
};
enum { golden_sq_QT_8bit_tqmse_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_2bit_tq=15): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_2bit_tq_code_size[] = {
    10,
};
enum { golden_sq_QT_2bit_tq_code_size_n = 1 };
static const int64_t golden_sq_QT_2bit_tq_bits[] = {
    2,
};
enum { golden_sq_QT_2bit_tq_bits_n = 1 };
static const double golden_sq_QT_2bit_tq_trained[] = {
    -0.797884583, 0.797884583, 0.0, 5.88545355e-44, 0.0, 0.0,
};
enum { golden_sq_QT_2bit_tq_trained_n = 6 };
static const int64_t golden_sq_QT_2bit_tq_codes_hex[] = {
    215, 49, 147, 77, 143, 63, 10, 116, 18, 63, 204, 17, 222, 9, 204, 63, 89, 35, 154, 62, 94, 25,
    217, 78, 202, 63, 97, 26, 48, 63,
};
enum { golden_sq_QT_2bit_tq_codes_hex_n = 30 };
static const double golden_sq_QT_2bit_tq_decoded[] = {
    0.244869471, 0.244869471, 0.528674066, -0.244869471, 0.244869471, -0.386771768, 0.244869471,
    0.386771768, -0.555996537, -0.555996537, 0.555996537, 0.555996537, -0.449673533, -0.449673533,
    0.449673533, 0.449673533, -0.566303611, 0.32541573, 0.566303611, 0.807191432, 0.566303611,
    -0.32541573, 0.32541573, -0.32541573,
};
enum { golden_sq_QT_2bit_tq_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_3bit_tq=16): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_3bit_tq_code_size[] = {
    11,
};
enum { golden_sq_QT_3bit_tq_code_size_n = 1 };
static const int64_t golden_sq_QT_3bit_tq_bits[] = {
    3,
};
enum { golden_sq_QT_3bit_tq_bits_n = 1 };
static const double golden_sq_QT_3bit_tq_trained[] = {
    -1.51041758, -0.452780038, 0.452780038, 1.51041758, -0.981598794, 0.0, 0.981598794,
    5.88545355e-44, 0.0, 0.0,
};
enum { golden_sq_QT_3bit_tq_trained_n = 10 };
static const int64_t golden_sq_QT_3bit_tq_codes_hex[] = {
    13, 215, 114, 147, 77, 143, 63, 232, 37, 172, 62, 52, 204, 233, 222, 9, 204, 63, 241, 47, 162,
    62, 184, 94, 92, 217, 78, 202, 63, 125, 53, 144, 62,
};
enum { golden_sq_QT_3bit_tq_codes_hex_n = 33 };
static const double golden_sq_QT_3bit_tq_decoded[] = {
    0.597857177, 0.179220483, 0.681256473, -0.262619793, 0.0958211571, -0.514457822, 0.179220483,
    0.179220483, -0.795306802, -0.795306802, 0.795306802, 0.311116368, -0.311116368, -0.311116368,
    0.311116368, 0.422991604, -0.844024658, 0.154384181, 0.154384181, 0.844024658, 0.844024658,
    -0.154384181, 0.154384181, -0.253014445,
};
enum { golden_sq_QT_3bit_tq_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_4bit_tq=17): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_4bit_tq_code_size[] = {
    12,
};
enum { golden_sq_QT_4bit_tq_code_size_n = 1 };
static const int64_t golden_sq_QT_4bit_tq_bits[] = {
    4,
};
enum { golden_sq_QT_4bit_tq_bits_n = 1 };
static const double golden_sq_QT_4bit_tq_trained[] = {
    -2.15194559, -1.34390926, -0.756005287, -0.24509418, 0.24509418, 0.756005287, 1.34390926,
    2.15194559, -1.74792755, -1.04995728, -0.500549734, 0.0, 0.500549734, 1.04995728, 1.74792755,
    5.88545355e-44, 0.0, 0.0,
};
enum { golden_sq_QT_4bit_tq_trained_n = 18 };
static const int64_t golden_sq_QT_4bit_tq_codes_hex[] = {
    228, 13, 215, 24, 147, 77, 143, 63, 125, 133, 63, 62, 203, 52, 204, 231, 222, 9, 204, 63, 164,
    127, 209, 61, 165, 184, 94, 28, 217, 78, 202, 63, 171, 181, 83, 62,
};
enum { golden_sq_QT_4bit_tq_codes_hex_n = 36 };
static const double golden_sq_QT_4bit_tq_decoded[] = {
    0.48555693, 0.0970137641, 0.851788342, -0.252851367, 0.0970137641, -0.48555693, 0.252851367,
    0.299243838, -0.721275747, -0.757403314, 0.757403314, 0.38994357, -0.426071107, -0.462198645,
    0.462198645, 0.426071107, -0.787178576, 0.100759968, 0.386258215, 0.787178576, 0.787178576,
    -0.100759968, 0.0283616185, -0.173158333,
};
enum { golden_sq_QT_4bit_tq_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_5bit_tq=18): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_5bit_tq_code_size[] = {
    13,
};
enum { golden_sq_QT_5bit_tq_code_size_n = 1 };
static const int64_t golden_sq_QT_5bit_tq_bits[] = {
    5,
};
enum { golden_sq_QT_5bit_tq_bits_n = 1 };
static const double golden_sq_QT_5bit_tq_trained[] = {
    -2.73258948, -2.06901717, -1.6180464, -1.25623119, -0.942340434, -0.656759143, -0.388048291,
    -0.128395036, 0.128395036, 0.388048291, 0.656759143, 0.942340434, 1.25623119, 1.6180464,
    2.06901717, 2.73258948, -2.40080333, -1.84353185, -1.4371388, -1.09928584, -0.799549758,
    -0.522403717, -0.258221656, 0.0, 0.258221656, 0.522403717, 0.799549758, 1.09928584, 1.4371388,
    1.84353185, 2.40080333, 5.88545355e-44, 0.0, 0.0,
};
enum { golden_sq_QT_5bit_tq_trained_n = 34 };
static const int64_t golden_sq_QT_5bit_tq_codes_hex[] = {
    74, 132, 45, 215, 129, 147, 77, 143, 63, 7, 38, 200, 61, 211, 203, 52, 204, 182, 222, 9, 204,
    63, 186, 92, 176, 61, 48, 165, 184, 94, 89, 217, 78, 202, 63, 142, 148, 178, 61,
};
enum { golden_sq_QT_5bit_tq_codes_hex_n = 39 };
static const double golden_sq_QT_5bit_tq_decoded[] = {
    0.473003358, 0.153598204, 0.818963349, -0.235718861, 0.0508216321, -0.397240579, 0.177839339,
    0.259959996, -0.692782879, -0.692782879, 0.723196089, 0.354931116, -0.385344356, -0.546292841,
    0.515879631, 0.485466391, -0.904167831, 0.0412128717, 0.366998434, 0.732519269, 0.904167831,
    -0.0412128717, 0.0717474222, -0.186307669,
};
enum { golden_sq_QT_5bit_tq_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_1bit_eden=19): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_1bit_eden_code_size[] = {
    1,
};
enum { golden_sq_QT_1bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_1bit_eden_bits[] = {
    1,
};
enum { golden_sq_QT_1bit_eden_bits_n = 1 };
static const double golden_sq_QT_1bit_eden_trained[] = {
    -0.797884583, 0.797884583, 0.0,
};
enum { golden_sq_QT_1bit_eden_trained_n = 3 };
static const int64_t golden_sq_QT_1bit_eden_codes_hex[] = {
    215, 204, 94,
};
enum { golden_sq_QT_1bit_eden_codes_hex_n = 3 };
static const double golden_sq_QT_1bit_eden_decoded[] = {
    0.797884583, 0.797884583, 0.797884583, -0.797884583, 0.797884583, -0.797884583, 0.797884583,
    0.797884583, -0.797884583, -0.797884583, 0.797884583, 0.797884583, -0.797884583, -0.797884583,
    0.797884583, 0.797884583, -0.797884583, 0.797884583, 0.797884583, 0.797884583, 0.797884583,
    -0.797884583, 0.797884583, -0.797884583,
};
enum { golden_sq_QT_1bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_2bit_eden=20): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_2bit_eden_code_size[] = {
    2,
};
enum { golden_sq_QT_2bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_2bit_eden_bits[] = {
    2,
};
enum { golden_sq_QT_2bit_eden_bits_n = 1 };
static const double golden_sq_QT_2bit_eden_trained[] = {
    -1.51041758, -0.452780038, 0.452780038, 1.51041758, -0.981598794, 0.0, 0.981598794,
};
enum { golden_sq_QT_2bit_eden_trained_n = 7 };
static const int64_t golden_sq_QT_2bit_eden_codes_hex[] = {
    106, 166, 165, 165, 169, 102,
};
enum { golden_sq_QT_2bit_eden_codes_hex_n = 6 };
static const double golden_sq_QT_2bit_eden_decoded[] = {
    0.452780038, 0.452780038, 0.452780038, -0.452780038, 0.452780038, -0.452780038, 0.452780038,
    0.452780038, -0.452780038, -0.452780038, 0.452780038, 0.452780038, -0.452780038, -0.452780038,
    0.452780038, 0.452780038, -0.452780038, 0.452780038, 0.452780038, 0.452780038, 0.452780038,
    -0.452780038, 0.452780038, -0.452780038,
};
enum { golden_sq_QT_2bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_3bit_eden=21): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_3bit_eden_code_size[] = {
    3,
};
enum { golden_sq_QT_3bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_3bit_eden_bits[] = {
    3,
};
enum { golden_sq_QT_3bit_eden_bits_n = 1 };
static const double golden_sq_QT_3bit_eden_trained[] = {
    -2.15194559, -1.34390926, -0.756005287, -0.24509418, 0.24509418, 0.756005287, 1.34390926,
    2.15194559, -1.74792755, -1.04995728, -0.500549734, 0.0, 0.500549734, 1.04995728, 1.74792755,
};
enum { golden_sq_QT_3bit_eden_trained_n = 15 };
static const int64_t golden_sq_QT_3bit_eden_codes_hex[] = {
    100, 199, 145, 82, 57, 145, 34, 219, 113,
};
enum { golden_sq_QT_3bit_eden_codes_hex_n = 9 };
static const double golden_sq_QT_3bit_eden_decoded[] = {
    0.24509418, 0.24509418, 0.756005287, -0.24509418, 0.24509418, -0.24509418, 0.24509418,
    0.24509418, -0.756005287, -0.756005287, 0.756005287, 0.24509418, -0.24509418, -0.756005287,
    0.24509418, 0.24509418, -0.756005287, 0.24509418, 0.24509418, 0.756005287, 0.756005287,
    -0.24509418, 0.24509418, -0.24509418,
};
enum { golden_sq_QT_3bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_4bit_eden=22): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_4bit_eden_code_size[] = {
    4,
};
enum { golden_sq_QT_4bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_4bit_eden_bits[] = {
    4,
};
enum { golden_sq_QT_4bit_eden_bits_n = 1 };
static const double golden_sq_QT_4bit_eden_trained[] = {
    -2.73258948, -2.06901717, -1.6180464, -1.25623119, -0.942340434, -0.656759143, -0.388048291,
    -0.128395036, 0.128395036, 0.388048291, 0.656759143, 0.942340434, 1.25623119, 1.6180464,
    2.06901717, 2.73258948, -2.40080333, -1.84353185, -1.4371388, -1.09928584, -0.799549758,
    -0.522403717, -0.258221656, 0.0, 0.258221656, 0.522403717, 0.799549758, 1.09928584, 1.4371388,
    1.84353185, 2.40080333,
};
enum { golden_sq_QT_4bit_eden_trained_n = 31 };
static const int64_t golden_sq_QT_4bit_eden_codes_hex[] = {
    137, 123, 104, 152, 85, 154, 102, 153, 132, 169, 123, 120,
};
enum { golden_sq_QT_4bit_eden_codes_hex_n = 12 };
static const double golden_sq_QT_4bit_eden_decoded[] = {
    0.388048291, 0.128395036, 0.942340434, -0.128395036, 0.128395036, -0.388048291, 0.128395036,
    0.388048291, -0.656759143, -0.656759143, 0.656759143, 0.388048291, -0.388048291, -0.388048291,
    0.388048291, 0.388048291, -0.942340434, 0.128395036, 0.388048291, 0.656759143, 0.942340434,
    -0.128395036, 0.128395036, -0.128395036,
};
enum { golden_sq_QT_4bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_5bit_eden=23): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_5bit_eden_code_size[] = {
    5,
};
enum { golden_sq_QT_5bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_5bit_eden_bits[] = {
    5,
};
enum { golden_sq_QT_5bit_eden_bits_n = 1 };
static const double golden_sq_QT_5bit_eden_trained[] = {
    -3.26072621, -2.69111562, -2.31773639, -2.0287261, -1.78723121, -1.57622635, -1.38633895,
    -1.2118032, -1.04878235, -0.89456439, -0.747135103, -0.604933143, -0.466699183, -0.331378043,
    -0.198051691, -0.0658896193, 0.0658896193, 0.198051691, 0.331378043, 0.466699183, 0.604933143,
    0.747135103, 0.89456439, 1.04878235, 1.2118032, 1.38633895, 1.57622635, 1.78723121, 2.0287261,
    2.31773639, 2.69111562, 3.26072621, -2.97592092, -2.504426, -2.17323112, -1.90797865,
    -1.68172884, -1.48128271, -1.29907107, -1.13029277, -0.971673369, -0.820849776, -0.676034153,
    -0.535816193, -0.399038613, -0.264714867, -0.131970659, 0.0, 0.131970659, 0.264714867,
    0.399038613, 0.535816193, 0.676034153, 0.820849776, 0.971673369, 1.13029277, 1.29907107,
    1.48128271, 1.68172884, 1.90797865, 2.17323112, 2.504426, 2.97592092,
};
enum { golden_sq_QT_5bit_eden_trained_n = 63 };
static const int64_t golden_sq_QT_5bit_eden_codes_hex[] = {
    51, 86, 7, 89, 148, 74, 85, 201, 216, 156, 9, 202, 106, 31, 116,
};
enum { golden_sq_QT_5bit_eden_codes_hex_n = 15 };
static const double golden_sq_QT_5bit_eden_decoded[] = {
    0.466699183, 0.198051691, 0.747135103, -0.198051691, 0.0658896193, -0.466699183, 0.198051691,
    0.331378043, -0.747135103, -0.747135103, 0.747135103, 0.331378043, -0.466699183, -0.466699183,
    0.466699183, 0.466699183, -0.89456439, 0.0658896193, 0.331378043, 0.747135103, 0.89456439,
    -0.0658896193, 0.0658896193, -0.198051691,
};
enum { golden_sq_QT_5bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_6bit_eden=24): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_6bit_eden_code_size[] = {
    6,
};
enum { golden_sq_QT_6bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_6bit_eden_bits[] = {
    6,
};
enum { golden_sq_QT_6bit_eden_bits_n = 1 };
static const int64_t golden_sq_QT_6bit_eden_codes_hex[] = {
    166, 184, 114, 96, 54, 146, 86, 165, 146, 25, 102, 154, 19, 88, 174, 237, 7, 118,
};
enum { golden_sq_QT_6bit_eden_codes_hex_n = 18 };
static const double golden_sq_QT_6bit_eden_decoded[] = {
    0.43894881, 0.167296603, 0.795466065, -0.234566569, 0.0334094577, -0.43894881, 0.234566569,
    0.302192301, -0.649654269, -0.72192049, 0.72192049, 0.302192301, -0.43894881, -0.508312762,
    0.43894881, 0.43894881, -0.870474875, 0.0334094577, 0.370281935, 0.795466065, 0.947153091,
    -0.0334094577, 0.0334094577, -0.167296603,
};
enum { golden_sq_QT_6bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_7bit_eden=25): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_7bit_eden_code_size[] = {
    7,
};
enum { golden_sq_QT_7bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_7bit_eden_bits[] = {
    7,
};
enum { golden_sq_QT_7bit_eden_bits_n = 1 };
static const int64_t golden_sq_QT_7bit_eden_codes_hex[] = {
    76, 226, 21, 7, 156, 21, 145, 172, 85, 53, 41, 131, 53, 155, 38, 224, 210, 170, 253, 5, 117,
};
enum { golden_sq_QT_7bit_eden_codes_hex_n = 21 };
static const double golden_sq_QT_7bit_eden_decoded[] = {
    0.424920559, 0.15164426, 0.820600808, -0.253318071, 0.016828144, -0.424920559, 0.185460255,
    0.287386805, -0.672831595, -0.709275961, 0.746037126, 0.321567118, -0.45969224, -0.529810846,
    0.45969224, 0.45969224, -0.896717608, 0.016828144, 0.390319258, 0.78313756, 0.935426056,
    -0.016828144, 0.0504907556, -0.185460255,
};
enum { golden_sq_QT_7bit_eden_decoded_n = 24 };

/* ScalarQuantizer(d=8, QT_8bit_eden=26): trained vector, codes (hex) and decoded values. train data, test data: see inputs */
static const int64_t golden_sq_QT_8bit_eden_code_size[] = {
    8,
};
enum { golden_sq_QT_8bit_eden_code_size_n = 1 };
static const int64_t golden_sq_QT_8bit_eden_bits[] = {
    8,
};
enum { golden_sq_QT_8bit_eden_bits_n = 1 };
static const int64_t golden_sq_QT_8bit_eden_codes_hex[] = {
    169, 144, 196, 104, 129, 87, 147, 155, 67, 65, 192, 160, 86, 80, 171, 170, 54, 128, 163, 194,
    204, 127, 134, 110,
};
enum { golden_sq_QT_8bit_eden_codes_hex_n = 24 };
static const double golden_sq_QT_8bit_eden_decoded[] = {
    0.441628784, 0.168958038, 0.812371373, -0.242272899, 0.0152639495, -0.429948568, 0.200193167,
    0.284967363, -0.687761068, -0.717379451, 0.747963428, 0.339429408, -0.441628784, -0.513863027,
    0.465277642, 0.453403622, -0.899950743, 0.0050877519, 0.372821599, 0.779597223, 0.956923544,
    -0.0050877519, 0.0662040934, -0.179342598,
};
enum { golden_sq_QT_8bit_eden_decoded_n = 24 };

/* trained values with rangestat=0 arg=0.1, 4-bit uniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_0_uniform_trained[] = {
    -1.38679028, 4.78348494,
};
enum { golden_sq_range_0_uniform_trained_n = 2 };

/* trained values with rangestat=0 arg=0.1, 4-bit nonuniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_0_nonuniform_trained[] = {
    -1.36926067, -1.30122983, -1.37569463, -1.19979155, -1.29385388, -0.697079897, -1.33859205,
    -1.31552529, -1.30084765, 4.6973691, 4.68966389, 4.65033674, 4.57948637, 4.63596344,
    4.02010632, 4.6119175, 4.66569614, 4.59754848,
};
enum { golden_sq_range_0_nonuniform_trained_n = 18 };

/* trained values with rangestat=1 arg=2, 4-bit uniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_1_uniform_trained[] = {
    -1.2672112, 4.58673477,
};
enum { golden_sq_range_1_uniform_trained_n = 2 };

/* trained values with rangestat=1 arg=2, 4-bit nonuniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_1_nonuniform_trained[] = {
    -1.56206739, -1.18011963, -1.61531115, -1.19578505, -1.22243702, -0.683943391, -1.28807795,
    -1.09876871, -1.34599495, 4.98960686, 4.57924223, 5.01390791, 4.68143368, 4.45815897,
    4.03680515, 4.35814333, 4.18444204, 4.35069084,
};
enum { golden_sq_range_1_nonuniform_trained_n = 18 };

/* trained values with rangestat=2 arg=0.1, 4-bit uniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_2_uniform_trained[] = {
    -0.536922455, 3.15087795,
};
enum { golden_sq_range_2_uniform_trained_n = 2 };

/* trained values with rangestat=2 arg=0.1, 4-bit nonuniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_2_nonuniform_trained[] = {
    -0.677849531, -0.565166235, -0.752693176, -0.446275711, -0.455379486, -0.0791754723,
    -0.654312849, -0.229550838, -0.540704489, 3.4575243, 3.22834539, 3.35053015, 3.0807929,
    2.99595547, 2.6894753, 2.96393538, 2.81647015, 2.90189505,
};
enum { golden_sq_range_2_nonuniform_trained_n = 18 };

/* trained values with rangestat=3 arg=0, 4-bit uniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_3_uniform_trained[] = {
    -0.990819275, 3.8794899,
};
enum { golden_sq_range_3_uniform_trained_n = 2 };

/* trained values with rangestat=3 arg=0, 4-bit nonuniform, train data 4*U(20,.)-1, 64x9 */
static const double golden_sq_range_3_nonuniform_trained[] = {
    -0.977999568, -0.801282406, -0.989924729, -0.716366827, -0.841198325, -0.298275888,
    -0.971590161, -0.781884015, -0.849592626, 3.82944965, 3.68343878, 3.86789036, 3.65408349,
    3.81489706, 3.23180556, 3.83708334, 3.64171505, 3.68829632,
};
enum { golden_sq_range_3_nonuniform_trained_n = 18 };

/* QT_fp16 rounding of edge values (uint16 little endian) */
static const int64_t golden_edge_QT_fp16_values_hex[] = {
    0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 128, 63, 171, 170, 170, 62, 0, 224, 127, 71, 0, 239, 127, 71,
    0, 240, 127, 71, 0, 36, 116, 73, 64, 218, 127, 56, 229, 250, 127, 51, 229, 250, 255, 50, 173,
    27, 249, 50, 95, 112, 137, 48, 0, 0, 128, 127, 0, 0, 128, 255, 0, 16, 128, 63, 0, 48, 128, 63,
    8, 16, 128, 63, 0, 128, 128, 63, 0, 128, 129, 63, 0, 64, 128, 63, 128, 128, 128, 63, 158, 201,
    127, 127,
};
enum { golden_edge_QT_fp16_values_hex_n = 92 };
static const int64_t golden_edge_QT_fp16_codes_hex[] = {
    0, 0, 0, 128, 0, 60, 85, 53, 255, 123, 255, 123, 0, 124, 0, 124, 255, 3, 1, 0, 0, 0, 0, 0, 0,
    0, 0, 124, 0, 252, 1, 60, 2, 60, 1, 60, 4, 60, 12, 60, 2, 60, 4, 60, 0, 124,
};
enum { golden_edge_QT_fp16_codes_hex_n = 46 };

/* QT_bf16 rounding of edge values (uint16 little endian) */
static const int64_t golden_edge_QT_bf16_values_hex[] = {
    0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 128, 63, 171, 170, 170, 62, 0, 224, 127, 71, 0, 239, 127, 71,
    0, 240, 127, 71, 0, 36, 116, 73, 64, 218, 127, 56, 229, 250, 127, 51, 229, 250, 255, 50, 173,
    27, 249, 50, 95, 112, 137, 48, 0, 0, 128, 127, 0, 0, 128, 255, 0, 16, 128, 63, 0, 48, 128, 63,
    8, 16, 128, 63, 0, 128, 128, 63, 0, 128, 129, 63, 0, 64, 128, 63, 128, 128, 128, 63, 158, 201,
    127, 127,
};
enum { golden_edge_QT_bf16_values_hex_n = 92 };
static const int64_t golden_edge_QT_bf16_codes_hex[] = {
    0, 0, 0, 128, 128, 63, 171, 62, 128, 71, 128, 71, 128, 71, 116, 73, 128, 56, 128, 51, 0, 51,
    249, 50, 137, 48, 128, 127, 128, 255, 128, 63, 128, 63, 128, 63, 129, 63, 130, 63, 128, 63,
    129, 63, 128, 127,
};
enum { golden_edge_QT_bf16_codes_hex_n = 46 };

#endif
