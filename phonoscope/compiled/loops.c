/* Inner loops of Phonoscope. Python hands over addresses and sizes and keeps the memory; nothing
 * here allocates, reads files or calls back. Each function does what the numpy code next to its
 * call does; tests compare the two. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT int version(void) { return 5; }

EXPORT int has_avx2(void) {
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

/* Eight values that are computed with at once: one register with AVX2, two with SSE or NEON. */
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));

#define BOTH(a, b, ...) __builtin_shuffle(a, b, (i8){__VA_ARGS__})
typedef int32_t i8 __attribute__((vector_size(32)));
#if defined(__clang__)
#undef BOTH
#define BOTH(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

static inline v8 larger(v8 a, v8 b) {
    i8 first = a > b;
    return (v8)(((i8)a & first) | ((i8)b & ~first));
}

static inline v8 magnitude(v8 a) {
    const int32_t rest = 0x7fffffff;
    return (v8)((i8)a & (i8){rest, rest, rest, rest, rest, rest, rest, rest});
}

static inline float most(v8 a) {
    float found = a[0];
    for (int l = 1; l < 8; l++) found = a[l] > found ? a[l] : found;
    return found;
}

/* ---- samples -------------------------------------------------------------------------------- */

/* Copy one channel of a piece to out, from values `apart` from each other. Values that aren't
 * finite or beyond `loudest` become 0; returns how many. */
#define COPY(name, type, expression)                                                            \
    static int64_t name(const void *from, int64_t apart, int64_t n, float loudest, float *out) { \
        const type *x = from;                                                                   \
        int64_t bad = 0;                                                                        \
        if (apart == 1)                                                                         \
            for (int64_t i = 0; i < n; i++) {                                                   \
                float v = expression;                                                           \
                int good = fabsf(v) <= loudest;                                                 \
                out[i] = good ? v : 0.0f;                                                       \
                bad += !good;                                                                   \
            }                                                                                   \
        else                                                                                    \
            for (int64_t i = 0; i < n; i++, x += apart - 1) {                                   \
                float v = expression;                                                           \
                int good = fabsf(v) <= loudest;                                                 \
                out[i] = good ? v : 0.0f;                                                       \
                bad += !good;                                                                   \
            }                                                                                   \
        return bad;                                                                             \
    }
COPY(copy_u8, uint8_t, ((float)x[i] - 128.0f) * (1.0f / 128))
COPY(copy_s16, int16_t, (float)x[i] * (1.0f / 32768))
COPY(copy_s32, int32_t, (float)x[i] * (1.0f / 2147483648.0f))
COPY(copy_flt, float, x[i])
COPY(copy_dbl, double, (float)x[i])

/* Copy pieces of sound one after the other. kind: 0 to 4 for u8, s16, s32, flt, dbl.
 * planes: addresses, shape (pieces, planes); planes is channels or, where channels alternate, 1.
 * lengths: samples of a channel in each piece. out: channels, `apart` values from each other.
 * Returns the number of values that became 0. */
EXPORT int64_t gather(const int64_t *planes, int64_t plane_count, const int64_t *lengths,
                      int64_t pieces, int64_t channels, int kind, float loudest, float *out,
                      int64_t apart) {
    static const int64_t bytes[] = {1, 2, 4, 4, 8};
    static int64_t (*const copy[])(const void *, int64_t, int64_t, float, float *) = {
        copy_u8, copy_s16, copy_s32, copy_flt, copy_dbl};
    int64_t bad = 0;
    for (int64_t p = 0; p < pieces; p++, planes += plane_count) {
        for (int64_t c = 0; c < channels; c++) {
            int planar = plane_count > 1 || channels == 1;
            const char *from = (const char *)(intptr_t)planes[planar ? c : 0];
            if (!planar) from += c * bytes[kind];
            bad += copy[kind](from, planar ? 1 : channels, lengths[p], loudest, out + c * apart);
        }
        out += lengths[p];
    }
    return bad;
}

