/* Recorded from upstream 1.15.1; written by tests/golden/make_header.py. */
/* clang-format off */
#ifndef GOLDEN_CLUSTERING_H
#define GOLDEN_CLUSTERING_H

#include <stdint.h>

/* Clustering(d=4,k=5) niter=8 seed=1234 with IndexFlatL2 on x=U(1,.) shaped 60x4 */
static const double golden_kmeans_basic_centroids[] = {
    0.268289417, 0.260360926, 0.671566904, 0.406543463, 0.798035204, 0.503410578, 0.793346405,
    0.569425702, 0.294852883, 0.680486023, 0.632563591, 0.492495537, 0.47132656, 0.465173304,
    0.220590398, 0.785872459, 0.518906832, 0.573051333, 0.231301755, 0.188885152,
};
enum { golden_kmeans_basic_centroids_n = 20 };
static const double golden_kmeans_basic_obj[] = {
    14.561915397644043, 9.4013032913208, 8.595436096191406, 8.27298641204834, 8.069411277770996,
    8.011786460876465, 8.011786460876465,
};
enum { golden_kmeans_basic_obj_n = 7 };
static const double golden_kmeans_basic_imbalance[] = {
    1.1222222222222222, 1.0277777777777777, 1.0138888888888888, 1.0305555555555554,
    1.0527777777777778, 1.0527777777777778, 1.0527777777777778,
};
enum { golden_kmeans_basic_imbalance_n = 7 };
static const int64_t golden_kmeans_basic_nsplit[] = {
    0, 0, 0, 0, 0, 0, 0,
};
enum { golden_kmeans_basic_nsplit_n = 7 };

/* same data, all default parameters (niter 25, early stop when the objective repeats) */
static const double golden_kmeans_default_centroids[] = {
    0.268289417, 0.260360926, 0.671566904, 0.406543463, 0.798035204, 0.503410578, 0.793346405,
    0.569425702, 0.294852883, 0.680486023, 0.632563591, 0.492495537, 0.47132656, 0.465173304,
    0.220590398, 0.785872459, 0.518906832, 0.573051333, 0.231301755, 0.188885152,
};
enum { golden_kmeans_default_centroids_n = 20 };
static const double golden_kmeans_default_obj[] = {
    14.561915397644043, 9.4013032913208, 8.595436096191406, 8.27298641204834, 8.069411277770996,
    8.011786460876465, 8.011786460876465,
};
enum { golden_kmeans_default_obj_n = 7 };
static const double golden_kmeans_default_imbalance[] = {
    1.1222222222222222, 1.0277777777777777, 1.0138888888888888, 1.0305555555555554,
    1.0527777777777778, 1.0527777777777778, 1.0527777777777778,
};
enum { golden_kmeans_default_imbalance_n = 7 };
static const int64_t golden_kmeans_default_nsplit[] = {
    0, 0, 0, 0, 0, 0, 0,
};
enum { golden_kmeans_default_nsplit_n = 7 };

/* same data, niter=3 nredo=3 seed=7 */
static const double golden_kmeans_nredo_centroids[] = {
    0.617774427, 0.713808656, 0.380644709, 0.703534842, 0.41557765, 0.484844893, 0.227368757,
    0.230658233, 0.814449489, 0.712297916, 0.736430466, 0.281143636, 0.302295357, 0.313148588,
    0.324513614, 0.811163783, 0.437992394, 0.318120271, 0.775898039, 0.513312221,
};
enum { golden_kmeans_nredo_centroids_n = 20 };
static const double golden_kmeans_nredo_obj[] = {
    11.178512573242188, 9.230602264404297, 8.39208698272705,
};
enum { golden_kmeans_nredo_obj_n = 3 };
static const double golden_kmeans_nredo_imbalance[] = {
    1.2916666666666667, 1.2, 1.1166666666666667,
};
enum { golden_kmeans_nredo_imbalance_n = 3 };
static const int64_t golden_kmeans_nredo_nsplit[] = {
    0, 0, 0,
};
enum { golden_kmeans_nredo_nsplit_n = 3 };

