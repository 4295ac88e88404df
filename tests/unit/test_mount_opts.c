/* SPDX-License-Identifier: Apache-2.0 */
/* mount_opts.c: option strings to bits. */
#include "config/mount_opts.h"

#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/names.h"
#include "tests/tap.h"

static struct mount_opts parse(struct arena *a, const char *text)
{
	struct mount_opts o;
	const char *v[64];
	struct str_list list = { v, 0 };
	char *copy = arena_strdup(a, text);

	while (*copy) {
		char *end = copy + strcspn(copy, ",");

		v[list.n++] = copy;
		copy = end;
		if (*end) {
			*end = '\0';
			copy = end + 1;
		}
	}
	mount_opts_parse(&o, a, &list);
	return o;
}

static const struct row {
	const char *options;
	unsigned long flags, cleared;
	uint64_t rec_set, rec_clr;
	const char *data;
} rows[] = {
	{ "", 0, 0, 0, 0, NULL },
	{ "defaults", 0, 0, 0, 0, NULL },
	{ "ro", MS_RDONLY, 0, 0, 0, NULL },
	{ "ro,rw", 0, MS_RDONLY, 0, 0, NULL },
	{ "rw,ro", MS_RDONLY, 0, 0, 0, NULL },
	{ "bind", MS_BIND, 0, 0, 0, NULL },
	{ "rbind,ro", MS_BIND | MS_REC | MS_RDONLY, 0, 0, 0, NULL },
	{ "nosuid,nodev,noexec,relatime", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME, 0, 0, 0,
	  NULL },
	{ "suid,dev,exec,atime,diratime", 0,
	  MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME, 0, 0, NULL },
	{ "noatime,strictatime", MS_STRICTATIME, 0, 0, 0, NULL },
	{ "sync,async", 0, MS_SYNCHRONOUS, 0, 0, NULL },
	{ "nosymfollow,lazytime", 256 | (1UL << 25), 0, 0, 0, NULL },
	{ "mode=755,nosuid,size=64k", MS_NOSUID, 0, 0, 0, "mode=755,size=64k" },
	{ "a,b,a", 0, 0, 0, 0, "a,b,a" },
	{ "rro", 0, 0, SYS_ATTR_RDONLY, 0, NULL },
	{ "rro,rrw", 0, 0, 0, SYS_ATTR_RDONLY, NULL },
	{ "rrw,rro", 0, 0, SYS_ATTR_RDONLY, 0, NULL },
	{ "rnosuid,rnodev,rnoexec", 0, 0, SYS_ATTR_NOSUID | SYS_ATTR_NODEV | SYS_ATTR_NOEXEC, 0,
	  NULL },
	{ "rnoatime", 0, 0, SYS_ATTR_NOATIME, SYS_ATTR_ATIME, NULL },
	{ "rstrictatime,rnoatime", 0, 0, SYS_ATTR_NOATIME, SYS_ATTR_ATIME, NULL },
	{ "rnoatime,ratime", 0, 0, 0, SYS_ATTR_ATIME, NULL },
	{ "rnoatime,rrelatime", 0, 0, 0, SYS_ATTR_ATIME, NULL },
	{ "rrelatime", 0, 0, 0, SYS_ATTR_ATIME, NULL },
	{ "rnodiratime", 0, 0, SYS_ATTR_NODIRATIME, 0, NULL },
	{ "rnosymfollow,rsymfollow", 0, 0, 0, SYS_ATTR_NOSYMFOLLOW, NULL },
	{ "remount", MS_REMOUNT, 0, 0, 0, NULL },
	{ "RO", 0, 0, 0, 0, "RO" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(arena) struct arena a = { 0 };
		struct mount_opts o = parse(&a, rows[i].options);

		is_int(o.flags, rows[i].flags, "flags of '%s'", rows[i].options);
		is_int(o.cleared, rows[i].cleared, "cleared by '%s'", rows[i].options);
		is_int(o.rec_set, rows[i].rec_set, "recursively set by '%s'", rows[i].options);
		is_int(o.rec_clr, rows[i].rec_clr, "recursively cleared by '%s'", rows[i].options);
		is_str(o.data, rows[i].data, "data of '%s'", rows[i].options);
		is_int(o.flags & o.cleared, 0, "disjoint masks of '%s'", rows[i].options);
	}
}

static void test_extra(void)
{
	AUTO(arena) struct arena a = { 0 };
	struct mount_opts o = parse(&a, "rshared,private,rslave,unbindable");

	ok(o.propagation.n == 4 && o.propagation.v[0] == (MS_SHARED | MS_REC) &&
	   o.propagation.v[1] == MS_PRIVATE && o.propagation.v[2] == (MS_SLAVE | MS_REC) &&
	   o.propagation.v[3] == MS_UNBINDABLE, "propagation in order");
	o = parse(&a, "idmap");
	ok(o.idmap && !o.ridmap && !o.idmap_spec, "idmap");
	o = parse(&a, "idmap,ridmap");
	ok(!o.idmap && o.ridmap, "ridmap after idmap");
	o = parse(&a, "idmap=uids=0-1-2;gids=0-1-2");
	ok(o.idmap, "idmap with a mapping");
	is_str(o.idmap_spec, "uids=0-1-2;gids=0-1-2", "the mapping");
	o = parse(&a, "tmpcopyup,copy-symlink,src-nofollow,dest-nofollow");
	ok(o.tmpcopyup && o.copy_symlink && o.src_nofollow && o.dest_nofollow, "extensions");
	is_str(o.data, NULL, "none of them is data");
}

static void test_table(void)
{
	size_t unsorted = 0;

	for (const struct mount_opt_name *m = mount_opt_names; m->name; m++) {
		AUTO(arena) struct arena a = { 0 };
		struct mount_opts o = parse(&a, m->name);

		ok(!o.data, "'%s' is no file-system data", m->name);
		if (m[1].name && strcmp(m->name, m[1].name) >= 0)
			unsorted++;
	}
	is_int(unsorted, 0, "the table is sorted and free of duplicates");
}

static void test_attr(void)
{
	is_int(mount_flags_to_attr(0), 0, "no flags");
	is_int(mount_flags_to_attr(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NODIRATIME),
	       SYS_ATTR_RDONLY | SYS_ATTR_NOSUID | SYS_ATTR_NODEV | SYS_ATTR_NOEXEC |
	       SYS_ATTR_NODIRATIME, "plain attributes");
	is_int(mount_flags_to_attr(MS_NOATIME), SYS_ATTR_NOATIME, "noatime");
	is_int(mount_flags_to_attr(MS_RELATIME), SYS_ATTR_RELATIME, "relatime");
	is_int(mount_flags_to_attr(MS_BIND | MS_REC | MS_REMOUNT), 0, "operations are none");
}

int main(void)
{
	test_rows();
	test_extra();
	test_table();
	test_attr();
	return done();
}
