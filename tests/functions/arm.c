#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef unsigned long u64;
/* As rhapsode::jit::Call and Wire. */
struct wire { const float *audio, *from, *to; };
struct call {
    u64 frames; double inverse; u64 lane, fuel, fault;
    double seconds, seconds_step, beat, beat_step, tempo;
    u64 *memory; u64 stride; const u64 *seeds; const struct wire *wires; float *outs[2];
};
static u64 bits(double x) { u64 y; memcpy(&y, &x, 8); return y; }
static int is_nan(u64 x) { return (x & 0x7fffffffffffffffu) > 0x7ff0000000000000u; }
/* The next answer, if the question is the one that was asked elsewhere. */
static double answer(u64 x, u64 y, const u64 *log, u64 *at) {
    const u64 *entry = log + 3 * (*at)++;
    double z;
    int same = (entry[0] == x || (is_nan(x) && is_nan(entry[0]))) && (entry[1] == y || (is_nan(y) && is_nan(entry[1])));
    if (!same) { fprintf(stderr, "question %lu differs: %lx %lx, not %lx %lx\n", *at - 1, x, y, entry[0], entry[1]); exit(1); }
    memcpy(&z, entry + 2, 8);
    return z;
}
static void fill(float (*to)[8], const u64 *x) {
    for (int i = 0; i < 64; i++) for (int l = 0; l < 8; l++) { unsigned y = x[i]; memcpy(&to[i][l], &y, 4); }
}
static void run(void (*f)(struct call *), u64 *memory, float (*in)[64][8], int wires, int outs, int block) {
    static float out[2][64][8];
    static const u64 seeds[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    struct wire w[16];
    double start = block * 64;
    for (int i = 0; i < wires; i++) { w[i].audio = &in[i][0][0]; w[i].from = w[i].to = 0; }
    struct call call = {64, 1.0 / 64, 0, 1 << 20, 0, start / 48000.0, 1.0 / 48000.0, start / 24000.0, 1.0 / 24000.0, 120.0,
        memory, 0, seeds, w, {&out[0][0][0], &out[1][0][0]}};
    f(&call);
    if (call.fault) { fprintf(stderr, "fault %lx\n", call.fault); exit(1); }
    for (int c = 0; c < outs; c++) for (int i = 0; i < 64; i++) { unsigned y; memcpy(&y, &out[c][i][0], 4); printf("%u\n", y); }
}
