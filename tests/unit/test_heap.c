/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of src/init/heap.c, under other names beside the C library's own. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free
void *heap_malloc(size_t n);
void *heap_calloc(size_t n, size_t size);
void *heap_realloc(void *p, size_t n);
void heap_free(void *p);
#include "../../src/init/heap.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

static bool all(const unsigned char *p, size_t n, unsigned char c)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != c)
			return false;
	return true;
}

static void test_blocks(void)
{
	unsigned char *p[64];
	bool aligned = true, whole = true;

	for (size_t i = 0; i < 64; i++) {
		p[i] = heap_malloc(i * 37);
		aligned = aligned && (uintptr_t)p[i] % 16 == 0;
		memset(p[i], (int)i + 1, i * 37);
	}
	for (size_t i = 0; i < 64; i++)
		whole = whole && all(p[i], i * 37, (unsigned char)(i + 1));
	ok(aligned, "every block is aligned");
	ok(whole, "no block lies in another, also across chunks");
	heap_free(NULL);
	heap_free(p[3]);
	ok(all(p[4], 4 * 37, 5), "freeing one leaves the next as it is");
}

static void test_reuse(void)
{
	unsigned char *a = heap_malloc(100), *b;

	memset(a, 0xff, 100);
	heap_free(a);
	b = heap_calloc(10, 10);
	ok(a == b, "the last block is handed out again");
	ok(all(b, 100, 0), "zeroed, though it was written to");
	heap_free(b);
	a = heap_malloc(20);
	b = heap_calloc(1, 200);
	ok(all(b, 200, 0), "zeroed where a part was written to");
	heap_free(b);
	heap_free(a);
	b = heap_malloc(20);
	ok(a == b, "what is freed in reverse order is all there again");
}

static void test_realloc(void)
{
	unsigned char *a = heap_realloc(NULL, 10), *b, *c;

	memset(a, 7, 10);
	ok(heap_realloc(a, 4) == a, "smaller: in place");
	b = heap_realloc(a, 5000);
	ok(a == b && all(b, 10, 7), "the last block grows in place");
	memset(b, 8, 5000);
	c = heap_malloc(1);
	*c = 9;
	a = heap_realloc(b, 6000);
	ok(a != b && all(a, 5000, 8) && *c == 9, "another is moved");
	b = heap_realloc(a, 3U << 20);
	ok(all(b, 5000, 8), "into a chunk of its own if need be");
	memset(b, 1, 3U << 20);
	c = heap_calloc(1, 3U << 20);
	ok(all(b, 3U << 20, 1) && all(c, 3U << 20, 0), "and the next into another");
}

static void test_limits(void)
{
	errno = 0;
	ok(!heap_malloc(SIZE_MAX - 7) && errno == ENOMEM, "too much: ENOMEM");
	errno = 0;
	ok(!heap_calloc(SIZE_MAX / 2, 3) && errno == ENOMEM, "a product that overflows");
	errno = 0;
	/* with 32 bits there is address space for nearly as much as may be asked for */
	ok(!heap_malloc(sizeof(void *) == 8 ? PTRDIFF_MAX / 2 : PTRDIFF_MAX) &&
	   errno == ENOMEM, "more than there is");
	ok(heap_malloc(0) != NULL, "nothing is a block too");
}

int main(void)
{
	test_blocks();
	test_reuse();
	test_realloc();
	test_limits();
	return done();
}
