/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks: what they are given, what is said when they fail, and their end. */
#include "config.h"
#include "hook/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "tests/tap.h"

static char dir[] = "/tmp/test_hook.XXXXXX";

static struct spec_hook shell(const char **argv3, const char *script)
{
	argv3[0] = "sh";
	argv3[1] = "-c";
	argv3[2] = script;
	return (struct spec_hook){ .path = "/bin/sh", .args = { argv3, 3 } };
}

static int run(const struct spec_hook *hook, enum hook_kind kind, size_t index,
	       const char *state, int cwd_fd, struct err *e)
{
	AUTO(arena) struct arena arena = { 0 };
	char inherited[] = "INHERITED=yes";
	char path[] = "PATH=/usr/bin:/bin";
	char *const env[] = { inherited, path, NULL };
	struct arg_hook a;

	err_clear(e);
	hook_arg(&a, &arena, hook, kind, index);
	static const struct hook_io io = HOOK_IO_INIT;

	return hook_run(&a, state, cwd_fd, env, &io, e);
}

/* What the hook left in the scratch directory. */
static char *left_in(const char *name)
{
	AUTO(str) char *path = xasprintf("%s/%s", dir, name);
	char *text = NULL;

	return file_read_at(AT_FDCWD, path, 4096, &text, NULL) < 0 ? NULL
								   : text;
}

static void check_left(const char *name, const char *want)
{
	AUTO(str) char *got = left_in(name);

	is_str(got, want, "%s", name);
}

static void test_given(void)
{
	AUTO(fd) int dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *argv[4] = { 0 };
	const char *own[] = { "ONLY=this", NULL };
	struct err e = ERR_INIT;
	struct spec_hook h =
		shell(argv, "cat >state; echo $0 $1 >args; "
			    "echo \"$INHERITED,$ONLY\" >env; pwd >cwd");

	argv[3] = "x y";
	h.args.n = 4;
	is_int(run(&h, HOOK_PRESTART, 0, "{\"a\":1}", dirfd, &e), 0, "success");
	is_int(e.code, 0, "no error set");
	check_left("state", "{\"a\":1}");
	check_left("args", "x y\n");
	check_left("env", "yes,\n");
	{
		AUTO(str) char *want = xasprintf("%s\n", dir);

		check_left("cwd", want);
	}
	h.env_set = true;
	h.env = (struct str_list){ own, 1 };
	is_int(run(&h, HOOK_PRESTART, 0, "", dirfd, &e), 0,
	       "success with own env");
	check_left("env", ",this\n");
	h.env = (struct str_list){ NULL, 0 };
	is_int(run(&h, HOOK_PRESTART, 0, "", dirfd, &e), 0,
	       "success with empty env");
	check_left("env", ",\n");
}

static void test_unread_state(void)
{
	const char *argv[3];
	struct spec_hook h = shell(argv, "exit 0");
	char *big = xmalloc(1 << 20);
	struct err e = ERR_INIT;

	memset(big, 'x', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	is_int(run(&h, HOOK_POSTSTOP, 0, big, -1, &e), 0,
	       "a hook need not read its state");
	free(big);
}

struct failure {
	const char *name, *script;
	enum hook_kind kind;
	unsigned int index;
	int timeout;
	const char *msg;
};
static const struct failure failures[] = {
	{ "exit status", "echo oops >&2; exit 3", HOOK_CREATE_RUNTIME, 1, 0,
	  "error running createRuntime hook #1: exit status 3, stdout: , stderr: oops" },
	{ "both streams", "echo out; echo a >&2; echo b >&2; exit 1",
	  HOOK_PRESTART, 0, 0,
	  "error running prestart hook #0: exit status 1, stdout: out, stderr: a; b" },
	{ "killed", "kill -9 $$", HOOK_POSTSTART, 2, 0,
	  "error running poststart hook #2: signal: killed, stdout: , stderr: " },
	{ "bad system call", "ulimit -c 0; kill -SYS $$", HOOK_START_CONTAINER,
	  0, 0,
	  "error running startContainer hook #0: signal: bad system call, "
	  "stdout: , stderr: " },
	{ "timeout", "sleep 60", HOOK_CREATE_CONTAINER, 0, 1,
	  "error running createContainer hook #0: "
	  "hook ran past specified timeout of 1.0s" },
	{ "timeout of a group", "sleep 60 & sleep 61", HOOK_POSTSTOP, 0, 1,
	  "error running poststop hook #0: hook ran past specified timeout of 1.0s" },
};

static void test_failures(void)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		const struct failure *f = &failures[i];
		int64_t start = clock_now_ns();
		const char *argv[3];
		struct spec_hook h = shell(argv, f->script);
		struct err e = ERR_INIT;
		AUTO(str) char *pointer = NULL;

		h.timeout = (struct opt_i32){ f->timeout > 0, f->timeout };
		ok(run(&h, f->kind, f->index, "{}", -1, &e) < 0, "%s: fails",
		   f->name);
		is_str(e.msg, f->msg, "%s: message", f->name);
		pointer = xasprintf("/hooks/%s/%u", hook_kind_names[f->kind],
				    f->index);
		is_str(e.pointer, pointer, "%s: pointer", f->name);
		ok(clock_now_ns() - start < INT64_C(10000000000), "%s: in time",
		   f->name);
	}
}

