/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only protocol between the processes of one start: typed messages with
 * descriptors over one SOCK_SEQPACKET pair (after OpenBSD's imsg).
 *
 *  message        from -> to        payload                fds   sender then waits for
 *  -------------  ----------------  ---------------------  ----  ---------------------
 *  REQUEST        parent -> zygote  -                      1…n   INIT_PID or UNBORN
 *  UNBORN         zygote -> parent  u32 what, u32 errno    -     REQUEST, or exits
 *  INIT_PID       stage -> parent   -                      pidfd
 *  BORN           parent -> stage   -                      -
 *  NEED_IDMAP     stage -> parent   -                      -     IDMAP_DONE
 *  IDMAP_DONE     parent -> stage   -                      -
 *  NETNS          parent -> init    -                      1
 *  ROOTFS_READY   init -> parent    -                      -     HOOKS_DONE
 *  HOOKS_DONE     parent -> init    -                      -
 *  NEED_LIMITS    init -> parent    -                      -     LIMITS_DONE
 *  LIMITS_DONE    parent -> init    -                      -
 *  SECCOMP_FD     init -> parent    -                      1     SECCOMP_DONE
 *  SECCOMP_NR     init -> parent    u32 descriptor         -     SECCOMP_DONE
 *  SECCOMP_DONE   parent -> init    -                      -
 *  NEED_MOUNT_FD  init -> parent    u32 mount index        -     MOUNT_FD
 *  MOUNT_FD       parent -> init    -                      1
 *  READY          init -> parent    -                      0…1   RUN
 *  RUN            parent -> init    -                      -     (channel closes)
 *  LOG            any -> parent     u8 level, text         -
 *  ERROR          any -> parent     struct err, u32 step   -     (exits)
 *
 * REQUEST carries the sealed memfd of struct nsx_program and payload, then what it
 * says. INIT_PID is how each process that the zygote or the stage makes tells of
 * itself, before anything else. BORN: what the parent does for a new process
 * (cgroups, id maps of a user namespace made by clone3) is done; sent only where
 * the plan waits for it. NETNS is the new network namespace, where the plan leaves it to
 * the parent: unasked, before any answer to init, which fetches it in time. READY is
 * the point from which init outlives the parent: chan_send() takes back its
 * PR_SET_PDEATHSIG just before sending it. It may carry what is expensive to close; the
 * parent does that after RUN.
 *
 * The parent treats every payload from init as hostile (I6): lengths, types and
 * the number of descriptors are checked here, once.
 */
#ifndef OCIRUN_LIBNSEXEC_CHAN_H
#define OCIRUN_LIBNSEXEC_CHAN_H

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum chan_type {
	CHAN_ANY, /* only as what chan_recv() waits for */
	CHAN_REQUEST,
	CHAN_UNBORN,
	CHAN_BORN,
	CHAN_NEED_IDMAP,
	CHAN_IDMAP_DONE,
	CHAN_INIT_PID,
	CHAN_NETNS,
	CHAN_ROOTFS_READY,
	CHAN_HOOKS_DONE,
	CHAN_NEED_LIMITS,
	CHAN_LIMITS_DONE,
	CHAN_SECCOMP_FD,
	CHAN_SECCOMP_NR,
	CHAN_SECCOMP_DONE,
	CHAN_NEED_MOUNT_FD,
	CHAN_MOUNT_FD,
	CHAN_READY,
	CHAN_RUN,
	CHAN_LOG,
	CHAN_ERROR,
	_CHAN_TYPE_MAX,
};

#define CHAN_MAX_PAYLOAD 4096
/* REQUEST takes the most: descriptors of init, namespaces, program, cgroup */
#define CHAN_MAX_FDS	 32

struct chan {
	int fd;		  /* SOCK_SEQPACKET, CLOEXEC; -1 = closed */
	const char *self; /* "parent", "stage", "init": for messages */
	const char *peer;
	int peer_pidfd; /* to say how the peer died; -1 = unknown, not owned */
	pid_t peer_pid; /* to say what it does at a deadline; 0 = unknown */
	/*
	 * Only write(2) and read(2) from now on: a seccomp filter in force may
	 * refuse everything else. No descriptors either way, no deadline.
	 */
	bool plain;
	int cancel_fd; /* readable: no wait goes on (-EINTR); 0 = none */
};
#define CHAN_INIT                        \
	{                                \
		-1, "", "", -1, 0, false, 0 \
	}

struct chan_msg {
	enum chan_type type;
	uint32_t len;
	int n_fds;
	int fds[CHAN_MAX_FDS]; /* owned by the receiver; -1 after taking */
	uint8_t payload[CHAN_MAX_PAYLOAD];
};

const char *chan_type_name(enum chan_type type);

/* A connected pair, both ends CLOEXEC. 0 or -errno. */
int chan_pair(int *ret_a, int *ret_b);

/*
 * Send one message. fds are duplicated by the kernel, not consumed. If the peer
 * is gone, an ERROR it has left behind is the error; else "cannot send …".
 */
int chan_send(struct chan *c, enum chan_type type, const void *payload,
	      size_t len, const int *fds, int n_fds, struct err *e);

/*
 * Receive the next message that is not LOG (LOG lines are re-emitted by the
 * logger on the way). ERROR fills *e (and *ret_step if not NULL) and returns
 * negative; EOF is "PEER died (signal 9) while SELF waited for …" (-EPIPE);
 * the deadline is -ETIMEDOUT, an interrupted wait -EINTR, naming the peer. `want`
 * only words the messages; CHAN_ANY accepts all, otherwise another type is -EPROTO
 * (who waits for INIT_PID may get UNBORN).
 */
int chan_recv(struct chan *c, enum chan_type want, struct chan_msg *ret,
	      deadline_t deadline, uint32_t *ret_step, struct err *e);

/* An ERROR (or UNBORN) that has already arrived: fills *e and returns true. Never waits. */
bool chan_pending_error(struct chan *c, struct err *e);

/* chan_recv() for a message of which only the arrival matters. */
int chan_expect(struct chan *c, enum chan_type want, deadline_t deadline,
		struct err *e);

/* Send an error as ERROR; best effort, never fails. step: 0 = none. */
void chan_send_err(struct chan *c, const struct err *err, uint32_t step);
/* Send a log line; best effort. */
void chan_send_log(struct chan *c, enum log_level level, const char *text);

/* Close descriptors of a message that were not taken. */
void chan_msg_close(struct chan_msg *msg);
void chan_close(struct chan *c);

#endif
