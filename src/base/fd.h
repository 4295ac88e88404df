/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File descriptors: whole reads and writes, small files, CLOEXEC discipline
 * (I2: every descriptor is CLOEXEC from birth). All functions return 0 (or a
 * non-negative result) or -errno and never log.
 */
#ifndef OCIRUN_BASE_FD_H
#define OCIRUN_BASE_FD_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Write all n bytes, restarting on EINTR and short writes. */
int fd_write_full(int fd, const void *buf, size_t n);
/* Read exactly n bytes; -EPIPE if the stream ends before. */
int fd_read_full(int fd, void *buf, size_t n);
/*
 * Read to the end of file. *ret is malloc'ed and NUL-terminated (the NUL is not
 * counted in *ret_len, which may be NULL). -EFBIG beyond max bytes.
 */
int fd_read_all(int fd, size_t max, char **ret, size_t *ret_len);

/*
 * The same for a file that a user names. What may block or never end (a FIFO, a
 * device, a socket) is -ESPIPE, a directory -EISDIR, both without a wait. With
 * `stream` the names of open descriptors (/dev/stdin, /dev/fd/N,
 * /proc/self/fd/N) may be pipes: whoever passes one means it.
 */
int file_read_given_at(int dirfd, const char *name, bool stream, size_t max,
		       char **ret, size_t *ret_len);

/* Open NAME below dirfd (or AT_FDCWD), read it as fd_read_all() does. */
int file_read_at(int dirfd, const char *name, size_t max, char **ret,
		 size_t *ret_len);
/*
 * Write `text` with a single write(2) to an existing file, as procfs, sysfs and
 * cgroupfs want it. O_WRONLY without O_CREAT and O_TRUNC.
 */
int file_write_at(int dirfd, const char *name, const char *text);
/* As above with the length given (binary or embedded newlines). */
int file_writen_at(int dirfd, const char *name, const void *p, size_t n);
/*
 * Create or replace NAME in dirfd atomically: a temporary file beside it
 * (".NAME.PID-TIME", O_EXCL), then rename. `mode` is exact, whatever the umask.
 * No fsync: the records kept this way guard against a dying process, not
 * against power loss. A process killed in between leaves the temporary file.
 */
int file_replace_at(int dirfd, const char *name, const void *p, size_t n,
		    mode_t mode);

/*
 * Let the number `to` be another name of fd, whatever it was before; its
 * FD_CLOEXEC is as asked. Returns `to`.
 */
int fd_dup_to(int fd, int to, bool cloexec);

/* A pipe: what is written to *ret_in can be read from *ret_out. Both CLOEXEC. */
int fd_pipe(int *ret_out, int *ret_in);

/* Set or clear FD_CLOEXEC. */
int fd_cloexec(int fd, bool on);
int fd_nonblock(int fd, bool on);
/*
 * Mark every descriptor >= first CLOEXEC: close_range(2), falling back to a
 * walk of /proc/self/fd, or of all numbers where that is no procfs.
 */
int fd_cloexec_from(int first);
/* True if fd is an open descriptor of this process (O_PATH ones too). */
bool fd_valid(int fd);

/*
 * flock(2) the open file behind fd, waiting until the deadline at most.
 * -ETIMEDOUT if somebody else still holds it then; an expired deadline tries
 * once. Waiting borrows SIGALRM and the real-time interval timer and gives them
 * back as they were.
 */
int fd_lock(int fd, bool exclusive, deadline_t deadline);

/* A small growable set of descriptors, closed together. { 0 } is empty. */
struct fdvec {
	int *v;
	size_t n;
	size_t cap;
};
/* Take ownership of fd; returns its index. */
size_t fdvec_push(struct fdvec *vec, int fd);
/* Close all (-1 entries are skipped) and free. */
void fdvec_clear(struct fdvec *vec);

static inline void auto_fdvec(struct fdvec *v)
{
	fdvec_clear(v);
}

#endif
