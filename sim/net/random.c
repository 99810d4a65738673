/* random.c - xoshiro256** streams and elementary functions made of exactly rounded operations only. */
#include "sim/net/random.h"

#include <glib.h>
#include <string.h>

/* spec: FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): offset basis and prime. */
#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u
/* spec: SplitMix64 (Steele, Lea, Flood 2014), which seeds xoshiro as its authors advise. */
#define SPLITMIX_STEP 0x9e3779b97f4a7c15u
#define SPLITMIX_A 0xbf58476d1ce4e5b9u
#define SPLITMIX_B 0x94d049bb133111ebu

#define LN2_HIGH 0x1.62e42fee00000p-1 /* spec: ln 2, its upper 32 bits, so that e·LN2_HIGH is exact */
#define LN2_LOW 0x1.a39ef35793c76p-33 /* spec: ln 2 − LN2_HIGH */
#define INVERSE_LN2 0x1.71547652b82fep+0
#define SQRT2 0x1.6a09e667f3bcdp+0

#define DOUBLE_EXPONENT_BIAS 1023
#define DOUBLE_MANTISSA_BITS 52
#define DOUBLE_MANTISSA 0xfffffffffffffu

static uint64_t fnv_bytes(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

/* Byte by byte, so that the machine's byte order has no say. */
static uint64_t fnv_number(uint64_t hash, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        hash = (hash ^ ((number >> shift) & 0xffu)) * FNV_PRIME;
    return hash;
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += SPLITMIX_STEP;
    z = (z ^ (z >> 30)) * SPLITMIX_A;
    z = (z ^ (z >> 27)) * SPLITMIX_B;
    return z ^ (z >> 31);
}

void net_random_init(net_random *random, uint64_t seed, uint32_t replication, const char *name,
                     const char *purpose)
{
    /* The closing zero of each string is hashed too: ("a", "bc") and ("ab", "c") are two streams. */
    uint64_t hash = fnv_number(FNV_BASIS, seed);
    hash = fnv_number(hash, replication);
    hash = fnv_bytes(hash, name, strlen(name) + 1);
    hash = fnv_bytes(hash, purpose, strlen(purpose) + 1);
    for (size_t i = 0; i < G_N_ELEMENTS(random->state); i++)
        random->state[i] = splitmix(&hash);
}

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t net_random_u64(net_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t net_random_below(net_random *random, uint64_t n)
{
    g_assert(n >= 1);
    /* The lowest 2^64 mod n values are refused: the rest falls into n equal shares. */
    uint64_t refused = (UINT64_MAX - n + 1) % n;
    for (;;) {
        uint64_t draw = net_random_u64(random);
        if (draw >= refused)
            return draw % n;
    }
}

double net_random_unit(net_random *random)
{
    return (double)(net_random_u64(random) >> 11) * 0x1p-53;
}

double net_random_exponential(net_random *random, double mean)
{
    return -mean * net_log(1.0 - net_random_unit(random));
}

/* Marsaglia's polar method; the second value is thrown away, so that a stream holds no hidden state. */
double net_random_normal(net_random *random)
{
    for (;;) {
        double x = 2.0 * net_random_unit(random) - 1.0;
        double y = 2.0 * net_random_unit(random) - 1.0;
        double s = x * x + y * y;
        if (s > 0.0 && s < 1.0)
            return x * __builtin_sqrt(-2.0 * net_log(s) / s);
    }
}

double net_random_lognormal(net_random *random, double median, double sigma)
{
    return median * net_exp(sigma * net_random_normal(random));
}

double net_random_pareto(net_random *random, double shape, double scale)
{
    g_assert(shape > 0.0);
    return scale * net_exp(-net_log(1.0 - net_random_unit(random)) / shape);
}

void net_random_bytes(net_random *random, uint8_t *out, size_t len)
{
    uint64_t draw = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            draw = net_random_u64(random);
        out[i] = (uint8_t)(draw >> (8 * (i % 8)));
    }
}

static uint64_t double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^exponent for a normal number's exponent. */
static double power_of_two(int exponent)
{
    return double_of((uint64_t)(exponent + DOUBLE_EXPONENT_BIAS) << DOUBLE_MANTISSA_BITS);
}

/* log((1 + s) / (1 − s)) = 2 (s + s³/3 + s⁵/5 + …); |s| ≤ 0.172, so that the first term left out is
 * below 1e-18 of the sum. */
static double log_series(double s)
{
    double square = s * s;
    double sum = 0.0;
    for (int k = 23; k >= 3; k -= 2)
        sum = (sum + 1.0 / (double)k) * square;
    return 2.0 * s + 2.0 * s * sum;
}

double net_log(double x)
{
    g_assert(x >= 0.0);
    if (x == 0.0)
        return -__builtin_inf();
    if (x > 0x1.fffffffffffffp+1023)
        return x;
    int exponent = 0;
    if (x < 0x1p-1022) { /* subnormal */
        x *= 0x1p+54;
        exponent = -54;
    }
    uint64_t bits = double_bits(x);
    exponent += (int)(bits >> DOUBLE_MANTISSA_BITS) - DOUBLE_EXPONENT_BIAS;
    double mantissa = double_of((bits & DOUBLE_MANTISSA) | double_bits(1.0));
    if (mantissa > SQRT2) {
        mantissa *= 0.5;
        exponent += 1;
    }
    double e = (double)exponent;
    return e * LN2_HIGH + (log_series((mantissa - 1.0) / (mantissa + 1.0)) + e * LN2_LOW);
}

/* Taylor's series; |r| ≤ ln 2 / 2, so that the first term left out is below 1e-18. */
static double exp_series(double r)
{
    double sum = 1.0;
    for (int k = 15; k >= 1; k--)
        sum = 1.0 + sum * r / (double)k;
    return sum;
}

double net_exp(double x)
{
    if (x > 709.782712893384)
        return __builtin_inf();
    if (x < -745.133219101941)
        return 0.0;
    double turns = x * INVERSE_LN2;
    int n = (int)(turns + (turns < 0.0 ? -0.5 : 0.5));
    double e = (double)n;
    double result = exp_series((x - e * LN2_HIGH) - e * LN2_LOW);
    /* In two steps, because 2^n alone may not be a normal number. */
    int half = n / 2;
    return result * power_of_two(half) * power_of_two(n - half);
}