/* same data, IndexFlatIP, spherical=true, niter=5 */
static const double golden_kmeans_spherical_centroids[] = {
    0.325798005, 0.279648274, 0.745958984, 0.509114683, 0.618310273, 0.425914437, 0.528824091,
    0.395770699, 0.227765024, 0.752033234, 0.311959684, 0.534088254, 0.529877961, 0.4027417,
    0.186723351, 0.722608387, 0.631443322, 0.670850933, 0.378309101, 0.0901141167,
};
enum { golden_kmeans_spherical_centroids_n = 20 };
static const double golden_kmeans_spherical_obj[] = {
    63.60394287109375, 64.5534896850586, 64.61750793457031, 64.61750793457031,
};
enum { golden_kmeans_spherical_obj_n = 4 };
static const double golden_kmeans_spherical_imbalance[] = {
    1.1166666666666667, 1.1694444444444445, 1.1694444444444445, 1.1694444444444445,
};
enum { golden_kmeans_spherical_imbalance_n = 4 };
static const int64_t golden_kmeans_spherical_nsplit[] = {
    0, 0, 0, 0,
};
enum { golden_kmeans_spherical_nsplit_n = 4 };

/* data 100*U(1,.), int_centroids, niter=5 */
static const double golden_kmeans_int_centroids[] = {
    27.0, 26.0, 67.0, 41.0, 80.0, 50.0, 79.0, 57.0, 29.0, 68.0, 63.0, 49.0, 47.0, 47.0, 22.0,
    79.0, 52.0, 57.0, 23.0, 19.0,
};
enum { golden_kmeans_int_centroids_n = 20 };
static const double golden_kmeans_int_obj[] = {
    145462.078125, 94050.6875, 85880.90625, 82925.9609375, 80710.9765625,
};
enum { golden_kmeans_int_obj_n = 5 };
static const double golden_kmeans_int_imbalance[] = {
    1.1222222222222222, 1.0277777777777777, 1.0138888888888888, 1.0305555555555554,
    1.0527777777777778,
};
enum { golden_kmeans_int_imbalance_n = 5 };
static const int64_t golden_kmeans_int_nsplit[] = {
    0, 0, 0, 0, 0,
};
enum { golden_kmeans_int_nsplit_n = 5 };

/* weights 0.5+U(2,.), niter=5 */
static const double golden_kmeans_weights_centroids[] = {
    0.239068657, 0.236654133, 0.667757392, 0.485151112, 0.798010886, 0.4543311, 0.819840372,
    0.560291708, 0.318845898, 0.70841825, 0.577564001, 0.540427804, 0.604939342, 0.581014991,
    0.177126661, 0.747500122, 0.525344849, 0.562280893, 0.237641245, 0.200682297,
};
enum { golden_kmeans_weights_centroids_n = 20 };
static const double golden_kmeans_weights_obj[] = {
    14.561915397644043, 9.414539337158203, 8.629888534545898, 8.506004333496094,
    8.411672592163086,
};
enum { golden_kmeans_weights_obj_n = 5 };
static const double golden_kmeans_weights_imbalance[] = {
    1.1222222222222222, 1.025, 1.0138888888888888, 1.011111111111111, 1.0194444444444444,
};
enum { golden_kmeans_weights_imbalance_n = 5 };
static const int64_t golden_kmeans_weights_nsplit[] = {
    0, 0, 0, 0, 0,
};
enum { golden_kmeans_weights_nsplit_n = 5 };

/* input centroids rows {0},{1},{50} (n_input=3, last one attracts nothing), k=5, niter=4 */
static const double golden_kmeans_warm_centroids[] = {
    0.602527797, 0.464690149, 0.244382679, 0.146700382, 0.820530415, 0.606784105, 0.753036737,
    0.522881031, 0.338829249, 0.305137783, 0.735338748, 0.446762621, 0.531460643, 0.398949534,
    0.232778624, 0.764692903, 0.24581039, 0.719234645, 0.315078437, 0.517008424,
};
enum { golden_kmeans_warm_centroids_n = 20 };
static const double golden_kmeans_warm_obj[] = {
    20.416780471801758, 11.78847599029541, 9.44418716430664, 8.237699508666992,
};
enum { golden_kmeans_warm_obj_n = 4 };
static const double golden_kmeans_warm_imbalance[] = {
    2.0527777777777776, 1.1972222222222222, 1.1166666666666667, 1.086111111111111,
};
enum { golden_kmeans_warm_imbalance_n = 4 };
static const int64_t golden_kmeans_warm_nsplit[] = {
    1, 0, 0, 0,
};
enum { golden_kmeans_warm_nsplit_n = 4 };

