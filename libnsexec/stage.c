/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of the re-executed image: a constructor that runs before main(). In a
 * normal start of the program it looks at one pointer and returns. In a zygote
 * (zygote.c) it resets what is inherited, waits for REQUEST, clones the process
 * that is asked for and ends; that one walks the program (walk.c) and returns into
 * main() as the container's init. nsx_init_get() lives here so that whoever links
 * it links the constructor.
 *
 * Roles: "stage" until the program's end, then "init". Must not use anything that
 * main() sets up (log, options). Upholds I2, I9, I10.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/sys.h"
#include "libnsexec/program.h"

#include "base/banned.h"

/* Exit status when there is no channel to say more. */
#define EXIT_BROKEN 125

/*
 * What the constructor leaves for main(): there is no other way to hand
 * something from before main() to it. Written once.
 */
static struct {
	bool is_init;
	struct nsx_init init;
	int fds[CHAN_MAX_FDS];
} self;

/* A request, taken apart. */
struct order {
	const struct nsx_program *prog;
	size_t size; /* of its mapping */
	int cgroup;  /* -1 = none */
	int32_t ns_fd[_NSX_KIND_MAX];
	bool pidfd_works;
};

/* "3" -> a descriptor that is what it should be. */
static int parse_env(const char *text, int *ret_chan)
{
	socklen_t len = sizeof(int);
	int fd, type = 0;

	if (parse_int(text, &fd) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != SOCK_SEQPACKET)
		return -EINVAL;
	*ret_chan = fd;
	return 0;
}

static int map_program(int fd, struct order *o)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const struct nsx_program *prog;
	struct stat st;
	void *p;

	if ((fcntl(fd, F_GET_SEALS) & seals) != seals || fstat(fd, &st) < 0 ||
	    (size_t)st.st_size < sizeof(*prog))
		return -EINVAL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	prog = p;
	o->prog = prog;
	o->size = (size_t)st.st_size;
	if (prog->magic != NSX_MAGIC || prog->size != sizeof(*prog) ||
	    prog->payload_len != o->size - sizeof(*prog))
		return -EINVAL;
	return 0;
}

/* Hand the descriptors of a REQUEST to where the program says they belong. */
static int take_order(struct chan_msg *msg, struct order *o)
{
	int r = map_program(msg->fds[0], o), next = 1;

	(void)close(msg->fds[0]);
	if (r < 0 || !o->prog)
		return r < 0 ? r : -EINVAL;
	const struct nsx_program *prog = o->prog;
	unsigned int want = 1U + prog->has_cgroup + prog->n_keep +
			    (unsigned int)__builtin_popcount(prog->joined);

	if ((unsigned int)msg->n_fds != want || prog->joined >> _NSX_KIND_MAX)
		return -EINVAL;
	o->cgroup = prog->has_cgroup ? msg->fds[next++] : -1;
	for (unsigned int k = 0; k < _NSX_KIND_MAX; k++)
		o->ns_fd[k] = prog->joined & 1U << k ? msg->fds[next++] : -1;
	memcpy(self.fds, msg->fds + next, prog->n_keep * sizeof(int));
	return 0;
}

/* The kernel has refused: as if nothing had been asked. */
static void drop_order(const struct order *o, const struct chan_msg *msg)
{
	for (int i = 1; i < msg->n_fds; i++)
		(void)close(msg->fds[i]);
	(void)munmap((void *)(uintptr_t)o->prog, o->size);
}

/*
 * The zygote's life. Returns in the process that was asked for: our sibling, so
 * that the parent can wait for it.
 */
