/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The birth of the zygote: a process that is begun as soon as the command is known
 * and re-executes the program from a sealed copy, while the parent still reads the
 * config. What it is to become it is told later (spawn.c, stage.c).
 *
 * Copying the program, executing it and the start of its C library take longer than
 * everything the parent does until then: on a second processor they cost nothing.
 *
 * Until it executes, the zygote runs in the parent's memory where the machine
 * allows (CLONE_VM): copying the page tables and the write faults after it cost as
 * much as the exec. The parent runs on meanwhile, so between the clone and the exec
 *  - it uses a stack of its own, and of the memory only its struct unborn;
 *  - it makes raw system calls alone: errno and all else in the C library is the
 *    parent's;
 *  - all signals are blocked, so that no handler runs in it.
 *
 * Upholds I2 (everything is CLOEXEC, then the few that stay lose it), I3 (the copy
 * is the only thing that is ever executed; there is no way back to the file on disk)
 * and I9.
 */
#include "config.h"
#include "libnsexec/nsexec.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/protect.h"
#include "base/sys.h"
#include "libnsexec/program.h"
#include "libnsexec/rawcall.h"

#include "base/banned.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/* The name by which callers' descriptor checks know such a copy. */
#define COPY_NAME "runc_cloned:/proc/self/exe"

/* The child calls nothing that needs much. */
#define STACK_SIZE ((size_t)32 * 1024)
#define GUARD_SIZE ((size_t)64 * 1024)
#define AREA_SIZE  (GUARD_SIZE + STACK_SIZE)

/* SIGKILL takes effect at once unless the process hangs in the kernel. */
#define KILL_MS 10000

/* What the child knows; at the upper end of its stack's memory. */
struct unborn {
	int chan_fd;
	bool shared;	   /* we run in the parent's memory */
	bool sealed, cloexec; /* protections */
	unsigned int keep; /* descriptors 3 … 3+keep-1 stay open */
	int64_t from, size; /* what is copied of our executable */
	char env[32];
	char unprotect[256];
	char *argv[3], *envp[3];
};

/* Where a zygote fails; the number travels in UNBORN. */
enum doing { DOING_CLONE, DOING_OPEN, DOING_MEMFD, DOING_COPY, DOING_SEAL,
	     DOING_FDS, DOING_GROUP, DOING_EXEC };
static const char *const doing_texts[] = {
	[DOING_OPEN] = "cannot open own executable /proc/self/exe",
	[DOING_MEMFD] = "cannot make a memfd for the sealed copy",
	[DOING_COPY] = "cannot copy the program of init into a memfd",
	[DOING_SEAL] = "cannot seal the copy of the program of init",
	[DOING_FDS] = "cannot mark descriptors close-on-exec",
	[DOING_GROUP] = "cannot make a process group",
	[DOING_EXEC] = "cannot execute the sealed copy of the program of init",
};

bool nsx_zygote_why(const void *unborn, struct err *e)
{
	uint32_t v[2];

	memcpy(v, unborn, sizeof(v));
	if (v[0] == NSX_UNBORN_CLONE)
		return false;
	if (v[0] >= sizeof(doing_texts) / sizeof(doing_texts[0])) {
		(void)err_set(e, EPROTO, "the stage failed at an unknown point");
		return true;
	}
	(void)err_errno(e, (int)v[1], "%s", doing_texts[v[0]]);
	if (v[0] == DOING_OPEN)
		(void)err_hint(e, "is /proc mounted?");
	if (v[0] == DOING_EXEC && v[1] == ENOENT)
		(void)err_hint(
			e,
			"its dynamic linker is missing, or execveat(2) is filtered");
	return true;
}

/* ---- the child, until it executes: raw system calls only ---- */

static void fail(const struct unborn *u, enum doing what, long r)
{
	const uint32_t msg[4] = { CHAN_UNBORN, 8, (uint32_t)what,
				  (uint32_t)-r };

	(void)rawcall(SYS_write, u->chan_fd, (long)msg, sizeof(msg), 0, 0);
	for (;;)
		(void)rawcall(SYS_exit_group, 1, 0, 0, 0, 0);
}