/* ---- loudness ------------------------------------------------------------------------------- */

/* Two second-order sections, transposed direct form II. */
static inline double sections(double x, const double *c, double *s) {
    double y = c[0] * x + s[0];
    s[0] = c[1] * x - c[4] * y + s[1];
    s[1] = c[2] * x - c[5] * y;
    double z = c[6] * y + s[2];
    s[2] = c[7] * y - c[10] * z + s[3];
    s[3] = c[8] * y - c[11] * z;
    return z;
}

#define LANES 8

/* Filter one channel and add up squares over steps. A long channel is cut into LANES parts that run
 * side by side, because each sample waits for the one before. A part begins `settling` samples
 * early, from rest: by then its state is that of the whole signal.
 *
 * x: n samples; c: 12 coefficients; state: 4 values, kept; step: samples in a step.
 * done: samples of the unfinished step; sum: its squares so far. out: sums of finished steps.
 * Returns the number of finished steps. */
EXPORT int64_t weighted_power(const float *x, int64_t n, const double *c, double *state,
                              int64_t settling, int64_t step, int64_t *done, double *sum,
                              double *out) {
    int64_t count = 0, i = 0;
    /* What ends the unfinished step. */
    double acc = *sum;
    int64_t head = *done ? step - *done : 0;
    if (head > n) head = n;
    for (; i < head; i++) {
        double y = sections(x[i], c, state);
        acc += y * y;
    }
    *done += head;
    if (*done == step) {
        out[count++] = acc;
        acc = 0.0;
        *done = 0;
    }
    int64_t steps = (n - i) / step;
    int64_t part = steps / LANES; /* steps in a part */
    if (part * step >= 4 * settling) {
        const float *from[LANES];
        double s[4][LANES], total[LANES];
        for (int l = 0; l < LANES; l++) {
            from[l] = x + i + l * part * step;
            for (int k = 0; k < 4; k++) s[k][l] = 0.0;
        }
        /* The first part goes on from the state. The others settle on the samples before them. */
        for (int64_t t = -settling; t < 0; t++)
            for (int l = 1; l < LANES; l++) {
                double y = c[0] * from[l][t] + s[0][l];
                s[0][l] = c[1] * from[l][t] - c[4] * y + s[1][l];
                s[1][l] = c[2] * from[l][t] - c[5] * y;
                double z = c[6] * y + s[2][l];
                s[2][l] = c[7] * y - c[10] * z + s[3][l];
                s[3][l] = c[8] * y - c[11] * z;
            }
        for (int k = 0; k < 4; k++) s[k][0] = state[k];
        for (int64_t at = 0; at < part; at++) {
            for (int l = 0; l < LANES; l++) total[l] = 0.0;
            int64_t stop = (at + 1) * step;
            for (int64_t t = at * step; t < stop; t++) {
                double v[LANES];
                for (int l = 0; l < LANES; l++) v[l] = from[l][t];
                for (int l = 0; l < LANES; l++) {
                    double y = c[0] * v[l] + s[0][l];
                    s[0][l] = c[1] * v[l] - c[4] * y + s[1][l];
                    s[1][l] = c[2] * v[l] - c[5] * y;
                    double z = c[6] * y + s[2][l];
                    s[2][l] = c[7] * y - c[10] * z + s[3][l];
                    s[3][l] = c[8] * y - c[11] * z;
                    total[l] += z * z;
                }
            }
            for (int l = 0; l < LANES; l++) out[count + l * part + at] = total[l];
        }
        count += LANES * part;
        i += LANES * part * step;
        for (int k = 0; k < 4; k++) state[k] = s[k][LANES - 1];
    }
    for (; i < n; i++) {
        double y = sections(x[i], c, state);
        acc += y * y;
        if (++*done == step) {
            out[count++] = acc;
            acc = 0.0;
            *done = 0;
        }
    }
    *sum = acc;
    return count;
}

