/* The median of numbers. */
#include <faiss/impl/median.h>

/* Reorder the values so that the one of a rank is in its place, smaller ones before it. */
static void select_rank (float *values, size_t n, size_t rank) {
    size_t begin = 0, end = n; /* the rank is within */
    while (end - begin > 1) {
        float pivot = values[begin + (end - begin) / 2];
        size_t low = begin, at = begin, high = end; /* below, equal or NaN, above */
        while (at < high) {
            float value = values[at];
            if (value < pivot) {
                values[at++] = values[low];
                values[low++] = value;
            } else if (value > pivot) {
                values[at] = values[--high];
                values[high] = value;
            } else {
                at++;
            }
        }
        if (rank < low) {
            end = low;
        } else if (rank >= high) {
            begin = high;
        } else {
            return;
        }
    }
}

float faiss_median (float *values, size_t n) {
    select_rank (values, n, n / 2);
    float upper = values[n / 2];
    if (n % 2 == 1) {
        return upper;
    }
    float lower = values[0];
    for (size_t i = 1; i < n / 2; i++) {
        lower = values[i] > lower ? values[i] : lower;
    }
    return (lower + upper) / 2;
}
