/* SPDX-License-Identifier: Apache-2.0 */
/* The option grammar: runc's, as engines and people use it. */
#include "cli/cli.h"

#include "base/str.h"
#include "config/spec.h"
#include "tests/tap.h"

#include <string.h>

/* parse.c prints the list of commands in its help; none here. */
const struct cli_cmd *const cli_cmds[] = { NULL };

struct o {
	const char *bundle;
	bool detach;
	struct opt_bool nnp;
	struct str_list env;
	uint32_t fds;
};
static const struct cli_opt table[] = {
	{ "bundle", 'b', CLI_STRING, offsetof(struct o, bundle), "x" },
	{ "detach", 'd', CLI_SWITCH, offsetof(struct o, detach), "x" },
	{ "no-new-privs", 0, CLI_TRISTATE, offsetof(struct o, nnp), "x" },
	{ "env", 'e', CLI_LIST, offsetof(struct o, env), "x" },
	{ "preserve-fds", 0, CLI_U32, offsetof(struct o, fds), "x" },
	{ "criu", 0, CLI_IGNORED, 0, NULL },
	{ 0 },
};

/* Split `line` at spaces ('%' stands for an empty word) and parse it. */
static int parse(const char *line, enum cli_stop stop, struct o *o, struct cli_args *args,
		 struct err *e)
{
	static struct arena mem;
	static char buf[256];
	char *argv[20];
	int argc = 0;
	bool help;

	(void)snprintf(buf, sizeof(buf), "prog %s", line);
	for (char *p = buf; p; argc++) {
		argv[argc] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
		if (streq(argv[argc], "%"))
			argv[argc][0] = '\0';
	}
	argv[argc] = NULL;
	arena_free(&mem); /* of the call before */
	*o = (struct o){ 0 };
	*args = (struct cli_args){ NULL, 0 };
	*e = (struct err)ERR_INIT;
	return cli_parse(&mem, table, stop, argc, argv, o, args, &help, e);
}

static void test_good(void)
{
	struct o o = { 0 };
	struct cli_args a = { 0 };
	struct err e;

	static const char *const same[] = {
		"--bundle /b --detach id", "-bundle /b -detach id",
		"--bundle=/b -d id",	   "-b /b -d id",
		"id --bundle /b --detach", "-bundle=/b --detach=true id",
		"--detach=1 --criu x --bundle /a --bundle /b id",
		"-d -b /b -- id",	   "-b=/b -d=true id",
		"--b=/b --d id",	   "-d id -b=/b",
	};
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		is_int(parse(same[i], CLI_STOP_NEVER, &o, &a, &e), 0, "'%s': %s", same[i],
		       e.msg);
		is_str(o.bundle ? o.bundle : "(none)", "/b", "bundle");
		ok(o.detach, "detach");
		is_int((long)a.n, 1, "one argument");
		is_str(a.n ? a.v[0] : "", "id", "the id");
	}
	is_int(parse("--bundle % id", CLI_STOP_NEVER, &o, &a, &e), 0, "empty value");
	is_str(o.bundle, "", "kept empty");
	is_int(parse("--detach=false --no-new-privs=false id", CLI_STOP_NEVER, &o, &a, &e),
	       0, "=false");
	ok(!o.detach && o.nnp.set && !o.nnp.v, "values");
	is_int(parse("-e A=1,2 --env B=3 id", CLI_STOP_NEVER, &o, &a, &e), 0, "list");
	is_int((long)o.env.n, 2, "commas do not split");
	is_int(parse("-e=A=B id", CLI_STOP_NEVER, &o, &a, &e), 0, "letter and =");
	is_str(o.env.n ? o.env.v[0] : "", "A=B", "all behind the first =");
	is_int(parse("--bundle -- id", CLI_STOP_NEVER, &o, &a, &e), 0, "--");
	is_str(o.bundle, "--", "is a value where one is due");
	is_int(parse("--preserve-fds 3 id", CLI_STOP_NEVER, &o, &a, &e), 0, "number");
	is_int(o.fds, 3, "value");
}

static void test_stop(void)
{
	struct o o = { 0 };
	struct cli_args a = { 0 };
	struct err e;

	is_int(parse("-d id ls -d --bundle x", CLI_STOP_ID, &o, &a, &e), 0, "stops");
	is_int((long)a.n, 5, "the rest is untouched");
	is_str(a.v[2], "-d", "options of the program");
	ok(o.detach && !o.bundle, "only what stood before");
	is_int(parse("id -- ls -l", CLI_STOP_ID, &o, &a, &e), 0, "-- behind the id");
	is_int((long)a.n, 3, "is dropped");
	is_int(parse("id -9", CLI_STOP_ID, &o, &a, &e), 0, "kill ID -9");
	is_str(a.v[1], "-9", "is an argument");
	is_int(parse("-d state -- -d", CLI_STOP_COMMAND, &o, &a, &e), 0,
	       "global options");
	is_int((long)a.n, 3, "-- behind the command is the command's");
}

static void test_bad(void)
{
	static const struct { const char *line, *want; } t[] = {
		{ "--nosuch id", "flag provided but not defined: -nosuch" },
		{ "-x id", "flag provided but not defined: -x" },
		{ "--nosuch=1 id", "flag provided but not defined: -nosuch" },
		{ "--detac id", "flag provided but not defined: -detac" },
		{ "-db /b id", "flag provided but not defined: -db" },
		{ "---detach id", "flag provided but not defined: --detach" },
		{ "-=x id", "flag provided but not defined: -" },
		{ "id --bundle", "flag needs an argument: -bundle" },
		{ "--detach=maybe id", "invalid boolean value \"maybe\"" },
		{ "--preserve-fds x id", "invalid value \"x\"" },
		{ "--preserve-fds -1 id", "invalid value \"-1\"" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct o o = { 0 };
		struct cli_args a = { 0 };
		struct err e;

		ok(parse(t[i].line, CLI_STOP_NEVER, &o, &a, &e) < 0, "refuses '%s'",
		   t[i].line);
		ok(strstr(e.msg, t[i].want) != NULL, "says '%s': %s", t[i].want,
		   e.msg);
	}
}

int main(void)
{
	test_good();
	test_stop();
	test_bad();
	return done();
}
