/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving end of the channel against a hostile peer: the input is a
 * sequence of packets, each { u8 descriptors, u16 length, bytes }.
 */
#include "config.h"
#include "libnsexec/chan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quiet(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	if (strlen(text) > CHAN_MAX_PAYLOAD)
		abort();
}

static void send_raw(int fd, const uint8_t *p, size_t n, unsigned int n_fds)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };
	union {
		struct cmsghdr align;
		uint8_t buf[CMSG_SPACE(sizeof(int) * 8)];
	} control;
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	memset(&control, 0, sizeof(control));
	if (n_fds) {
		size_t bytes = sizeof(int) * n_fds;

		mh.msg_control = control.buf;
		mh.msg_controllen = (__typeof__(mh.msg_controllen))CMSG_SPACE(bytes);
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);

		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = (__typeof__(cmsg->cmsg_len))CMSG_LEN(bytes);
		for (unsigned int i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &fd,
			       sizeof(fd));
	}
	(void)sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chan a = { .fd = -1, .self = "parent", .peer = "init", .peer_pidfd = -1 };
	struct chan_msg msg;
	struct err e = ERR_INIT;
	char line[2200];
	int other, first, last;

	if (chan_pair(&a.fd, &other) < 0)
		return 0;
	log_redirect(quiet, NULL);
	first = dup(0);
	for (int packets = 0; size >= 3 && packets < 64; packets++) {
		size_t n = (size_t)data[1] << 8 | data[2];
		unsigned int n_fds = data[0] % 9;

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		send_raw(other, data, n, n_fds);
		data += n;
		size -= n;
	}
	(void)close(other);
	for (int i = 0; i < 80; i++) {
		if (chan_recv(&a, 0, &msg, deadline_in_ms(0), NULL, &e) == 0) {
			if (msg.n_fds > CHAN_MAX_FDS ||
			    msg.len > CHAN_MAX_PAYLOAD)
				abort();
			chan_msg_close(&msg);
		} else if (e.code <= 0 || !e.msg[0]) {
			abort();
		} else {
			(void)err_format(&e, line, sizeof(line));
		}
	}
	chan_close(&a);
	/* the lowest free number shows whether a packet left one behind */
	if (first >= 0)
		(void)close(first);
	last = dup(0);
	if (last > first)
		abort();
	if (last >= 0)
		(void)close(last);
	return 0;
}
