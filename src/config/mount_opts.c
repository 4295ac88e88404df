/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_opts.c - owns the translation of mount option strings to bits. After
 * it nobody looks at the strings of /mounts/N/options again.
 *
 * Set and cleared masks stay disjoint, so that the order of options matters as
 * in mount(8): the last one wins. Pure.
 */
#include "config/mount_opts.h"

#include <sys/mount.h>

#include "base/str.h"
#include "base/sys.h"
#include "config/names.h"
#include "base/banned.h"

/* The access-time flags are one setting with several spellings. */
#define ATIME_FLAGS (MS_NOATIME | MS_RELATIME | MS_STRICTATIME)

static const struct mount_opt_name *find(const char *option)
{
	const struct mount_opt_name *m;

	for (m = mount_opt_names; m->name; m++)
		if (streq(m->name, option))
			return m;
	return NULL;
}

static void apply_flag(struct mount_opts *o, const struct mount_opt_name *m)
{
	unsigned long set = (unsigned long)m->set;
	unsigned long clear = (unsigned long)m->clear;

	o->flags = (o->flags & ~clear) | set;
	o->cleared = (o->cleared & ~set) | clear;
	/* noatime, relatime and strictatime replace each other */
	if (set & ATIME_FLAGS)
		o->flags &= ~(ATIME_FLAGS & ~set);
}

/*
 * mount_setattr(2): the access-time attributes are a field of values, not of
 * bits; whoever sets one must clear the whole field. RELATIME is its value 0.
 */
static void apply_rec(struct mount_opts *o, const struct mount_opt_name *m)
{
	bool atime = (m->set | m->clear) & SYS_ATTR_ATIME;

	if (atime || (m->set | m->clear) == SYS_ATTR_RELATIME) {
		if (m->clear)
			o->rec_set &= ~m->clear;
		else
			o->rec_set = (o->rec_set & ~SYS_ATTR_ATIME) | m->set;
		o->rec_clr |= SYS_ATTR_ATIME;
		return;
	}
	o->rec_set = (o->rec_set & ~m->clear) | m->set;
	o->rec_clr = (o->rec_clr & ~m->set) | m->clear;
}

static void apply_extra(struct mount_opts *o, const struct mount_opt_name *m)
{
	switch ((enum mount_opt_extra)m->set) {
	case MOX_DEFAULTS:
		break;
	case MOX_IDMAP:
		o->idmap = true;
		o->ridmap = false;
		break;
	case MOX_RIDMAP:
		o->ridmap = true;
		o->idmap = false;
		break;
	case MOX_TMPCOPYUP:
		o->tmpcopyup = true;
		break;
	case MOX_COPY_SYMLINK:
		o->copy_symlink = true;
		break;
	case MOX_SRC_NOFOLLOW:
		o->src_nofollow = true;
		break;
	case MOX_DEST_NOFOLLOW:
		o->dest_nofollow = true;
		break;
	}
}

void mount_opts_parse(struct mount_opts *ret, struct arena *arena,
		      const struct str_list *options)
{
	struct str data = { 0 };

	memset(ret, 0, sizeof(*ret));
	if (options->n)
		ret->propagation.v = arena_array(arena, options->n, sizeof(uint32_t));
	for (size_t i = 0; i < options->n; i++) {
		const char *option = options->v[i];
		const struct mount_opt_name *m = find(option);

		if (!m && (str_starts(option, "idmap=") ||
			   str_starts(option, "ridmap="))) {
			ret->idmap = option[0] == 'i';
			ret->ridmap = !ret->idmap;
			ret->idmap_spec = arena_strdup(arena, strchr(option, '=') + 1);
			continue;
		}
		if (!m) {
			if (*option == '\0')
				continue;
			if (data.len)
				str_addc(&data, ',');
			str_add(&data, option);
			continue;
		}
		switch (m->class_) {
		case MO_FLAG:
			apply_flag(ret, m);
			break;
		case MO_PROPAGATION:
			ret->propagation.v[ret->propagation.n++] = (uint32_t)m->set;
			break;
		case MO_REC:
			apply_rec(ret, m);
			break;
		case MO_EXTRA:
			apply_extra(ret, m);
			break;
		}
	}
	if (data.len)
		ret->data = arena_strdup(arena, str_text(&data));
	if (ret->propagation.n == 0)
		ret->propagation.v = NULL;
	str_free(&data);
}

uint64_t mount_flags_to_attr(unsigned long flags)
{
	static const struct {
		unsigned long flag;
		uint64_t attr;
	} map[] = {
		{ MS_RDONLY, SYS_ATTR_RDONLY },
		{ MS_NOSUID, SYS_ATTR_NOSUID },
		{ MS_NODEV, SYS_ATTR_NODEV },
		{ MS_NOEXEC, SYS_ATTR_NOEXEC },
		{ MS_NOATIME, SYS_ATTR_NOATIME },
		{ MS_STRICTATIME, SYS_ATTR_STRICTATIME },
		{ MS_NODIRATIME, SYS_ATTR_NODIRATIME },
		{ 256UL /* MS_NOSYMFOLLOW */, SYS_ATTR_NOSYMFOLLOW },
	};
	uint64_t attr = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (flags & map[i].flag)
			attr |= map[i].attr;
	return attr;
}
