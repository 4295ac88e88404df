/* SPDX-License-Identifier: Apache-2.0 */
/* Pid files, the sealed copy, socket paths, CPU lists. */
#include "runtime/process.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "runtime/sock.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/ocirun-test-process-XXXXXX";

static void test_pidfile(void)
{
	char *path = xasprintf("%s/pid", dir), *text = NULL;
	struct err e = ERR_INIT;
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	is_int(pidfile_write(path, 4711, fd, &e), 0, "write: %s", e.msg);
	is_int(file_read_at(AT_FDCWD, path, 100, &text, NULL), 0, "read");
	is_str(text, "4711", "decimal, no newline");
	free(text);
	is_int(pidfile_write(path, 12, fd, &e), 0, "replace");
	is_int(unlink(path), 0, "unlink");
	is_int(pidfile_write("/nonexistent/x/pid", 1, fd, &e), -ENOENT,
	       "missing directory");
	ok(strstr(e.msg, "/nonexistent/x/pid") != NULL, "names it: %s", e.msg);
	(void)close(fd);
	free(path);
}

static void test_long_socket_path(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct err e = ERR_INIT;
	int fd = -1, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *deep = xasprintf("%s/%0100d", dir, 7), *path;

	is_int(mkdir(deep, 0700), 0, "mkdir");
	is_int(chdir(deep), 0, "chdir");
	memcpy(sa.sun_path, "s", 2);
	is_int(bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0, "bind");
	path = xasprintf("%s/s", deep);
	ok(strlen(path) > sizeof(sa.sun_path), "too long for sun_path");
	is_int(sock_connect(path, "--console-socket", &fd, &e), -ECONNREFUSED,
	       "nobody listens yet");
	ok(*e.hint != '\0', "hint: %s", e.hint);
	is_int(listen(listener, 1), 0, "listen");
	err_clear(&e);
	is_int(sock_connect(path, "--console-socket", &fd, &e), 0,
	       "connects: %s", e.msg);
	(void)close(fd);
	(void)close(listener);
	(void)unlink("s");
	is_int(chdir("/"), 0, "chdir");
	is_int(rmdir(deep), 0, "rmdir");
	free(path);
	free(deep);
}

static void test_affinity(void)
{
	struct err e = ERR_INIT;
	cpu_set_t set;

	is_int(process_set_affinity(0, "0", &e), 0, "one cpu: %s", e.msg);
	is_int(sched_getaffinity(0, sizeof(set), &set), 0, "get");
	is_int(CPU_COUNT(&set), 1, "exactly one");
	ok(CPU_ISSET(0, &set), "cpu 0");
	ok(process_set_affinity(0, "99999", &e) < 0, "too large a number");
	process_reset_affinity(0);
	is_int(sched_getaffinity(0, sizeof(set), &set), 0, "get");
	is_int(CPU_COUNT(&set), sysconf(_SC_NPROCESSORS_ONLN), "all again");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_pidfile();
	test_long_socket_path();
	test_affinity();
	is_int(rmdir(dir), 0, "nothing left");
	return done();
}
