/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times commands against each other, interleaved: one round runs every case
 * once, so that a slow minute of the machine hits all of them alike.
 *
 *	timer ROUNDS < plan
 *
 * The plan is lines of words (no quoting):
 *	case MEASURE LABEL    begins a case
 *	once COMMAND…         once, before the first round
 *	pre COMMAND…          before each round, not timed
 *	time COMMAND…         timed; several add up
 *	reap                  wait until what this round left running has ended
 *	post COMMAND…         after each round, not timed
 *	last COMMAND…         once, after the last round; failure is ignored
 * "@N@" in a word becomes the number of the round. "once", "pre" and "time" must
 * succeed, otherwise the case is given up and named.
 *
 * Reported: median, minimum and 90th percentile in milliseconds; the largest
 * resident set of a process that was waited for (the container's program
 * included); the ratio of the medians to each other label of the measure.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CASES 64
#define MAX_STEPS 16
#define MAX_WORDS 64

enum kind { ONCE, PRE, TIME, REAP, POST, LAST };
static const char *const kinds[] = { "once", "pre", "time", "reap", "post",
				     "last" };

struct step {
	enum kind kind;
	char *words[MAX_WORDS + 1];
};

struct bench {
	char *measure, *label;
	struct step steps[MAX_STEPS];
	size_t n_steps;
	int64_t *ns;
	size_t n_ns;
	long maxrss; /* KiB */
	const char *failed;
};

static int64_t now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static char *expand(const char *word, unsigned int round)
{
	const char *at = strstr(word, "@N@");
	char *out;
	int r;

	if (!at)
		return strdup(word);
	r = asprintf(&out, "%.*s%u%s", (int)(at - word), word, round, at + 3);
	return r < 0 ? NULL : out;
}

