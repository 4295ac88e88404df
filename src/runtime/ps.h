/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a container. */
#ifndef OCIRUN_RUNTIME_PS_H
#define OCIRUN_RUNTIME_PS_H

#include "base/err.h"
#include "base/str.h"
#include "config/spec.h"
#include "runtime/opts.h"

enum ps_format { PS_TABLE, PS_JSON };

struct ps_opts {
	const char *id;
	enum ps_format format;
	struct str_list args; /* for ps(1); none = "-ef" */
};

/*
 * PS_JSON: a line with the pids as an array, "null" if there are none.
 * PS_TABLE: the lines of ps(1) whose column PID names one of them, with their
 * heading.
 */
int container_ps(const struct runtime *rt, const struct ps_opts *opts,
		 struct str *out, struct err *e);

/*
 * The second half of PS_TABLE: heading and chosen lines of `text` (changed in
 * place). Pure.
 */
int ps_filter(char *text, const struct pid_list *pids, struct str *out,
	      struct err *e);

#endif
