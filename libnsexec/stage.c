/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of the re-executed image: a constructor that runs before main(). In a
 * normal start of the program it looks at one pointer and returns. In the
 * process that birth.c made it resets what is inherited, takes the request from
 * the sealed memfd, walks the program (walk.c) and returns into main() as the
 * container's init; nsx_init_get() lives here so that whoever links it links
 * the constructor.
 *
 * Roles: until the program's end the process is the "stage", then "init". Must
 * not use anything that main() sets up (log, options). Upholds I2, I9, I10.
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
#include "base/proc.h"
#include "base/fd.h"
#include "base/str.h"
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
} self;

/* "3:4" -> two descriptors that are what they should be. */
static int parse_env(const char *text, int *ret_chan, int *ret_program)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const char *colon = strchr(text, ':');
	char first[16];
	int chan_fd, program_fd, type = 0;
	socklen_t len = sizeof(type);

	if (!colon || (size_t)(colon - text) >= sizeof(first))
		return -EINVAL;
	(void)snprintf(first, sizeof(first), "%.*s", (int)(colon - text), text);
	if (parse_int(first, &chan_fd) < 0 ||
	    parse_int(colon + 1, &program_fd) < 0)
		return -EINVAL;
	if (getsockopt(chan_fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != SOCK_SEQPACKET)
		return -EINVAL;
	if ((fcntl(program_fd, F_GET_SEALS) & seals) != seals)
		return -EINVAL;
	*ret_chan = chan_fd;
	*ret_program = program_fd;
	return 0;
}

static const struct nsx_program *map_program(int fd)
{
	const struct nsx_program *prog;
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || (size_t)st.st_size < sizeof(*prog))
		return NULL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	prog = p;
	if (prog->magic != NSX_MAGIC || prog->size != sizeof(*prog) ||
	    prog->payload_len != (size_t)st.st_size - sizeof(*prog)) {
		(void)munmap(p, (size_t)st.st_size);
		return NULL;
	}
	return prog;
}

static bool clones(const struct nsx_program *prog)
{
	for (size_t i = 0; i < NSX_MAX_OPS; i++)
		if (prog->ops[i].type == NSX_OP_CLONE)
			return true;
	return false;
}

/* The stage: everything between exec and main(). */
static void become_init(const char *argv0, int chan_fd,
			const struct nsx_program *prog)
{
	struct chan *chan = &self.init.chan;
	struct nsx_walker w = { .prog = prog, .chan = chan, .procfd = -1 };
	struct err e = ERR_INIT;
	int r = fd_cloexec_from(3); /* I2: descriptors to keep included */

	*chan = (struct chan){ chan_fd, "stage", "parent", -1, 0, false, 0 };
	memcpy(w.ns_fd, prog->ns_fd, sizeof(w.ns_fd));
	if (clones(prog))
		nsx_set_comm(argv0, ":[1:STG]");
	else
		nsx_set_comm(argv0, NSX_INIT_COMM);
	if (r < 0)
		r = err_errno(&e, -r, "cannot mark descriptors close-on-exec");
	else
		r = nsx_walk(&w, &e);
	if (r < 0) {
		chan_send_err(chan, &e, 0);
		_exit(1);
	}
	if (clones(prog))
		nsx_set_comm(argv0, NSX_INIT_COMM);
	chan->self = "init";
	self.init.payload = prog + 1;
	self.init.payload_len = (size_t)prog->payload_len;
	self.is_init = true;
}

__attribute__((constructor)) static void stage(void)
{
	const char *text = environ ? environ[0] : NULL;
	const struct nsx_program *prog;
	int chan_fd, program_fd;

	if (!text || !str_starts(text, NSX_ENV "="))
		return;
	proc_default_signals();
	if (parse_env(text + sizeof(NSX_ENV), &chan_fd, &program_fd) < 0) {
		(void)dprintf(STDERR_FILENO,
			      "%s is set, but not by this program\n", NSX_ENV);
		_exit(EXIT_BROKEN);
	}
	prog = map_program(program_fd);
	(void)close(program_fd);
	if (!prog) {
		(void)dprintf(STDERR_FILENO, "%s names no request of init\n",
			      NSX_ENV);
		_exit(EXIT_BROKEN);
	}
	/* programs that init starts do not see it; behind it only tests' words */
	environ++;
	/* argv[0], which only some C libraries pass to constructors */
	become_init(program_invocation_name, chan_fd, prog);
}

bool nsx_init_get(struct nsx_init *ret)
{
	if (!self.is_init)
		return false;
	*ret = self.init;
	return true;
}
