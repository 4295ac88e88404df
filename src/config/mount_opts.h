/* SPDX-License-Identifier: Apache-2.0 */
/* Mount option strings to bits, once (runtime-spec config.md, "Mounts"). */
#ifndef OCIRUN_CONFIG_MOUNT_OPTS_H
#define OCIRUN_CONFIG_MOUNT_OPTS_H

#include "config/spec.h"

/*
 * Fill *ret from the option strings. Later options override earlier ones (set
 * and clear masks stay disjoint); unknown options become file-system data in
 * their order. "defaults" is a no-op. Strings live in `arena`.
 */
void mount_opts_parse(struct mount_opts *ret, struct arena *arena,
		      const struct str_list *options);

/* MS_* flags to SYS_ATTR_* bits of mount_setattr(2) (RDONLY … NOSYMFOLLOW). */
uint64_t mount_flags_to_attr(unsigned long flags);

/*
 * The value of crun's option idmap=…: "uids=A-B-N#A-B-N;gids=A-B-N", each triple
 * an id in the file system, the id it becomes, how many. With '@' in front of a
 * triple B is an id of the container, which is looked up in `uids` or `gids`,
 * the mappings of its user namespace. Fills both lists; 0, or -EINVAL with the
 * reason in *ret_why (in `arena`).
 */
int mount_idmap_parse(const char *text, const struct idmap_list *uids,
		      const struct idmap_list *gids, struct arena *arena,
		      struct idmap_list *ret_uids, struct idmap_list *ret_gids,
		      const char **ret_why);

#endif
