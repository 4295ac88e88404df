/* SPDX-License-Identifier: Apache-2.0 */
/* For cppcheck, which 2.17 cannot read `register long r __asm__("rax") = x;`. */
#define __asm__(name)