static long make_memfd(void)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	long fd = rawcall(SYS_memfd_create, (long)COPY_NAME, flags | MFD_EXEC, 0,
			  0, 0);

	/* compat: MFD_EXEC came with vm.memfd_noexec; older kernels: EINVAL */
	if (fd == -EINVAL)
		fd = rawcall(SYS_memfd_create, (long)COPY_NAME, flags, 0, 0, 0);
	return fd;
}

static long copy_program(const struct unborn *u)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
			  F_SEAL_WRITE;
	int64_t at = u->from;
	long exe, fd, r;

	exe = rawcall(SYS_openat, AT_FDCWD, (long)"/proc/self/exe",
		      O_RDONLY | O_CLOEXEC, 0, 0);
	if (exe < 0)
		fail(u, DOING_OPEN, exe);
	fd = make_memfd();
	if (fd < 0)
		fail(u, DOING_MEMFD, fd);
	/* not from our memory: that would be read in, and counted as ours */
	for (int64_t left = u->size; left > 0; left -= r) {
		r = rawcall(SYS_SENDFILE, fd, exe, (long)&at, (long)left, 0);
		if (r <= 0)
			fail(u, DOING_COPY, r < 0 ? r : -EIO);
	}
	/* F_SEAL_EXEC is a bonus of newer kernels; the others are required. */
	(void)rawcall(SYS_fchmod, fd, 0511, 0, 0, 0);
	(void)rawcall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_EXEC, 0, 0);
	r = rawcall(SYS_fcntl, fd, F_ADD_SEALS, seals, 0, 0);
	if (r < 0)
		fail(u, DOING_SEAL, r);
	return fd;
}

static void choose_fds(const struct unborn *u)
{
	long r = 0;

	if (u->cloexec && u->shared)
		r = rawcall(SYS_close_range, 3, (long)UINT32_MAX,
			    SYS_CLOSE_RANGE_CLOEXEC, 0, 0);
	else if (u->cloexec)
		r = fd_cloexec_from(3);
	if (r == 0)
		r = rawcall(SYS_fcntl, u->chan_fd, F_SETFD, 0, 0, 0);
	if (r < 0)
		fail(u, DOING_FDS, r);
	/* one that is missing is for the parent to complain about */
	for (unsigned int i = 0; i < u->keep; i++)
		(void)rawcall(SYS_fcntl, 3 + (long)i, F_SETFD, 0, 0, 0);
}

static void child(void *arg)
{
	const struct unborn *u = arg;
	long fd = AT_FDCWD, r;

	/* again after the exec, when end-of-file can tell of a dead parent */
	(void)rawcall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (u->sealed)
		fd = copy_program(u);
	choose_fds(u);
	/* A group of its own lets spawn.c find everything that comes of it. */
	r = rawcall(SYS_setpgid, 0, 0, 0, 0, 0);
	if (r < 0)
		fail(u, DOING_GROUP, r);
	r = rawcall(SYS_execveat, fd, (long)(u->sealed ? "" : "/proc/self/exe"),
		    (long)u->argv, (long)u->envp, u->sealed ? AT_EMPTY_PATH : 0);
	fail(u, DOING_EXEC, r);
}

/* ---- the parent ---- */

/*
 * Where the last byte that the kernel or the dynamic linker reads ends: debug
 * information and section headers behind it need not be copied. The program
 * headers are those of the program that runs.
 */
static int64_t loadable_size(void)
{
	const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	uint64_t end = 0;

	for (unsigned long i = 0; ph && i < n; i++) {
		uint64_t e = (uint64_t)ph[i].p_offset + ph[i].p_filesz;

		if (e > end)
			end = e;
	}
	return (int64_t)end;
}

/*
 * Where in the file of the program that runs the bytes at p come from, or -1. The
 * first segment, with the ELF header, begins at 0.
 */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
static int64_t file_offset(const char *p)
{
	const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	uintptr_t base = (uintptr_t)&__ehdr_start, first = 0, at = (uintptr_t)p;

	for (unsigned long i = 0; ph && i < n; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_offset == 0)
			first = ph[i].p_vaddr;
	for (unsigned long i = 0; ph && i < n; i++) {
		uintptr_t start = base - first + ph[i].p_vaddr;

		if (ph[i].p_type == PT_LOAD && at >= start &&
		    at - start < ph[i].p_filesz)
			return (int64_t)(ph[i].p_offset + (at - start));
	}
	return -1;
}

