/* SPDX-License-Identifier: Apache-2.0 */
/* mount_opts.c: option strings to bits. */
#include "config/mount_opts.h"

#include <errno.h>

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
	o = parse(&a, "idmap=x,ridmap=uids=0-1-2");
	ok(o.ridmap && !o.idmap, "ridmap with a mapping");
	o = parse(&a, "ridmap,idmap=uids=0-1-2;gids=0-1-2");
	ok(o.idmap && !o.ridmap, "idmap with a mapping after ridmap");
	o = parse(&a, "tmpcopyup,copy-symlink,src-nofollow,dest-nofollow");
	ok(o.tmpcopyup && o.copy_symlink && o.src_nofollow && o.dest_nofollow, "extensions");
	is_str(o.data, NULL, "none of them is data");
}

/* "0-100-5,7-200-1" */
static void idmap_text(const struct idmap_list *list, struct str *out)
{
	for (size_t i = 0; i < list->n; i++)
		str_addf(out, "%s%u-%u-%u", i ? "," : "", list->v[i].container_id,
			 list->v[i].host_id, list->v[i].size);
}

static void test_idmap(void)
{
	static struct spec_idmap outer_uids[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
	static struct spec_idmap outer_gids[] = { { 0, 500, 10 } };
	const struct idmap_list uids = { outer_uids, 2 }, gids = { outer_gids, 1 };
	static const struct {
		const char *text, *uid, *gid, *why;
	} cases[] = {
		{ "uids=0-1-10#10-11-10;gids=0-100-10", "0-1-10,10-11-10", "0-100-10", NULL },
		{ "gids=5-6-7", "", "5-6-7", NULL },
		{ "uids=@0-0-1#@5-1-9;gids=@3-2-8", "0-1000-1,5-100000-9", "3-502-8", NULL },
		{ "uids=@0-65535-1", "0-165534-1", "", NULL },
		{ "uids=@0-0-2", NULL, NULL, "'@0-0-2' has ids after '@'" },
		{ "uids=@0-65536-1", NULL, NULL, "'@0-65536-1' has ids" },
		{ "gids=@0-2-9", NULL, NULL, "'@0-2-9' has ids" },
		{ "uids=", NULL, NULL, "'' is not three numbers" },
		{ "uids=1-2", NULL, NULL, "'1-2' is not three numbers" },
		{ "uids=1-2-", NULL, NULL, "'1-2-' is not" },
		{ "uids=1-2-3-4", NULL, NULL, "'1-2-3-4' is not" },
		{ "uids=1-2-3#", NULL, NULL, "'' is not" },
		{ "uids=-1-2-3", NULL, NULL, "'-1-2-3' is not" },
		{ "uids=1-2-4294967296", NULL, NULL, "is not three" },
		{ "", NULL, NULL, "'' is neither" },
		{ "uids=1-2-3;", NULL, NULL, "'' is neither" },
		{ "uids=1-2-3;uids=1-2-3", NULL, NULL, "uids is there twice" },
		{ "0-1-2", NULL, NULL, "'0-1-2' is neither" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena) struct arena a = { 0 };
		AUTO(strbuf) struct str u = { 0 }, g = { 0 };
		struct idmap_list got_u = { NULL, 0 }, got_g = { NULL, 0 };
		const char *why = NULL;
		int r = mount_idmap_parse(cases[i].text, &uids, &gids, &a, &got_u,
					  &got_g, &why);

		is_int(r, cases[i].why ? -EINVAL : 0, "idmap=%s", cases[i].text);
		idmap_text(&got_u, &u);
		idmap_text(&got_g, &g);
		if (cases[i].why) {
			ok(why && strstr(why, cases[i].why), "'%s' says why", cases[i].text);
			ok(!got_u.n && !got_g.n, "and gives nothing");
		} else {
			is_str(str_text(&u), cases[i].uid, "its uids");
			is_str(str_text(&g), cases[i].gid, "its gids");
		}
	}
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
	test_idmap();
	test_table();
	test_attr();
	return done();
}
