/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-bound cleanup. Ownership leaves a scope only through TAKE_FD() or
 * TAKE_PTR(); every destructor accepts the empty value and preserves errno.
 */
#ifndef OCIRUN_BASE_CLEANUP_H
#define OCIRUN_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* AUTO(fd) int fd = -1;  AUTO(str) char *s = NULL;  AUTO(dir) DIR *d = NULL; */
#define AUTO(kind) __attribute__((__cleanup__(auto_##kind)))

/* Move a descriptor out of an AUTO(fd) variable, leaving -1 behind. */
#define TAKE_FD(fd) take_fd(&(fd))

/* Move a pointer out of an AUTO variable, leaving NULL behind. */
#define TAKE_PTR(p)                     \
	__extension__({                 \
		__typeof__(p) _t = (p); \
		(p) = NULL;             \
		_t;                     \
	})

static inline int take_fd(int *fd)
{
	int t = *fd;

	*fd = -1;
	return t;
}

static inline void auto_fd(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

static inline void auto_str(char **p)
{
	int saved = errno;

	free(*p);
	errno = saved;
}

static inline void auto_dir(DIR **d)
{
	int saved = errno;

	if (*d)
		(void)closedir(*d);
	errno = saved;
}

static inline void auto_file(FILE **f)
{
	int saved = errno;

	if (*f)
		(void)fclose(*f);
	errno = saved;
}

#endif
