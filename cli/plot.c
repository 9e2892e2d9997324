/* Speed against recall as an SVG drawing. */
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "message.h"

enum { WIDTH = 760, HEIGHT = 500, LEFT = 84, RIGHT = 32, TOP = 78, BOTTOM = 64 };

#define FONT "font-family=\"Helvetica, Arial, DejaVu Sans, sans-serif\""
#define INK "#1f2933"
#define FAINT "#7b8794"
#define GRID "#e4e7eb"
#define LINE "#1f6feb"
#define EXACT "#d9480f"

/* Both axes: recall is linear from `low` to 1, speed logarithmic between powers of ten or near. */
typedef struct Axes {
    double low, step;             ///< recall
    double speed_low, speed_high; ///< logarithms
} Axes;

static double x_of (const Axes *axes, double recall) {
    return LEFT + (recall - axes->low) / (1 - axes->low) * (WIDTH - LEFT - RIGHT);
}

static double y_of (const Axes *axes, double speed) {
    double share = (log10 (speed) - axes->speed_low) / (axes->speed_high - axes->speed_low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static Axes make_axes (const PlotPoint *points, size_t n) {
    double lowest = 1, slowest = INFINITY, fastest = 0;
    for (size_t i = 0; i < n; i++) {
        lowest = fmin (lowest, points[i].recall);
        slowest = fmin (slowest, points[i].speed);
        fastest = fmax (fastest, points[i].speed);
    }
    double range = 1 - lowest;
    Axes axes;
    axes.step = range > 0.4 ? 0.1 : range > 0.16 ? 0.05 : range > 0.06 ? 0.02 : 0.01;
    axes.low = fmax (0, floor (lowest / axes.step - 0.3) * axes.step);
    axes.speed_low = log10 (slowest) - 0.15;
    axes.speed_high = log10 (fastest) + 0.2;
    if (axes.speed_high - axes.speed_low < 0.8) {
        double middle = (axes.speed_high + axes.speed_low) / 2;
        axes.speed_low = middle - 0.4;
        axes.speed_high = middle + 0.4;
    }
    return axes;
}

static void escape (FILE *file, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs ("&amp;", file);
            break;
        case '<':
            fputs ("&lt;", file);
            break;
        case '>':
            fputs ("&gt;", file);
            break;
        default:
            fputc (*text, file);
        }
    }
}

static void text (FILE *file, double x, double y, int size, const char *color, const char *anchor,
                  const char *more, const char *content) {
    fprintf (file, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" fill=\"%s\" text-anchor=\"%s\"%s>",
             x, y, size, color, anchor, more);
    escape (file, content);
    fputs ("</text>\n", file);
}

static void speed_text (char *out, size_t size, double speed) {
    if (speed >= 1e6) {
        snprintf (out, size, "%gM", speed / 1e6);
    } else if (speed >= 1e3) {
        snprintf (out, size, "%gk", speed / 1e3);
    } else {
        snprintf (out, size, "%g", speed);
    }
}

static void draw_axes (FILE *file, const Axes *axes, long long k) {
    char label[64];
    double bottom = HEIGHT - BOTTOM, right = WIDTH - RIGHT;
    for (double r = axes->low; r < 1 + axes->step / 2; r += axes->step) {
        double x = x_of (axes, r);
        fprintf (file, "<path d=\"M%.1f %dV%.1f\" stroke=\"%s\"/>\n", x, TOP, bottom, GRID);
        snprintf (label, sizeof label, "%.2f", r);
        text (file, x, bottom + 20, 12, FAINT, "middle", "", label);
    }
    static const int steps[] = {1, 2, 5};
    bool fine = axes->speed_high - axes->speed_low < 2.5;
    for (int decade = (int)floor (axes->speed_low); decade <= axes->speed_high; decade++) {
        for (int s = 0; s < 3; s++) {
            double speed = steps[s] * pow (10, decade), y = y_of (axes, speed);
            if (y > bottom + 0.5 || y < TOP - 0.5) {
                continue;
            }
            fprintf (file, "<path d=\"M%d %.1fH%.1f\" stroke=\"%s\"%s/>\n", LEFT, y, right, GRID,
                     s ? " stroke-dasharray=\"2 3\"" : "");
            if (s == 0 || fine) {
                speed_text (label, sizeof label, speed);
                text (file, LEFT - 10, y + 4, 12, FAINT, "end", "", label);
            }
        }
    }
    fprintf (file, "<path d=\"M%d %dV%.1fH%.1f\" fill=\"none\" stroke=\"%s\"/>\n", LEFT, TOP,
             bottom, right, FAINT);
    snprintf (label, sizeof label, "recall@%lld", k);
    text (file, (LEFT + right) / 2, HEIGHT - 20, 13, INK, "middle", "", label);
    char turned[80];
    snprintf (turned, sizeof turned, " transform=\"rotate(-90 24 %.1f)\"", (TOP + bottom) / 2);
    text (file, 24, (TOP + bottom) / 2, 13, INK, "middle", turned,
          "queries per second (log scale)");
}