/* same with frozen_centroids */
static const double golden_kmeans_frozen_centroids[] = {
    0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.471655846, 0.409641355, 0.73192054, 0.497622401,
    0.503708065, 0.48565191, 0.246399105, 0.782003701, 0.535995603, 0.645903707, 0.323740482,
    0.212558687,
};
enum { golden_kmeans_frozen_centroids_n = 20 };
static const double golden_kmeans_frozen_obj[] = {
    15.346380233764648, 12.01364803314209, 11.68233585357666, 11.359535217285156,
};
enum { golden_kmeans_frozen_obj_n = 4 };
static const double golden_kmeans_frozen_imbalance[] = {
    1.4777777777777779, 1.5777777777777777, 1.5777777777777777, 1.6888888888888889,
};
enum { golden_kmeans_frozen_imbalance_n = 4 };
static const int64_t golden_kmeans_frozen_nsplit[] = {
    0, 0, 0, 0,
};
enum { golden_kmeans_frozen_nsplit_n = 4 };

/* x = each of the 6 rows of U(3,.) (6x3) repeated 5 times, k=8, niter=4: duplicates produce empty clusters */
static const double golden_kmeans_empty_split_centroids[] = {
    0.0086081028, 0.197741568, 0.675884843, 0.839308798, 0.926667511, 0.337088019, 0.46533519,
    0.375837326, 0.00173336267, 0.837671101, 0.928479135, 0.336430281, 0.110937417, 0.42715475,
    0.521887541, 0.739875734, 0.897122741, 0.964828074, 0.740170777, 0.731361032, 0.555601597,
    0.741322219, 0.895372272, 0.966714323,
};
enum { golden_kmeans_empty_split_centroids_n = 24 };
static const double golden_kmeans_empty_split_obj[] = {
    0.48028963804244995, 0.23838676512241364, 6.5991656583719305e-12, 1.888779843284283e-05,
};
enum { golden_kmeans_empty_split_obj_n = 4 };
static const double golden_kmeans_empty_split_imbalance[] = {
    1.7777777777777777, 1.3333333333333333, 1.3333333333333333, 1.3333333333333333,
};
enum { golden_kmeans_empty_split_imbalance_n = 4 };
static const int64_t golden_kmeans_empty_split_nsplit[] = {
    3, 2, 2, 2,
};
enum { golden_kmeans_empty_split_nsplit_n = 4 };

/* x=U(4,.) 700x2, k=2, max_points_per_centroid=20, niter=4 */
static const double golden_kmeans_subsample_centroids[] = {
    0.567023277, 0.267940313, 0.305808693, 0.867604196,
};
enum { golden_kmeans_subsample_centroids_n = 4 };
static const double golden_kmeans_subsample_obj[] = {
    17.238656997680664, 4.37956428527832, 4.253757953643799, 4.156131267547607,
};
enum { golden_kmeans_subsample_obj_n = 4 };
static const double golden_kmeans_subsample_imbalance[] = {
    1.64, 1.49, 1.4225, 1.36,
};
enum { golden_kmeans_subsample_imbalance_n = 4 };
static const int64_t golden_kmeans_subsample_nsplit[] = {
    0, 0, 0, 0,
};
enum { golden_kmeans_subsample_nsplit_n = 4 };

/* same with use_faster_subsampling */
static const double golden_kmeans_subsample_fast_centroids[] = {
    0.279781938, 0.594473064, 0.723867953, 0.410530508,
};
enum { golden_kmeans_subsample_fast_centroids_n = 4 };
static const double golden_kmeans_subsample_fast_obj[] = {
    6.316007137298584, 4.265686511993408, 4.129361629486084, 3.898207426071167,
};
enum { golden_kmeans_subsample_fast_obj_n = 4 };
static const double golden_kmeans_subsample_fast_imbalance[] = {
    1.04, 1.04, 1.01, 1.0025,
};
enum { golden_kmeans_subsample_fast_imbalance_n = 4 };
static const int64_t golden_kmeans_subsample_fast_nsplit[] = {
    0, 0, 0, 0,
};
enum { golden_kmeans_subsample_fast_nsplit_n = 4 };

/* init_method=1, niter=0: centroids are the initial choice (rows of x) */
static const double golden_kmeans_pp_init_centroids[] = {
    0.0615139604, 0.284490645, 0.771794975, 0.554617226, 0.656699538, 0.0931660533, 0.998954475,
    0.653243482, 0.387206972, 0.6777637, 0.0862231851, 0.292044461, 0.188035905, 0.531401992,
    0.866717577, 0.715440989, 0.904277563, 0.654630065, 0.704266965, 0.857908785,
};
enum { golden_kmeans_pp_init_centroids_n = 20 };
static const double golden_kmeans_pp_init_obj[] = {
    0,
};
enum { golden_kmeans_pp_init_obj_n = 0 };
static const double golden_kmeans_pp_init_imbalance[] = {
    0,
};
enum { golden_kmeans_pp_init_imbalance_n = 0 };
static const double golden_kmeans_pp_init_nsplit[] = {
    0,
};
enum { golden_kmeans_pp_init_nsplit_n = 0 };