/* Run to the end; the exit status, 128+N for a signal, or -1. */
static int run_step(const struct step *step, unsigned int round, int64_t *ret_ns,
		    long *maxrss)
{
	char *argv[MAX_WORDS + 1];
	struct rusage ru;
	int64_t start;
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; step->words[i]; i++)
		argv[i] = expand(step->words[i], round);
	argv[i] = NULL;

	start = now();
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		(void)execvp(argv[0], argv);
		(void)dprintf(2, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	while (wait4(pid, &status, 0, &ru) < 0)
		if (errno != EINTR)
			return -1;
	*ret_ns = now() - start;
	if (maxrss && ru.ru_maxrss > *maxrss)
		*maxrss = ru.ru_maxrss;
	for (i = 0; argv[i]; i++)
		free(argv[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* We are the subreaper: what a detached start leaves becomes our child. */
static unsigned int count_children(void)
{
	char path[64], text[4096];
	unsigned int n = 0;
	ssize_t len, i;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		       (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text));
	(void)close(fd);
	for (i = 0; i < len; i++)
		n += text[i] == ' ';
	return n;
}

static void reap_to(unsigned int n)
{
	while (count_children() > n)
		if (waitpid(-1, NULL, 0) < 0 && errno != EINTR)
			return;
}

static void reap_ready(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/*
 * The kernel finishes a cgroup's and a namespace's end in the background; the
 * next case must not pay for it.
 */
static void settle(void)
{
	const struct timespec ts = { 0, 40 * 1000 * 1000 };

	(void)nanosleep(&ts, NULL);
}

/* Another order each round (so that nobody always follows the same), the same
 * orders each time. */
static void shuffle(size_t *order, size_t n)
{
	static uint32_t seed = 1;
	size_t i, j, t;

	for (i = n - 1; i > 0; i--) {
		seed = seed * 1664525 + 1013904223;
		j = (seed >> 8) % (i + 1);
		t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
}

static void run_kind(struct bench *b, enum kind kind, unsigned int round)
{
	int64_t ns;
	size_t i;
	int r;

	for (i = 0; i < b->n_steps; i++) {
		if (b->steps[i].kind != kind)
			continue;
		r = run_step(&b->steps[i], round, &ns, NULL);
		if (r != 0 && kind != LAST && kind != POST)
			b->failed = kinds[kind];
	}
	reap_ready();
}

static void run_round(struct bench *b, unsigned int round)
{
	unsigned int children;
	int64_t total = 0, ns;
	size_t i;

	reap_ready();
	children = count_children();
	run_kind(b, PRE, round);
	settle();
	for (i = 0; i < b->n_steps && !b->failed; i++) {
		if (b->steps[i].kind == REAP)
			reap_to(children);
		if (b->steps[i].kind != TIME)
			continue;
		if (run_step(&b->steps[i], round, &ns, &b->maxrss) != 0) {
			b->failed = "time";
			break;
		}
		total += ns;
	}
	run_kind(b, POST, round);
	if (!b->failed)
		b->ns[b->n_ns++] = total;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double ms(const struct bench *b, size_t percent)
{
	return b->n_ns ? (double)b->ns[(b->n_ns - 1) * percent / 100] / 1e6 : 0;
}

static void report(struct bench *cases, size_t n)
{
	const char *measure = "";
	size_t i, j;

	for (i = 0; i < n; i++)
		qsort(cases[i].ns, cases[i].n_ns, sizeof(int64_t), compare);
	for (i = 0; i < n; i++) {
		struct bench *b = &cases[i];

		if (strcmp(measure, b->measure) != 0) {
			measure = b->measure;
			(void)printf("\n%-24s %9s %9s %9s %9s   %s\n", measure,
				     "median", "min", "p90", "peak KiB",
				     "median against");
		}
		if (b->failed) {
			(void)printf("  %-22s failed in '%s' after %zu rounds\n",
				     b->label, b->failed, b->n_ns);
			continue;
		}
		(void)printf("  %-22s %9.2f %9.2f %9.2f %9ld  ", b->label,
			     ms(b, 50), ms(b, 0), ms(b, 90), b->maxrss);
		for (j = 0; j < n; j++)
			if (j != i && !cases[j].failed && cases[j].n_ns &&
			    strcmp(cases[j].measure, measure) == 0)
				(void)printf(" %s %.2f", cases[j].label,
					     ms(b, 50) / ms(&cases[j], 50));
		(void)printf("\n");
	}
}

static int read_plan(struct bench *cases, size_t *ret_n)
{
	struct bench *b = NULL;
	struct step *s;
	char *line = NULL;
	size_t size = 0, n = 0, k, w;

	while (getline(&line, &size, stdin) > 0) {
		char *rest = strdup(line), *word;
		char *words[MAX_WORDS + 1] = { 0 };

		w = 0;
		while (w < MAX_WORDS && (word = strsep(&rest, " \t\n")) != NULL)
			if (*word)
				words[w++] = word;
		if (w == 0 || words[0][0] == '#')
			continue;
		if (strcmp(words[0], "case") == 0 && w == 3 && n < MAX_CASES) {
			b = &cases[n++];
			b->measure = words[1];
			b->label = words[2];
			continue;
		}
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (strcmp(words[0], kinds[k]) == 0)
				break;
		if (!b || k > LAST || b->n_steps == MAX_STEPS) {
			(void)fprintf(stderr, "timer: bad line: %s", line);
			return -1;
		}
		s = &b->steps[b->n_steps++];
		s->kind = (enum kind)k;
		memcpy(s->words, words + 1, w * sizeof(words[0]));
	}
	free(line);
	*ret_n = n;
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench cases[MAX_CASES];
	unsigned int round, rounds = 0;
	size_t order[MAX_CASES];
	int out, null;
	size_t n, i;

	if (argc == 2)
		rounds = (unsigned int)strtoul(argv[1], NULL, 10);
	if (rounds == 0 || read_plan(cases, &n) < 0 || n == 0) {
		(void)fprintf(stderr, "usage: timer ROUNDS < plan\n");
		return 2;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	out = fcntl(1, F_DUPFD_CLOEXEC, 10);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (out < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return 1;

	for (i = 0; i < n; i++) {
		order[i] = i;
		cases[i].ns = calloc(rounds + 1, sizeof(int64_t));
		run_kind(&cases[i], ONCE, 0);
	}
	/* Round 0 warms caches and is forgotten. */
	for (round = 0; round <= rounds; round++) {
		shuffle(order, n);
		for (i = 0; i < n; i++)
			if (!cases[order[i]].failed)
				run_round(&cases[order[i]], round);
		if (round == 0)
			for (i = 0; i < n; i++)
				cases[i].n_ns = 0;
	}
	for (i = 0; i < n; i++)
		run_kind(&cases[i], LAST, 0);

	if (dup2(out, 1) < 0)
		return 1;
	report(cases, n);
	for (i = 0; i < n; i++)
		if (cases[i].failed)
			return 1;
	return 0;
}
