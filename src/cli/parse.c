/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option parser (cli.h): walks the words of the command line and stores
 * values by offset. Not argp or getopt_long_only(3): those take "-qf" for -q with
 * the value "f", "--forc" for --force, and refuse "-p=FILE" as ambiguous, where
 * callers of runc rely on Go's grammar.
 */
#include "config.h"
#include "cli/cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "config/names.h"
#include "config/spec.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/banned.h"

struct parse {
	const struct cli_opt *table;
	char *opts; /* the command's struct */
	struct arena *mem;
	size_t max; /* no list gets more words than there are */
	struct err *e;
};

int cli_parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE",
					   "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE",
					  "False" };

	for (size_t i = 0; i < 6; i++) {
		if (streq(text, yes[i]) || streq(text, no[i])) {
			*ret = streq(text, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}

static void push(struct str_list *list, const struct parse *p, const char *word)
{
	if (!list->v)
		list->v = arena_array(p->mem, p->max + 1, sizeof(*list->v));
	list->v[list->n++] = word;
}

static int store_bool(const struct parse *p, const struct cli_opt *o,
		      const char *value, bool *ret)
{
	*ret = true;
	if (value && cli_parse_bool(value, ret) < 0)
		return err_set(p->e, EINVAL,
			       "invalid boolean value \"%s\" for -%s", value,
			       o->name);
	return 0;
}

static int store(const struct parse *p, const struct cli_opt *o,
		 const char *value)
{
	void *to = p->opts + o->offset;
	struct opt_bool *tri = to;
	bool b;

	switch (o->type) {
	case CLI_SWITCH:
		return store_bool(p, o, value, to);
	case CLI_TRISTATE:
		tri->set = true;
		return store_bool(p, o, value, &tri->v);
	case CLI_STRING:
		*(const char **)to = value;
		return 0;
	case CLI_LIST:
		push(to, p, value);
		return 0;
	case CLI_U32:
		if (parse_u32(value, to) < 0)
			return err_set(p->e, EINVAL,
				       "invalid value \"%s\" for flag -%s: a number is needed",
				       value, o->name);
		return 0;
	case CLI_IGNORED:
		return 0;
	case CLI_IGNORED_SWITCH:
		return store_bool(p, o, value, &b);
	}
	return 0;
}

static bool takes_value(const struct cli_opt *o)
{
	return o->type != CLI_SWITCH && o->type != CLI_TRISTATE &&
	       o->type != CLI_IGNORED_SWITCH;
}

/* By its whole name or its letter, behind one dash or two; NULL if unknown. */
static const struct cli_opt *find_opt(const struct cli_opt *table,
				      const char *name, size_t len)
{
	for (const struct cli_opt *o = table; o->name; o++)
		if ((strlen(o->name) == len && memcmp(o->name, name, len) == 0) ||
		    (o->key && len == 1 && o->key == name[0]))
			return o;
	return NULL;
}

/* "-it": letters that each are an option, in a program that bundles them. */
static bool is_bundle(const struct cli_opt *table, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] != 'i' && !find_opt(table, name + i, 1))
			return false;
	return len > 1 && len < 5;
}

static int unknown_option(const struct parse *p, const char *name, size_t len)
{
	char *word = arena_strndup(p->mem, name, len);
	unsigned int best = UINT_MAX;
	const char *near = NULL;

	for (const struct cli_opt *o = p->table; o->name; o++) {
		unsigned int d = o->help ? name_distance(o->name, word) :
					   UINT_MAX;

		if (d < best) {
			best = d;
			near = o->name;
		}
	}
	(void)err_set(p->e, EINVAL, "flag provided but not defined: -%s", word);
	if (is_bundle(p->table, name, len))
		return err_hint(p->e,
				"every letter is written apart: -%c -%c%s",
				name[0], name[1],
				strchr(word, 'i') ?
					"; stdin is passed on without -i" :
					"");
	return near ? err_hint(p->e, "did you mean '--%s'?", near) :
		      -p->e->code;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* The option in argv[*i]; moves *i to its value if that is the next word. */
static int parse_option(const struct parse *p, char **argv, int *i,
			bool *ret_help)
{
	const char *name = argv[*i] + (argv[*i][1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct cli_opt *o = find_opt(p->table, name, len);

	if (!o && ((len == 4 && str_starts(name, "help")) ||
		   (len == 1 && *name == 'h'))) {
		*ret_help = true;
		return 0;
	}
	if (!o)
		return unknown_option(p, name, len);
	if (takes_value(o) && !value) {
		value = argv[*i + 1];
		if (!value)
			return err_set(p->e, EINVAL,
				       "flag needs an argument: -%.*s", (int)len,
				       name);
		(*i)++;
	}
	return store(p, o, value);
}

int cli_parse(struct arena *mem, const struct cli_opt *table,
	      enum cli_stop stop, int argc, char **argv, void *opts,
	      struct cli_args *args, bool *ret_help, struct err *e)
{
	struct parse p = { table, opts, mem, (size_t)argc, e };
	struct str_list words = { 0 };
	int i;

	*ret_help = false;
	for (i = 1; i < argc; i++) {
		if (streq(argv[i], "--")) {
			i++;
			break;
		}
		if (is_option(argv[i])) {
			if (parse_option(&p, argv, &i, ret_help) < 0)
				return -e->code;
			if (*ret_help)
				return 0;
			continue;
		}
		push(&words, &p, argv[i]);
		if (stop == CLI_STOP_NEVER)
			continue;
		i++;
		if (stop == CLI_STOP_ID && i < argc && streq(argv[i], "--"))
			i++;
		break;
	}
	for (; i < argc; i++)
		push(&words, &p, argv[i]);
	*args = (struct cli_args){ words.v, words.n };
	return 0;
}

static void print_opts(const struct cli_opt *table)
{
	size_t width = strlen("--help, -h");
	char left[80];

	for (int pass = 0; pass < 2; pass++) {
		for (const struct cli_opt *o = table; o->name; o++) {
			bool flag = o->type == CLI_SWITCH ||
				    o->type == CLI_TRISTATE;
			const char *val = flag ? "" : " value";
			int n;

			if (!o->help)
				continue;
			n = o->key ? snprintf(left, sizeof(left),
					      "--%s%s, -%c%s", o->name, val,
					      o->key, val) :
				     snprintf(left, sizeof(left), "--%s%s",
					      o->name, val);
			if (pass == 0 && (size_t)n > width)
				width = (size_t)n;
			if (pass == 1)
				printf("   %-*s  %s\n", (int)width, left,
				       o->help);
		}
	}
	printf("   %-*s  %s\n", (int)width, "--help, -h", "show help");
}

void cli_help_cmd(const char *name, const struct cli_cmd *cmd)
{
	printf("NAME:\n   %s %s - %s\n\n", name, cmd->name, cmd->brief);
	printf("USAGE:\n   %s %s [command options] %s\n\n", name, cmd->name,
	       cmd->args);
	printf("OPTIONS:\n");
	print_opts(cmd->opts);
}

void cli_help_main(const char *name, const struct cli_opt *globals)
{
	printf("NAME:\n   %s - Open Container Initiative runtime\n\n", name);
	printf("USAGE:\n   %s [global options] command [command options] [arguments...]\n\n",
	       name);
	printf("VERSION:\n   %s\n\n", PACKAGE_VERSION);
	printf("COMMANDS:\n");
	for (size_t i = 0; cli_cmds[i]; i++)
		printf("   %-12s%s\n", cli_cmds[i]->name, cli_cmds[i]->brief);
	printf("\nGLOBAL OPTIONS:\n");
	print_opts(globals);
}
