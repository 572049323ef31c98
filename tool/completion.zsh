#compdef p11gate
# SPDX-License-Identifier: BSD-2-Clause
# zsh completion for p11gate(1). Verbs and options are those that `p11gate help` has.

local -a verbs options

if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then
    verbs=(${(f)"$($words[1] help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) \{1,\}\(.*\)/\1:\2/p')"})
    _describe verb verbs
elif [[ $PREFIX == -* ]]; then
    options=(${(f)"$($words[1] help $words[2] 2>/dev/null | grep -o -e '--[a-z]\{1,\}' | sort -u)"})
    compadd -a options
elif [[ $words[CURRENT-1] != --key ]]; then
    _files
fi
