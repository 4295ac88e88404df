/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program src/init/main.c, stripped, as bytes of this one. What init does not need
 * (JSON, cgroups, seccomp profiles, D-Bus, the command line) is not in it: less to copy
 * and to start for each container, and less to find there for an attacker.
 */
#ifndef OCIRUN_RUNTIME_INIT_IMAGE_H
#define OCIRUN_RUNTIME_INIT_IMAGE_H

/* All of it is between the two. */
extern const char init_image[], init_image_end[];

#endif
