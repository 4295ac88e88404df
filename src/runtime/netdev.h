/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.netDevices: devices of the runtime's network namespace go to the
 * container's (runtime-spec config-linux.md "Network Devices").
 */
#ifndef OCIRUN_RUNTIME_NETDEV_H
#define OCIRUN_RUNTIME_NETDEV_H

#include "base/err.h"
#include "config/spec.h"

#include <sys/types.h>

/*
 * Move all of them to the network namespace of the process, with their permanent
 * global addresses, and set them up. Before the first one is touched all have to
 * be there, and their names free. A device that cannot be moved is left as it was; those that were
 * moved before it share the fate of the namespace.
 */
int netdev_move_all(const struct spec_linux *l, pid_t pid, struct err *e);

#endif
