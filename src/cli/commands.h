/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that have a file of their own (cmd_*.c). */
#ifndef OCIRUN_CLI_COMMANDS_H
#define OCIRUN_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_cmd cmd_checkpoint, cmd_events, cmd_features, cmd_mounts,
	cmd_pause, cmd_ps, cmd_restore, cmd_resume, cmd_update;

#endif
