/* SPDX-License-Identifier: Apache-2.0 */
/* The strict look at a JSON text that precedes the library. Only for json.c. */
#ifndef OCIRUN_CONFIG_JSON_SCAN_H
#define OCIRUN_CONFIG_JSON_SCAN_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* More values than this in one document are refused: they cost memory. */
#define JSON_MAX_VALUES 1000000U

struct json_pos {
	uint32_t line, column; /* 1-based; columns count bytes */
};

/* Start of every value (keys are none) in document order. */
struct json_positions {
	struct json_pos *v;
	size_t n, cap;
};

/*
 * Verify that the text is one RFC 8259 document in valid UTF-8 within the
 * bounds of json.h, and note where its values start. Free ret->v in any case.
 * On failure *e says "FILE:LINE:COLUMN: what" with a remedy as hint.
 */
int json_scan(struct json_positions *ret, const char *text, size_t len,
	      const char *file, struct err *e);

#endif
