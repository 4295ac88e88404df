/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An older kernel, or a container engine's older seccomp profile, for the tests:
 * runs a program for which system calls are missing.
 *
 *	nosys [-p] NAME[:ARG][,NAME[:ARG]…] COMMAND…
 *
 * Each named call fails with ENOSYS, with -p with EPERM; of "prctl:38" only the
 * calls whose first argument is 38. Needs CAP_SYS_ADMIN: it
 * does not set no_new_privs, which would change what is tested.
 */
#include "config.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same numbers everywhere but on alpha, for headers older than the calls. */
#define CALLS(X)                                                          \
	X(pidfd_send_signal, 424) X(open_tree, 428) X(move_mount, 429)    \
	X(fsopen, 430) X(fsconfig, 431) X(fsmount, 432) X(fspick, 433)    \
	X(pidfd_open, 434) X(clone3, 435) X(close_range, 436)             \
	X(openat2, 437) X(pidfd_getfd, 438) X(mount_setattr, 442)         \
	X(fchmodat2, 452) X(statmount, 457) X(listmount, 458)

static const struct {
	const char *name;
	unsigned int nr;
} calls[] = {
#define X(name, nr) { #name, nr },
	CALLS(X)
#undef X
	{ "statx", SYS_statx },
	{ "execveat", SYS_execveat },
	{ "memfd_create", SYS_memfd_create },
	{ "bpf", SYS_bpf },
	{ "keyctl", SYS_keyctl },
	{ "prctl", SYS_prctl },
	{ "seccomp", SYS_seccomp },
	{ "capset", SYS_capset },
	{ "setgroups", SYS_setgroups },
	{ "setresuid", SYS_setresuid },
	{ "setresgid", SYS_setresgid },
	{ "personality", SYS_personality },
	{ "sched_setattr", SYS_sched_setattr },
	{ "sched_setaffinity", SYS_sched_setaffinity },
	{ "ioprio_set", SYS_ioprio_set },
	{ "set_mempolicy", SYS_set_mempolicy },
	{ "sethostname", SYS_sethostname },
	{ "setdomainname", SYS_setdomainname },
	{ "pivot_root", SYS_pivot_root },
	{ "setsid", SYS_setsid },
	{ "setns", SYS_setns },
	{ "prlimit64", SYS_prlimit64 },
};
#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

#define MAX_FILTER 80

struct filter {
	struct sock_filter ins[MAX_FILTER];
	unsigned short n;
};

static void add(struct filter *f, struct sock_filter ins)
{
	if (f->n < MAX_FILTER)
		f->ins[f->n++] = ins;
}

static void load(struct filter *f, size_t offset)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    (unsigned int)offset));
}

/* arg: "" or ":38", the first argument that is refused. */
static void deny(struct filter *f, unsigned int nr, const char *arg,
		 unsigned int code)
{
	const struct sock_filter refuse =
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code);

	if (*arg != ':') {
		add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						    nr, 0, 1));
		add(f, refuse);
		return;
	}
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4));
	/* the lower half, on a little-endian machine */
	load(f, offsetof(struct seccomp_data, args));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					    (unsigned int)strtoul(arg + 1, NULL, 10),
					    0, 1));
	add(f, refuse);
	load(f, offsetof(struct seccomp_data, nr));
}

/* Adds the calls of the list. False if one is unknown. */
static int deny_list(struct filter *f, const char *list, unsigned int code)
{
	while (*list) {
		size_t len = strcspn(list, ",:"), i;

		for (i = 0; i < N_CALLS; i++)
			if (strlen(calls[i].name) == len &&
			    memcmp(calls[i].name, list, len) == 0)
				break;
		if (i == N_CALLS) {
			(void)fprintf(stderr, "nosys: unknown call '%.*s'\n",
				      (int)len, list);
			return 0;
		}
		deny(f, calls[i].nr, list + len, code);
		list += len;
		list += strcspn(list, ",");
		list += *list == ',';
	}
	return 1;
}

static int install(struct filter *f)
{
	struct sock_fprog prog = { .len = f->n, .filter = f->ins };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

int main(int argc, char **argv)
{
	struct filter f = { .n = 0 };
	unsigned int code = ENOSYS;
	int arg = 1;

	if (arg < argc && strcmp(argv[arg], "-p") == 0) {
		code = EPERM;
		arg++;
	}
	if (argc - arg < 2) {
		(void)fprintf(stderr, "usage: nosys [-p] NAME[,NAME...] COMMAND...\n");
		return 2;
	}
	/* One architecture is enough here: nothing in the tests changes it. */
	load(&f, offsetof(struct seccomp_data, nr));
	if (!deny_list(&f, argv[arg], code))
		return 2;
	add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	if (install(&f) < 0) {
		(void)fprintf(stderr, "nosys: seccomp: %s\n", strerror(errno));
		return 2;
	}
	(void)execvp(argv[arg + 1], argv + arg + 1);
	(void)fprintf(stderr, "nosys: %s: %s\n", argv[arg + 1], strerror(errno));
	return 127;
}
