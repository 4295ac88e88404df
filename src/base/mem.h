/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory. Allocation failure aborts with a message: the program is crash-only
 * (ARCHITECTURE.md, I5), a dead runtime is always recoverable by
 * `delete --force`. Parsed configs and plans live in arenas with one free.
 */
#ifndef OCIRUN_BASE_MEM_H
#define OCIRUN_BASE_MEM_H

#include <stddef.h>

/*
 * At the start of the program: the heap takes addresses from the kernel in few pieces and
 * gives them back when the process ends. (Pages are taken as they are touched.)
 */
void mem_begin(void);

/* As malloc/calloc/realloc/strdup, never returning NULL. Caller frees. */
void *xmalloc(size_t n) __attribute__((returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
/* realloc to n * size bytes with overflow check. */
void *xreallocarray(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));

/*
 * Arena: many small objects with one lifetime. Zero-initialise with
 * `struct arena a = { 0 };` and release with arena_free().
 */
struct arena_block;
struct arena {
	struct arena_block *head;
	size_t used; /* bytes in use in the head block */
};

/* Zeroed memory aligned for any type; lives until arena_free(). */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
/* n * size with overflow check; n == 0 gives a valid pointer. */
void *arena_array(struct arena *a, size_t n, size_t size)
	__attribute__((returns_nonnull));
/* n bytes for text: neither zeroed nor aligned. */
char *arena_bytes(struct arena *a, size_t n) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *a, const char *s)
	__attribute__((returns_nonnull));
char *arena_strndup(struct arena *a, const char *s, size_t n)
	__attribute__((returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));
void *arena_memdup(struct arena *a, const void *p, size_t n)
	__attribute__((returns_nonnull));
/* Release everything; the arena is empty and usable again. */
void arena_free(struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

static inline void auto_arena(struct arena *a)
{
	arena_free(a);
}

#endif
