/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of init_image.h. The build names the file; analyzers see none. */
#include "config.h"

#include "runtime/init_image.h"

#include "base/banned.h"

#ifndef INIT_IMAGE
#define INIT_IMAGE "/dev/null"
#endif

__asm__(".pushsection .rodata.init_image, \"a\"\n"
	".balign 4096\n"
	".globl init_image, init_image_end\n"
	".hidden init_image, init_image_end\n"
	"init_image:\n"
	".incbin \"" INIT_IMAGE "\"\n"
	"init_image_end:\n"
	".byte 0\n"
	".popsection\n");
