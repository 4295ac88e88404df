/* SPDX-License-Identifier: Apache-2.0 */
/*
 * criu's log: what it says about a failure, for an error that is understood
 * without opening a file which may be gone tomorrow.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/banned.h"

/* The errors are at the end. */
#define TAIL (512 * 1024)
#define N_LINES 3
#define LINE_MAX_LEN 300

static int read_tail(int dirfd, const char *name, char **ret)
{
	AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
						      O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > TAIL && lseek(fd, -TAIL, SEEK_END) < 0)
		return -errno;
	return fd_read_all(fd, (size_t)TAIL + LINE_MAX_LEN, ret, NULL);
}

/* "(00.223897)    1: Error (criu/x.c:1): text" without time and process. */
static const char *error_of(const char *line)
{
	const char *at = strstr(line, "Error (");

	/* the last words of every failure say nothing, and criu goes on without
	 * a higher limit */
	return at && !str_ends(at, " FAILED.") &&
			       !strstr(at, "Can't setup RLIMIT_NOFILE") ?
		       at :
		       NULL;
}

/* The last error lines, oldest first. */
static size_t errors(char *text, const char *ret[N_LINES])
{
	size_t n = 0;

	for (char *line = text; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		const char *what = error_of(line);

		if (what) {
			log_debug("criu: %s", what);
			if (n == N_LINES)
				memmove(ret, ret + 1, (--n) * sizeof(*ret));
			ret[n++] = what;
		}
		line = end ? end + 1 : NULL;
	}
	return n;
}

void criu_explain(const struct criu_job *job, struct err *e)
{
	int dirfd = job->workfd >= 0 ? job->workfd : job->imagefd;
	AUTO(str) char *text = NULL, *msg = xstrdup(e->msg);
	AUTO(strbuf) struct str s = { 0 };
	const char *lines[N_LINES];
	size_t n = 0;

	if (read_tail(dirfd, job->log_file, &text) == 0)
		n = errors(text, lines);
	for (size_t i = 0; i < n; i++)
		str_addf(&s, ": %.*s", LINE_MAX_LEN, lines[i]);
	bool outside = strstr(str_text(&s), "Can't lookup mount=") != NULL;

	(void)err_set(e, e->code, "%.*s%s, log file: %s/%s", 400, msg, str_text(&s),
		      job->log_dir, job->log_file);
	if (outside)
		(void)err_hint(e, "it has a file of the host open: stdio may be pipes or /dev/null");
}
