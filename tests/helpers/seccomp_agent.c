/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of a seccomp filter, for bats/seccomp.bats.
 *
 *	seccomp_agent listen SOCKET FILE [NR=ERRNO…]
 *		accept connections on SOCKET for ever; append the JSON of each, a
 *		line, to FILE; answer the notifications of system call NR with
 *		ERRNO and let the kernel go on with all others
 *	seccomp_agent call NR [ARG…]
 *	seccomp_agent call32 NR [ARG…]
 *		make a system call by number (that of a 32-bit program on x86)
 *		and print "0" or the errno
 *
 * A static program, so that it also runs in an empty container.
 */
#include "config.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX 32

struct answer { int nr, code; };

static long number(const char *text)
{
	return (long)strtoul(text, NULL, 0);
}

static int call(char **v, int n, int narrow)
{
	long a[7] = { 0 };
	long r;

	for (int i = 0; i < n && i < 7; i++)
		a[i] = number(v[i]);
	if (!narrow) {
		r = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
		r = r < 0 ? errno : 0;
	} else {
#ifdef __x86_64__
		__asm__ volatile("int $0x80" : "=a"(r)
				 : "a"(a[0]), "b"(a[1]), "c"(a[2]), "d"(a[3])
				 : "memory", "r8", "r9", "r10", "r11");
		r = (int)r < 0 && (int)r > -4096 ? -(int)r : 0;
#else
		r = ENOSYS;
#endif
	}
	printf("%ld\n", r);
	return 0;
}

/* musl has an int for the request */
static long request(int fd, unsigned long what, void *arg)
{
	return syscall(SYS_ioctl, fd, what, arg);
}

/* Answer one notification; -1 when the last process of the filter is gone. */
static int serve(int fd, const struct answer *answers, int n)
{
	/* the kernel's structures may be larger than the headers' */
	union { struct seccomp_notif n; char space[512]; } req;
	union { struct seccomp_notif_resp r; char space[512]; } resp;

	memset(&req, 0, sizeof(req));
	memset(&resp, 0, sizeof(resp));
	if (request(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -1;
	resp.r.id = req.n.id;
	resp.r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	for (int i = 0; i < n; i++) {
		if (answers[i].nr != req.n.data.nr)
			continue;
		resp.r.flags = 0;
		resp.r.error = -answers[i].code;
	}
	(void)request(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	return 0;
}

/* One message with one descriptor, then the end of the stream. */
static int take(int sock, const char *file)
{
	union { struct cmsghdr align; char space[CMSG_SPACE(sizeof(int))]; } ctl;
	char text[65536];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
			     .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	ssize_t n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC), more;
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&mh) : NULL;
	FILE *f = fopen(file, "a");
	int fd = -1;

	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	while (n > 0 && (size_t)n < sizeof(text) - 1 &&
	       (more = read(sock, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += more;
	if (f) {
		fprintf(f, "%.*s\n", n > 0 ? (int)n : 0, text);
		fclose(f);
	}
	close(sock);
	return fd;
}

static int listen_on(const char *path, const char *file, char **v, int n)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct answer answers[MAX];
	struct pollfd p[MAX] = { { .events = POLLIN } };
	int used = 1;

	for (int i = 0; i < n && i < MAX; i++) {
		answers[i].nr = (int)number(v[i]);
		answers[i].code = (int)number(strchr(v[i], '=') + 1);
	}
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s.", path);
	p[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* It gets its name when one can connect to it. */
	if (p[0].fd < 0 || bind(p[0].fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(p[0].fd, 8) < 0 || rename(sa.sun_path, path) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	for (;;) {
		if (poll(p, (nfds_t)used, -1) < 0)
			return 1;
		for (int i = 1; i < used; i++) {
			if (!p[i].revents)
				continue;
			if (p[i].revents & POLLIN && serve(p[i].fd, answers, n) == 0)
				continue;
			close(p[i].fd);
			p[i--] = p[--used];
		}
		if (!(p[0].revents & POLLIN) || used == MAX)
			continue;
		p[used].fd = take(accept(p[0].fd, NULL, NULL), file);
		p[used].events = POLLIN;
		p[used].revents = 0;
		if (p[used].fd >= 0)
			used++;
	}
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "listen") == 0)
		return listen_on(argv[2], argv[3], argv + 4, argc - 4);
	if (argc >= 3 && strcmp(argv[1], "call") == 0)
		return call(argv + 2, argc - 2, 0);
	if (argc >= 3 && strcmp(argv[1], "call32") == 0)
		return call(argv + 2, argc - 2, 1);
	fprintf(stderr, "usage: seccomp_agent listen|call|call32 …\n");
	return 2;
}
