/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is found as execvp(3) finds it, in words that engines match on,
 * with a hint that names the cause; HOME comes from the container's passwd file.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/tap.h"

static char dir[] = "/tmp/ocirun-lookup-XXXXXX";

static void make_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, mode) < 0 || close(fd) < 0)
		bail("cannot make a file");
}

static void make_tree(void)
{
	if (!mkdtemp(dir) || chdir(dir) < 0)
		bail("no scratch directory");
	if (mkdir("bin", 0755) < 0 || mkdir("sbin", 0755) < 0 ||
	    mkdir("bin/folder", 0755) < 0)
		bail("cannot make directories");
	make_file("bin/program", "x", 0755);
	make_file("bin/notexec", "x", 0644);
	make_file("sbin/program", "x", 0755);
	make_file("sbin/notexec", "x", 0755);
	if (symlink("nowhere", "bin/dangling") < 0 ||
	    symlink("program", "bin/link") < 0 ||
	    mkfifo("bin/fifo", 0777) < 0 || mkfifo("passwd.fifo", 0666) < 0)
		bail("cannot make links");
	make_file("passwd",
		  "root:x:0:0:root:/root:/bin/sh\n"
		  "short:x:7\n"
		  "none:x:8:8:::/bin/sh\n"
		  "bad:x:abc:0::/bad:\n"
		  "user:x:1000:1000:A, User:/home/user:/bin/sh\n"
		  "again:x:1000:1000::/home/again:/bin/sh\n"
		  "last:x:1001:1001::/home/last", 0644);
}

struct good { const char *name, *path, *want; };
static const struct good goods[] = {
	{ "program", "bin:sbin", "bin/program" },
	{ "program", "sbin:bin", "sbin/program" },
	{ "program", "none:bin", "bin/program" },
	{ "notexec", "bin:sbin", "sbin/notexec" },
	{ "link", "bin", "bin/link" },
	{ "bin/program", "nowhere", "bin/program" },
	{ "./bin/program", NULL, "./bin/program" },
	{ "program", "x::bin", "bin/program" },
};

struct bad { const char *name, *path; int code; const char *msg, *hint; };
static const struct bad bads[] = {
	{ "nothere", "bin:sbin", ENOENT,
	  "exec: \"nothere\": executable file not found in $PATH",
	  "PATH is 'bin:sbin'" },
	{ "progam", "sbin:bin", ENOENT,
	  "exec: \"progam\": executable file not found in $PATH",
	  "PATH is 'sbin:bin', did you mean 'program'?" },
	{ "program", NULL, ENOENT,
	  "exec: \"program\": executable file not found in $PATH",
	  "process.env has no PATH" },
	{ "program", "", ENOENT,
	  "exec: \"program\": executable file not found in $PATH",
	  "process.env has no PATH" },
	{ "", "bin", ENOENT,
	  "exec: \"\": executable file not found in $PATH",
	  "PATH is 'bin'" },
	{ "folder", "bin", ENOENT,
	  "exec: \"folder\": executable file not found in $PATH", NULL },
	{ "notexec", "bin", ENOENT,
	  "exec: \"notexec\": executable file not found in $PATH",
	  "'bin/notexec' is not executable, its mode is 0644: chmod +x" },
	{ "sleep 100", "bin", ENOENT,
	  "exec: \"sleep 100\": executable file not found in $PATH",
	  "every argument is an element of process.args of its own" },
	{ "bin/nothere", "bin", ENOENT,
	  "exec: \"bin/nothere\": stat bin/nothere: no such file or directory",
	  "'bin/nothere' does not exist in the container" },
	{ "bin/programm", "bin", ENOENT,
	  "exec: \"bin/programm\": stat bin/programm: no such file or directory",
	  "'bin/programm' does not exist in the container: did you mean "
	  "'bin/program'?" },
	{ "bni/program", NULL, ENOENT,
	  "exec: \"bni/program\": stat bni/program: no such file or directory",
	  "'bni' does not exist in the container: did you mean './bin'?" },
	{ "bin/dangling", NULL, ENOENT,
	  "exec: \"bin/dangling\": stat bin/dangling: no such file or directory",
	  "'bin/dangling' is a symlink to 'nowhere', which does not exist in "
	  "the container" },
	{ "bin/program/x", NULL, ENOTDIR,
	  "exec: \"bin/program/x\": stat bin/program/x: not a directory", NULL },
	{ "bin/folder", NULL, EISDIR,
	  "exec: \"bin/folder\": is a directory: permission denied", NULL },
	{ "bin/notexec", NULL, EACCES,
	  "exec: \"bin/notexec\": permission denied",
	  "'bin/notexec' is not executable, its mode is 0644: chmod +x" },
	{ "bin/fifo", NULL, EACCES, "exec: \"bin/fifo\": permission denied",
	  "'bin/fifo' is no regular file" },
};

