# SPDX-License-Identifier: Apache-2.0
# C source without comments, and without the contents of strings and character
# constants unless -v strings=1. Line numbers stay.
{
	line = $0
	out = ""
	while (line != "") {
		if (comment) {
			i = index(line, "*/")
			if (!i) {
				line = ""
				break
			}
			line = substr(line, i + 2)
			comment = 0
			out = out " "
			continue
		}
		if (!match(line, /\/\*|\/\/|"|'/)) {
			out = out line
			break
		}
		out = out substr(line, 1, RSTART - 1)
		token = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		if (token == "/*") {
			comment = 1
		} else if (token == "//") {
			line = ""
		} else {
			body = ""
			while (line != "" && substr(line, 1, 1) != token) {
				n = substr(line, 1, 1) == "\\" ? 2 : 1
				body = body substr(line, 1, n)
				line = substr(line, n + 1)
			}
			line = substr(line, 2)
			out = out token (strings ? body : "") token
		}
	}
	print out
}