static void fill(struct unborn *u, int chan_fd, const struct nsx_birth *b)
{
	static const char second[] = "init";

	*u = (struct unborn){ .chan_fd = chan_fd,
			      .sealed = PROTECTED(SEALED_COPY),
			      .cloexec = PROTECTED(CLOSE_FDS),
			      .keep = b->n_inherit,
			      .from = b->image ? file_offset(b->image) : 0,
			      .size = b->image ? (int64_t)b->image_size :
						 loadable_size() };
	(void)snprintf(u->env, sizeof(u->env), NSX_ENV "=%d", chan_fd);
	/* execve(2) only reads them */
	u->argv[0] = (char *)(uintptr_t)b->argv0;
	u->argv[1] = (char *)(uintptr_t)second;
	u->envp[0] = u->env;
#ifdef OCIRUN_FAULTS
	(void)snprintf(u->unprotect, sizeof(u->unprotect), PROTECT_ENV "=%s",
		       getenv(PROTECT_ENV) ? getenv(PROTECT_ENV) : "");
	u->envp[1] = u->unprotect;
#endif
}

static pid_t make(struct unborn *u, void *stack, int *pidfd)
{
	struct sys_clone_args args = { .flags = CLONE_PIDFD,
				       .pidfd = (uintptr_t)pidfd,
				       .exit_signal = SIGCHLD };
	pid_t pid = -ENOSYS;

	/*
	 * compat: remove when baseline >= 5.11 (CLOSE_RANGE_CLOEXEC). What stands
	 * in for it is not for shared memory; an empty range only asks.
	 */
	u->shared = sys_close_range(UINT32_MAX, UINT32_MAX,
				    SYS_CLOSE_RANGE_CLOEXEC) == 0;
	if (u->shared)
		pid = nsx_clone_shared(&args, stack,
				       (size_t)((uint8_t *)u - (uint8_t *)stack),
				       child, u);
	if (!nsx_clone3_denied(pid))
		return pid;
	u->shared = false;
	pid = nsx_clone(&args);
	if (pid == 0)
		child(u);
	return pid;
}

int nsx_zygote_begin(struct nsx_zygote *ret, const struct nsx_birth *birth,
		     struct err *e)
{
	struct nsx_zygote z = NSX_ZYGOTE_INIT;
	sigset_t all, old;
	int child_end = -1, r = chan_pair(&z.chan.fd, &child_end);
	uint8_t *area;

	if (r < 0)
		return err_errno(e, -r, "cannot make a channel to init");
	area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (area == MAP_FAILED || mprotect(area, GUARD_SIZE, PROT_NONE) < 0)
		abort(); /* as any allocation */
	struct unborn *u = (void *)(area + ((AREA_SIZE - sizeof(*u)) & ~(size_t)63));

	z.area = area;
	fill(u, child_end, birth);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	r = make(u, area + GUARD_SIZE, &z.pidfd);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(child_end);
	if (r < 0) {
		(void)munmap(area, AREA_SIZE);
		chan_close(&z.chan);
		return nsx_explain_create(e, -r, 0, -1);
	}
	z.pid = r;
	z.chan.self = "parent";
	z.chan.peer = "stage";
	z.chan.peer_pidfd = z.pidfd;
	z.chan.peer_pid = z.pid;
	*ret = z;
	return 0;
}

int nsx_zygote_reap(struct nsx_zygote *z, deadline_t deadline)
{
	int r = pidfd_wait(z->pidfd, deadline);

	if (r < 0)
		return r;
	(void)waitpid(z->pid, NULL, __WALL | WNOHANG);
	(void)close(z->pidfd);
	/* it has executed the copy, or is dead: nobody else is in here */
	(void)munmap(z->area, AREA_SIZE);
	chan_close(&z->chan);
	*z = (struct nsx_zygote)NSX_ZYGOTE_INIT;
	return 0;
}

void nsx_zygote_end(struct nsx_zygote *z)
{
	int saved = errno;

	if (z->pid > 0) {
		(void)pidfd_signal(z->pidfd, SIGKILL);
		(void)nsx_zygote_reap(z, deadline_in_ms(KILL_MS));
	}
	errno = saved;
}
