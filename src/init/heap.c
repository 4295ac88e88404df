/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - malloc(3) for the program of init when it has a C library of its own.
 *
 * init lives for a millisecond and allocates small texts, mostly freed in the
 * reverse order. musl's malloc maps a page for the first of a size and unmaps it
 * with the last: two system calls for each mount. Here memory is handed out in
 * order and taken back if it is the last that was handed out; what is not goes
 * with the process. Not for threads: init has none.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/banned.h"

#define ALIGN     ((size_t)16)
#define FIRST     ((size_t)16 << 10) /* what nearly every start can do with */
#define CHUNK     ((size_t)256 << 10)

/* Before each block. */
struct head {
	_Alignas(16) size_t size; /* of the block, a multiple of ALIGN */
};
_Static_assert(sizeof(struct head) == ALIGN, "a block is aligned as its head is");

static _Alignas(16) unsigned char first[FIRST];
/* What is left of the chunk; from `fresh` on nobody has written. */
static unsigned char *next = first, *fresh = first, *end = first + FIRST;

static bool more(size_t need)
{
	size_t size = need > CHUNK ? need : CHUNK;
	void *p;

	size = (size + 4095) & ~(size_t)4095;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	if (p == MAP_FAILED)
		return false;
	next = fresh = p;
	end = next + size;
	return true;
}

/* A block, of which *ret_dirty bytes may not be zero. */
static void *take(size_t n, size_t *ret_dirty)
{
	struct head *h;

	if (n > PTRDIFF_MAX - CHUNK) {
		errno = ENOMEM;
		return NULL;
	}
	n = ((n ? n : 1) + ALIGN - 1) & ~(ALIGN - 1);
	if ((size_t)(end - next) < n + sizeof(*h) && !more(n + sizeof(*h)))
		return NULL;
	h = (struct head *)(void *)next;
	next += sizeof(*h);
	*ret_dirty = next < fresh ? (size_t)(fresh - next) : 0;
	h->size = n;
	next += n;
	if (next > fresh)
		fresh = next;
	return h + 1;
}

void *malloc(size_t n)
{
	size_t dirty;

	return take(n, &dirty);
}

void *calloc(size_t n, size_t size)
{
	size_t total, dirty;
	void *p;

	if (__builtin_mul_overflow(n, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	p = take(total, &dirty);
	if (p && dirty)
		memset(p, 0, total < dirty ? total : dirty);
	return p;
}

void free(void *p)
{
	struct head *h = p;

	if (h && (unsigned char *)p + h[-1].size == next)
		next = (unsigned char *)(h - 1);
}

void *realloc(void *p, size_t n)
{
	struct head *h = p;
	void *q;

	if (!h)
		return malloc(n);
	if (n <= h[-1].size)
		return p;
	if ((unsigned char *)p + h[-1].size == next &&
	    n <= (size_t)(end - (unsigned char *)p) - ALIGN) {
		h[-1].size = (n + ALIGN - 1) & ~(ALIGN - 1);
		next = (unsigned char *)p + h[-1].size;
		if (next > fresh)
			fresh = next;
		return p;
	}
	q = malloc(n);
	if (!q)
		return NULL;
	memcpy(q, p, h[-1].size);
	return q;
}
