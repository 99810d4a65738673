/* bench_memory - what a step costs that needs a line of memory nobody has touched for long: the yardstick for how the
 * time of an event grows with the number of peers.
 *
 *   bench_memory [--json] MEGABYTES…
 *
 * One step is one line of 64 bytes, in an order that no prefetcher foresees, each step waiting for the one before.
 * A working set of 2 MB is mostly in the caches of one core; one of a gigabyte is in none. */
#include <glib.h>
#include <time.h>

#define LINE_WORDS 8       /* of 8 bytes: a line of 64 */
#define STEPS      4000000 /* chosen: half a second at 120 ns */

static double cpu_seconds(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec * 1e-9;
}

/* One cycle through all lines (Sattolo's shuffle). */
static size_t *make_cycle(size_t lines)
{
    size_t *next = g_new0(size_t, lines * LINE_WORDS);
    guint64 state = 1;
    for (size_t i = 0; i < lines; i++)
        next[i * LINE_WORDS] = i;
    for (size_t i = lines - 1; i > 0; i--) {
        state = state * G_GUINT64_CONSTANT(6364136223846793005) + 1442695040888963407;
        const size_t other = (size_t)((state >> 33) % i), kept = next[i * LINE_WORDS];
        next[i * LINE_WORDS] = next[other * LINE_WORDS];
        next[other * LINE_WORDS] = kept;
    }
    return next;
}

/* Nanoseconds a step. */
static double walk(size_t lines)
{
    size_t *next = make_cycle(lines), place = 0;
    const double start = cpu_seconds();
    for (int i = 0; i < STEPS; i++)
        place = next[place * LINE_WORDS];
    const double spent = cpu_seconds() - start;
    g_assert(place < lines); /* looked at, or no compiler would walk */
    g_free(next);
    return spent / STEPS * 1e9;
}

int main(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON lines", NULL}, {0}};
    g_autoptr(GOptionContext) context = g_option_context_new("MEGABYTES…");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc < 2) {
        g_printerr("bench_memory: %s\n", error ? error->message : "how many megabytes?");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        const guint64 megabytes = g_ascii_strtoull(argv[i], NULL, 10);
        if (megabytes < 1 || megabytes > 65536) {
            g_printerr("bench_memory: %s is not 1 to 65536 megabytes\n", argv[i]);
            return 2;
        }
        const double step = walk((size_t)megabytes * (1 << 20) / (LINE_WORDS * sizeof(size_t)));
        g_print(json ? "{\"name\":\"memory.%s.step\",\"value\":%.6g,\"unit\":\"ns\"}\n" : "memory.%s.step %.6g ns\n",
                argv[i], step);
    }
    return 0;
}