/* The front is drawn from the least recall to the greatest; points come in that order. */
static void draw_front (FILE *file, const Axes *axes, const PlotPoint *points, size_t n) {
    bool first = true;
    fputs ("<path d=\"", file);
    for (size_t i = 0; i < n; i++) {
        if (points[i].pareto) {
            fprintf (file, "%s%.1f %.1f", first ? "M" : "L", x_of (axes, points[i].recall),
                     y_of (axes, points[i].speed));
            first = false;
        }
    }
    fputs ("\" fill=\"none\" stroke=\"" LINE "\" stroke-width=\"2\" stroke-linejoin=\"round\"/>\n",
           file);
}

static void draw_point (FILE *file, const Axes *axes, const PlotPoint *point) {
    const char *color = point->exact ? EXACT : point->pareto ? LINE : "#9fb3c8";
    fprintf (file,
             "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" fill=\"%s\" stroke=\"white\" "
             "stroke-width=\"1\"><title>",
             x_of (axes, point->recall), y_of (axes, point->speed),
             point->pareto || point->exact ? "4.5" : "3", color);
    escape (file, point->label);
    fprintf (file, ": recall %.4f, %.0f queries per second</title></circle>\n", point->recall,
             point->speed);
}

/* Labels stand at the upper right of their points, those near the right border at the left below;
   one that would touch the label before it is left out (pointing at the point shows it). */
static void draw_labels (FILE *file, const Axes *axes, const PlotPoint *points, size_t n) {
    double last_x = -1e9, last_y = -1e9;
    for (size_t i = 0; i < n; i++) {
        const PlotPoint *p = &points[i];
        if (!p->pareto && !p->exact) {
            continue;
        }
        double width = 6.2 * (double)strlen (p->label), x = x_of (axes, p->recall) + 8,
               y = y_of (axes, p->speed) - 8;
        bool left = x + width > WIDTH - 8;
        if (left) {
            x -= 16;
            y += 22;
        }
        bool near = fabs (y - last_y) < 14 && fabs (x - last_x) < width + 8;
        if (near && !p->exact) {
            continue;
        }
        text (file, x, y, 11, p->exact ? EXACT : INK, left ? "end" : "start", "", p->label);
        last_x = x;
        last_y = y;
    }
}

void plot_write (Output *output, const PlotPoint *points, size_t n, const char *title,
                 const char *subtitle, long long k) {
    Axes axes = make_axes (points, n);
    FILE *file = output->file;
    fprintf (file,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
             "viewBox=\"0 0 %d %d\" " FONT ">\n<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n",
             WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    text (file, LEFT, 34, 18, INK, "start", " font-weight=\"bold\"", title);
    text (file, LEFT, 56, 12, FAINT, "start", "", subtitle);
    draw_axes (file, &axes, k);
    draw_front (file, &axes, points, n);
    for (int above = 0; above < 2; above++) {
        for (size_t i = 0; i < n; i++) {
            if ((points[i].pareto || points[i].exact) == (above == 1)) {
                draw_point (file, &axes, &points[i]);
            }
        }
    }
    draw_labels (file, &axes, points, n);
    fputs ("</svg>\n", file);
}
