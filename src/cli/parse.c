/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option parser (cli.h): turns a table into argp options and stores values
 * by offset. argp does the splitting; wording and help are ours, because
 * programs read them.
 */
#include "config.h"
#include "cli/cli.h"

#include "base/mem.h"
#include "base/str.h"
#include "config/spec.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>

#include "base/banned.h"

#define KEY_BASE 0x200
#define KEY_HELP 0x1ff

struct parse {
	const struct cli_opt *table;
	bool stop_at_arg, help;
	char *opts; /* the command's struct */
	struct cli_args *args;
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

static void push(struct cli_args *args, const char *word)
{
	args->v = xreallocarray(args->v, args->n + 2, sizeof(*args->v));
	args->v[args->n++] = word;
	args->v[args->n] = NULL;
}

static int store_bool(struct parse *p, const struct cli_opt *o,
		      const char *value, bool *ret)
{
	*ret = true;
	if (value && cli_parse_bool(value, ret) < 0)
		return err_set(p->e, EINVAL,
			       "invalid boolean value \"%s\" for -%s", value,
			       o->name);
	return 0;
}

static int store(struct parse *p, const struct cli_opt *o, const char *value)
{
	void *to = p->opts + o->offset;
	struct opt_bool *tri = to;
	struct str_list *list = to;
	struct cli_args grow;
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
		grow = (struct cli_args){ list->v, list->n };
		push(&grow, value);
		list->v = grow.v;
		list->n = grow.n;
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

/* argp says where, not what: the word it stumbled over is behind us. */
static void usage_error(struct parse *p, const struct argp_state *st)
{
	const char *word = st->next > 0 ? st->argv[st->next - 1] : "";

	if (p->e->code)
		return;
	while (*word == '-')
		word++;
	for (const struct cli_opt *o = p->table; o->name; o++) {
		if (streq(word, o->name) ||
		    (o->key && word[0] == o->key && !word[1])) {
			(void)err_set(p->e, EINVAL,
				      "flag needs an argument: -%s", word);
			return;
		}
	}
	(void)err_set(p->e, EINVAL, "flag provided but not defined: -%.*s",
		      (int)strcspn(word, "="), word);
}

static error_t on_key(int key, char *arg, struct argp_state *st)
{
	struct parse *p = st->input;

	if (key == KEY_HELP || key == 'h') {
		p->help = true;
		return 0;
	}
	if (key == ARGP_KEY_ARG) {
		push(p->args, arg);
		if (!p->stop_at_arg)
			return 0;
		/* everything behind the first argument is taken as it is */
		if (st->next < st->argc && streq(st->argv[st->next], "--"))
			st->next++;
		while (st->next < st->argc)
			push(p->args, st->argv[st->next++]);
		return 0;
	}
	if (key == ARGP_KEY_ERROR) {
		usage_error(p, st);
		return 0;
	}
	for (size_t i = 0; p->table[i].name; i++) {
		const struct cli_opt *o = &p->table[i];

		if (key == (int)(KEY_BASE + i) || (o->key && key == o->key))
			return store(p, o, arg) < 0 ? EINVAL : 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static struct argp_option *argp_table(const struct cli_opt *table)
{
	size_t n = 0;

	while (table[n].name)
		n++;
	struct argp_option *a = xcalloc(n + 2, sizeof(*a));

	for (size_t i = 0; i < n; i++) {
		bool flag = table[i].type == CLI_SWITCH ||
			    table[i].type == CLI_TRISTATE ||
			    table[i].type == CLI_IGNORED_SWITCH;

		a[i].name = table[i].name;
		a[i].key = table[i].key ? table[i].key : (int)(KEY_BASE + i);
		a[i].arg = "VALUE";
		a[i].flags = flag ? OPTION_ARG_OPTIONAL : 0;
	}
	a[n].name = "help";
	a[n].key = 'h';
	return a;
}

int cli_parse(const struct cli_opt *table, bool stop_at_arg, int argc,
	      char **argv, void *opts, struct cli_args *args, bool *ret_help,
	      struct err *e)
{
	struct argp_option *options = argp_table(table);
	struct argp argp = { .options = options, .parser = on_key };
	struct parse p = { table, stop_at_arg, false, opts, args, e };
	unsigned int flags = ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP |
			     ARGP_LONG_ONLY;

	if (stop_at_arg)
		flags |= ARGP_IN_ORDER;
	error_t r = argp_parse(&argp, argc, argv, flags, NULL, &p);

	free(options);
	*ret_help = p.help;
	if (r != 0 && !p.help) {
		if (!e->code)
			(void)err_errno(e, (int)r, "cannot parse the command line");
		return -e->code;
	}
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
