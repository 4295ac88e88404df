/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ps (ps.h). Who is in the container is the cgroup's knowledge, what there is to
 * say about a process that of ps(1), which is run with the caller's options on
 * the host; only lines are chosen here.
 */
#include "config.h"
#include "runtime/ps.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/sys.h"
#include "runtime/state.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/banned.h"

#define PS_DEADLINE_MS (60 * 1000)
#define PS_OUTPUT_MAX  (256U << 20)
#define BLANKS         " \t"

/* ---- the table --------------------------------------------------------- */

/* Word number `at` of a line, NULL if it has fewer. */
static const char *word_at(const char *line, size_t at, size_t *ret_len)
{
	for (;;) {
		line += strspn(line, BLANKS);
		*ret_len = strcspn(line, BLANKS);
		if (*ret_len == 0)
			return NULL;
		if (at-- == 0)
			return line;
		line += *ret_len;
	}
}

static int find_column(const char *heading, size_t *ret)
{
	const char *w;
	size_t len;

	for (*ret = 0; (w = word_at(heading, *ret, &len)); (*ret)++)
		if (len == 3 && memcmp(w, "PID", 3) == 0)
			return 0;
	return -ENOENT;
}

static bool contains(const struct pid_list *pids, int pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->v[i] == pid)
			return true;
	return false;
}

int ps_filter(char *text, const struct pid_list *pids, struct str *out,
	      struct err *e)
{
	const char *heading = strsep(&text, "\n"), *line;
	size_t column;

	if (!heading || find_column(heading, &column) < 0) {
		(void)err_set(e, EINVAL, "couldn't find PID field in ps output");
		return err_hint(e, "the options of ps must leave the heading and the column PID in");
	}
	str_addf(out, "%s\n", heading);
	while ((line = strsep(&text, "\n"))) {
		char digits[16];
		size_t len;
		int pid;

		if (!*line)
			continue;
		const char *w = word_at(line, column, &len);

		if (!w || len >= sizeof(digits))
			return err_set(e, EINVAL, "unable to parse pid: no number in column %zu of '%s'",
				       column + 1, line);
		memcpy(digits, w, len);
		digits[len] = '\0';
		if (parse_int(digits, &pid) < 0)
			return err_set(e, EINVAL, "unable to parse pid: '%s' in '%s'",
				       digits, line);
		if (contains(pids, pid))
			str_addf(out, "%s\n", line);
	}
	return 0;
}

/* ---- running ps(1) ----------------------------------------------------- */

/* The whole of a memfd that ps has written to; without NULs. */
static int read_output(int fd, char **ret, struct err *e)
{
	int r;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(e, errno, "cannot read the output of ps");
	r = fd_read_all(fd, PS_OUTPUT_MAX, ret, NULL);
	if (r < 0)
		return err_errno(e, -r, "cannot read the output of ps");
	return 0;
}

static int run_ps(const struct str_list *args, char **ret, struct err *e)
{
	static const char *const every[] = { "-ef" };
	const char *const *v = args->n ? args->v : every;
	size_t n = args->n ? args->n : 1;
	AUTO(str) char *path = NULL;
	AUTO(arena) struct arena a = { 0 };
	char **argv = arena_array(&a, n + 2, sizeof(*argv));
	struct proc_result res = { 0 };
	char status[64];
	/* one file for both: proc_run() keeps only the start of a stream */
	AUTO(fd) int fd = sys_memfd_create("ps", MFD_CLOEXEC);

	if (fd < 0)
		return err_errno(e, -fd, "cannot make a memory file");
	int r = proc_find("ps", &path);

	if (r < 0)
		return err_set(e, ENOENT, "cannot run 'ps': executable file not found in $PATH");
	argv[0] = arena_strdup(&a, "ps");
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = arena_strdup(&a, v[i]);
	struct proc_run run = {
		.path = path, .argv = argv, .envp = environ, .cwd_fd = -1,
		.out_fd = fd, .err_fd = fd,
		.deadline = deadline_in_ms(PS_DEADLINE_MS),
	};

	r = proc_run(&run, &res);
	if (r < 0)
		return err_errno(e, -r, "cannot run '%s'", path);
	proc_result_free(&res);
	if (res.exec_errno)
		return err_errno(e, res.exec_errno, "cannot run '%s'", path);
	if (res.timed_out)
		return err_set(e, ETIMEDOUT, "'%s' did not end within %d s", path,
			       PS_DEADLINE_MS / 1000);
	if (read_output(fd, ret, e) < 0)
		return -e->code;
	if (res.status == 0)
		return 0;
	(void)err_set(e, EIO, "%s: ps: %.*s",
		      proc_status_text(res.status, status, sizeof(status)),
		      (int)strcspn(*ret, "\n"), *ret);
	free(*ret);
	*ret = NULL;
	return -e->code;
}

/* ---- the command ------------------------------------------------------- */

static void add_json(const struct pid_list *pids, struct str *out)
{
	if (pids->n == 0) {
		str_add(out, "null\n");
		return;
	}
	for (size_t i = 0; i < pids->n; i++)
		str_addf(out, "%c%d", i ? ',' : '[', pids->v[i]);
	str_add(out, "]\n");
}

static int print_pids(const struct ps_opts *opts, const struct pid_list *pids,
		      struct str *out, struct err *e)
{
	AUTO(str) char *text = NULL;

	if (opts->format == PS_JSON) {
		add_json(pids, out);
		return 0;
	}
	if (run_ps(&opts->args, &text, e) < 0)
		return -e->code;
	return ps_filter(text, pids, out, e);
}

int container_ps(const struct runtime *rt, const struct ps_opts *opts,
		 struct str *out, struct err *e)
{
	AUTO(container) struct container c = CONTAINER_INIT;
	AUTO(cgroup) struct cgroup *cg = NULL;
	struct pid_list pids = { 0 };
	enum status s;
	int r = 0;

	if (state_open(&c, rt->root, opts->id, e) < 0)
		return -e->code;
	s = state_status(&c, &cg);
	/* processes may outlive init; another boot's cgroup is not ours */
	if (cg)
		r = cgroup_pids(cg, &pids, e);
	else if (s != STATUS_STOPPED)
		r = err_set(e, EIO, "the cgroup of '%s' cannot be opened",
			    opts->id);
	if (r == 0 && s != STATUS_STOPPED && c.rec.n_cgroups == 0)
		r = err_set(e, ENOTSUP, "container '%s' has no cgroup that would tell its processes",
			    opts->id);
	if (r < 0)
		return err_wrap(e, "unable to get all container pids");
	r = print_pids(opts, &pids, out, e);
	free(pids.v);
	return r;
}