static void test_not_started(void)
{
	AUTO(str) char *plain = xasprintf("%s/plain", dir);
	struct spec_hook h = { .path = "/nowhere/hook" };
	struct err e = ERR_INIT;
	int fd;

	is_int(run(&h, HOOK_CREATE_RUNTIME, 0, "{}", -1, &e), -ENOENT,
	       "missing");
	is_str(e.msg,
	       "error running createRuntime hook #0: fork/exec /nowhere/hook: "
	       "no such file or directory",
	       "missing: message");
	ok(*e.hint, "missing: hint '%s'", e.hint);
	fd = open(plain, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
	h.path = plain;
	is_int(run(&h, HOOK_PRESTART, 0, "{}", -1, &e), -EACCES,
	       "not executable");
	(void)chmod(plain, 0755);
	(void)file_write_at(AT_FDCWD, plain, "no format at all");
	is_int(run(&h, HOOK_PRESTART, 0, "{}", -1, &e), -ENOEXEC,
	       "no known format");
	ok(strstr(e.hint, "#!"), "no known format: hint '%s'", e.hint);
	(void)unlink(plain);
}

/* A hostile amount of output neither blocks nor hides the reason. */
static void test_much_output(void)
{
	const char *argv[3];
	struct spec_hook h = shell(argv, "i=0; while [ $i -lt 20000 ]; do "
					 "echo 0123456789; i=$((i+1)); done; "
					 "echo reason >&2; exit 1");
	struct err e = ERR_INIT;

	ok(run(&h, HOOK_PRESTART, 0, "{}", -1, &e) < 0, "much output: fails");
	ok(strstr(e.msg, "stderr: reason"), "much output: the reason is kept");
	ok(strstr(e.msg, "stdout: …"), "much output: cut at its start");
	ok(!strchr(e.msg, '\n'), "much output: one line");
}

static void test_state_json(void)
{
	static struct kv kv[] = { { "k", "v" } };
	const struct kv_list one = { kv, 1 }, none = { NULL, 0 };
	AUTO(str) char *full = hook_state_json("c", "creating", 42, "/b", &one);
	AUTO(str) char *bare = hook_state_json("c", "stopped", 0, "/b", &none);

	is_str(full,
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"status\":\"creating\","
	       "\"pid\":42,\"bundle\":\"/b\",\"annotations\":{\"k\":\"v\"}}",
	       "state");
	is_str(bare,
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"status\":\"stopped\","
	       "\"bundle\":\"/b\"}",
	       "state without pid and annotations");
}

int main(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGPIPE, &ignore,
			NULL); /* as every role of the program */
	if (!mkdtemp(dir))
		bail("no scratch directory");
	test_given();
	test_unread_state();
	test_failures();
	test_not_started();
	test_much_output();
	test_state_json();
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "state", "args", "env",
						     "cwd" };
		AUTO(str) char *path = xasprintf("%s/%s", dir, names[i]);

		(void)unlink(path);
	}
	(void)rmdir(dir);
	return done();
}
