/* SPDX-License-Identifier: MIT
 *
 * What else the machine did meanwhile: the processors' busy time without that of ours and our children.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* User, nice, system, both kinds of interrupts, and what other guests stole; of all processors together. */
static double busy_seconds(void)
{
    unsigned long long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (!file)
        return NAN;
    int got = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait,
                     &irq, &soft, &steal);
    fclose(file);
    return got == 8 ? (double)(user + nice + system + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK)
                    : NAN;
}

static double used_by(int who)
{
    struct rusage used;
    getrusage(who, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

struct machine machine_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct machine){(double)now.tv_sec + (double)now.tv_nsec / 1e9, busy_seconds(),
                            used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN)};
}

double load_of_machine(void)
{
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : NAN;
}

double others_since(const struct machine *begin)
{
    struct machine now = machine_now();
    return fmax(0, (now.busy - begin->busy) - (now.ours - begin->ours)) / (now.wall - begin->wall);
}

static void processor_name(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "processors");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !colon)
            continue;
        snprintf(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

void describe_machine(char *text, size_t size)
{
    struct utsname system;
    char name[200];
    processor_name(name, sizeof name);
    uname(&system);
    snprintf(text, size, "%ld x %s, %s %s", sysconf(_SC_NPROCESSORS_ONLN), name, system.sysname,
             system.release);
}