#define STRETCH 32
#define TAPS 12

/* The largest absolute value between the samples of a stretch, in each of `phases` places. */
static inline float between(const float *x, const float *taps, int phases) {
    v8 largest = {0};
    for (int p = 0; p < phases; p++)
        for (int i = 0; i < STRETCH; i += 32) {
            v8 a = {0}, b = {0}, c = {0}, d = {0};
            for (int k = 0; k < TAPS; k++) {
                float tap = taps[p * TAPS + k];
                const v8 *from = (const v8 *)(x + i + k);
                a += tap * from[0];
                b += tap * from[1];
                c += tap * from[2];
                d += tap * from[3];
            }
            a = magnitude(a), b = magnitude(b), c = magnitude(c), d = magnitude(d);
            a = larger(a, b), c = larger(c, d);
            largest = larger(largest, larger(a, c));
        }
    return most(largest);
}

/* The largest absolute value of a channel and between its samples, or `peak` if that is larger.
 *
 * padded: (count + 2) * STRETCH samples, of which the first TAPS - 1 and some of the last are 0.
 * taps: shape (phases, TAPS). bound: how far a phase can exceed the samples around it.
 * largest: room for count + 1 values. */
EXPORT float true_peak(const float *padded, int64_t count, const float *taps, int phases,
                       float bound, float peak, float *largest) {
    int64_t loudest = 0;
    for (int64_t s = 0; s <= count; s++) {
        const float *x = padded + s * STRETCH;
        v8 top = {0};
        for (int i = 0; i < STRETCH; i += 8) top = larger(top, magnitude(*(const v8 *)(x + i)));
        largest[s] = most(top);
        if (largest[s] > largest[loudest]) loudest = s;
    }
    if (count >= 0 && largest[loudest] > peak) peak = largest[loudest];
    if (phases == 0) return peak;
    /* Around the loudest sample first: that raises the peak which all others have to exceed. */
    for (int64_t s = loudest > 0 ? loudest - 1 : 0; s <= loudest && s < count; s++) {
        float v = between(padded + s * STRETCH, taps, phases);
        peak = v > peak ? v : peak;
    }
    for (int64_t s = 0; s < count; s++) {
        float near = largest[s] > largest[s + 1] ? largest[s] : largest[s + 1];
        if (near * bound <= peak) continue;
        float v = between(padded + s * STRETCH, taps, phases);
        peak = v > peak ? v : peak;
    }
    return peak;
}

/* ---- spectra -------------------------------------------------------------------------------- */

/* Transform m complex values in each lane, so that no step mixes lanes; m is a power of two (W. T.
 * Cochran et al. 1967, in Stockham's order, radix 4, the last pass radix 2 where needed). turns:
 * cos and -sin of 2 pi p / m, each for p below m. Returns 1 where the result is in the second pair
 * of arrays. */