static void await_order(struct chan *chan, struct order *o)
{
	struct nsx_succession s = { .chan = chan, .self = "stage",
				    .pidfd_works = nsx_pidfd_works() };
	struct err e = ERR_INIT;
	struct chan_msg msg;
	pid_t pid;

	for (;;) {
		if (chan_recv(chan, CHAN_REQUEST, &msg, DEADLINE_NEVER, NULL,
			      &e) < 0)
			_exit(1); /* the parent has no use for us */
		if (take_order(&msg, o) < 0) {
			(void)err_set(&e, EPROTO, "a request that is none");
			chan_send_err(chan, &e, 0);
			_exit(1);
		}
		struct sys_clone_args args = {
			.flags = CLONE_PARENT | o->prog->clone_flags,
		};

		if (o->cgroup >= 0) {
			args.flags |= SYS_CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)o->cgroup;
		}
		s.share = nsx_may_share(o->prog);
		pid = nsx_succeed(&s, &args);
		if (pid == 0)
			break;
		const uint32_t why[2] = { NSX_UNBORN_CLONE, (uint32_t)-pid };

		drop_order(o, &msg);
		if (chan_send(chan, CHAN_UNBORN, why, sizeof(why), NULL, 0,
			      &e) < 0)
			_exit(1);
	}
	if (o->cgroup >= 0)
		(void)close(o->cgroup);
	o->pidfd_works = s.pidfd_works;
}

static bool clones(const struct nsx_program *prog)
{
	for (size_t i = 0; i < NSX_MAX_OPS; i++)
		if (prog->ops[i].type == NSX_OP_CLONE)
			return true;
	return false;
}

/* The process asked for: everything between its birth and main(). */
static void become_init(const char *argv0, struct chan *chan,
			const struct order *o)
{
	const struct nsx_program *prog = o->prog;
	struct nsx_walker w = { .prog = prog, .chan = chan, .procfd = -1,
				.pidfd_works = o->pidfd_works };
	struct err e = ERR_INIT;

	memcpy(w.ns_fd, o->ns_fd, sizeof(w.ns_fd));
	nsx_set_comm(argv0, clones(prog) ? ":[1:STG]" : NSX_INIT_COMM);
	if (nsx_walk(&w, &e) < 0) {
		chan_send_err(chan, &e, 0);
		_exit(1);
	}
	if (clones(prog))
		nsx_set_comm(argv0, NSX_INIT_COMM);
	chan->self = "init";
	self.init.payload = prog + 1;
	self.init.payload_len = (size_t)prog->payload_len;
	self.init.fds = self.fds;
	self.init.n_fds = prog->n_keep;
	self.init.dumpable = prog->dumpable;
	self.init.net_pending = prog->net_pending;
	self.is_init = true;
}

__attribute__((constructor)) static void stage(void)
{
	const char *text = environ ? environ[0] : NULL;
	struct chan *chan = &self.init.chan;
	/* argv[0], which only some C libraries pass to constructors */
	const char *argv0 = program_invocation_name;
	struct order o = { .cgroup = -1 };
	int chan_fd, r;

	if (!text || !str_starts(text, NSX_ENV "="))
		return;
	proc_default_signals();
	if (parse_env(text + sizeof(NSX_ENV), &chan_fd) < 0) {
		(void)dprintf(STDERR_FILENO,
			      "%s is set, but not by this program\n", NSX_ENV);
		_exit(EXIT_BROKEN);
	}
	/* programs that init starts do not see it; behind it only tests' words */
	environ++;
	*chan = (struct chan){ chan_fd, "stage", "parent", -1, 0, false, 0 };
	nsx_set_comm(argv0, ":[0:ZYG]");
	nsx_die_with_parent(chan);
	r = fd_cloexec_from(3); /* I2: descriptors to keep included */
	if (r < 0) {
		struct err e = ERR_INIT;

		(void)err_errno(&e, -r, "cannot mark descriptors close-on-exec");
		chan_send_err(chan, &e, 0);
		_exit(1);
	}
	await_order(chan, &o);
	become_init(argv0, chan, &o);
}

bool nsx_init_get(struct nsx_init *ret)
{
	if (!self.is_init)
		return false;
	*ret = self.init;
	return true;
}
