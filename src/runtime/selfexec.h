/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed private copy of this program (I3, CVE-2019-5736): what runs inside
 * a container is never the file on disk and shares no page with it.
 */
#ifndef OCIRUN_RUNTIME_SELFEXEC_H
#define OCIRUN_RUNTIME_SELFEXEC_H

#include "base/err.h"

/*
 * A memfd holding this executable, sealed against writing, growing, shrinking
 * and unsealing (memfd_create(2), fcntl(2) F_ADD_SEALS). CLOEXEC, owned by the
 * caller. Only the loadable part of the ELF file is copied.
 */
int self_clone(int *ret_fd, struct err *e);

#endif
