/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations as properties of the unit (sd.h). Pure. Annotations often come from
 * somebody who may not be root on the host (a pod's author), so properties by which
 * systemd runs something, takes in other processes, or acts on other units or on the
 * machine are refused, whoever may see to it that they do not get here.
 *
 * Sources: org.freedesktop.systemd1(5), systemd.unit(5), systemd.scope(5).
 */
#include "config.h"

#include "cgroup/sd.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protect.h"

#include "base/banned.h"

#define KEY "org.systemd.property."

/* A "*" at the end or at the beginning stands for any text. */
static const char *const forbidden[] = {
	/* run programs */
	"Exec*", "BPFProgram", "IPIngressFilterPath", "IPEgressFilterPath",
	/* start or stop other units */
	"Wants", "WantedBy", "Requires", "RequiredBy", "Requisite", "BindsTo",
	"BoundBy", "PartOf", "ConsistsOf", "Upholds", "UpheldBy", "Conflicts",
	"ConflictedBy", "OnFailure", "OnFailureOf", "OnSuccess", "OnSuccessOf",
	"Triggers", "TriggeredBy", "PropagatesReloadTo", "ReloadPropagatedFrom",
	"PropagatesStopTo", "StopPropagatedFrom", "RequiresMountsFor",
	"WantsMountsFor", "AddRef",
	/* reboot the machine */
	"*Action", "*RebootArgument", "*ActionExitStatus",
	/* what makes the unit the container's */
	"PIDs", "PIDFDs", "Slice", "Delegate*", "Controller", "User", "Group",
};

static bool matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (pattern[0] == '*')
		return str_ends(name, pattern + 1);
	if (pattern[n - 1] == '*')
		return strncmp(name, pattern, n - 1) == 0;
	return streq(name, pattern);
}

static int check_name(const char *name, struct err *e)
{
	size_t n = 0;

	while (isalpha((unsigned char)name[n]))
		n++;
	if (name[n] || n < 3)
		return err_set(e, EINVAL, "annotation '%s%s' name incorrect: at "
			       "least three letters are needed, and nothing "
			       "else", KEY, name);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (!matches(forbidden[i], name) || !PROTECTED(SYSTEMD_PROPERTIES))
			continue;
		(void)err_set(e, EPERM, "annotation '%s%s' is not allowed", KEY,
			      name);
		return err_hint(e, "this property runs programs, acts on other "
				"units, or takes the container out of its own");
	}
	return 0;
}

/* Seconds in any number to microseconds. */
static int to_usec(struct dval *v)
{
	double d = 0;
	uint64_t usec = 0;

	if (v->type == 'd') {
		memcpy(&d, &v->u, sizeof(d));
		if (!(d >= 0 && d < 1e13))
			return -ERANGE;
		usec = (uint64_t)(d * 1e6);
	} else if (!strchr("ynqiuxt", v->type)) {
		return -EINVAL;
	} else if ((strchr("nix", v->type) && (int64_t)v->u < 0) ||
		   __builtin_mul_overflow(v->u, (uint64_t)1000000, &usec)) {
		return -ERANGE;
	}
	*v = dval_u64(usec);
	return 0;
}

static int add_one(struct sd_props *p, const char *name, const char *text,
		   struct err *e)
{
	size_t n = strlen(name);
	const char *why = "";
	struct dval v;

	if (check_name(name, e) < 0)
		return -e->code;
	if (dval_parse(&v, p->arena, text, &why) < 0)
		return err_set(e, EINVAL, "annotation '%s%s=%s' value parse error: "
			       "%s", KEY, name, text, why);
	if (n > 3 && str_ends(name, "Sec") && islower((unsigned char)name[n - 4])) {
		name = arena_printf(p->arena, "%.*sUSec", (int)(n - 3), name);
		if (to_usec(&v) < 0)
			return err_set(e, EINVAL, "annotation '%s%.*sSec=%s' value "
				       "parse error: seconds are a number that is "
				       "not negative", KEY, (int)(n - 3), name,
				       text);
	}
	sd_add(p, name, v);
	return 0;
}

int sd_props_annotations(struct sd_props *p, const struct kv_list *annotations,
			 struct err *e)
{
	for (size_t i = 0; annotations && i < annotations->n; i++) {
		const struct kv *kv = &annotations->v[i];

		if (!str_starts(kv->key, KEY))
			continue;
		if (add_one(p, kv->key + strlen(KEY), kv->value, e) < 0)
			return err_at(e, "/annotations/%s", kv->key);
	}
	return 0;
}
