/* SPDX-License-Identifier: Apache-2.0 */
/* The container process state and its way to an agent; no filter, no root. */
#include "runtime/seccomp_notify.h"

#include "base/mem.h"
#include "base/sys.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/ocirun-test-notify-XXXXXX";
static struct kv notes[] = { { "z", "1" }, { "a", "\"2\"" } };
static const struct kv_list annotations = { notes, 2 };
static struct spec_seccomp seccomp;

static struct seccomp_agent agent(void)
{
	return (struct seccomp_agent){
		.seccomp = &seccomp, .id = "c1", .bundle = "/b",
		.status = "running", .container_pid = 40, .pid = 42,
		.annotations = &annotations,
	};
}

static void test_json(void)
{
	struct seccomp_agent a = agent();
	struct str out = { 0 };

	seccomp.listener_metadata = "say \"x\"\n";
	seccomp_notify_json(&a, &out);
	is_str(str_text(&out),
	       "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":42,"
	       "\"metadata\":\"say \\\"x\\\"\\n\",\"state\":{\"ociVersion\":\"1.3.0\","
	       "\"id\":\"c1\",\"status\":\"running\",\"pid\":40,\"bundle\":\"/b\","
	       "\"annotations\":{\"a\":\"\\\"2\\\"\",\"z\":\"1\"}}}",
	       "the document");
	str_reset(&out);
	seccomp.listener_metadata = NULL;
	seccomp_notify_json(&a, &out);
	ok(!strstr(str_text(&out), "metadata"), "no metadata: no key");
	str_free(&out);
}

static int listen_on(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 1) < 0)
		bail("cannot listen");
	return fd;
}

/* Receive all of it; the inode of the descriptor must be that of `want`. */
static void receive(int sock, const struct stat *want, const char *text)
{
	union { struct cmsghdr align; char space[CMSG_SPACE(sizeof(int))]; } ctl;
	static char buf[200000];
	struct iovec iov = { buf, sizeof(buf) - 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
			     .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	ssize_t n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC), more;
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&mh) : NULL;
	size_t len = n > 0 ? (size_t)n : 0;
	struct stat st = { 0 };
	int fd = -1;

	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	while (n > 0 && len < sizeof(buf) - 1 &&
	       (more = read(sock, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)more;
	buf[len] = '\0';
	ok(fstat(fd, &st) == 0 && st.st_ino == want->st_ino, "the descriptor arrives");
	is_str(buf, text, "... with the document, then the end of the stream");
	(void)close(fd);
	(void)close(sock);
}

static void test_send(void)
{
	char *path = xasprintf("%s/agent", dir), *big = xmalloc(100001);
	struct seccomp_agent a = agent();
	struct str text = { 0 };
	struct err e = ERR_INIT;
	int server = listen_on(path);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };

	(void)fstat(null, &st);
	seccomp.listener_path = path;
	/* the kernel's socket buffer holds it, a single page does not */
	memset(big, 'm', 100000);
	big[100000] = '\0';
	seccomp.listener_metadata = big;
	seccomp_notify_json(&a, &text);
	is_int(seccomp_notify_send(&a, null, &e), 0, "send: %s", e.msg);
	receive(accept(server, NULL, NULL), &st, str_text(&text));
	(void)close(server);
	is_int(seccomp_notify_send(&a, null, &e), -ECONNREFUSED, "nobody listens");
	ok(strstr(e.msg, "failed to connect with seccomp agent") != NULL &&
		   strstr(e.msg, path) != NULL, "says so: %s", e.msg);
	is_str(e.pointer, "/linux/seccomp/listenerPath", "... and where");
	(void)unlink(path);
	err_clear(&e);
	is_int(seccomp_notify_send(&a, null, &e), -ENOENT, "no such socket");
	ok(strstr(e.msg, "failed to connect with seccomp agent") != NULL, "says so");
	(void)close(null);
	str_free(&text);
	free(big);
	free(path);
}

static void test_fetch(void)
{
	int pipes[2], fd = -1, pidfd;
	struct stat want = { 0 }, got = { 0 };
	struct err e = ERR_INIT;
	char byte;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0 || fstat(pipes[0], &want) < 0)
		bail("pipe");
	pid = fork();
	if (pid == 0) {
		(void)close(pipes[1]);
		_exit((int)read(pipes[0], &byte, 1));
	}
	(void)close(pipes[0]);
	pidfd = sys_pidfd_open(pid, 0);
	if (seccomp_notify_fetch(pidfd, (uint32_t)pipes[0], &fd, &e) == -EPERM) {
		skip(3, "not allowed to take descriptors of a child");
	} else {
		ok(fstat(fd, &got) == 0 && got.st_ino == want.st_ino, "fetched");
		ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "CLOEXEC");
		ok(!seccomp_is_listener(fd), "a pipe is no listener");
	}
	(void)close(fd);
	is_int(seccomp_notify_fetch(pidfd, 999, &fd, &e), -EBADF, "not open there");
	is_str(e.pointer, "/linux/seccomp", "... names the property");
	is_int(seccomp_notify_fetch(pidfd, UINT32_MAX, &fd, &e), -EBADF, "no number");
	(void)close(pipes[1]);
	(void)close(pidfd);
	(void)waitpid(pid, NULL, 0);
}

int main(void)
{
	if (!mkdtemp(dir))
		bail("mkdtemp");
	test_json();
	test_send();
	test_fetch();
	(void)rmdir(dir);
	return done();
}
