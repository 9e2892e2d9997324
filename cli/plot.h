/* Speed against recall as an SVG drawing. */
#ifndef FAISS_CLI_PLOT_H
#define FAISS_CLI_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

typedef struct PlotPoint {
    double recall;
    double speed;      ///< queries per second
    const char *label; ///< the parameters
    bool pareto;       ///< no other point is better in both
    bool exact;        ///< of the exhaustive search, for comparison
} PlotPoint;

/** Draw points; those of the Pareto front are joined and labelled.
 *
 * @param title, subtitle  texts above the drawing
 * @param k                of recall@k
 */
void plot_write (Output *output, const PlotPoint *points, size_t n, const char *title,
                 const char *subtitle, long long k);

#endif
