/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one table per command, one parser, no logic.
 * Grammar (runc's): --name and -name are the same, =VALUE or the next word;
 * switches take =true/=false; options may follow the id except for exec, kill
 * and ps, which stop there; "--" ends options.
 */
#ifndef OCIRUN_CLI_CLI_H
#define OCIRUN_CLI_CLI_H

#include "base/err.h"
#include "base/mem.h"
#include "runtime/opts.h"

#include <stdbool.h>
#include <stddef.h>

enum cli_type {
	CLI_SWITCH,   /* bool */
	CLI_TRISTATE, /* struct opt_bool */
	CLI_STRING,   /* const char *, last one wins */
	CLI_LIST,     /* struct str_list, in order; words are not split */
	CLI_U32,      /* uint32_t */
	CLI_IGNORED,  /* accepted for old callers, value dropped */
	CLI_IGNORED_SWITCH,
};

/* Where options end. */
enum cli_stop {
	CLI_STOP_NEVER,   /* or at "--" */
	CLI_STOP_ID,      /* at the id; one "--" right behind it is dropped */
	CLI_STOP_COMMAND, /* at the first word; all the rest is the command's */
};

struct cli_opt {
	const char *name;
	char key;         /* one-letter form or 0 */
	enum cli_type type;
	size_t offset;    /* into the command's option struct */
	const char *help; /* NULL = hidden */
};

struct cli {
	struct runtime rt;
	struct arena *mem; /* what lives as long as the command line */
	const char *id; /* --id of the callers of 2016, or NULL */
};

struct cli_args {
	const char **v;
	size_t n;
};

struct cli_cmd {
	const char *name;
	const char *args;  /* "<container-id>" for the usage line */
	const char *brief; /* one line */
	const struct cli_opt *opts; /* ends with a NULL name */
	size_t opts_size;
	size_t min_args, max_args;
	enum cli_stop stop;
	int error_exit;    /* exit code of a failure: 1, or 255 for exec */
	/* Returns the exit code, or negative with *e set. */
	int (*run)(const struct cli *cli, void *opts,
		   const struct cli_args *args, struct err *e);
};

/* All commands; ends with NULL. */
extern const struct cli_cmd *const cli_cmds[];

/*
 * Parse argv (argv[0] is skipped) into `opts` (zeroed by the caller) and args.
 * Fails with the wording of callers' tests ("flag provided but not defined:
 * -x"). *ret_help is set when -h or --help was given. Lists are in `mem`, words
 * are those of argv.
 */
int cli_parse(struct arena *mem, const struct cli_opt *table,
	      enum cli_stop stop, int argc, char **argv, void *opts,
	      struct cli_args *args, bool *ret_help, struct err *e);

/* Help texts on stdout. */
void cli_help_main(const char *name, const struct cli_opt *globals);
void cli_help_cmd(const char *name, const struct cli_cmd *cmd);

/* Read a boolean as Go's strconv.ParseBool does. */
int cli_parse_bool(const char *text, bool *ret);

#endif