static int transform(v8 *re, v8 *im, v8 *re2, v8 *im2, int64_t m, const float *turns) {
    const float *cosine = turns, *sine = turns + m;
    int64_t n = m, s = 1;
    int moved = 0;
    for (; n >= 4; n /= 4, s *= 4) {
        int64_t quarter = n / 4;
        for (int64_t p = 0; p < quarter; p++) {
            float c1 = cosine[p * s], s1 = sine[p * s];
            float c2 = cosine[2 * p * s], s2 = sine[2 * p * s];
            float c3 = cosine[3 * p * s], s3 = sine[3 * p * s];
            const v8 *xr = re + s * p, *xi = im + s * p;
            v8 *yr = re2 + 4 * s * p, *yi = im2 + 4 * s * p;
            for (int64_t q = 0; q < s; q++) {
                v8 ar = xr[q], ai = xi[q];
                v8 br = xr[q + s * quarter], bi = xi[q + s * quarter];
                v8 cr = xr[q + 2 * s * quarter], ci = xi[q + 2 * s * quarter];
                v8 dr = xr[q + 3 * s * quarter], di = xi[q + 3 * s * quarter];
                v8 er = ar + cr, ei = ai + ci, fr = ar - cr, fi = ai - ci;
                v8 gr = br + dr, gi = bi + di, hr = br - dr, hi = bi - di;
                yr[q] = er + gr;
                yi[q] = ei + gi;
                v8 ur = fr + hi, ui = fi - hr;
                yr[q + s] = ur * c1 - ui * s1;
                yi[q + s] = ur * s1 + ui * c1;
                v8 vr = er - gr, vi = ei - gi;
                yr[q + 2 * s] = vr * c2 - vi * s2;
                yi[q + 2 * s] = vr * s2 + vi * c2;
                v8 wr = fr - hi, wi = fi + hr;
                yr[q + 3 * s] = wr * c3 - wi * s3;
                yi[q + 3 * s] = wr * s3 + wi * c3;
            }
        }
        v8 *swap = re;
        re = re2;
        re2 = swap;
        swap = im;
        im = im2;
        im2 = swap;
        moved = !moved;
    }
    if (n == 2) {
        for (int64_t q = 0; q < s; q++) {
            v8 ar = re[q], ai = im[q], br = re[q + s], bi = im[q + s];
            re2[q] = ar + br;
            im2[q] = ai + bi;
            re2[q + s] = ar - br;
            im2[q + s] = ai - bi;
        }
        moved = !moved;
    }
    return moved;
}

