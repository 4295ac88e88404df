/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c - allocation that cannot fail, and arenas.
 *
 * A failed allocation ends the process (crash-only, I5): the state directory
 * exists before anything that needs cleaning up, so `delete --force` recovers.
 * Must not: return NULL, log through the sink (which itself allocates).
 *
 * What an arena hands out is cleared then and not before: a page that is never asked
 * for costs no page fault.
 */
#include "config.h"

#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

#if defined(__SANITIZE_ADDRESS__)
#define MEM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_ASAN 1
#endif
#endif

/*
 * Under AddressSanitizer every object has a block of its own: an overrun is
 * seen instead of landing in the neighbour.
 */
#ifdef MEM_ASAN
#define BLOCK_MIN 0
#define BLOCK_MAX 0
#else
#define BLOCK_MIN 4000
#define BLOCK_MAX 64000
#endif

struct arena_block {
	struct arena_block *next;
	size_t cap;
	_Alignas(max_align_t) unsigned char data[];
};

__attribute__((noreturn)) static void out_of_memory(void)
{
	static const char text[] = "ocirun: out of memory\n";

	/* The process is about to die; a failing write changes nothing. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

static size_t size_mul(size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return total;
}

void mem_begin(void)
{
#ifdef M_TOP_PAD /* glibc */
	(void)mallopt(M_TOP_PAD, 512 << 10);
	(void)mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		out_of_memory();
	return q;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return xrealloc(p, size_mul(n, size));
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	char *p = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0 || !p)
		out_of_memory();
	return p;
}

static struct arena_block *block_new(size_t cap)
{
	struct arena_block *b;
	size_t total;

	if (__builtin_add_overflow(cap, offsetof(struct arena_block, data),
				   &total))
		out_of_memory();
	b = xmalloc(total);
	b->cap = cap;
	return b;
}

/*
 * Blocks double in size up to BLOCK_MAX. An object bigger than the next block
 * gets one of its own behind the head, whose free space stays in use.
 */
static void *arena_grow(struct arena *a, size_t n)
{
	struct arena_block *b, **link = &a->head;
	size_t cap = BLOCK_MIN;

	if (a->head && a->head->cap >= cap)
		cap = a->head->cap * 2 > BLOCK_MAX ? BLOCK_MAX
						   : a->head->cap * 2;
	if (a->head && n > cap / 2)
		link = &a->head->next;
	else
		a->used = n;
	b = block_new(n > cap || link != &a->head ? n : cap);
	b->next = *link;
	*link = b;
	return b->data;
}

/* align: a power of two. */
static void *arena_take(struct arena *a, size_t n, size_t align)
{
	size_t start;

	if (n == 0)
		n = 1;
	if (a->head) {
		start = (a->used + align - 1) & ~(align - 1);
		if (start <= a->head->cap && n <= a->head->cap - start) {
			a->used = start + n;
			return a->head->data + start;
		}
	}
	return arena_grow(a, n);
}

void *arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_take(a, n, _Alignof(max_align_t)), 0, n);
}

char *arena_bytes(struct arena *a, size_t n)
{
	return arena_take(a, n, 1);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	return arena_alloc(a, size_mul(n, size));
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, SIZE_MAX);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = arena_bytes(a, len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	p = arena_bytes(a, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *q = arena_alloc(a, n);

	if (n)
		memcpy(q, p, n);
	return q;
}

void arena_free(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->head = NULL;
	a->used = 0;
}
