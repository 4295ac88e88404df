/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program src/init/main.c, stripped, as bytes of this one. What init does not need
 * (JSON, cgroups, seccomp profiles, D-Bus, the command line) is not in it: less to copy
 * and to start for each container, and less to find there for an attacker.
 */
#ifndef OCIRUN_CLI_INIT_IMAGE_H
#define OCIRUN_CLI_INIT_IMAGE_H

#include <stdint.h>

extern const char init_image[];
extern const uint64_t init_image_size;

#endif