/* Turn eight rows, `apart` values from each other, into eight columns. */
static inline void transpose(const float *rows, int64_t apart, v8 *columns) {
    v8 r[8], t[8];
    for (int i = 0; i < 8; i++) r[i] = *(const v8 *)(rows + i * apart);
    for (int i = 0; i < 8; i += 2) {
        t[i] = BOTH(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        t[i + 1] = BOTH(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            r[i + k] = BOTH(t[i + k], t[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            r[i + k + 2] = BOTH(t[i + k], t[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int k = 0; k < 4; k++) {
        columns[k] = BOTH(r[k], r[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        columns[k + 4] = BOTH(r[k], r[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* What a transform of `size` = rows * columns values needs, made by audio/transform.py. Each call
 * also gets `room` for 4 size + 32 max(rows, columns) values, so that threads can share a plan. */
struct plan {
    int64_t size, rows, columns;
    const float *row_turns;    /* (2, rows) */
    const float *column_turns; /* (2, columns) */
    const float *between;      /* (2, rows, columns): cos and -sin of 2 pi row column / size */
};

/* Whether any of eight values isn't 0 or -0. */
static inline int any(const i8 *values) {
    int32_t all = 0;
    for (int l = 0; l < 8; l++) all |= (*values)[l] & 0x7fffffff;
    return all != 0;
}

/* Power of two real frames at once: one is the real part of a complex signal, the other the
 * imaginary part; the symmetry of their spectra separates them. The transform is that of D. H.
 * Bailey, "FFTs in external or hierarchical memory" (1990): columns, a turn, rows. */
static void pair(const struct plan *plan, const float *window, float *room, const float *a,
                 const float *b, float *power_a, float *power_b) {
    int64_t n = plan->size, n1 = plan->rows, n2 = plan->columns, most = n1 > n2 ? n1 : n2;
    float *mid_re = room, *mid_im = mid_re + n, *re = mid_im + n, *im = re + n;
    v8 *x = (v8 *)(im + n), *y = x + most, *x2 = y + most, *y2 = x2 + most;
    i8 some_a = {0}, some_b = {0};
    for (int64_t j = 0; j < n2; j += 8) {
        for (int64_t i = 0; i < n1; i++) {
            v8 w = *(const v8 *)(window + i * n2 + j);
            x[i] = *(const v8 *)(a + i * n2 + j) * w;
            y[i] = *(const v8 *)(b + i * n2 + j) * w;
            some_a |= (i8)x[i];
            some_b |= (i8)y[i];
        }
        int moved = transform(x, y, x2, y2, n1, plan->row_turns);
        const v8 *zr = moved ? x2 : x, *zi = moved ? y2 : y;
        for (int64_t k = 0; k < n1; k++) {
            v8 c = *(const v8 *)(plan->between + k * n2 + j);
            v8 s = *(const v8 *)(plan->between + n + k * n2 + j);
            *(v8 *)(mid_re + k * n2 + j) = zr[k] * c - zi[k] * s;
            *(v8 *)(mid_im + k * n2 + j) = zr[k] * s + zi[k] * c;
        }
    }
    for (int64_t k = 0; k < n1; k += 8) {
        for (int64_t j = 0; j < n2; j += 8) {
            transpose(mid_re + k * n2 + j, n2, x + j);
            transpose(mid_im + k * n2 + j, n2, y + j);
        }
        int moved = transform(x, y, x2, y2, n2, plan->column_turns);
        const v8 *zr = moved ? x2 : x, *zi = moved ? y2 : y;
        for (int64_t j = 0; j < n2; j++) {
            *(v8 *)(re + j * n1 + k) = zr[j];
            *(v8 *)(im + j * n1 + k) = zi[j];
        }
    }
    /* Bin k of the two is (Z[k] +- conj Z[n - k]) / 2; the first and middle bin are their own. */
    int64_t half = n / 2;
    power_a[0] = re[0] * re[0];
    power_b[0] = im[0] * im[0];
    power_a[half] = re[half] * re[half];
    power_b[half] = im[half] * im[half];
    const v8 quarter = {.25f, .25f, .25f, .25f, .25f, .25f, .25f, .25f};
    int64_t k = 1;
    for (; k + 8 <= half; k += 8) {
        v8 r = *(const v8 *)(re + k), i = *(const v8 *)(im + k);
        v8 r2 = *(const v8 *)(re + n - k - 7), i2 = *(const v8 *)(im + n - k - 7);
        r2 = BOTH(r2, r2, 7, 6, 5, 4, 3, 2, 1, 0);
        i2 = BOTH(i2, i2, 7, 6, 5, 4, 3, 2, 1, 0);
        v8 ar = r + r2, ai = i - i2, br = i + i2, bi = r2 - r;
        v8 pa = (ar * ar + ai * ai) * quarter, pb = (br * br + bi * bi) * quarter;
        *(v8 *)(power_a + k) = pa;
        *(v8 *)(power_b + k) = pb;
    }
    for (; k < half; k++) {
        float ar = re[k] + re[n - k], ai = im[k] - im[n - k];
        float br = im[k] + im[n - k], bi = re[n - k] - re[k];
        power_a[k] = (ar * ar + ai * ai) * 0.25f;
        power_b[k] = (br * br + bi * bi) * 0.25f;
    }
    /* Silence is silence, whatever the rounding of the other frame leaves. */
    if (!any(&some_a)) memset(power_a, 0, (half + 1) * sizeof(float));
    if (!any(&some_b)) memset(power_b, 0, (half + 1) * sizeof(float));
}

/* Power spectra of windowed frames of x, `hop` apart, shape (frames, size / 2 + 1). */
EXPORT void spectra(const struct plan *plan, const float *window, float *room, const float *x,
                    int64_t hop, int64_t frames, float *power) {
    int64_t bins = plan->size / 2 + 1, f = 0;
    for (; f + 2 <= frames; f += 2)
        pair(plan, window, room, x + f * hop, x + (f + 1) * hop, power + f * bins,
             power + (f + 1) * bins);
    if (f < frames)
        pair(plan, window, room, x + f * hop, x + f * hop, power + f * bins, power + f * bins);
}

/* The same of two signals. */
EXPORT void two_spectra(const struct plan *plan, const float *window, float *room, const float *x,
                        const float *y, int64_t hop, int64_t frames, float *power_x,
                        float *power_y) {
    int64_t bins = plan->size / 2 + 1;
    for (int64_t f = 0; f < frames; f++)
        pair(plan, window, room, x + f * hop, y + f * hop, power_x + f * bins,
             power_y + f * bins);
}

/* Add the natural logarithms of (frames, bins) powers, at least 1e-16, of the frames with `sounds`.
 *
 * The sum of logarithms is that of a product: mantissas are multiplied and exponents added. After
 * 16 frames the product, at most 2^16, is taken apart again, so only its own rounding is lost. */
#define TOGETHER 16
#define BINS 256
EXPORT void level_sum(const float *power, int64_t frames, int64_t bins, const uint8_t *sounds,
                      double *sum) {
    const double ln2 = 0.69314718055994530942;
    for (int64_t from = 0; from < bins; from += BINS) {
        int64_t width = bins - from < BINS ? bins - from : BINS;
        float product[BINS];
        int32_t exponent[BINS];
        for (int64_t f = 0; f < frames;) {
            for (int i = 0; i < BINS; i++) {
                product[i] = 1.0f;
                exponent[i] = 0;
            }
            int held = 0;
            for (; f < frames && held < TOGETHER; f++) {
                if (!sounds[f]) continue;
                held++;
                const float *p = power + f * bins + from;
                for (int64_t i = 0; i < width; i++) {
                    float v = p[i] > 1e-16f ? p[i] : 1e-16f;
                    int32_t bits;
                    memcpy(&bits, &v, 4);
                    exponent[i] += (bits >> 23) - 127;
                    bits = (bits & 0x7fffff) | 0x3f800000;
                    memcpy(&v, &bits, 4);
                    product[i] *= v;
                }
            }
            for (int64_t i = 0; i < width && held; i++)
                sum[from + i] += exponent[i] * ln2 + (double)logf(product[i]);
        }
    }
}

/* How often each bin is higher than its 1, 2 and 4 neighbours on either side; of equal bins the
 * lower one counts as the higher. counts: shape (3, bins), added to. */
EXPORT void votes(const float *power, int64_t frames, int64_t bins, uint32_t *counts) {
    uint32_t *one = counts, *two = counts + bins, *four = counts + 2 * bins;
    for (int64_t from = 4; from < bins - 4; from += BINS) {
        int64_t stop = from + BINS < bins - 4 ? from + BINS : bins - 4;
        for (int64_t f = 0; f < frames; f++) {
            const float *p = power + f * bins;
            for (int64_t i = from; i < stop; i++) {
                float v = p[i];
                uint32_t a = (v > p[i - 1]) & (v >= p[i + 1]);
                uint32_t b = a & (v > p[i - 2]) & (v >= p[i + 2]);
                uint32_t d =
                    b & (v > p[i - 3]) & (v >= p[i + 3]) & (v > p[i - 4]) & (v >= p[i + 4]);
                one[i] += a;
                two[i] += b;
                four[i] += d;
            }
        }
    }
    /* The ends, where only the shorter reaches fit. */
    for (int64_t f = 0; f < frames; f++) {
        const float *p = power + f * bins;
        for (int64_t i = 1; i < bins - 1; i++) {
            if (i == 4 && bins > 8) i = bins - 4;
            int a = p[i] > p[i - 1] && p[i] >= p[i + 1];
            one[i] += a;
            if (i >= 2 && i < bins - 2) two[i] += a && p[i] > p[i - 2] && p[i] >= p[i + 2];
        }
    }
}

/* ---- patches -------------------------------------------------------------------------------- */

/* Running sums over frames: total has shape (many, frames + 1, bins). */
EXPORT void running_sum(const float *power, int64_t many, int64_t frames, int64_t bins,
                        double *total) {
    for (int64_t m = 0; m < many; m++) {
        memset(total, 0, bins * sizeof(double));
        for (int64_t f = 0; f < frames; f++, power += bins, total += bins)
            for (int64_t i = 0; i < bins; i++) total[bins + i] = total[i] + power[i];
        total += bins;
    }
}

/* Differences of running sums between places, in frames; what lies between frames is interpolated.
 * total: shape (many, rows, bins); place: (many, edges); out: (many, edges - 1, bins). */
EXPORT void moments(const double *total, int64_t many, int64_t rows, int64_t bins,
                    const double *place, int64_t edges, double scale, float *out) {
    for (int64_t m = 0; m < many; m++, total += rows * bins, place += edges) {
        for (int64_t e = 0; e + 1 < edges; e++, out += bins) {
            const double *row[2];
            double part[2];
            for (int k = 0; k < 2; k++) {
                double at = place[e + k] < 0 ? 0 : place[e + k];
                if (at > rows - 1) at = rows - 1;
                int64_t below = (int64_t)at < rows - 2 ? (int64_t)at : rows - 2;
                row[k] = total + below * bins;
                part[k] = at - below;
            }
            for (int64_t i = 0; i < bins; i++) {
                double low = row[0][i] + part[0] * (row[0][bins + i] - row[0][i]);
                double high = row[1][i] + part[1] * (row[1][bins + i] - row[1][i]);
                out[i] = (float)((high - low) * scale);
            }
        }
    }
}

/* ---- order statistics ----------------------------------------------------------------------- */

/* Put the value of rank k at its place, smaller ones before it (C. A. R. Hoare's "find", 1961, with
 * the middle of three as the pivot). */
static float ranked(float *v, int64_t n, int64_t k) {
    int64_t low = 0, high = n - 1;
    while (low < high) {
        float a = v[low], b = v[low + (high - low) / 2], c = v[high];
        float pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
        int64_t i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i <= j) {
                float held = v[i];
                v[i++] = v[j];
                v[j--] = held;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return v[k];
}

/* The value at a share of the way from the lowest to the highest, interpolated; reorders v. */
static double quantile(float *v, int64_t n, double share) {
    double place = (n - 1) * share;
    int64_t k = (int64_t)place;
    double low = ranked(v, n, k);
    if (k + 1 >= n || place == k) return low;
    float next = v[k + 1];
    for (int64_t i = k + 2; i < n; i++) next = v[i] < next ? v[i] : next;
    return low + (next - low) * (place - k);
}

/* Quantile of n finite values. room: for n values. */
EXPORT double quantile_of(const float *values, int64_t n, double share, float *room) {
    memcpy(room, values, n * sizeof(float));
    return quantile(room, n, share);
}

/* Median of n finite values and, in out[1], the median of their distances from it. */
EXPORT void median_and_spread(const float *values, int64_t n, float *room, double *out) {
    memcpy(room, values, n * sizeof(float));
    float middle = (float)quantile(room, n, 0.5);
    for (int64_t i = 0; i < n; i++) room[i] = fabsf(values[i] - middle);
    out[0] = middle;
    out[1] = quantile(room, n, 0.5);
}

/* How far local maxima stand out, in robust deviations over one, 0 to most; 0 elsewhere. */
EXPORT void peak_weights(const float *values, int64_t n, float least, float most, float *weights,
                         float *room) {
    double found[2];
    median_and_spread(values, n, room, found);
    float middle = (float)found[0], roughness = 1.4826f * (float)found[1] + least;
    memset(weights, 0, n * sizeof(float));
    for (int64_t i = 1; i < n - 1; i++) {
        float over = (values[i] - middle) / roughness - 1.0f;
        over = over < 0.0f ? 0.0f : over > most ? most : over;
        weights[i] = (values[i] > values[i - 1]) & (values[i] >= values[i + 1]) ? over : 0.0f;
    }
}

/* How unevenly n values are spread: mean, deviation, 99th percentile, share over the median by
 * three deviations, deviation of their bend, skewness of their bend. */
EXPORT void line_values(const float *x, const float *bend, int64_t n, float *room, float *out) {
    double sum = 0, bends = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        bends += bend[i];
    }
    double mean = sum / n, mean_bend = bends / n, square = 0, square_bend = 0, cube = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = x[i] - mean, e = bend[i] - mean_bend, c = bend[i];
        square += d * d;
        square_bend += e * e;
        cube += c * c * c;
    }
    double spread = sqrt(square / n), spread_bend = sqrt(square_bend / n);
    memcpy(room, x, n * sizeof(float));
    double high = quantile(room, n, 0.99);
    float limit = (float)quantile(room, n, 0.5) + 3.0f * (float)spread;
    int64_t over = 0;
    for (int64_t i = 0; i < n; i++) over += x[i] > limit;
    out[0] = (float)mean;
    out[1] = (float)spread;
    out[2] = (float)high;
    out[3] = (float)over / n;
    out[4] = (float)spread_bend;
    out[5] = (float)(cube / n / (spread_bend * spread_bend * spread_bend + 1e-6));
}

/* The value of a rank, from 0, around each of n values. padded: n + width - 1 values, of which the
 * first `width` are those around the first. sorted: room for width values. */
EXPORT void running_rank(const float *padded, int64_t n, int64_t width, int64_t rank,
                         float *sorted, float *out) {
    memcpy(sorted, padded, width * sizeof(float));
    for (int64_t i = 1; i < width; i++) {
        float v = sorted[i];
        int64_t at = i;
        for (; at > 0 && sorted[at - 1] > v; at--) sorted[at] = sorted[at - 1];
        sorted[at] = v;
    }
    out[0] = sorted[rank];
    for (int64_t i = 1; i < n; i++) {
        float gone = padded[i - 1], came = padded[i + width - 1];
        int64_t at = 0;
        while (at < width - 1 && sorted[at] < gone) at++;
        for (; at < width - 1 && sorted[at + 1] < came; at++) sorted[at] = sorted[at + 1];
        for (; at > 0 && sorted[at - 1] > came; at--) sorted[at] = sorted[at - 1];
        sorted[at] = came;
        out[i] = sorted[rank];
    }
}

/* ---- trees ---------------------------------------------------------------------------------- */

/* Add up the leaves that rows reach in trees, whose arrays have the shape (trees, nodes). */
EXPORT void grown(const int16_t *feature, const double *threshold, const int16_t *left,
                  const int16_t *right, const uint8_t *empty_left, const float *value,
                  int64_t trees, int64_t nodes, int64_t depth, const float *rows, int64_t count,
                  int64_t width, float *out) {
    for (int64_t r = 0; r < count; r++, rows += width) {
        double sum = 0;
        for (int64_t t = 0; t < trees; t++) {
            int64_t at = t * nodes, node = 0;
            for (int64_t d = 0; d < depth && feature[at + node] >= 0; d++) {
                float v = rows[feature[at + node]];
                int goes = isnan(v) ? empty_left[at + node] : v <= threshold[at + node];
                node = goes ? left[at + node] : right[at + node];
            }
            sum += value[at + node];
        }
        out[r] = (float)sum;
    }
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* Where a mark of m bytes occurs in n bytes: at most `most` offsets, in order; their number. */
EXPORT int64_t marks(const char *data, int64_t n, const char *mark, int64_t m, int64_t *offsets,
                     int64_t most) {
    int64_t found = 0;
    const char *at = data, *last = data + n - m;
    while (found < most && at <= last && (at = memchr(at, mark[0], last - at + 1))) {
        if (memcmp(at, mark, m) == 0) offsets[found++] = at - data;
        at++;
    }
    return found;
}
