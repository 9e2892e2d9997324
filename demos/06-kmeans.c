/* k-means: three clouds of points and their centers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <faiss/Clustering.h>

#define CHECK(call)                                                                                \
    if ((call) != FAISS_OK) {                                                                      \
        fprintf (stderr, "%s\n", faiss_get_last_error ());                                         \
        exit (1);                                                                                  \
    }

int main (void) {
    enum { D = 2, N = 900, K = 3 };
    static const float centers[K][D] = {{0, 0}, {10, 0}, {0, 10}};
    static float x[N * D];
    for (int i = 0; i < N * D; i++) {
        x[i] = centers[i / D % K][i % D] + (float)rand () / (float)RAND_MAX - 0.5F;
    }

    float centroids[K * D], error;
    CHECK (faiss_kmeans_clustering (D, N, K, x, centroids, &error));
    int far = 0;
    for (int i = 0; i < K; i++) {
        printf ("(%6.2f, %6.2f)\n", (double)centroids[i * D], (double)centroids[i * D + 1]);
        float nearest = 1e9F;
        for (int j = 0; j < K; j++) {
            nearest = fminf (nearest, hypotf (centroids[i * D] - centers[j][0],
                                              centroids[i * D + 1] - centers[j][1]));
        }
        far += nearest > 0.2F;
    }
    printf ("mean squared distance %.3f\n", (double)error / N);
    return far > 0;
}
