/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hook: feed it the state, wait with its deadline, and say what happened.
 * The work is done by proc_run() (own process group, bounded output, no zombie
 * left); this file owns the rules of the specification and the wording.
 *
 * Callers match on runc's words ("error running createRuntime hook #1: exit
 * status 3, stdout: …"): they are kept, the path and the likely cause go into
 * the hint. Sources: runtime-spec config.md "POSIX-platform Hooks".
 */
#include "config.h"
#include "hook/hook.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"
#include "base/banned.h"

/* Names of signals as strsignal(3) has them, but without a locale. */
static const char *signal_text(int sig)
{
	static const char *const text[] = {
		[SIGHUP] = "hangup",
		[SIGINT] = "interrupt",
		[SIGQUIT] = "quit",
		[SIGILL] = "illegal instruction",
		[SIGTRAP] = "trace/breakpoint trap",
		[SIGABRT] = "aborted",
		[SIGBUS] = "bus error",
		[SIGFPE] = "floating point exception",
		[SIGKILL] = "killed",
		[SIGUSR1] = "user defined signal 1",
		[SIGSEGV] = "segmentation fault",
		[SIGUSR2] = "user defined signal 2",
		[SIGPIPE] = "broken pipe",
		[SIGALRM] = "alarm clock",
		[SIGTERM] = "terminated",
		[SIGXCPU] = "CPU time limit exceeded",
		[SIGXFSZ] = "file size limit exceeded",
		[SIGSYS] = "bad system call",
	};

	if (sig < 0 || (size_t)sig >= sizeof(text) / sizeof(*text))
		return NULL;
	return text[sig];
}

static void add_status(struct str *out, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (!WIFSIGNALED(status))
		str_addf(out, "exit status %d", WEXITSTATUS(status));
	else if (signal_text(sig))
		str_addf(out, "signal: %s", signal_text(sig));
	else
		str_addf(out, "signal: signal %d", sig);
	if (WIFSIGNALED(status) && WCOREDUMP(status))
		str_add(out, " (core dumped)");
}

/* The end of an output says why; at most `max` bytes of it, on one line. */
static void add_output(struct str *out, const char *key, const char *text,
		       size_t max)
{
	size_t len = text ? strlen(text) : 0;
	const char *p = text;

	while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	str_addf(out, ", %s: ", key);
	if (len > max) {
		str_add(out, "…");
		p += len - max;
		/* not in the middle of a UTF-8 sequence */
		while ((*p & 0xc0) == 0x80)
			p++;
		len = len - (size_t)(p - text);
	}
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n' || p[i] == '\r')
			str_add(out, i > 0 && p[i] == '\n' && p[i - 1] == '\r'
					     ? ""
					     : "; ");
		else
			str_addc(out, p[i]);
	}
}

static const char *start_hint(const char *path, int code)
{
	switch (code) {
	case ENOENT:
		return "the hook or the interpreter it names is missing; a hook's "
		       "path is taken as it is, without a search in PATH";
	case EACCES:
		return "the hook must be an executable file, on a file system "
		       "mounted without noexec";
	case ENOEXEC:
		return "a script needs a first line such as #!/bin/sh";
	case E2BIG:
		return "args and env are too long together";
	default:
		return path[0] == '/' ? NULL : "a hook's path must be absolute";
	}
}

/* Set *e: "error running KIND hook #N: what". */
static int fail(const struct arg_hook *h, int code, const char *what,
		struct err *e)
{
	const char *kind =
		h->kind < _HOOK_KIND_MAX ? hook_kind_names[h->kind] : "?";

	(void)err_set(e, code, "error running %s hook #%u: %s", kind, h->index,
		      what);
	return err_at(e, "/hooks/%s/%u", kind, h->index);
}

static int not_started(const struct arg_hook *h, int code, struct err *e)
{
	AUTO(strbuf) struct str what = { 0 };
	const char *hint = start_hint(h->path, code);

	str_addf(&what, "fork/exec %s: %s", h->path, errno_text(code));
	(void)fail(h, code, str_text(&what), e);
	return hint ? err_hint(e, "%s", hint) : -code;
}

static int timed_out(const struct arg_hook *h, const struct proc_result *res,
		     struct err *e)
{
	AUTO(strbuf) struct str what = { 0 };

	str_addf(&what, "hook ran past specified timeout of %d.0s", h->timeout);
	if (res->err && *res->err)
		add_output(&what, "stderr", res->err, 300);
	(void)fail(h, ETIMEDOUT, str_text(&what), e);
	return err_hint(e, "'%s' and its process group were killed", h->path);
}

static int judge(const struct arg_hook *h, const struct proc_result *res,
		 struct err *e)
{
	AUTO(strbuf) struct str what = { 0 };

	if (res->exec_errno)
		return not_started(h, res->exec_errno, e);
	if (res->timed_out)
		return timed_out(h, res, e);
	if (res->canceled) {
		(void)fail(h, EINTR, "it was killed before its end", e);
		return err_hint(e, "the hook is '%s'", h->path);
	}
	if (WIFEXITED(res->status) && WEXITSTATUS(res->status) == 0)
		return 0;
	add_status(&what, res->status);
	if (res->out)
		add_output(&what, "stdout", res->out, 300);
	if (res->err)
		add_output(&what, "stderr", res->err, 600);
	(void)fail(h, ECANCELED, str_text(&what), e);
	return err_hint(e, "the hook is '%s'", h->path);
}

/* NULL-terminated copy of a list; free(3) the vector. */
static char **vector(const char *const *v, size_t n)
{
	char **ret = xcalloc(n + 1, sizeof(*ret));

	/* execve(2) wants char *const *, and promises not to write */
	memcpy(ret, v, n * sizeof(*ret));
	return ret;
}

int hook_run(const struct arg_hook *hook, const char *state, int cwd_fd,
	     char *const *env_inherit, const struct hook_io *io, struct err *e)
{
	static char *const no_env[] = { NULL };
	struct proc_result res = { 0 };
	char **argv = hook->n_argv ? vector(hook->argv, hook->n_argv) : NULL;
	char **envp = hook->env_set && hook->n_envp
			      ? vector(hook->envp, hook->n_envp)
			      : NULL;
	char *const *fallback =
		hook->env_set || !env_inherit ? no_env : env_inherit;
	const struct proc_run run = {
		.path = hook->path,
		.argv = argv,
		.envp = envp ? envp : fallback,
		.cwd_fd = cwd_fd,
		.stdin_data = state,
		.stdin_len = strlen(state),
		.out_fd = io->out,
		.err_fd = io->err,
		.cancel_fd = io->cancel_fd,
		.deadline =
			hook->timeout > 0
				? deadline_in_ms((int64_t)hook->timeout * 1000)
				: DEADLINE_NEVER, /* the user set no bound */
	};
	int r = proc_run(&run, &res);

	free(argv);
	free(envp);
	if (r < 0)
		return not_started(hook, -r, e);
	r = judge(hook, &res, e);
	proc_result_free(&res);
	return r;
}

void hook_arg(struct arg_hook *ret, struct arena *arena,
	      const struct spec_hook *hook, enum hook_kind kind, size_t index)
{
	plan_hook(ret, arena, hook, kind, index);
}

char *hook_state_json(const char *id, const char *status, pid_t pid,
		      const char *bundle, const struct kv_list *annotations)
{
	AUTO(strbuf) struct str out = { 0 };

	plan_state_head(&out, id, status);
	if (pid > 0)
		str_addf(&out, "\"pid\":%d,", (int)pid);
	plan_state_tail(&out, bundle, annotations);
	return str_take(&out);
}
