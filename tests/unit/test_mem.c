/* SPDX-License-Identifier: Apache-2.0 */
/* Allocators and arenas. */
#include "config.h"

#include "base/mem.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tap.h"

static void test_plain(void)
{
	char *p = xmalloc(0);
	int *v = xcalloc(4, sizeof(int));
	char *s;

	ok(p, "xmalloc(0) is a pointer");
	p = xrealloc(p, 0);
	ok(p, "xrealloc(p, 0) keeps a pointer");
	free(p);
	ok(!v[0] && !v[1] && !v[2] && !v[3], "xcalloc() is zeroed");
	v = xreallocarray(v, 8, sizeof(int));
	v[7] = 1;
	free(v);
	p = xcalloc(0, 8);
	ok(p, "xcalloc(0, n) is a pointer");
	free(p);

	s = xstrdup("name");
	is_str(s, "name", "xstrdup()");
	free(s);
	s = xstrndup("name", 2);
	is_str(s, "na", "xstrndup() cuts");
	free(s);
	s = xstrndup("name", 99);
	is_str(s, "name", "xstrndup() stops at the NUL");
	free(s);
	s = xasprintf("%s-%d", "a", 7);
	is_str(s, "a-7", "xasprintf()");
	free(s);
}

static void do_overflow(void)
{
	volatile size_t n = SIZE_MAX / 2;

	free(xreallocarray(NULL, n, 4));
}

static void do_arena_overflow(void)
{
	struct arena a = { 0 };
	volatile size_t n = SIZE_MAX / 2;

	(void)arena_array(&a, n, 4);
}

/* Out of memory ends the process by SIGABRT, with a message. */
static void test_abort(void (*fn)(void), const char *what)
{
	const struct rlimit no_core = { 0, 0 };
	char buf[64] = "";
	int fds[2], status = 0;
	pid_t pid;

	if (pipe(fds) < 0)
		bail("pipe");
	pid = fork();
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)dup2(fds[1], 2);
		fn();
		_exit(0);
	}
	(void)close(fds[1]);
	(void)waitpid(pid, &status, 0);
	ok(read(fds[0], buf, sizeof(buf) - 1) > 0, "%s: says something", what);
	(void)close(fds[0]);
	is_str(buf, "ocirun: out of memory\n", "%s: message", what);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: aborts",
	   what);
}

static void test_arena(void)
{
	struct arena a = { 0 };
	unsigned int bad_align = 0, bad_zero = 0, bad_keep = 0;
	unsigned char *p[2000];
	size_t i, j, n;

	for (i = 0; i < 2000; i++) {
		n = i * 7 % 513 + (i % 500 == 0 ? 100000 : 0);
		p[i] = arena_alloc(&a, n);
		if ((uintptr_t)p[i] % _Alignof(max_align_t))
			bad_align++;
		for (j = 0; j < n; j++)
			if (p[i][j])
				bad_zero++;
		memset(p[i], (int)(i & 0xff), n);
	}
	for (i = 0; i < 2000; i++) {
		n = i * 7 % 513 + (i % 500 == 0 ? 100000 : 0);
		for (j = 0; j < n; j++)
			if (p[i][j] != (i & 0xff))
				bad_keep++;
	}
	is_int(bad_align, 0, "arena memory is aligned");
	is_int(bad_zero, 0, "arena memory is zeroed");
	is_int(bad_keep, 0, "arena objects do not overlap");
	arena_free(&a);
	ok(!a.head && !a.used, "arena_free() leaves an empty arena");
	bad_zero = 0;
	for (i = 0; i < 200; i++) {
		unsigned char *again = arena_alloc(&a, i * 7);

		for (j = 0; j < i * 7; j++)
			bad_zero += again[j] != 0;
		(void)memset(arena_bytes(&a, i), 0xff, i);
	}
	is_int(bad_zero, 0, "memory that was used before is zeroed, too");
	arena_free(&a);
	arena_free(&a);
	ok(arena_array(&a, 0, 8),
	   "arena_array(0) is a pointer, the arena is usable again");
	is_str(arena_strdup(&a, "abc"), "abc", "arena_strdup()");
	is_str(arena_strdup(&a, ""), "", "arena_strdup() of the empty string");
	is_str(arena_strndup(&a, "abc", 2), "ab", "arena_strndup() cuts");
	is_str(arena_strndup(&a, "abc", 9), "abc",
	       "arena_strndup() stops at the NUL");
	is_str(arena_printf(&a, "%d/%s", 5, "x"), "5/x", "arena_printf()");
	ok(memcmp(arena_memdup(&a, "a\0b", 3), "a\0b", 3) == 0,
	   "arena_memdup() copies NULs");
	ok(arena_memdup(&a, NULL, 0), "arena_memdup(NULL, 0) is a pointer");
	ok(*ARENA_NEW(&a, int) == 0, "ARENA_NEW()");
	arena_free(&a);
}

int main(void)
{
	test_plain();
	test_arena();
	test_abort(do_overflow, "xreallocarray overflow");
	test_abort(do_arena_overflow, "arena_array overflow");
	return done();
}
