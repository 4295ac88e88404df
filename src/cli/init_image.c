/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of init_image.h, from the build directory. */
#include "config.h"

#include "cli/init_image.h"

#include "base/banned.h"

__asm__(".pushsection .rodata.init_image, \"a\"\n"
	".balign 4096\n"
	".globl init_image, init_image_size\n"
	".hidden init_image, init_image_size\n"
	"init_image:\n"
	".incbin \"src/ocirun-init.stripped\"\n"
	".Linit_image_end:\n"
	".balign 8\n"
	"init_image_size:\n"
	".quad .Linit_image_end - init_image\n"
	".popsection\n");
