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
	".globl init_image, init_image_size\n"
	".hidden init_image, init_image_size\n"
	"init_image:\n"
	".incbin \"" INIT_IMAGE "\"\n"
	".Linit_image_end:\n"
	".balign 8\n"
	"init_image_size:\n"
	".quad .Linit_image_end - init_image\n"
	".popsection\n");