static void test_lookup(void)
{
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const struct good *g = &goods[i];
		struct err e = ERR_INIT;
		char *exe = NULL;

		is_int(lookup_program(g->name, g->path, &exe, &e), 0, "'%s' in "
		       "'%s'", g->name, g->path ? g->path : "(none)");
		is_str(exe, g->want, "... is %s", g->want);
		is_int(e.code, 0, "... and no error is set");
		free(exe);
	}
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *b = &bads[i];
		struct err e = ERR_INIT;
		char *exe = NULL;

		is_int(lookup_program(b->name, b->path, &exe, &e), -b->code,
		       "'%s' in '%s' fails", b->name,
		       b->path ? b->path : "(none)");
		is_str(e.msg, b->msg, "... says so");
		if (b->hint)
			is_str(e.hint, b->hint, "... and why");
		ok(!exe, "... and sets nothing");
	}
}

static void test_home(void)
{
	static const struct { uint32_t uid; const char *home; } rows[] = {
		{ 0, "/root" }, { 7, "/" }, { 8, "/" }, { 1000, "/home/user" },
		{ 1001, "/home/last" }, { 4242, "/" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *home = lookup_home("passwd", rows[i].uid);

		is_str(home, rows[i].home, "home of uid %u", rows[i].uid);
		free(home);
	}
	static const char *const odd[] = { "missing", "bin", "passwd.fifo",
					   "bin/dangling", "/dev/zero" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char *home = lookup_home(odd[i], 0);

		is_str(home, "/", "home from %s", odd[i]);
		free(home);
	}
}

static void test_env(void)
{
	static const char *const none[] = { "A=1", "B=2" };
	static const char *const empty[] = { "HOME=", "A=1" };
	static const char *const full[] = { "HOME=/x", "HOMER=1" };
	char **v = lookup_env(none, 2, "passwd", 1000);

	is_str(v[0], "A=1", "order is kept");
	is_str(v[1], "B=2", "... to the end");
	is_str(v[2], "HOME=/home/user", "a missing HOME is added");
	ok(!v[3], "... and nothing more");
	is_str(lookup_getenv(v, "B"), "2", "a value is found");
	is_str(lookup_getenv(v, "C"), NULL, "... or not");
	free(v);

	v = lookup_env(empty, 2, "passwd", 0);
	is_str(v[0], "A=1", "an empty HOME goes");
	is_str(v[1], "HOME=/root", "... and is replaced");
	ok(!v[2], "... once");
	free(v);

	v = lookup_env(full, 2, "passwd", 0);
	is_str(v[0], "HOME=/x", "a HOME stays");
	ok(v[1] && !v[2], "... and nothing is added");
	free(v);

	v = lookup_env(NULL, 0, "missing", 0);
	is_str(v[0], "HOME=/", "an empty environment gets HOME");
	free(v);
}

int main(void)
{
	char cmd[64];

	make_tree();
	test_lookup();
	test_home();
	test_env();
	(void)snprintf(cmd, sizeof(cmd), "%s", dir);
	if (chdir("/") == 0) {
		static const char *const names[] = {
			"bin/program", "bin/notexec", "bin/link", "bin/dangling",
			"bin/fifo", "sbin/program", "sbin/notexec", "passwd",
			"passwd.fifo", "bin/folder", "bin", "sbin", "." };
		int d = open(cmd, O_PATH | O_DIRECTORY | O_CLOEXEC);

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (unlinkat(d, names[i], 0) < 0)
				(void)unlinkat(d, names[i], AT_REMOVEDIR);
		(void)close(d);
		(void)rmdir(cmd);
	}
	return done();
}
