/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of rtnetlink(7) as moving a network device takes. Each call is one
 * request on a socket of rtnl_open() and waits for its answer, at most ten
 * seconds. They return 0 or -errno; `words` gets what the kernel says besides
 * (RTNL_WORDS bytes, "" if nothing).
 */
#ifndef OCIRUN_RUNTIME_RTNL_H
#define OCIRUN_RUNTIME_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTNL_WORDS 160

/* A request under construction. */
struct rtnl_msg {
	_Alignas(8) uint8_t buf[512];
	size_t len;
};

struct rtnl_link {
	int index;
	unsigned int flags; /* IFF_* */
	char name[IFNAMSIZ];
};

/* Addresses of a device, as requests that add them to another one. */
struct rtnl_addrs {
	struct rtnl_msg *v;
	size_t n, cap;
};

/* A socket of the network namespace that the process is in now. */
int rtnl_open(void);

/* By name; -ENODEV. */
int rtnl_link_get(int fd, const char *name, struct rtnl_link *ret, char *words);
/* All of them; *ret is malloc'ed. */
int rtnl_link_list(int fd, struct rtnl_link **ret, size_t *ret_n);
int rtnl_link_up(int fd, int index, bool up, char *words);
/* To the namespace behind nsfd and to `name` there (a template with %d, too). */
int rtnl_link_move(int fd, int index, const char *name, int nsfd, char *words);

/*
 * Those that a person or a program has set for good and that mean something
 * elsewhere: permanent and of global scope.
 */
int rtnl_addrs_get(int fd, int index, struct rtnl_addrs *ret);
/* All, to the device `index`; one that is there already is fine. */
int rtnl_addrs_add(int fd, int index, struct rtnl_addrs *addrs, char *words);
void rtnl_addrs_free(struct rtnl_addrs *addrs);

static inline void auto_rtnl_addrs(struct rtnl_addrs *a)
{
	rtnl_addrs_free(a);
}

#endif