/* init_method=2, niter=0: centroids are the initial choice (rows of x) */
static const double golden_kmeans_afkmc2_init_centroids[] = {
    0.0615139604, 0.284490645, 0.771794975, 0.554617226, 0.892286777, 0.731395602, 0.556103408,
    0.735578835, 0.362322628, 0.163344562, 0.0743213296, 0.11145097, 0.245966733, 0.214353979,
    0.537616491, 0.348276019, 0.397494853, 0.889037132, 0.582260489, 0.562116981,
};
enum { golden_kmeans_afkmc2_init_centroids_n = 20 };
static const double golden_kmeans_afkmc2_init_obj[] = {
    0,
};
enum { golden_kmeans_afkmc2_init_obj_n = 0 };
static const double golden_kmeans_afkmc2_init_imbalance[] = {
    0,
};
enum { golden_kmeans_afkmc2_init_imbalance_n = 0 };
static const double golden_kmeans_afkmc2_init_nsplit[] = {
    0,
};
enum { golden_kmeans_afkmc2_init_nsplit_n = 0 };

/* init_method=1 with 2 input centroids rows {0},{1}, niter=0 */
static const double golden_kmeans_pp_warm_centroids[] = {
    0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.741283417, 0.717128277, 0.17567879, 0.833216727,
    0.656699538, 0.0931660533, 0.998954475, 0.653243482, 0.387206972, 0.6777637, 0.0862231851,
    0.292044461,
};
enum { golden_kmeans_pp_warm_centroids_n = 20 };
static const double golden_kmeans_pp_warm_obj[] = {
    0,
};
enum { golden_kmeans_pp_warm_obj_n = 0 };
static const double golden_kmeans_pp_warm_imbalance[] = {
    0,
};
enum { golden_kmeans_pp_warm_imbalance_n = 0 };
static const double golden_kmeans_pp_warm_nsplit[] = {
    0,
};
enum { golden_kmeans_pp_warm_nsplit_n = 0 };

/* init_method=2 with 2 input centroids rows {0},{1}, niter=0 */
static const double golden_kmeans_afkmc2_warm_centroids[] = {
    0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.397494853, 0.889037132, 0.582260489, 0.562116981,
    0.00849628448, 0.262978137, 0.931459069, 0.00750845671, 0.160658419, 0.305542171, 0.962034464,
    0.725409865,
};
enum { golden_kmeans_afkmc2_warm_centroids_n = 20 };
static const double golden_kmeans_afkmc2_warm_obj[] = {
    0,
};
enum { golden_kmeans_afkmc2_warm_obj_n = 0 };
static const double golden_kmeans_afkmc2_warm_imbalance[] = {
    0,
};
enum { golden_kmeans_afkmc2_warm_imbalance_n = 0 };
static const double golden_kmeans_afkmc2_warm_nsplit[] = {
    0,
};
enum { golden_kmeans_afkmc2_warm_nsplit_n = 0 };

/* Clustering1D(k=4).train_exact on U(5,.) n=50 */
static const double golden_clustering1d_centroids[] = {
    0.0720201284, 0.360887468, 0.647629499, 0.910995305,
};
enum { golden_clustering1d_centroids_n = 4 };
static const double golden_clustering1d_imbalance[] = {
    1.0272,
};
enum { golden_clustering1d_imbalance_n = 1 };

/* ProgressiveDimClustering(8,4) defaults on U(6,.) 200x8 */
static const double golden_progressive_dim_centroids[] = {
    0.308767408, 0.514109433, 0.431728572, 0.68882519, 0.418400705, 0.579518259, 0.744944692,
    0.496318012, 0.4833242, 0.643183291, 0.670559466, 0.265599906, 0.55035907, 0.422652185,
    0.285245925, 0.696054637, 0.493035197, 0.324939996, 0.518415451, 0.602046371, 0.662155151,
    0.543365836, 0.210810393, 0.322699785, 0.740396321, 0.464767128, 0.417433113, 0.324024886,
    0.461717367, 0.35087046, 0.69093132, 0.454439342,
};
enum { golden_progressive_dim_centroids_n = 32 };
static const double golden_progressive_dim_last_obj[] = {
    97.79456329345703,
};
enum { golden_progressive_dim_last_obj_n = 1 };
static const int64_t golden_progressive_dim_n_stats[] = {
    52,
};
enum { golden_progressive_dim_n_stats_n = 1 };

#endif
