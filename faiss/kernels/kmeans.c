/* k-means assignment: the definition of what these kernels compute. */
#include <math.h>

#include <faiss/kernels/kernels.h>

enum { ROWS = FAISS_KMEANS_ROWS };

static void products (const FaissKmeansGroup *group, const float *point, float sums[ROWS]) {
    for (int i = 0; i < ROWS; i++) {
        sums[i] = 0;
    }
    for (size_t j = 0; j < group->d; j++) {
        for (int i = 0; i < ROWS; i++) {
            sums[i] += point[j] * group->rows[j * ROWS + (size_t)i];
        }
    }
}

void faiss_kmeans_nearest_ip_generic (const FaissKmeansGroup *group) {
    for (size_t p = 0; p < group->n; p++) {
        float sums[ROWS];
        products (group, group->x + group->points[p] * group->d, sums);
        unsigned best = 0;
        for (unsigned i = 1; i < group->n_rows; i++) {
            best = sums[i] > sums[best] ? i : best;
        }
        group->vals[p] = sums[best];
        group->best[p] = best;
    }
}

void faiss_kmeans_nearest_L2_norms_generic (const FaissKmeansGroup *group) {
    for (size_t p = 0; p < group->n; p++) {
        float values[ROWS];
        products (group, group->x + group->points[p] * group->d, values);
        unsigned best = 0;
        for (unsigned i = 0; i < group->n_rows; i++) {
            float value = (group->x_norms[group->points[p]] + group->row_norms[i]) - 2 * values[i];
            values[i] = value > 0 ? value : 0;
            best = values[i] < values[best] ? i : best;
        }
        group->vals[p] = values[best];
        group->best[p] = best;
    }
}
